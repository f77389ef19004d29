// A plan's promise in words, for the comments of a definition and for a report.
import { formatDuration } from '../../core/duration.ts'
import { minutesOfPlan, planFitFor, type Fit, type TrafficClass } from './plan.ts'
import { faultSizes, promiseOf, type Promised } from './promised.ts'
import { classOfUsual, type Usual } from './usual.ts'

export type Offer = { readonly traffic: TrafficClass; readonly fit: Fit; readonly promised: Promised }

/**
 * `undefined` where a canary proves nothing: so few requests, or so many of them failing, that not even a total failure is
 * found.
 */
export function offerFor(usual: Pick<Usual, 'planned' | 'rate'>): Offer | undefined {
  const traffic = classOfUsual(usual)
  const fit = traffic && planFitFor(traffic)
  const promised = traffic && promiseOf(traffic)
  if (traffic === undefined || fit === undefined || promised === undefined) return undefined
  return Object.keys(promised.found).length === 0 ? undefined : { traffic, fit, promised }
}

export const numberWords = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(2)))

export const perMinuteWords = (perMinute: number): string =>
  perMinute >= 1 || perMinute === 0 ? `${numberWords(perMinute)} a minute` : `${numberWords(perMinute * 60)} an hour`

export const percentWords = (share: number): string => `${Number((share * 100).toPrecision(2))} %`

export const minutesWords = (minutes: number): string => formatDuration(minutes * 60)

/** Lines of a comment, without its `#`. */
export function promiseWords({ traffic, fit, promised }: Offer): readonly string[] {
  const { healthy, falseBacks, undecided, onTime } = promised
  const found = new Map(Object.entries(promised.found))
  const rest = faultSizes.find((size) => !found.has(String(size)))
  const passed =
    onTime === healthy
      ? `all of ${healthy} passed every step when its bake was over.`
      : `${onTime} of ${healthy} passed every step when its bake was over, the others later.`
  const long = undecided === 0 ? '' : `, ${undecided} because a step stayed undecided for too long`
  return [
    `What this plan promises, with at least ${requestsWords(traffic.perMinute)}, of which at most ${percentWords(traffic.rate)} fail usually. It was`,
    'simulated with the code that judges releases, on errors alone, by chance and in groups of 3 (docs/adopt.md):',
    `  a release without a fault   takes ${minutesWords(minutesOfPlan(fit))}; ${passed}`,
    `                              ${falseBacks} of ${healthy} were put back${long}; by design at most 1 in 20 by evidence (policy.alpha).`,
    '  a release with a fault      is put back in 9 of 10 cases within',
    ...faultSizes.flatMap((size) => {
      const minutes = found.get(String(size))
      return minutes === undefined ? [] : [faultLine({ traffic, fit }, size, minutes)]
    }),
    ...(rest === undefined
      ? []
      : [`  not promised at this traffic: to find a fault that fails ${percentWords(rest)} more, or fewer.`]),
  ]
}

const requestsWords = (perMinute: number): string =>
  perMinute >= 1 ? `${numberWords(perMinute)} requests a minute` : `${numberWords(perMinute * 60)} requests an hour`

function faultLine({ traffic, fit }: Pick<Offer, 'traffic' | 'fit'>, size: number, minutes: number): string {
  const what = size === 1 ? 'every request fails' : `${percentWords(size)} more of its requests fail`
  const bad = numberWords(Math.max(1, Math.ceil(badUntil(traffic, fit, size, minutes))))
  return `    ${minutesWords(minutes).padStart(6)}  if ${what}: ${bad} bad requests at that traffic`
}

/** How many requests the fault has failed by then, at this traffic. */
export function badUntil({ perMinute }: TrafficClass, { steps }: Fit, size: number, minutes: number): number {
  let [left, bad] = [minutes, 0]
  for (const { weight, bakeMinutes } of steps) {
    const here = Math.min(left, bakeMinutes)
    bad += (here * perMinute * size * weight) / 100
    left -= here
  }
  // It may be held undecided for a while.
  bad += (left * perMinute * size * (steps.at(-1)?.weight ?? 0)) / 100
  return bad
}
