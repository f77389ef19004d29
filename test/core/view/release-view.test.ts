// The view of a release: what it says of each state, what it collapses, what it does not know, and where it leads.
import { describe, expect, it } from 'vitest'
import type { NewEvent } from '../../../core/release/event.ts'
import { sentenceOf } from '../../../core/release/head.ts'
import { type Asked, type Beside, releaseViewOf, type ReleaseView } from '../../../core/view/release/release-view.ts'
import { service, t0 } from '../sample.ts'
import { unfolded } from '../../../core/view/release/timeline.ts'
import { begun, beside, errorsOf, logOf, look, looks, minute, releaseOf, requested } from './release-log.ts'

function viewOf(events: readonly NewEvent[], changes: Partial<Beside> = {}, asked: Asked = {}): ReleaseView {
  const view = releaseViewOf(logOf(events), beside((events.at(-1)?.atMs ?? 0) + 1000, changes), asked)
  if (view === undefined) throw new Error('no view')
  return view
}

describe('what happens now', () => {
  it('is said of a release that has moved nothing, with what it waits for', () => {
    expect(viewOf([requested()]).now.sentence).toBe('Waiting to begin: no traffic has moved.')
    const queued = viewOf([requested(), { type: 'queued', atMs: t0, behind: 'checkout-1' }])
    expect(queued.now).toMatchObject({
      tone: 'hold',
      sentence: expect.stringMatching(/^Waiting: release checkout-1 goes first\. No traffic has moved\.$/) as string,
    })
    const turn = viewOf([requested(), { type: 'admitted', atMs: t0, beginsAtMs: t0 + 90_000 }])
    expect(turn.now.sentence).toMatch(/^Waiting for releases of other services: it begins in 1m29s, at 00:01:30Z\./)
    for (const view of [queued, turn]) {
      expect(view.back).toEqual({ sentence: 'There is nothing to put back: no traffic has moved.', commands: [] })
      expect(view.harm.soFar).toBe('None: the candidate has had no traffic.')
      expect(view.orders.map(({ route }) => route)).toEqual(['abort'])
    }
  })

  it('says when the next look is and when the step ends, and what becomes of it if the evidence never suffices', () => {
    const early = viewOf([...begun(), ...looks(2)])
    expect(early.now).toMatchObject({ state: 'baking', tone: 'plain' })
    expect(early.now.sentence).toBe(
      'Baking at 10 %, step 1 of 2: 1m59s left. At 00:05:00Z, if the evidence allows it, version 2 gets 50 %.',
    )
    expect(early.now.more).toMatch(/^Not known yet: .+ The next look is in 59s, at 00:04:00Z\.$/)
    const late = viewOf([...begun(), ...looks(6)])
    expect(late.now).toMatchObject({ state: 'held', tone: 'hold' })
    expect(late.now.sentence).toMatch(
      /It goes back to version 1 if it is still so in 27m59s, at 00:35:00Z \(policy\.hold\.unknown\)\.$/,
    )
  })

  it('is going back with the reason, and the button tries again', () => {
    const order: NewEvent = {
      type: 'returnOrdered',
      atMs: t0 + minute,
      by: 'user/ann',
      reason: 'orders "drop".',
      outcome: 'rolledBack',
    }
    const view = viewOf([
      ...begun(),
      order,
      { type: 'returnFailed', atMs: t0 + minute, because: 'Lambda does not answer' },
    ])
    expect(view.now.sentence).toBe('Going back to version 1: user/ann says "orders \'drop\'".')
    expect(view.back).toMatchObject({
      sentence: expect.stringMatching(/pressing tries again/) as string,
      order: { route: 'roll-back' },
    })
    expect(view.orders).toEqual([])
    expect(view.runbook).toBe('notBack')
    expect(viewOf([...begun(), order]).runbook).toBe('rolledBack')
    expect(viewOf(begun()).runbook).toBeUndefined()
    expect(view.timeline.at(-1)).toMatchObject({ what: 'STUCK', tone: 'bad' })
  })
})

