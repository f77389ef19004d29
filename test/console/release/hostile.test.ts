// Text from outside on the page of a release and on its post-mortem sheet: whatever it is, it stays text, and a page stays small.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import { postMortemMarkdown } from '../../../console/release/post-mortem-markdown.ts'
import { postMortemPage } from '../../../console/release/post-mortem-page.ts'
import { releasePage } from '../../../console/release/release-page.ts'
import type { NewEvent, ReleaseEvent } from '../../../core/release/event.ts'
import { postMortemOf } from '../../../core/view/release/post-mortem.ts'
import { releaseViewOf } from '../../../core/view/release/release-view.ts'
import { hostile, rawIn } from '../../core/hostile.ts'
import { service, t0 } from '../../core/sample.ts'
import { begun, beside, look, looks, minute } from '../../core/view/release-log.ts'

const seed = Number(process.env['SEED'] ?? 20261126)
const most = 100_000
const frame = { path: '/release/x?look=2', where: 'tidegate', who: 'user/ann', nowMs: t0, formToken: 'token' }

/** As a log may have it: not validated, because old code or somebody else may have written it. */
const stored = (events: readonly NewEvent[]): readonly ReleaseEvent[] =>
  events.map((event, index) => ({ v: 1, seq: index + 1, ...event }))

/** A log in which somebody else has written every text that can be written, as long as the log takes it. */
function logWith(text: string, other: string, ends: boolean): readonly ReleaseEvent[] {
  const [a, b] = [text.slice(0, 1000), other.slice(0, 1000)]
  const [name, word, version] = [text.slice(0, 200), text.slice(0, 60), text.slice(0, 20)]
  const owned = {
    ...service({ slos: [{ name: 'available', objective: 99 }], gates: { approvals: [{ before: 50, by: ['ann'] }] } }),
    runbook: text.slice(0, 500),
  }
  const own = {
    ...owned,
    gates: {
      ...owned.gates,
      approvals: owned.gates.approvals.map((one) => ({ ...one, by: [name, other.slice(0, 200)] })),
    },
  }
  const hook = { point: 'beforeTraffic', step: 0, index: 0, attempt: 1 } as const
  const signal = { signal: `errors:${name}`, kind: 'unknown', because: other.slice(0, 600) } as const
  const verdict = {
    because: text.slice(0, 600),
    signals: [signal, { signal: name, kind: 'fail', because: text.slice(0, 600), numbers: { candidateBad: 1 } }],
  } as never
  const atMs = t0 + 5 * minute
  const [requested, carried, admitted, prepared, ...moves] = begun({
    service: own,
    releaseId: text.slice(0, 64),
    reason: a,
    key: b,
    candidate: { kind: 's3', bucket: word, key: b, versionId: a },
    provenance: {
      source: 'api',
      author: a.slice(0, 500),
      requestedBy: b.slice(0, 500),
      commit: a.slice(0, 500),
      build: name,
    },
  })
  const changed = {
    ...prepared,
    targets: [
      {
        functionName: 'checkout',
        alias: text.slice(0, 128),
        stable: version,
        candidate: other.slice(0, 20),
        revision: 'r',
        codeSha256: 'x',
      },
    ],
  }
  return stored([
    requested as NewEvent,
    carried as NewEvent,
    { type: 'carried', atMs: t0, execution: `arn:aws:states:eu-west-1:111122223333:execution:${a}` },
    admitted as NewEvent,
    {
      type: 'gated',
      atMs: t0,
      point: -1,
      allowed: false,
      because: text.slice(0, 2000),
      gates: [word, other.slice(0, 60)],
    },
    { type: 'gateReopened', atMs: t0, because: a },
    changed as NewEvent,
    { type: 'hookAnswered', atMs: t0, ...hook, answer: 'unknown', because: a },
    ...moves,
    ...looks(2),
    look(3, verdict),
    { type: 'approved', atMs, beforeBp: 5000, by: a, answer: 'decline', reason: b },
    { type: 'overridden', atMs, by: a, reason: b },
    { type: 'paused', atMs, by: a, reason: b },
    { type: 'alarmDoubted', atMs, alarm: name, state: 'ok' },
    ...(ends
      ? ([
          { type: 'interrupted', atMs, functionName: 'checkout', because: a, suspect: b },
          { type: 'moverNamed', atMs, functionName: 'checkout', suspect: a },
          { type: 'settled', atMs },
          { type: 'charged', atMs, charges: [{ kind: 'unknown', slo: 'available', because: text.slice(0, 300) }] },
        ] as const)
      : []),
  ])
}

