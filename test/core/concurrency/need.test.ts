// What versions need, whether there is room for it, and what a release took besides.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { needsAt, peakNeeds, promisedOf, shareOf } from '../../../core/concurrency/need.ts'
import { standingOf, withoutRoom } from '../../../core/concurrency/standing.ts'
import { extraWords, hourlyWords, troubleWords, waitingWords } from '../../../core/concurrency/words.ts'
import type { NewEvent } from '../../../core/release/event.ts'
import { billing, releaseOf, t0 } from './releases.ts'

describe('what versions need', () => {
  it('is all for stable, and the coming share for the candidate, rounded up; at the promotion all', () => {
    const release = releaseOf(50, [1, 25])
    const candidate = (step: number) => needsAt(release, step).find(({ version }) => version === '2')?.environments
    expect([0, 1, 2].map(candidate)).toEqual([1, 13, 50])
    for (const step of [0, 1, 2])
      expect(needsAt(release, step)).toContainEqual({ functionName: 'checkout', version: '1', environments: 50 })
    expect(peakNeeds(release).map(({ environments }) => environments)).toEqual([50, 50])
  })

  it('is nothing for a service that promises nothing, an alias that others moved, or one that is provisioned itself', () => {
    expect(needsAt(releaseOf(undefined, [10]), 0)).toEqual([])
    const release = releaseOf(50, [10])
    const [target] = release.targets
    if (target === undefined) throw new Error('no target')
    expect(needsAt({ ...release, targets: [{ ...target, lost: true }] }, 0)).toEqual([])
    expect(promisedOf({ ...release, targets: [{ ...target, provisioned: true }] })).toEqual([])
  })

  it('follows the plan that the gates have just made bolder or more careful', () => {
    const release = releaseOf(50, [50])
    const plan = { ...release.service.plan, steps: [{ weightBp: 1000, bakeSeconds: 60 }] }
    expect(needsAt(release, 0, plan).map(({ environments }) => environments)).toEqual([50, 5])
  })

  it('never falls below the share of the traffic, nor rises above what is promised', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 10_000 }), (promised, weightBp) => {
        const share = shareOf(promised, weightBp)
        expect(share * 10_000).toBeGreaterThanOrEqual(promised * weightBp)
        expect(share).toBeLessThanOrEqual(promised)
      }),
    )
  })
})

const needs = [
  { functionName: 'checkout', version: '1', environments: 50 },
  { functionName: 'checkout', version: '2', environments: 5 },
]
const had = (
  ...found: readonly { qualifier: string; environments: number; state: 'ready' | 'allocating' | 'failed' }[]
) => new Map([['checkout', found]])
const whole = { qualifier: '1', environments: 50, state: 'ready' } as const

describe('where it stands', () => {
  it.each([
    ['missing', had(whole), ['2'], []],
    ['too little', had(whole, { qualifier: '2', environments: 4, state: 'ready' }), ['2'], []],
    ['more than enough', had(whole, { qualifier: '2', environments: 9, state: 'ready' }), [], []],
    ['being allocated', had(whole, { qualifier: '2', environments: 5, state: 'allocating' }), [], ['2']],
    ['failed', had(whole, { qualifier: '2', environments: 5, state: 'failed' }), ['2'], []],
    ['not read', new Map(), ['1', '2'], []],
  ] as const)('%s', (_, found, lacking, allocating) => {
    const standing = standingOf(needs, found)
    expect(standing.lacking.map(({ version }) => version)).toEqual(lacking)
    expect(standing.allocating.map(({ version }) => version)).toEqual(allocating)
  })

  it('a failure is a problem with a code and what to do', () => {
    const [problem] = standingOf(needs, had(whole, { qualifier: '2', environments: 5, state: 'failed' })).failed
    expect(problem?.code).toBe('concurrency_failed')
    expect(troubleWords(problem === undefined ? [] : [problem])).toMatch(
      /it gave no reason\. .*\(concurrency_failed\)$/,
    )
  })
})

describe('room', () => {
  const peak = [needs[0], { functionName: 'checkout', version: '2', environments: 50 }].filter(
    (one) => one !== undefined,
  )
  const limits = (reserved: number | undefined, unreserved = 1000) =>
    new Map([['checkout', { ...(reserved === undefined ? {} : { reserved }), unreserved }]])
  it.each([
    ['as much reserved as is needed', had(whole), limits(100), 0],
    ['one less', had(whole), limits(99), 1],
    ['other versions that have some', had(whole, { qualifier: '7', environments: 1, state: 'ready' }), limits(100), 1],
    ['an account with 100 besides', had(whole), limits(undefined, 200), 0],
    ['an account with less', had(whole), limits(undefined, 199), 1],
    [
      'a full account, and nothing to add',
      had(whole, { qualifier: '2', environments: 50, state: 'ready' }),
      limits(undefined, 100),
      0,
    ],
    ['a new account', had(), limits(undefined, 10), 1],
  ] as const)('%s', (_, found, limit, problems) => {
    expect(withoutRoom(peak, found, limit)).toHaveLength(problems)
  })
})

it('says what it waits for and what it costs', () => {
  expect(waitingWords(needs)).toBe('waits for provisioned concurrency: 50 of checkout:1, 5 of checkout:2')
  expect(hourlyWords(50, billing)).toBe('about $0.75 an hour, at 1024 MB on x86_64 (list price of us-east-1)')
})

it('charges a release what it had besides stable, from the moment that it was asked for', () => {
  const asked = (minute: number, version: string, environments: number): NewEvent => ({
    ...{ type: 'concurrencyAsked', atMs: t0 + minute * 60_000, point: 0 },
    targets: [{ functionName: 'checkout', version, environments }],
  })
  const release = releaseOf(50, [10, 50], [asked(0, '1', 50), asked(0, '2', 5), asked(12, '2', 25), asked(24, '2', 50)])
  expect(release.asked).toHaveLength(4)
  // 5 for 12 minutes, 25 for 12, 50 for 6.
  expect(extraWords(release, t0 + 30 * 60_000)).toBe(
    'it had 11.0 environment-hours of provisioned concurrency besides, about $0.17',
  )
  expect(extraWords(releaseOf(50, [10]), t0)).toBeUndefined()
})
