// Text from outside is text, wherever people see it: on a terminal, in a page, in HTML, in a metric, in a log line.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeats } from '../repeats.ts'
import { screenOn } from '../../cli/backend/screen.ts'
import type { Line } from '../../cli/backend/line.ts'
import { plain } from '../cli/story/plain.ts'
import { storyLine } from '../../cli/story/events.ts'
import { statusLines } from '../../cli/story/now.ts'
import { html } from '../../console/html.ts'
import { burnPage } from '../../core/budget/page.ts'
import { eventWords } from '../../core/event-words.ts'
import { asciiLine, logText, oneLine, quoted, withoutStop, withStop } from '../../core/foreign-text.ts'
import { readAttestation } from '../../core/gate/attest-call.ts'
import { readIncident } from '../../core/measures/incident-call.ts'
import { dimensionValue } from '../../core/measures/metric.ts'
import { type Page, textOf } from '../../core/page.ts'
import type { ReleaseEvent } from '../../core/release/event.ts'
import { awayPage, endedWithoutLogPage, endPage, notBackPage } from '../../core/release/pages.ts'
import type { Release } from '../../core/release/release.ts'
import { readCall } from '../../core/release/request.ts'
import { Provenance } from '../../core/service/candidate.ts'
import { readOrder } from '../../functions/orders/order.ts'
import { PauseCall } from '../../functions/orders/pause.ts'
import { words } from '../../functions/tasks/hook.ts'
import { hostile, rawIn } from './hostile.ts'
import { prepared, t0 } from './sample.ts'

const seed = Number(process.env['SEED'] ?? 20261205)
const each = { seed, numRuns: repeats(1000, 250) }
const release = prepared()

/** What is printed: to a person as many lines as were said; with `data`, one line of JSON. */
function printed(lines: readonly Line[], data?: object): string {
  const out: string[] = []
  screenOn((text) => out.push(text), data !== undefined).say(lines, data)
  return out.join('\n')
}

function expectText(text: string, lines: number): void {
  const found = text.split('\n')
  expect(found.length).toBe(lines)
  expect(found.flatMap(rawIn)).toEqual([])
}

const page = (one: Page, lines: number): string => {
  const { subject } = one
  const text = textOf(one)
  expectText(subject, 1)
  expectText(text, lines)
  expect(asciiLine(subject, 99, 'Tidegate')).toMatch(/^[\x21-\x7e][\x20-\x7e]{0,98}$/)
  return text
}

/** Everything that somebody else may have written, in the events of a release. */
const events = ([a, b, c]: readonly [string, string, string]): readonly ReleaseEvent[] => {
  const header = { v: 1, seq: 5, atMs: t0 } as const
  const candidate = { kind: 's3', bucket: a, key: b, versionId: c } as const
  const call = { point: 'beforeTraffic', step: 0, index: 0, attempt: 1 } as const
  const { service } = release
  return [
    {
      ...header,
      type: 'requested',
      releaseId: 'checkout-1',
      key: a,
      service,
      candidate,
      provenance: { source: 'api', author: a },
      reason: b,
    },
    { ...header, type: 'queued', behind: a },
    { ...header, type: 'carried', execution: a },
    { ...header, type: 'gated', point: 0, allowed: false, because: a, gates: [b] },
    { ...header, type: 'approved', beforeBp: 0, by: a, answer: 'approve', reason: b },
    { ...header, type: 'overridden', by: a, reason: b },
    { ...header, type: 'gateReopened', because: a },
    { ...header, type: 'refused', outcome: 'rejected', code: a, because: b },
    { ...header, ...call, type: 'hookAnswered', answer: 'fail', because: `hook x${words(a, 'fail')}` },
    { ...header, ...call, type: 'hookAnswered', answer: 'fail', because: a },
    {
      ...header,
      type: 'judged',
      verdict: { kind: 'fail', quiet: false, because: a, window: { startMs: 0, endMs: 0 }, signals: [] },
    },
    { ...header, type: 'paused', by: a, reason: b },
    { ...header, type: 'resumed', by: a },
    { ...header, type: 'promoteOrdered', by: a, reason: b },
    { ...header, type: 'returnOrdered', by: a, reason: b, outcome: 'rolledBack' },
    { ...header, type: 'interrupted', functionName: 'checkout', because: a, suspect: b },
    { ...header, type: 'moverNamed', functionName: 'checkout', suspect: a },
    { ...header, type: 'returnFailed', because: a },
  ]
}

const ended = (because: string, who: string): Release => ({
  ...release,
  ending: { outcome: 'rolledBack', because, by: who },
})

