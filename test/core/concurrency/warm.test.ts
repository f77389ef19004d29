// What a promoted release keeps warm, until when, and for whom it is left alone.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { askedUntilMs, keptBy, mayWant, Warm, warmOf } from '../../../core/concurrency/warm.ts'
import { besidesWords, keptWords, warmNowWords, warmWords } from '../../../core/concurrency/words.ts'
import type { Release } from '../../../core/release/release.ts'
import { parseDefinition } from '../../../core/service/definition.ts'
import { releaseOf, t0 } from './releases.ts'

const hourMs = 3_600_000
const service = (watch: unknown, provisionedConcurrency: number | undefined = 50) =>
  parseDefinition({
    name: 'checkout',
    targets: [{ function: 'checkout', alias: 'live', provisionedConcurrency }],
    plan: 'AllAtOnce',
    watch,
  })
const watch = { for: '2h', keepWarm: '1h' }

const ending = { because: 'it is over', by: 'signals' } as const

/** One that got all traffic at `t0`, and has ended a minute later. */
const promoted: Release = {
  ...releaseOf(50, [10]),
  service: service(watch),
  shifts: [{ weightBp: 10_000, sinceMs: t0 }],
  ending: { ...ending, outcome: 'promoted' },
  state: { phase: 'settled', atMs: t0 + 60_000 },
}
const warm = warmOf(promoted, t0 + 60_000)

describe('what is kept', () => {
  it('is the version before, from the promotion on, and nothing once the time is over', () => {
    expect(warm).toEqual({
      ...{ v: 1, service: 'checkout', releaseId: 'r1', promotedAtMs: t0, settledAtMs: t0 + 60_000 },
      untilMs: t0 + hourMs,
      targets: [{ functionName: 'checkout', alias: 'live', stable: '1', candidate: '2', environments: 50 }],
    })
    expect(Warm.parse(JSON.parse(JSON.stringify(warm)))).toEqual(warm)
    expect(warmOf(promoted, t0 + hourMs - 1)).toEqual(warm)
    expect(warmOf(promoted, t0 + hourMs)).toBeUndefined()
  })

  const [target] = promoted.targets
  it.each<readonly [string, Partial<Release>]>([
    ['that went back', { ending: { ...ending, outcome: 'rolledBack' } }],
    ['that is a way back itself', { key: 'back/r0' }],
    ['behind which nothing goes back', { oneWay: { reason: 'the column goes', atMs: t0, weightBp: 5000 } }],
    ['whose definition does not ask for it', { service: service({ for: '2h' }) }],
    ['without a watch', { service: service(undefined) }],
    ['whose alias others have moved', { targets: target === undefined ? [] : [{ ...target, lost: true }] }],
    ['whose alias is provisioned itself', { targets: target === undefined ? [] : [{ ...target, provisioned: true }] }],
  ])('is nothing of a release %s', (_, changes) => {
    expect(keptBy({ ...promoted, ...changes })).toEqual([])
    expect(warmOf({ ...promoted, ...changes }, t0)).toBeUndefined()
  })

  it('is said while it lasts: what, how long by the definition of now, and what ends it', () => {
    if (warm === undefined) throw new Error('nothing is kept')
    const said = (asked: unknown, minutes = 1, kept = warm) =>
      warmNowWords(kept, asked === undefined ? undefined : service(asked), t0 + minutes * 60_000)
    expect(said(watch)).toBe(
      'Kept warm since release r1, until 2026-01-01 01:00Z at the latest: 50 environments of checkout:1. The next release ends that when it begins, unless it may lead back there. To end it now, apply the definition without watch.keepWarm.',
    )
    expect(said({ for: '2h', keepWarm: '30m' })).toContain('until 2026-01-01 00:30Z')
    const over = /^No longer kept warm since release r1: 50 environments of checkout:1\. The sweep takes/
    for (const sentence of [said({ for: '2h' }), said(undefined), said(watch, 60)]) expect(sentence).toMatch(over)
    // Entries from before it was kept how many there are.
    const [kept] = warm.targets
    if (kept === undefined) throw new Error('nothing is kept')
    const { environments: _, ...early } = kept
    const earlier = Warm.parse(JSON.parse(JSON.stringify({ ...warm, targets: [early] })))
    expect(said(watch, 1, earlier)).toContain('at the latest: checkout:1. The next')
  })

  it('is said to whoever writes the definition, with the watch', () => {
    const promised = (environments: string, more = '') =>
      `Provisioned concurrency: ${environments} of checkout:live; paid for twice during a release${more}.`
    expect(besidesWords(service(undefined, 1))).toEqual([promised('1 environment')])
    expect(besidesWords(service(watch))).toEqual([
      'Watched: for 2h after a promotion; a late fault is paged.',
      promised('50 environments', ', and for 1h after a promotion'),
    ])
    const [target] = service(undefined, 1).targets
    expect(besidesWords({ ...service(undefined), targets: [{ ...target!, moveScaling: true }] })).toEqual([
      promised('1 environment', '; what scales checkout:live moves along when a release has ended'),
    ])
    const { provisionedConcurrency: _, ...bare } = service(undefined).targets[0]!
    expect(besidesWords({ ...service(undefined), targets: [bare] })).toEqual([])
    expect(besidesWords({ ...service(watch), mode: 'observe' })).toEqual([])
  })

  it('is said with what it costs at most, before and afterwards', () => {
    const billing = { memoryMb: 1024, architecture: 'x86_64' } as const
    expect(warmWords(service(watch), 50, billing)).toBe(
      '; after a promotion the old version stays warm for 1h: up to 50.0 environment-hours more, about $0.75',
    )
    expect(warmWords(service({ for: '2h' }), 50, billing)).toBe('')
    expect(keptWords(promoted, t0 + 60_000)).toBe(
      'checkout:1 stays warm until 2026-01-01 01:00Z at the latest, for up to 49.2 environment-hours more, about $0.74',
    )
    expect(keptWords(promoted, t0 + hourMs)).toBeUndefined()
  })
})