describe('what a signal tolerates', () => {
  const custom = { namespace: 'Shop', kind: 'count', worse: 'lower', dimensions: { Version: '{version}' } }
  const signals = {
    errors: { tolerance: 1 },
    latency: { tolerance: 1.2 },
    custom: [
      { ...custom, name: 'orders', metric: 'Orders' },
      { ...custom, name: 'paid', metric: 'Paid', tolerance: 0.9 },
    ],
  }
  it.each([
    ['errors', "no more than stable's"],
    ['latency', "no more than 1.2 times stable's"],
    ['orders', "no less than stable's"],
    ['paid', "no less than 0.9 times stable's"],
  ])('%s is said as a person would', (signal, words) => {
    const one = { ...errorsOf(1), signal }
    const view = viewOf([...begun({ service: service({ signals }) }), look(1, { signals: [one] })])
    expect(view.tiles[0]?.tolerance).toBe(`tolerated: ${words}`)
  })
})

it('the words of an alarm, which end with a full stop, end a sentence with one', () => {
  const order: NewEvent = {
    ...{ type: 'returnOrdered', atMs: t0 + minute, by: 'alarm checkout-errors', outcome: 'rolledBack' },
    reason: 'alarm checkout-errors fired: "Threshold Crossed: 1 datapoint."',
  }
  const events = logOf([...begun(), order])
  const words = 'alarm checkout-errors fired: "Threshold Crossed: 1 datapoint".'
  expect(sentenceOf(releaseOf(events))).toMatch(new RegExp(`${words.replace('.', '\\.')}$`))
  expect(viewOf([...begun(), order]).now.sentence).toBe(`Going back to version 1: ${words}`)
})

describe('what is not known', () => {
  it('is never shown as good: no look, no reading, errors that are not watched', () => {
    const none = viewOf(begun())
    expect(none.now.more).toContain('Nobody has looked at the evidence yet.')
    expect([none.tiles, none.looks]).toEqual([
      [],
      { count: 0, shown: 0, sentence: 'Nobody has looked at the evidence yet.' },
    ])
    expect(none.served).toEqual({ kind: 'unknown', because: 'no whole minute at this weight has been read yet' })
    expect(none.harm).toMatchObject({ tone: 'hold', soFar: 'Not known: there is no request of the candidate.' })
    expect(none.harm.ifAllFails).toBe('Not known yet: no whole minute has been read.')
    const unwatched = service({ signals: { errors: 'off' } })
    const blind = viewOf([...begun({ service: unwatched }), ...looks(3)])
    expect(blind.harm).toMatchObject({
      tone: 'hold',
      soFar: expect.stringMatching(/^Not known: failed requests are not watched/) as string,
    })
    const silent = {
      points: { '0.c.invocations': [[0, 0]], '0.s.invocations': [[0, 0]] } as never,
      complete: true,
      fromMs: t0,
      toMs: t0 + minute,
    }
    expect(viewOf([...begun(), look(1, { readings: silent })]).served).toEqual({
      kind: 'unknown',
      because: 'neither version had a request',
    })
  })

  it('shows looks from before numbers and readings were kept, and a log from before baselines', () => {
    const old = (kind: 'pass' | 'unknown'): NewEvent => ({
      type: 'judged',
      atMs: t0 + 2 * minute,
      verdict: {
        kind,
        quiet: false,
        because: 'as it was',
        window: { startMs: t0, endMs: t0 },
        signals: [{ signal: 'errors', kind, because: 'errors: 3' }],
      },
    })
    const view = viewOf([...begun({}, 'an execution'), old('unknown'), old('pass')])
    expect(view.tiles).toEqual([
      {
        signal: 'errors',
        kind: 'pass',
        advisory: false,
        because: '3',
        tolerance: "tolerated: no more than stable's",
        points: [],
      },
    ])
    expect(view.links).toEqual([])
    expect(viewOf([...begun(), old('pass')], {}, { policy: 'looser' }).compared?.rows).toMatchObject([
      { said: 'pass', other: 'unknown' },
    ])
  })
})

