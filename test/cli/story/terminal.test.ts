// What a terminal gets: rows as wide as it is, colours if it has some, and itself back at the end.
import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import { type Line, pipe, rowsOf } from '../../../cli/backend/line.ts'
import { screenOn, type Terminal } from '../../../cli/backend/screen.ts'
import { storyLine } from '../../../cli/story/events.ts'
import { fullScreen } from '../../../cli/story/full-screen.ts'
import { liveRows } from '../../../cli/story/live.ts'
import { statusLines } from '../../../cli/story/now.ts'
import { unfolded } from '../../../core/view/release/timeline.ts'
import { hostile, rawIn } from '../../core/hostile.ts'
import { at, begun, fewSamples, held, logOf, releaseOf } from '../../core/view/release-log.ts'
import { plain } from './plain.ts'

const seed = Number(process.env['SEED'] ?? 20261126)
const shifted = (reason?: string) => begun({ releaseId: 'checkout-1', ...(reason === undefined ? {} : { reason }) })
const baking = logOf([...shifted('for Friday'), fewSamples(1, 'unknown', 2), fewSamples(2, 'unknown', 9)])
const seen = (events = baking, minutes = 2) => ({ release: releaseOf(events), events, nowMs: at(minutes) })
const size = (columns: number, rows = 24) => ({ columns, rows, isColoured: false })