describe(`10,000 hostile strings, seed ${seed}`, () => {
  it('are lines of a terminal', () => {
    const three = fc.tuple(hostile, hostile, hostile)
    fc.assert(
      fc.property(three, (texts) => {
        const lines = events(texts).map((event) => storyLine(event, ended(texts[0], texts[1])))
        expectText(printed(lines), lines.length)
        const paused = { ...ended(texts[0], texts[1]), paused: { by: texts[1], reason: texts[2], atMs: t0 } }
        const status = statusLines(paused, t0)
        expectText(printed(status), status.length)
        expectText(printed([eventWords({ source: texts[0], 'detail-type': texts[1], detail: {} }).what]), 1)
      }),
      each,
    )
  })

  it('are the same data as JSON, which a terminal shows as it is', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const line = printed([text], { [text]: text })
        expectText(line, 1)
        expect(JSON.parse(line)).toEqual({ [text]: text })
        expectText(JSON.stringify(logText(text)), 1)
      }),
      each,
    )
  })

  it('are lines of a page, and say no sentence of ours outside of their quotation', () => {
    const record = { releaseId: 'checkout-1', service: 'checkout' }
    const ours = (text: string): string => text.replaceAll(/"[^"\n]*"/g, '')
    fc.assert(
      fc.property(hostile, hostile, (text, name) => {
        const byHook = endPage(ended(`hook checkout-smoke${words(text, 'fail')}`, 'hook'))
        const byPerson = endPage(ended(text, name))
        for (const one of [page(byHook, 5), page(byPerson, 5)]) expect(ours(one)).not.toMatch(/aws lambda|by hand/)
        const [first = ''] = byHook.lines
        expect(first).toMatch(/^Release checkout-1 of checkout was rolled back: hook checkout-smoke says ".*"\.$/)
        page(notBackPage('checkout-1', undefined, text), 5)
        expect(ours(page(endedWithoutLogPage(record, { by: name }, []), 4))).not.toMatch(/aws lambda|by hand/)
        page(awayPage({ part: 'Lambda', sinceMs: t0, because: text } as never, []), 5)
        page(burnPage({ name: 'checkout' }, text, { rule: {}, rate: 1, factor: 1 } as never, 'unknown'), 4)
      }),
      each,
    )
  })

  it('are text in HTML, and never markup', () => {
    fc.assert(
      fc.property(hostile, hostile, (text, title) => {
        const made = html`<p title="${title}">${text}</p>`.html
        expectText(made, 1)
        expect(made).toMatch(/^<p title="[^"<>']*">[^"<>']*<\/p>$/)
      }),
      each,
    )
  })

  it('are values of a dimension that CloudWatch takes', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(dimensionValue(text)).toMatch(/^[\x21-\x39\x3b-\x7e][\x20-\x7e]{0,249}$/)
      }),
      each,
    )
    expect(['\uff1a\uff1aerrors', '\n', ''].map(dimensionValue)).toEqual(['errors', String.raw`\n`, 'unknown'])
  })

  it('stay the same line when they are shown again', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(oneLine(oneLine(text))).toBe(oneLine(text))
        expect(oneLine(text, 20).length).toBeLessThanOrEqual(20)
      }),
      each,
    )
  })
})

describe('a line', () => {
  it('keeps letters of every script, marks and emoji, and shows what nobody sees', () => {
    const written = 'Grüße, 你好, नमस्ते, สวัสดี, שָׁלוֹם, e\u0301 ❤️ 🚀 \u{20000}'
    expect(oneLine(written)).toBe(written)
    expect(oneLine('a\tb\u{1b}[31m\u202e\ud83d')).toBe(String.raw`a\tb\u{1b}[31m\u{202e}\u{d83d}`)
    expect(oneLine('\ufe0f')).toBe(String.raw`\u{fe0f}`)
  })

  it('has only so many marks on a letter that it covers no other line', () => {
    expect(oneLine(`o${'\u0301'.repeat(40)}`).match(/\u0301/g)).toHaveLength(8)
  })

  it('quotes others so that they can neither end, cover nor push away their quotation', () => {
    expect(quoted('\u0338 so\u201d he "said"', 'ann')).toBe(String.raw`ann says "\u{338} so' he 'said'"`)
    expect(quoted(`a${' '.repeat(200)}b\u3000c`)).toBe('"a b c"')
    expect(quoted('no', 'Ann, says "yes"')).toBe(`"Ann, says 'yes'" says "no"`)
    expect(quoted('x'.repeat(9999))).toHaveLength(502)
  })

  it('of a log quotes the reason of a person, and not that of the controller', () => {
    const told = (by: string): string => {
      const event = {
        v: 1,
        seq: 5,
        atMs: t0,
        type: 'returnOrdered',
        by,
        reason: 'because',
        outcome: 'aborted',
      } as const
      const settled = { ...ended('because', by), state: { phase: 'settled', atMs: t0 } } as const
      return plain([storyLine(event, release), ...statusLines(settled, t0).slice(2, 3)])
    }
    expect(told('ann')).toMatch(/back {6}by ann: "because"\n {2}Rolled back at 00:00:00Z: ann says "because"\.$/)
    expect(told('sweep')).toMatch(/back {6}because \(sweep\)\n {2}Rolled back at 00:00:00Z: because\.$/)
  })

  it('of a log cannot be forged by a reason', () => {
    const reason = `x\u001b[2J\u001b[1;1H\u001b]52;c;cm0gLXJmIC8=\u0007\r\n  0:01  approved  by ciso, before it begins\u202e\u009b31m`
    const [event] = events(['checkout', reason, '1'])
    const line = event === undefined ? '' : printed([storyLine(event, release)])
    expect(line).toContain(
      String.raw`; "x\u{1b}[2J\u{1b}[1;1H\u{1b}]52;c;cm0gLXJmIC8=\u{7}\r\n 0:01 approved by ciso, before it begins\u{202e}\u{9b}31m"`,
    )
    expectText(line, 1)
  })
})