/** The names of the elements, and of their attributes, in the order in which they stand. */
function skeletonOf(page: string): string {
  const tags = page.replaceAll(/<style>[^]*?<\/style>|<script>[^]*?<\/script>/g, '').match(/<[^>]*>/g) ?? []
  return tags.map((tag) => tag.replaceAll(/"[^"]*"/g, '""')).join('\n')
}

const hrefs = (page: string): readonly string[] =>
  [...page.matchAll(/(?:href|action|src)="([^"]*)"/g)].map(([, href = '']) => href)

function pagesOf(a: string, b: string, ends: boolean): readonly [string, string, string] {
  const events = logWith(a, b, ends)
  const facts = beside(t0 + 6 * minute, {
    allowances: [{ slo: 'available', because: a }],
    inCharge: { kind: 'not', because: b },
  })
  const [view, sheet] = [releaseViewOf(events, facts, { policy: 'stricter' }), postMortemOf(events, facts)]
  if (view === undefined || sheet === undefined) throw new Error('no view')
  return [releasePage(view, frame), postMortemPage(sheet, frame), postMortemMarkdown(sheet)]
}

describe.each([false, true])('hostile text in every field, ended: %s', (ends) => {
  it('is text on both pages: no element, no attribute and no address of it', () => {
    const [plain, plainSheet] = pagesOf('a', 'b', ends).map(skeletonOf)
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        const [page, sheet] = pagesOf(a, b, ends)
        expect([page, sheet].flatMap((one) => rawIn(one.replaceAll('\n', ' ')))).toEqual([])
        for (const href of [...hrefs(page), ...hrefs(sheet)]) expect(href).toMatch(/^(?:[/#?]|https:\/\/)/)
        expect(new Set(skeletonOf(page).split('\n'))).toEqual(new Set((plain ?? '').split('\n')))
        expect(new Set(skeletonOf(sheet).split('\n'))).toEqual(new Set((plainSheet ?? '').split('\n')))
      }),
      { seed, numRuns: repeats(60, 20) },
    )
  })

  it('is text in the Markdown: no line, no cell, no HTML and no link of it', () => {
    const [, , plain] = pagesOf('a', 'b', ends)
    const piped = (text: string): number => text.replaceAll(/\\\|/g, '').split('|').length
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        const [, , text] = pagesOf(`${a}|[x](javascript:1)<b>@all https://evil.example`, `${b}\n# y\n| z |`, ends)
        expect(rawIn(text.replaceAll('\n', ' '))).toEqual([])
        expect(text.split('\n').length).toBe(plain.split('\n').length)
        expect(piped(text)).toBe(piped(plain))
        expect(text).not.toMatch(/[<>@]|:\/\/|(?<!\\)\[|^# y/m)
      }),
      { seed, numRuns: repeats(60, 20) },
    )
  })
})

describe('a page stays under 100 kB', () => {
  const sizes = (events: readonly ReleaseEvent[]): readonly number[] => {
    const facts = beside(t0)
    const [view, sheet] = [releaseViewOf(events, facts, { policy: 'looser' }), postMortemOf(events, facts)]
    if (view === undefined || sheet === undefined) throw new Error('no view')
    return [releasePage(view, frame), postMortemPage(sheet, frame)].map((page) => Buffer.byteLength(page))
  }

  it('with 500 events, none of which repeats, and says how many rows are left out', () => {
    const pairs = Array.from({ length: 250 }, (_, index): readonly NewEvent[] => [
      { type: 'paused', atMs: t0 + index * minute, by: `user/${index}`, reason: `why ${index} `.repeat(40) },
      { type: 'resumed', atMs: t0 + index * minute, by: 'user/ann' },
    ])
    const events = stored([...begun(), ...pairs.flat()])
    expect(Math.max(...sizes(events))).toBeLessThan(most)
    const view = releaseViewOf(events, beside(t0))
    const page = view === undefined ? '' : releasePage(view, frame)
    expect(page).toMatch(/\d+ rows are left out here. The whole log: <code>tidegate log checkout-0123456789<\/code>/)
    expect(page).toContain('user/249')
    expect(page).toContain('requested')
  })

  it('with 10 kB of text that grows when it is escaped in every field, and 700 signals', () => {
    const text = `"'<&\u001b`.repeat(2000)
    const signals = Array.from({ length: 700 }, (_, index) => ({
      signal: `s${index}${text}`.slice(0, 300),
      kind: 'unknown',
      because: text.slice(0, 600),
    }))
    const events = [...logWith(text, text, true)]
    const long = stored([look(4, { because: text.slice(0, 600), signals: signals as never })])[0] as ReleaseEvent
    for (const all of [events, [...events.slice(0, 12), { ...long, seq: 99 }], [...logWith(text, text, false)]])
      expect(Math.max(...sizes(all))).toBeLessThan(most)
  })

  it('with a plan of 100 steps and 20 targets', () => {
    const steps = Array.from({ length: 99 }, (_, index) => ({ weight: index + 1, bake: '5m' }))
    const functions = Array.from(
      { length: 20 },
      (_, index) => `arn:aws:lambda:eu-west-1:111122223333:function:${'f'.repeat(60)}${index}`,
    )
    const targets = functions.map((functionName) => ({
      functionName,
      alias: 'live',
      stable: '1',
      candidate: '2',
      revision: 'r',
      codeSha256: 'x',
    }))
    const events = begun({ service: service({ plan: { steps } }) }).map((event) =>
      event.type === 'prepared' ? { ...event, targets } : event,
    )
    expect(Math.max(...sizes(stored(events)))).toBeLessThan(most)
  })
})