describe('the numbers', () => {
  it('are counted from what the looks have read', () => {
    const view = viewOf([...begun(), ...looks(10)], {
      allowances: [
        { slo: 'available', whole: 1000 },
        { slo: 'fast', because: 'it is about durations' },
      ],
    })
    expect(view.served).toEqual({
      kind: 'known',
      shareBp: 1000,
      requests: 1000,
      fromMs: t0 + 5 * minute,
      toMs: t0 + 10 * minute,
    })
    expect(view.harm.soFar).toMatch(
      /^About 37\.8 failed requests more than stable would have had \(± [\d.]+, of 200 requests/,
    )
    expect(view.harm.shares).toEqual([
      'Error budget available: 3.78 % of its window.',
      'Error budget fast: its share is not known: it is about durations.',
    ])
    expect(view.harm.ifAllFails).toBe(
      'About 80 failed requests until it is put back, at 200 requests a minute and 4m until a look finds it: 8 % of error budget available. An alarm may be sooner.',
    )
  })

  it('of a signal say how far it is from going back and from passing', () => {
    const [tile] = viewOf([...begun(), ...looks(10)]).tiles
    expect(tile).toMatchObject({
      candidate: '1.00 % of 200',
      stable: '1.00 % of 1800',
      times: '1 times stable (0.5 to 2)',
      toRollBack: { share: 0.5 / 3, words: '1.65 to 1 against it; 20.1 to 1 puts it back' },
      toPass: { share: 200 / 1_000_000, words: '200 of 1000000 samples at this weight' },
      missing: expect.stringMatching(/^200 of 1000000 samples/) as string,
    })
    const few = viewOf([...begun(), look(1, { signals: [errorsOf(2)] })]).tiles
    expect(few[0]?.times).toBe('too few events to compare')
  })

  it('of so many looks as a picture can show, and always of the one that is shown', () => {
    const events = [...begun(), ...looks(500)]
    const [tile] = viewOf(events).tiles
    expect(tile?.points.length).toBeLessThanOrEqual(60)
    expect(tile?.points.at(-1)?.atMs).toBe(t0 + 501 * minute)
    expect(viewOf(events, {}, { look: 77 }).tiles[0]?.points.at(-1)?.atMs).toBe(t0 + 78 * minute)
  })

  it('put the signals first that keep it from going on', () => {
    const kinds = ['pass', 'excluded', 'fail', 'unknown'] as const
    const signals = kinds.map((kind) => ({ signal: `alarm:${kind}`, kind, because: 'x' }))
    const advisory = { signal: 'cost', kind: 'fail' as const, because: 'x', advisory: true as const }
    const view = viewOf([...begun(), look(1, { signals: [advisory, ...signals] })])
    expect(view.tiles.map(({ signal }) => signal)).toEqual([
      'alarm:fail',
      'alarm:unknown',
      'alarm:pass',
      'alarm:excluded',
      'cost',
    ])
  })
})

describe('the timeline', () => {
  it('ends with the release as the log says it, with all that was read', () => {
    const order: NewEvent = { type: 'returnOrdered', atMs: t0, by: 'user/ann', reason: 'x', outcome: 'rolledBack' }
    const early = look(3, { kind: 'pass' })
    for (const more of [[], looks(7), [...looks(2), order, ...looks(3)], [...looks(6), early, early, look(8)]]) {
      const events = logOf([...begun(), ...more])
      expect(unfolded(events).at(-1)?.after).toEqual(releaseOf(events))
    }
  })

  it('says once what repeats, and each thing that decides', () => {
    const rows = viewOf([
      ...begun(),
      ...looks(4),
      { type: 'paused', atMs: t0 + 6 * minute, by: 'user/ann', reason: 'wait' },
      look(7),
      look(8, { kind: 'pass', because: 'fine' }),
    ]).timeline
    expect(
      rows
        .filter(({ look: number }) => number !== undefined)
        .map(({ what, times, look: number }) => [what, times, number]),
    ).toEqual([
      ['unknown', 3, 3],
      ['unknown', 1, 4],
      ['unknown', 1, 5],
      ['pass', 1, 6],
    ])
    expect(rows.find(({ times }) => times === 3)).toMatchObject({ fromMs: t0 + 2 * minute, toMs: t0 + 4 * minute })
  })

  it('never hides a look that decides behind others that say the same', () => {
    const pass = { kind: 'pass', because: 'fine' } as const
    const rows = viewOf([...begun(), look(2, pass), look(3, pass), look(4, pass)]).timeline
    expect(rows.slice(-2)).toMatchObject([
      { what: 'pass', times: 2 },
      { what: 'pass', times: 1, fromMs: t0 + 5 * minute },
    ])
  })

  it('names the person, the commit and who asked', () => {
    const provenance = {
      source: 'cli',
      commit: '4f2a91c',
      author: 'Ann Lee',
      requestedBy: 'user/ben',
      build: '17',
    } as const
    const [row] = viewOf([requested({ provenance, reason: 'new totals', urgent: true })]).timeline
    expect(row).toMatchObject({
      by: 'user/ben',
      words: 'checkout:2; commit 4f2a91c; build 17; by author "Ann Lee"; urgent: a security fix; "new totals"',
    })
  })
})

describe('the links', () => {
  it('lead to the logs of the version and the traces of the release, where the controller ran', () => {
    const [runbook, logs, traces] = viewOf([
      ...begun({ service: service({ runbook: 'https://example.com/r?a=b' }) }),
      ...looks(2),
    ]).links
    expect(runbook).toEqual({ label: 'Runbook of the service', href: 'https://example.com/r?a=b' })
    expect(logs?.label).toBe('Logs of checkout, version 2')
    expect(logs?.href).toBe(
      "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:logs-insights$3FqueryDetail$3D~(end~'2026-01-01T00*3a03*3a01.000Z~start~'2026-01-01T00*3a00*3a00.000Z~timeType~'ABSOLUTE~tz~'UTC~editorString~'fields*20*40timestamp*2c*20*40message*2c*20*40logStream*0a*7c*20filter*20*40logStream*20like*20*27*5b2*5d*27*0a*7c*20sort*20*40timestamp*20desc*0a*7c*20limit*20200~source~(~'*2faws*2flambda*2fcheckout))",
    )
    expect(traces?.href).toBe(
      "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#xray:traces/query?~(query~(expression~'annotation.releaseId*20*3d*20*22checkout-0123456789*22)~context~(timeRange~(start~'2026-01-01T00*3a00*3a00.000Z~end~'2026-01-01T00*3a03*3a01.000Z)))",
    )
    const other = (arn: string) => viewOf(begun({}, arn)).links.map(({ href }) => new URL(href).host)
    expect(other('arn:aws-cn:states:cn-north-1:111122223333:execution:x:y')[0]).toBe('cn-north-1.console.amazonaws.cn')
    expect(other('arn:aws:states:us-east-1:000000000000:execution:x:y')).toEqual([])
    expect(other('arn:toString:states:us-east-1:111122223333:execution:x:y')).toEqual([])
    expect(other('arn:aws:states:evil.example/:111122223333:execution:x:y')).toEqual([])
  })

  it('to a runbook are addresses of the web only', () => {
    const hostile = { ...service(), runbook: 'javascript:alert(1)' }
    const view = releaseViewOf(
      logOf([requested()]).map((event) => (event.type === 'requested' ? { ...event, service: hostile } : event)),
      beside(t0),
    )
    expect(view?.links).toEqual([])
  })
})