describe('the door', () => {
  const unseen = ['a\u001b[2Jb', 'a\nb', 'a\u2028b', 'a\u202eb', 'a\u200bb', 'a\u0085b', 'a\ud800b']
  const names = [...unseen, `a${'\u0301'.repeat(40)}`]
  const call = { service: 'checkout', version: '1' }
  const doors: Readonly<Record<string, (name: string) => unknown>> = {
    'the commit of a release': (commit) => readCall({ ...call, commit }, 'id'),
    'the build of a release': (build) => readCall({ ...call, build }, 'id'),
    'the author of a release': (author) => readCall({ ...call, author }, 'id'),
    'the id of a request': (requestId) => readCall({ ...call, requestId }, 'id'),
    'the name of a service': (service) => readCall({ ...call, service }, 'id'),
    'the key of an artifact': (key) =>
      readCall({ service: 'checkout', artifact: { kind: 's3', bucket: 'code', key, versionId: '1' } }, 'id'),
    'the subject of an attestation': (name) =>
      readAttestation({ subject: `commit/${name}`, by: 'ci', tests: { passed: 1, failed: 0, skipped: 0 } }, t0),
    'who attests': (by) => readAttestation({ subject: 'commit/1', by, commit: '1' }, t0),
    'an attested commit': (commit) => readAttestation({ subject: 'version/checkout:1', by: 'ci', commit }, t0),
    'an attested flag': (flag) => readAttestation({ subject: 'commit/1', by: 'ci', flags: [flag] }, t0),
    'the id of an incident': (id) => readIncident({ ...incident, id }),
    'the service of an incident': (service) => readIncident({ ...incident, service }),
  }
  const incident = { id: '1', service: 'checkout', openedAt: '2026-01-01T00:00:00Z', source: 'statuspage' }
  const codeOf = (work: () => unknown): unknown => {
    try {
      work()
    } catch (error) {
      return (error as { code?: unknown }).code
    }
    return 'let in'
  }

  it.each(Object.entries(doors))('refuses %s when it holds what nobody sees', (_, door) => {
    expect(names.map((name) => codeOf(() => door(name)))).toEqual(names.map(() => 'call_invalid'))
  })

  it('takes names of people in every script, and reasons as they are written', () => {
    const order = { verb: 'pause', service: 'checkout', by: 'Zoë नमस्ते 你好', reason: unseen.join('') }
    expect(readOrder(PauseCall, order)).toEqual(order)
    expect(readCall({ ...call, reason: unseen.join('') }, 'id').reason).toBe(unseen.join(''))
  })

  it('is not in front of what was stored before it was there', () => {
    for (const author of names) expect(Provenance.parse({ source: 'api', author }).author).toBe(author)
  })
})

describe('a sentence that ends with the words of others', () => {
  it.each([
    ['it fires', 'it fires.', 'it fires'],
    ['it fires.', 'it fires.', 'it fires'],
    ['ann says "drop"', 'ann says "drop".', 'ann says "drop"'],
    ['ann says "drop."', 'ann says "drop".', 'ann says "drop"'],
    ['cut off...', 'cut off...', 'cut off..'],
    ['ann says "cut off..."', 'ann says "cut off...".', 'ann says "cut off..."'],
    ['', '.', ''],
  ])('%j has one full stop', (words, ended, open) => {
    expect(withStop(words)).toBe(ended)
    expect(withoutStop(words)).toBe(open)
    expect(withStop(ended)).toBe(ended)
  })
})