describe('a line', () => {
  const line: Line = {
    head: ['  0:00  ', { text: 'held', tone: 'caution' }, '  '],
    rest: ['one two three four five six'],
  }
  const rows = (columns: number, isColoured = false) => rowsOf(line, { columns, isColoured })

  it('is wrapped below its own beginning, and not at all for a pipe', () => {
    expect(rows(40)).toEqual(['  0:00  held  one two three four five', '              six'])
    expect(rows(30)).toEqual(['  0:00  held  one two three', '              four five six'])
    expect(plain(line)).toBe('  0:00  held  one two three four five six')
  })

  it('keeps little room for what has too wide a head', () => {
    expect(rows(24)).toEqual(['0:00  held', '    one two three four', '    five six'])
  })

  it('has colours beside its words, never instead of them', () => {
    const [row = ''] = rows(80, true)
    expect(row).toContain('\u001b[33mheld\u001b[39m')
    expect(stripVTControlCharacters(row)).toBe(plain(line))
  })

  it('shows a table as one, and on a narrower terminal each of its rows as a block', () => {
    const table = {
      table: [
        ['SERVICE', 'NOW', 'BUDGET'],
        ['checkout', 'nothing live', ''],
        ['\u001b[2Jpay', '支払い', '99 %'],
      ],
    }
    expect(rowsOf(table, pipe)).toEqual([
      'SERVICE       NOW           BUDGET',
      'checkout      nothing live',
      '\\u{1b}[2Jpay  支払い        99 %',
    ])
    expect(rowsOf(table, { columns: 34, isColoured: false })).toEqual(rowsOf(table, pipe))
    expect(rowsOf(table, { columns: 33, isColoured: false })).toEqual([
      'SERVICE checkout',
      '    NOW     nothing live',
      'SERVICE \\u{1b}[2Jpay',
      '    NOW     支払い',
      '    BUDGET  99 %',
    ])
  })

  it('counts a wide character as two columns, and one of no width as none', () => {
    const wide = rowsOf(
      { head: ['名前 '], rest: ['山'.repeat(4) + ' ' + 'é'.repeat(8)] },
      { columns: 14, isColoured: false },
    )
    expect(wide).toEqual(['名前 山山山山', '     éééééééé'])
  })

  it('never breaks what people copy', () => {
    const command = `aws lambda update-alias ${'x'.repeat(100)} --name live`
    expect(rowsOf({ asIs: command }, { columns: 40, isColoured: true })).toEqual([command])
  })

  it(`of anything, at any width, is text and colours of ours (seed ${seed})`, () => {
    const pieces = fc.tuple(hostile, hostile, fc.integer({ min: 1, max: 200 }), fc.boolean(), fc.boolean())
    fc.assert(
      fc.property(pieces, ([head, rest, columns, isColoured, breaksWords]) => {
        const line: Line = { head: [{ text: head, tone: 'bad' }, ' '], rest: [{ text: rest, tone: 'faint' }] }
        const rows = rowsOf(line, { columns, isColoured, breaksWords })
        // eslint-disable-next-line no-control-regex -- the colours that this file may use
        const text = rows.map((row) => row.replaceAll(/\u001b\[(?:1|2|22|31|39)m/g, ''))
        expect(text.flatMap(rawIn)).toEqual([])
        if (breaksWords && columns >= 30) for (const row of rows) expect(stringWidth(row)).toBeLessThanOrEqual(columns)
      }),
      { seed, numRuns: repeats(1000, 250) },
    )
  })
})

describe('the live view', () => {
  it.each([40, 80, 120])('fits %d columns and any number of rows', (columns) => {
    for (const rows of [5, 10, 24, 60]) {
      const shown = liveRows(seen(), size(columns, rows))
      expect(shown.length).toBeLessThanOrEqual(rows)
      expect(shown.filter((row) => stringWidth(row) > columns)).toEqual([])
      expect(shown.join(' ')).toContain('Baking at 10 %')
    }
  })

  it('has it all on 40 columns', () => {
    expect(`\n${liveRows(seen(), size(40, 40)).join('\n')}`).toMatchInlineSnapshot(`
      "
      checkout  checkout-1  checkout:2  as of
                2026-01-01 00:02:00Z
      Baking at 10 %, step 1 of 2: 3m left. At
      00:05:00Z, if the evidence allows it,
      version 2 gets 50 %.

      planned  ██░░░░░░░░░░░░░░░░░░  10 %
          step 1 of 2: 10 % → 50 % → promoted
      set      ██░░░░░░░░░░░░░░░░░░  10 %
          since 2026-01-01 00:00:00Z
      served   ██░░░░░░░░░░░░░░░░░░ 9.3 %
          9 of 97 requests at this weight

      pass     alarm checkout-errors is OK
      unknown  errors: 9 of 20 samples of the
               candidate at this weight, about
               2 more minutes at this pace
      excluded throttles: CloudWatch has no
               point of it

        0:00  requested checkout:2; "for
                        Friday"
        0:00  admitted  it holds the lease of
                        checkout
        0:00  prepared  checkout:live from
                        version 1 to 2; alarm
                        checkout-errors is ok
        0:00  gate      the gates are open
        0:00  shifted   ██░░░░░░░░░░░░░░░░░░
                        10 %

      next: tidegate rollback checkout
            --reason "..."
            tidegate pause checkout --reason
            "..."
            tidegate promote checkout --reason
            "...""
    `)
  })

  it('has it all on 80 columns', () => {
    expect(`\n${liveRows(seen(), size(80)).join('\n')}`).toMatchInlineSnapshot(`
      "
      checkout  checkout-1  checkout:2  as of 2026-01-01 00:02:00Z
      Baking at 10 %, step 1 of 2: 3m left. At 00:05:00Z, if the evidence allows it,
      version 2 gets 50 %.

      planned  ██░░░░░░░░░░░░░░░░░░  10 %  step 1 of 2: 10 % → 50 % → promoted
      set      ██░░░░░░░░░░░░░░░░░░  10 %  since 2026-01-01 00:00:00Z
      served   ██░░░░░░░░░░░░░░░░░░ 9.3 %  9 of 97 requests at this weight

      pass     alarm checkout-errors is OK
      unknown  errors: 9 of 20 samples of the candidate at this weight, about 2 more
               minutes at this pace
      excluded throttles: CloudWatch has no point of it

        0:00  requested checkout:2; "for Friday"
        0:00  admitted  it holds the lease of checkout
        0:00  prepared  checkout:live from version 1 to 2; alarm checkout-errors is ok
        0:00  gate      the gates are open
        0:00  shifted   ██░░░░░░░░░░░░░░░░░░  10 %

      next: tidegate rollback checkout --reason "..."
            tidegate pause checkout --reason "..."
            tidegate promote checkout --reason "...""
    `)
  })

  it('has it all on 120 columns', () => {
    expect(`\n${liveRows(seen(), size(120)).join('\n')}`).toMatchInlineSnapshot(`
      "
      checkout  checkout-1  checkout:2  as of 2026-01-01 00:02:00Z
      Baking at 10 %, step 1 of 2: 3m left. At 00:05:00Z, if the evidence allows it, version 2 gets 50 %.

      planned  ██░░░░░░░░░░░░░░░░░░  10 %  step 1 of 2: 10 % → 50 % → promoted
      set      ██░░░░░░░░░░░░░░░░░░  10 %  since 2026-01-01 00:00:00Z
      served   ██░░░░░░░░░░░░░░░░░░ 9.3 %  9 of 97 requests at this weight

      pass     alarm checkout-errors is OK
      unknown  errors: 9 of 20 samples of the candidate at this weight, about 2 more minutes at this pace
      excluded throttles: CloudWatch has no point of it

        0:00  requested checkout:2; "for Friday"
        0:00  admitted  it holds the lease of checkout
        0:00  prepared  checkout:live from version 1 to 2; alarm checkout-errors is ok
        0:00  gate      the gates are open
        0:00  shifted   ██░░░░░░░░░░░░░░░░░░  10 %

      next: tidegate rollback checkout --reason "..."
            tidegate pause checkout --reason "..."
            tidegate promote checkout --reason "...""
    `)
  })

  it('says why it is held, when it is asked again, and what becomes of it', () => {
    const events = logOf([...shifted(), fewSamples(5, 'pass', 40), held(5)])
    const text = liveRows(seen(events, 6), size(300)).join('\n')
    expect(text).toContain(
      'Held at a gate before 50 % since 00:05:00Z: there is a freeze until 2026-01-02T00:00Z. The gates are asked again now. It goes back to version 1 if it is still so in 2d23h, at 2026-01-04 00:05:00Z (policy.hold.gated).',
    )
    expect(text).toContain('next: tidegate override checkout --reason "..."\n      tidegate rollback checkout')
  })

  it.each([
    [
      'paused',
      { type: 'paused', atMs: at(3), by: 'user/ann', reason: 'look at it' } as const,
      'Paused at 10 % since 00:03:00Z by user/ann: "look at it". It goes back to version 1 if it is still so in 2d23h',
    ],
    [
      'ordered back',
      { type: 'returnOrdered', atMs: at(3), by: 'user/ann', reason: 'orders drop', outcome: 'rolledBack' } as const,
      'Going back to version 1: user/ann says "orders drop".',
    ],
  ])('of a release that is %s says by whom and why', (_, event, words) => {
    const events = logOf([...shifted(), event])
    expect(
      statusLines(releaseOf(events), at(3.5))
        .map((line) => plain(line))
        .join('\n'),
    ).toContain(words)
  })

  it(`shows hostile text as text (seed ${seed})`, () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 20, max: 150 }), (text, columns) => {
        const events = logOf([
          ...shifted(text.slice(0, 900) || 'x'),
          { ...held(3), because: text.slice(0, 900) || 'x', point: 0 } as never,
          {
            type: 'paused',
            atMs: at(4),
            by: text.slice(0, 900) || 'x',
            reason: text.slice(0, 900) || 'x',
          },
        ])
        const rows = liveRows({ release: releaseOf(events), events, nowMs: at(5) }, size(columns, 50))
        expect(rows.flatMap(rawIn)).toEqual([])
        expect(rows.length).toBeLessThanOrEqual(50)
      }),
      { seed, numRuns: repeats(200, 60) },
    )
  })
})

