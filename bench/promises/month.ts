// A simulated service: a month of hours, from which the promise is made as `tidegate init` makes it; and the month after, with
// releases at any hour in which the traffic is what the promise is for. Its days have a sine, its week ends are quieter.
import { labOf } from '../../cli/promise/simulated.ts'
import { type Hour, type Usual, usualOf } from '../../cli/promise/usual.ts'
import { type Offer, offerFor } from '../../cli/promise/words.ts'
import { chance } from '../../cloud/local/time/chance.ts'
import { hourMs } from '../../core/time.ts'
import { drawFrom } from '../trials/draw.ts'

type Month = {
  readonly perMinute: number
  readonly rate: number
  readonly promises: readonly { readonly what: string; readonly seen: string; readonly isKept: boolean }[]
}

const hours = 28 * 24
const falseMost = 0.05
const foundLeast = 0.9

/** @returns undefined where the promise is that a canary proves nothing */
export function monthOf(
  service: number,
  { runs, seed }: { readonly runs: number; readonly seed: number },
): Month | undefined {
  const random = chance(seed, `service ${service}`)
  const [mean, rate] = [10 ** (-1 + 5 * random()), 10 ** (-4 + 2.3 * random())]
  const profile = (hour: number): number =>
    mean * (1 + 0.6 * Math.sin((2 * Math.PI * hour) / 24)) * (Math.floor(hour / 24) % 7 >= 5 ? 0.6 : 1)
  const usual = usualOf(hoursOf(profile, rate, seed + service), hours * hourMs)
  const offer = usual && offerFor(usual)
  if (usual === undefined || offer === undefined) return undefined
  return {
    perMinute: mean,
    rate,
    promises: promisesOf(offer, usual, profile, { rate, runs, seed: 1000 * (seed + service) }),
  }
}

function hoursOf(profile: (hour: number) => number, rate: number, seed: number): readonly Hour[] {
  const draw = drawFrom(chance(seed, 'hours'))
  return Array.from({ length: hours }, (_, hour): Hour => {
    const requests = draw.poisson(profile(hour) * 60)
    return { atMs: hour * hourMs, requests, failed: draw.binomial(requests, rate) }
  })
}

type Asked = { readonly rate: number; readonly runs: number; readonly seed: number }

function promisesOf(
  { traffic, fit, promised }: Offer,
  usual: Usual,
  profile: (hour: number) => number,
  { rate, runs, seed }: Asked,
): Month['promises'] {
  const random = chance(seed, 'begins')
  /** The traffic of an hour in which a release may begin, which it then keeps. */
  const perMinute = (): number => {
    for (let tries = 0; tries < 1000; tries++) {
      const found = profile(Math.floor(random() * hours))
      if (found >= traffic.perMinute) return found
    }
    return usual.planned
  }
  const labs = Array.from({ length: runs }, () => labOf({ perMinute: perMinute(), rate }, fit))
  const courses = (added: number) =>
    labs.flatMap((lab, run) => lab.releases(added === 0 ? lab.base : lab.faulty(added), { runs: 1, seed: seed + run }))
  const backs = courses(0).filter(({ failedAt }) => failedAt !== undefined).length
  const healthy = { what: 'false roll backs', seen: `${backs} of ${runs}`, isKept: backs <= falseMost * runs }
  const found = Object.entries(promised.found).map(([size, minutes]) => {
    const inTime = courses(Number(size)).filter(({ failedAt = Infinity }) => failedAt <= minutes).length
    const what = `${Number(size) * 100} % more within ${minutes} minutes`
    return { what, seen: `${inTime} of ${runs}`, isKept: inTime >= foundLeast * runs }
  })
  return [healthy, ...found]
}