describe('until when the definition of now asks for it', () => {
  if (warm === undefined) throw new Error('nothing is kept')
  it.each([
    ['the same', service(watch), t0 + hourMs],
    ['a shorter time', service({ for: '2h', keepWarm: '10m' }), t0 + 600_000],
    ['a longer time, which is for the next one', service({ for: '9h', keepWarm: '9h' }), t0 + hourMs],
    ['no keepWarm', service({ for: '2h' }), 0],
    ['no watch', service(undefined), 0],
    ['no environments', service(undefined, undefined), 0],
    ['no definition', undefined, 0],
  ])('%s', (_, now, untilMs) => {
    expect(askedUntilMs(warm, now)).toBe(untilMs)
  })

  it('never is later than what was asked for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 7200 }), (seconds) => {
        const now = service({ for: '14d', keepWarm: `${seconds}s` })
        expect(askedUntilMs(warm, now)).toBe(Math.min(warm.untilMs, t0 + seconds * 1000))
      }),
    )
  })
})

describe('a newer release may want it', () => {
  const kept = { functionName: 'checkout', alias: 'live', stable: '5', candidate: '6' }
  const [target] = promoted.targets
  const prepared = (stable: string, candidate: string, functionName = 'checkout') =>
    target === undefined ? [] : [{ ...target, functionName, stable, candidate }]
  const named = (version: string, functionName = 'checkout') =>
    ({ kind: 'versions', versions: { [functionName]: version } }) as const
  const image = { kind: 'image', uri: `r/x@sha256:${'a'.repeat(64)}` } as const

  it.each([
    ['if its call names it', [], named('5'), true],
    ['not if its call names another one', [], named('7'), false],
    ['not if its call leaves the function alone', [], named('5', 'carts'), false],
    ['once it is prepared for it', prepared('6', '5'), named('5'), true],
    ['if it comes from it', prepared('5', '7'), named('7'), true],
    ['not once it is prepared for another one', prepared('6', '7'), named('7'), false],
    ['not once it is prepared for other functions', prepared('5', '6', 'carts'), named('5'), false],
    ['not if it makes a newer version', [], image, false],
  ] as const)('%s', (_, targets, candidate, wants) => {
    expect(mayWant({ targets, candidate }, kept)).toBe(wants)
  })

  it('if Lambda may answer an upload of its code with it, because it is the latest', () => {
    expect(mayWant({ targets: [], candidate: image }, { ...kept, stable: '10', candidate: '9' })).toBe(true)
  })
})