describe('a whole terminal', () => {
  function terminal() {
    const written: string[] = []
    const listeners = { resize: new Set<() => void>(), stop: new Set<() => void>() }
    const on = (kind: keyof typeof listeners) => (listener: () => void) => {
      listeners[kind].add(listener)
      return () => void listeners[kind].delete(listener)
    }
    const now = { columns: 80, rows: 3 }
    const fake: Terminal = {
      size: () => now,
      isColoured: false,
      write: (text) => void written.push(text),
      onResize: on('resize'),
      onStop: on('stop'),
    }
    const tell = (kind: keyof typeof listeners): void => listeners[kind].forEach((listener) => listener())
    return { fake, written, now, tell, listeners }
  }
  const leave = '\u001b[?25h\u001b[?1049l'

  it('is painted again when it is resized, and given back once', () => {
    const { fake, written, now, tell, listeners } = terminal()
    const view = fullScreen(fake)
    view.show(({ columns }) => [`${columns} columns`])
    now.columns = 40
    tell('resize')
    expect(written.slice(1).map((text) => stripVTControlCharacters(text))).toEqual(['80 columns', '40 columns'])
    view.close()
    view.close()
    tell('resize')
    expect(written.filter((text) => text === leave)).toHaveLength(1)
    expect(written.at(-1)).toBe(leave)
    expect([...listeners.resize, ...listeners.stop]).toEqual([])
  })

  it('is given back at once if the program is told to stop, and not painted after', () => {
    const { fake, written, tell } = terminal()
    const view = fullScreen(fake)
    tell('stop')
    view.show(() => ['late'])
    expect(written.at(-1)).toBe(leave)
  })
})

describe('what is next', () => {
  it('is told on a terminal only, and never in JSON', () => {
    const said: string[] = []
    const next = (json: boolean, columns?: number) => {
      said.length = 0
      const surface = () => ({ isColoured: false, ...(columns === undefined ? {} : { columns }) })
      screenOn((line) => said.push(line), json, { surface }).next('tidegate watch checkout', 'tidegate pause checkout')
      return said.join('\n')
    }
    expect(next(false, 80)).toBe('next: tidegate watch checkout\n      tidegate pause checkout')
    expect(next(false)).toBe('')
    expect(next(true, 80)).toBe('')
  })
})

it('a line of the log is one row in a pipe, whoever wrote it', () => {
  for (const { event, after } of unfolded(baking)) expect(plain(storyLine(event, after)).split('\n')).toHaveLength(1)
})
