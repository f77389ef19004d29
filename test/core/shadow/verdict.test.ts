// The promise of the shadow: equal versions are not reported, whatever their noise is, and what differs is found and named.
import { describe, expect, it } from 'vitest'
import { judged, upperTail } from '../../../core/shadow/compare.ts'
import { parsePath } from '../../../core/shadow/path.ts'
import { nothingTried, verdictOf, withEvent } from '../../../core/shadow/verdict.ts'
import type { Answer } from '../../../core/shadow/features.ts'
import { repeats } from '../../repeats.ts'
import { answered, type Change, run } from './noisy.ts'

it('equal versions are never reported, in 1,000 runs with noise', () => {
  const results = Array.from({ length: repeats(1000, 12) }, (_, seed) => run(seed, { events: 60 }))
  expect(results.filter(({ result }) => result !== 'pass')).toEqual([])
})

it('nor with more copies of stable, or more events', () => {
  for (let seed = 0; seed < repeats(50, 2); seed++) {
    expect(run(seed, { copies: 4 })).toMatchObject({ result: 'pass' })
    expect(run(seed, { events: 150 })).toMatchObject({ result: 'pass' })
  }
})

const changes: Readonly<Record<string, readonly [Change, kind: string, path: string]>> = {
  'another status': [(http, ms) => answered({ ...http, statusCode: 201 }, ms), 'status', ''],
  'a field that is missing': [
    ({ body: { total: _, ...body }, ...http }, ms) => answered({ ...http, body: body as never }, ms),
    ...(['missing', '/body/total'] as const),
  ],
  'a new field': [(http, ms) => answered({ ...http, body: { ...http.body, tax: 19 } }, ms), 'new', '/body/tax'],
  'a number as a text': [
    (http, ms) => answered({ ...http, body: { ...http.body, total: String(http.body.total) as never } }, ms),
    ...(['type', '/body/total'] as const),
  ],
  'another text': [
    (http, ms, event) =>
      answered({ ...http, body: { ...http.body, customer: { name: `Customer ${event}`, vip: event % 7 === 0 } } }, ms),
    ...(['value', '/body/customer/name'] as const),
  ],
  'another number in items that come in any order': [
    (http, ms) =>
      answered(
        { ...http, body: { ...http.body, items: http.body.items.map(({ id, cents }) => ({ id, cents: cents + 1 })) } },
        ms,
      ),
    ...(['value', '/body/items/*/cents'] as const),
  ],
  'a number that is never the same, and now higher': [
    (http, ms) => answered({ ...http, body: { ...http.body, score: Number(http.body['score']) + 0.001 } }, ms),
    ...(['higher', '/body/score'] as const),
  ],
  'a shorter list': [
    (http, ms) => answered({ ...http, body: { ...http.body, items: http.body.items.slice(1) } }, ms),
    ...(['length', '/body/items'] as const),
  ],
  'another order of a list': [
    (http, ms) => answered({ ...http, body: { ...http.body, picks: ['c', 'b', 'a'] } }, ms),
    ...(['order', '/body/picks'] as const),
  ],
  'another header': [
    (http, ms) => answered({ ...http, headers: { ...http.headers, 'content-type': 'text/plain' } }, ms),
    ...(['header', 'content-type'] as const),
  ],
  'a header that is missing': [
    (http, ms) => answered({ ...http, headers: { 'content-type': 'application/json', 'x-request-id': `${ms}` } }, ms),
    ...(['missing', 'header etag'] as const),
  ],
  'an error instead of an answer': [
    (_, ms) => ({ kind: 'error', type: 'TypeError', message: 'x is not a function', ms }),
    ...(['outcome', ''] as const),
  ],
  'a write that IAM refuses': [
    (_, ms) => ({
      ...{ kind: 'error', type: 'AccessDeniedException', ms },
      message:
        'User: arn:aws:sts::1:assumed-role/shadow/x is not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:::table/orders because no identity-based policy allows the dynamodb:PutItem action',
    }),
    ...(['refused', ''] as const),
  ],
  'twice the time': [(http, ms) => answered(http, 3 * ms), 'slower', ''],
}

describe('what differs is found, and named once', () => {
  it.each(Object.entries(changes))('%s', (_, [change, kind, path]) => {
    for (let seed = 0; seed < repeats(20, 1); seed++) {
      const { result, differences, message } = run(seed, { change })
      expect([result, differences.map((one) => [one.kind, one.path])]).toEqual(['fail', [[kind, path]]])
      expect(message.length).toBeLessThan(300)
    }
  })

  it('in words, without a value of anybody', () => {
    const say = (name: string): string => run(1, { change: changes[name]![0] }).message
    expect(say('a write that IAM refuses')).toMatch(
      /^checkout: version 8 is not as version 7: it tries what IAM refuses \(dynamodb:PutItem\) at \d+ of 60 events$/,
    )
    expect(say('another status')).toMatch(/: the status is another \(201\) at \d+ of 60 events$/)
    expect(say('another text')).toMatch(/: \/body\/customer\/name has another value at \d+ of 60 events$/)
  })

  it('what differs in some events only is found with enough of them, and a pass says what it would have seen', () => {
    const some: Change = (http, ms, event) => answered(event % 4 === 0 ? { ...http, statusCode: 201 } : http, ms)
    expect(run(1, { events: 200, change: some })).toMatchObject({ result: 'fail' })
    expect(run(1, { events: 40, change: some }).message).toMatch(
      /; a difference in \d+ % of events would have been seen$/,
    )
  })
})

