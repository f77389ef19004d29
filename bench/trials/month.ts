// A month of one service's synthetic traffic with 60 releases, 6 of them bad, under one way of releasing. Every way gets the same
// traffic, releases and faults. docs/budget.md, "The budget sets the pace".
import { chance } from '../../cloud/local/time/chance.ts'
import { budgetAt, burning, type Slot, slotMs } from '../../core/budget/budget.ts'
import { paceLevelOf, type Pace, paced, planFor, shortestBake, weightCapBp } from '../../core/service/pacing.ts'
import { budgetShare, isCounted } from '../../core/service/slo.ts'
import { parseDefinition } from '../../core/service/definition.ts'
import type { Service } from '../../core/service/service.ts'
import { drawFrom } from './draw.ts'
import { type Fault, faultAt } from './fault.ts'
import { minuteByMinute, minutesBefore, type Noise } from './noise.ts'
import { alarm, engine, type PlanNext, type Run, runRelease } from './paced-release.ts'
import type { WeightedMinute } from '../rivals/recorded.ts'
import type { Rival } from '../rivals/rival.ts'
import { dayMs, minuteMs } from '../../core/time.ts'

const windowDays = 28
const days = 30
export const beginMs = Date.UTC(2026, 0, 1)
const releasesPerMonth = 60
// Without any release, errors burn three tenths of the budget, and outages of a dependency about one tenth.
export const rate = 0.0003
export const noise: Noise = { kind: 'bursts', size: 3 }
export const outagesPerMonth = 4
export const outageAdded = 0.2
/** For faults found only after promotion: minutes from the page until somebody puts the traffic back by hand. */
export const answerMinutes = 15
const escapedMinutes = 12 * 60

export const faults: readonly (Fault & { readonly name: string })[] = [
  { name: 'all fail', added: 0.99, fromMinute: 0 },
  { name: 'a fifth fails', added: 0.2, fromMinute: 0 },
  { name: '+5 %', added: 0.05, fromMinute: 0 },
  { name: '+1 %', added: 0.01, fromMinute: 0 },
  { name: 'grows to 10 % in an hour', added: 0.1, fromMinute: 0, growsPerMinute: 0.1 / 60 },
  { name: '+5 % from minute 30 on', added: 0.05, fromMinute: 30 },
]

/** A service that watches only errors, with an SLO of 99.9 % in 28 days and steps of equal length. */
export const monthService = (weights: readonly number[], stepMinutes: number, policy: object = {}): Service =>
  parseDefinition({
    name: 'paced',
    targets: [{ function: 'paced', alias: 'live' }],
    plan: { steps: weights.map((weight) => ({ weight, bake: `${stepMinutes}m` })) },
    signals: { latency: 'off', throttles: 'off', cost: 'off' },
    slos: [{ name: 'available', objective: 99.9, window: `${windowDays}d` }],
    policy,
  })

type Planned = { readonly atMs: number; readonly seed: number; readonly fault?: (typeof faults)[number] }

/** Requests a minute: 1.8 times the mean at noon, .2 times at midnight. */
export const perMinuteAt = (mean: number, atMs: number): number =>
  mean * (1 - 0.8 * Math.cos((2 * Math.PI * ((atMs - beginMs) % dayMs)) / dayMs))

function releasesOf(seed: number): readonly Planned[] {
  const random = chance(seed, 'releases')
  const places = Array.from({ length: releasesPerMonth }, (_, place) => ({ place, luck: random() }))
  const bad = places.toSorted((a, b) => a.luck - b.luck).slice(0, faults.length)
  return places.map(({ place }) => {
    const fault = faults[bad.findIndex((one) => one.place === place)]
    // Two a day, at any hour.
    const atMs = beginMs + Math.floor((place + 0.8 * random()) * 12 * 60) * minuteMs
    return { atMs, seed: seed * 1000 + place, ...(fault === undefined ? {} : { fault }) }
  })
}

/** Traffic and errors without any release, starting one window before the month. */
export function slotsOf(mean: number, seed: number): Slot[] {
  const draw = drawFrom(chance(seed, 'slots'))
  const slots = ((windowDays + days) * dayMs) / slotMs
  const outageShare = (outagesPerMonth * slotMs) / (days * dayMs)
  return Array.from({ length: slots }, (_, index) => {
    const atMs = beginMs - windowDays * dayMs + index * slotMs
    const all = draw.poisson((perMinuteAt(mean, atMs) * slotMs) / minuteMs)
    const isOut = draw.uniform() < outageShare
    const bad = Math.min(all, draw.binomial(all, rate + (isOut ? outageAdded : 0)))
    return { atMs, good: all - bad, bad }
  })
}

export type Way = {
  readonly name: string
  readonly service: Service
  /** The rule that rolls back; default: our engine. */
  readonly rule?: Rival
  /** Lets the budget set the pace. */
  readonly pace?: Pace
}

export type Month = {
  /** Requests that failed because of the candidate, by fault: until the rollback or promotion, and after the promotion. */
  readonly bad: readonly { readonly name: string; readonly during: number; readonly after: number }[]
  /** Minutes until good releases had all traffic. */
  readonly minutes: readonly number[]
  readonly falseRollbacks: number
  /** Good releases that did not begin because the budget was used up. */
  readonly notBegun: number
  /** Budget that bad releases burned, as a share of the month's budget. */
  readonly burned: number
}

