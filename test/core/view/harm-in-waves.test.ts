// What a total failure would cost a release in waves: each alias by its own share and its own requests.
import { expect, it } from 'vitest'
import { harmOf } from '../../../core/view/release/harm.ts'
import type { Requests } from '../../../core/view/release/requests.ts'
import type { Release } from '../../../core/release/release.ts'
import { prepared, t0 } from '../sample.ts'

const shares = { dev: 9000, staging: 2500, production: 0 }
const names = Object.keys(shares)
const release = (): Release => {
  const begun = prepared({
    targets: names.map((name) => ({ function: name, alias: 'live' })),
    plan: { steps: [{ weight: 25, bake: '5m' }] },
    waves: names.map((name) => ({ name, targets: [name] })),
  })
  const targets = begun.targets.map((target) => {
    const weightBp = shares[target.functionName as keyof typeof shares]
    const additional = weightBp === 0 ? {} : { additional: { version: '2', weightBp } }
    return { ...target, routing: { version: '1', ...additional } }
  })
  return { ...begun, targets }
}

const zero = { all: 0, bad: 0 }
/** Five minutes of so many requests of each alias in a minute; none is read where it is 0. */
function requests(perMinute: readonly number[]): Requests {
  const minutes = (all: number) =>
    [0, 1, 2, 3, 4].map((at) => ({ atMs: t0 + at * 60_000, candidate: { all, bad: 0 }, stable: zero }))
  return {
    targets: perMinute.map((all) => ({ minutes: all === 0 ? [] : minutes(all), before: zero })),
    minutes: minutes(perMinute.reduce((sum, one) => sum + one, 0)),
    hasErrors: true,
  }
}
const ifAllFails = (perMinute: readonly number[]): string =>
  harmOf(release(), requests(perMinute), [{ slo: 'available', whole: 4600 }], t0).ifAllFails ?? ''

it('is the sum over the aliases, not the largest share of all requests', () => {
  // (90 % of 100 + 25 % of 100) for four minutes
  expect(ifAllFails([100, 100, 0])).toMatch(
    /^About 460 failed requests until it is put back, at 200 requests a minute and 4m until a look finds it: 10 % of error budget available\. An alarm may be sooner\.$/,
  )
  // Where the wave has not begun, nothing fails.
  expect(ifAllFails([100, 100, 5000])).toMatch(/^About 460 failed requests .+, at 200 requests a minute/)
})

it('is said to be not known of an alias of which nothing was read', () => {
  expect(ifAllFails([100, 0, 0])).toMatch(
    /^About 360 failed .+ An alarm may be sooner\. Of staging it is not known yet\.$/,
  )
})