describe('what cannot be known is not passed', () => {
  const ok: Answer = { kind: 'answer', value: { total: 1 }, ms: 5 }
  const versions = { functionName: 'checkout', stable: '7', candidate: '8' }
  const after = (answers: readonly [Answer, ...Answer[]], events: number, unusable = new Map<string, number>()) => {
    let tried = nothingTried
    for (let event = 0; event < events; event++) tried = withEvent(tried, answers, { ignored: [], slower: undefined })
    return verdictOf(versions, tried, { least: 30, copies: 2, unusable })
  }

  it('too few events', () => {
    expect(after([ok, ok, ok], 29, new Map([['damaged', 3]]))).toMatchObject({
      result: 'unknown',
      message: 'checkout: 29 events could be compared, and it takes 30 (3 damaged)',
    })
    expect(after([ok, ok, ok], 30)).toMatchObject({ result: 'pass' })
  })

  it('events at which stable itself is refused a write', () => {
    const refused: Answer = {
      kind: 'error',
      type: 'AccessDenied',
      message: 'not authorized to perform: sqs:SendMessage',
      ms: 5,
    }
    expect(after([refused, refused, refused], 50).message).toBe(
      'checkout: 0 events could be compared, and it takes 30 (at 50 more IAM refuses stable sqs:SendMessage)',
    )
  })

  it('stable that fails in the shadow', () => {
    const broken: Answer = { kind: 'error', type: 'Error', message: 'no configuration', ms: 5 }
    expect(after([broken, broken, broken], 50)).toMatchObject({ result: 'unknown' })
    // But a candidate that fails where stable does not.
    expect(after([broken, ok, ok], 50)).toMatchObject({ result: 'fail' })
  })
})

it('an ignored path is not compared, whatever lies below it', () => {
  const answer = (name: string): Answer => ({ kind: 'answer', value: { who: { Name: name }, is: 1 }, ms: 1 })
  let tried = nothingTried
  const rules = { ignored: [parsePath('/answer/who')], slower: undefined }
  for (let event = 0; event < 40; event++) tried = withEvent(tried, [answer('b'), answer('a'), answer('a')], rules)
  expect(
    verdictOf({ functionName: 'f', stable: '1', candidate: '2' }, tried, { least: 30, copies: 2, unusable: new Map() }),
  ).toMatchObject({ result: 'pass' })
})

it('names in answers cannot end our sentence', () => {
  const answer = (name: string): Answer => ({ kind: 'answer', value: { [name]: 1 }, ms: 1 })
  let tried = nothingTried
  const rules = { ignored: [], slower: undefined }
  for (let event = 0; event < 40; event++)
    tried = withEvent(tried, [answer('x\n" promoted \u202e'), answer('a'), answer('a')], rules)
  const { message } = verdictOf({ functionName: 'f', stable: '1', candidate: '2' }, tried, {
    least: 30,
    copies: 2,
    unusable: new Map(),
  })
  expect(message).toContain(String.raw`"/answer/x\n' promoted \u{202e}" is new`)
})

describe('the test', () => {
  it('has the tail of the binomial distribution', () => {
    expect(Math.exp(upperTail(10, 10, 1 / 3))).toBeCloseTo(3 ** -10, 12)
    expect(Math.exp(upperTail(0, 10, 1 / 3))).toBeCloseTo(1, 12)
    // 1 - pbinom(59, 100, 1/3)
    expect(Math.exp(upperTail(2, 3, 1 / 3))).toBeCloseTo(7 / 27, 12)
  })

  it('needs more events the more could have been found, and does not count what could not', () => {
    const tally = (one: number) => ({ one, candidate: one })
    expect(judged(new Map([['status', tally(11)]]), 2).differences).toHaveLength(1)
    expect(judged(new Map([['status', tally(10)]]), 2).differences).toHaveLength(0)
    const rare = Array.from({ length: 1000 }, (_, nth) => [`new /${nth}`, tally(1)] as const)
    expect(judged(new Map([['status', tally(11)], ...rare]), 2).differences).toHaveLength(1)
    const many = Array.from({ length: 100 }, (_, nth) => [`new /${nth}`, { one: 40, candidate: 13 }] as const)
    expect(judged(new Map([['status', tally(14)], ...many]), 2).differences).toHaveLength(0)
  })
})