export function runMonth(way: Way, mean: number, seed: number): Month {
  const slots = slotsOf(mean, seed)
  const [slo] = way.service.slos.filter(isCounted)
  if (slo === undefined) throw new Error('bug: the service has no SLO')
  const ledger = ledgerOf(slots)
  const tally = { bad: [] as { name: string; during: number; after: number }[], minutes: [] as number[] }
  let [falseRollbacks, notBegun] = [0, 0]
  const left = (atMs: number): Left => {
    const { good, bad, spent } = budgetAt(slo, slots, atMs)
    const hour = slots.filter((slot) => slot.atMs >= atMs - 12 * slotMs && slot.atMs + slotMs <= atMs)
    return {
      spent,
      badLeft: Math.max(0, (good + bad) * budgetShare(slo) - bad),
      perMinute: hour.reduce((sum, one) => sum + one.good + one.bad, 0) / 60,
    }
  }
  for (const release of releasesOf(seed)) {
    const { fault } = release
    if (way.pace !== undefined && paceLevelOf(left(release.atMs).spent) === 'frozen') {
      if (fault === undefined) notBegun++
      continue
    }
    const run = runOne(way, mean, release, left)
    if (fault === undefined) {
      if (run.outcome === 'promoted') tally.minutes.push(run.minutes.length)
      else falseRollbacks++
      continue
    }
    let during = 0
    run.minutes.forEach((minute, index) => {
      const bad = minute.candidateInvocations * faultAt(fault, index)
      during += bad
      ledger.charge(release.atMs + index * minuteMs, bad)
    })
    const after = run.outcome === 'promoted' ? escaped(way.service, mean, release, run, slots, ledger) : 0
    tally.bad.push({ name: fault.name, during, after })
  }
  const whole = mean * days * 24 * 60 * budgetShare(slo)
  const burned = tally.bad.reduce((sum, { during, after }) => sum + during + after, 0) / whole
  return { ...tally, falseRollbacks, notBegun, burned }
}

type Left = { readonly spent: number | undefined; readonly badLeft: number; readonly perMinute: number }
type Ledger = { readonly charge: (atMs: number, bad: number) => void }

function ledgerOf(slots: Slot[]): Ledger {
  const [first] = slots
  return {
    charge(atMs, bad) {
      const index = Math.floor((atMs - (first?.atMs ?? 0)) / slotMs)
      const slot = slots[index]
      if (slot !== undefined) slots[index] = { ...slot, good: Math.max(0, slot.good - bad), bad: slot.bad + bad }
    },
  }
}

function runOne(way: Way, mean: number, release: Planned, left: (atMs: number) => Left): Run {
  const { service, rule, pace } = way
  const { atMs, seed, fault } = release
  const level = paceLevelOf(left(atMs).spent)
  const course = pace === undefined ? undefined : planFor({ plan: service.plan, pace }, level, false)
  const draw = minuteByMinute(
    { name: 'release', rate, noise, minutes: 0, ...(fault === undefined ? {} : { fault }) },
    seed,
  )
  const planNext: PlanNext = (plan, step, seen, nowMs) => {
    if (pace === undefined || course === undefined) return plan
    const { badLeft, perMinute } = left(nowMs)
    const errors = service.signals.errors
    const capBp = weightCapBp({
      level,
      damageBp: pace.damageBp,
      badLeft,
      perMinute,
      lookEverySeconds: service.policy.lookEverySeconds,
      minimumSamples: errors === 'off' ? 0 : errors.minimumSamples,
      bakeSeconds: plan.steps[step]?.bakeSeconds ?? 60,
      seen,
    })
    return paced(plan, step, capBp, shortestBake(service.signals))
  }
  const begun =
    course === undefined ? service : { ...service, plan: course.plan, policy: policyOf(service, course.early ?? true) }
  return runRelease(
    begun,
    atMs,
    (minute, weightBp) => draw(minute, weightBp, perMinuteAt(mean, atMs + minute * minuteMs)),
    rule === undefined ? engine(begun, hoursBefore(mean, release)) : alarm(rule, rate),
    planNext,
  )
}

/** Stable alone, with the traffic of the hours before the release. */
function hoursBefore(mean: number, { atMs, seed }: Planned): readonly WeightedMinute[] {
  const draw = minuteByMinute({ name: 'the hours before', rate, noise, minutes: 0 }, seed)
  return Array.from({ length: minutesBefore }, (_, index) => {
    const minute = index - minutesBefore
    return draw(minute, 0, perMinuteAt(mean, atMs + minute * minuteMs))
  })
}

function policyOf({ policy: { early, ...policy } }: Service, mayEnd: boolean): Service['policy'] {
  return mayEnd && early !== undefined ? { ...policy, early } : policy
}

/**
 * A bad version that was promoted stays until its burn rate pages somebody, who puts the traffic back; or until the next release.
 */
function escaped(
  service: Service,
  mean: number,
  release: Planned,
  run: Run,
  slots: readonly Slot[],
  ledger: Ledger,
): number {
  const [slo] = service.slos.filter(isCounted)
  let after = 0
  let endMinute = run.minutes.length + escapedMinutes
  for (let minute = run.minutes.length; minute < endMinute; minute++) {
    const atMs = release.atMs + minute * minuteMs
    const bad = perMinuteAt(mean, atMs) * faultAt(release.fault, minute)
    after += bad
    ledger.charge(atMs, bad)
    const isSlotOver = (atMs + minuteMs) % slotMs === 0
    if (slo === undefined || !isSlotOver || endMinute - minute <= answerMinutes) continue
    const recent = slots.filter((slot) => slot.atMs > atMs - 3 * dayMs && slot.atMs <= atMs)
    const pages = burning(slo, recent, atMs + minuteMs).some(({ rule }) => rule.severity === 'page')
    if (pages) endMinute = Math.min(endMinute, minute + answerMinutes)
  }
  return after
}
