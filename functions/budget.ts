// The ledger of error budgets, every five minutes: what was good and bad is read from the telemetry, whole hours again and
// again, because points come late; and whoever has to know is told when a budget burns.
import * as z from 'zod'
import {
  budgetAt,
  burning,
  type Burning,
  burnReachMs,
  hourAt,
  hourMs,
  severities,
  type Slot,
  slotMs,
  windowAt,
} from '../core/budget.ts'
import { budgetSource, burnEnded, burns, changed, leftOf } from '../core/budget-news.ts'
import { Problem } from '../core/problem.ts'
import { serviceKey } from '../core/service-key.ts'
import { type Service, ServiceName } from '../core/service.ts'
import { sliQuestions, slotsFrom } from '../core/sli.ts'
import { type CountedSlo, isCounted } from '../core/slo.ts'
import type { BudgetMark } from '../core/stored-budget.ts'
import { isPlanned } from '../core/timetable.ts'
import { chargeReleases } from './charge.ts'
import { liveHolder } from './lease.ts'
import { isTick } from './tick.ts'
import type { World } from './world.ts'

type Deps = Pick<
  World,
  'clock' | 'services' | 'budgets' | 'telemetry' | 'outbox' | 'pager' | 'leases' | 'history' | 'journal' | 'log'
>

const dayMs = 24 * hourMs
// Lambda's points may come this late; an invocation counts at its beginning and takes up to a quarter of an hour.
const lateMs = 3 * hourMs
// A new SLO catches up with its window, few of them at once and many a day at a time: no run may take too long.
const daysTogether = 60
// CloudWatch keeps five-minute points for 63 days.
const keptMs = 62 * dayMs

/** A look at a live release: its service is counted at once, whatever the schedule. */
const Look = z.looseObject({
  source: z.literal('tidegate.release'),
  'detail-type': z.literal('Release Judged'),
  detail: z.looseObject({ service: ServiceName }),
})

/** One SLO and what of it is to be read now, in slots that are over. */
type Part = {
  readonly service: Service
  readonly slo: CountedSlo
  readonly mark: BudgetMark
  readonly fromMs: number
  readonly toMs: number
}
type Counted = {
  readonly updated: readonly string[]
  readonly troubles: readonly string[]
  readonly charged: readonly string[]
}

/** @throws Problem `event_invalid` */
export function budgetHandler(deps: Deps) {
  return async (event: unknown): Promise<Counted> => {
    const look = Look.safeParse(event)
    if (!look.success && !isTick('budgets', event))
      throw new Problem('event_invalid', 'Neither a tick of the schedule of the budgets nor a look at a release.')
    const counted = look.success
      ? [await deps.services.get(look.data.detail.service)]
      : await deps.services.under([serviceKey.budgeted])
    const nowMs = Math.floor(deps.clock.nowMs() / slotMs) * slotMs
    const troubles: string[] = []
    const updated: string[] = []
    const parts = await dueParts(deps, counted, nowMs, look.success)
    // One request of CloudWatch for all that ask for the same time.
    for (const together of Map.groupBy(parts, ({ fromMs, toMs }) => `${fromMs} ${toMs}`).values()) {
      const slots = await readSlots(deps, together)
      for (const part of together) {
        const name = `${part.service.name}/${part.slo.name}`
        try {
          const found = slots.get(part) ?? { unread: 'it was not asked' }
          if ('unread' in found)
            throw new Problem('aws_unavailable', `The budget of ${name} cannot be read: ${found.unread}.`)
          await keep(
            deps,
            part,
            found.filter(({ atMs }) => atMs < part.toMs),
          )
          await tell(
            deps,
            part,
            nowMs,
            found.filter(({ atMs }) => atMs >= part.toMs),
          )
          updated.push(name)
        } catch (error) {
          // One budget that cannot be read must not keep the others from being read.
          if (!(error instanceof Problem)) throw error
          troubles.push(`${name}: ${error.message}`)
          deps.log({ ...error.line, budget: name })
        }
      }
    }
    // A release that is live is not charged yet.
    return { updated, troubles, charged: look.success ? [] : await chargeReleases(deps, counted) }
  }
}

/** @param isLive the service has a live release, and is counted now */
async function dueParts(
  deps: Deps,
  services: readonly Service[],
  nowMs: number,
  isLive: boolean,
): Promise<readonly Part[]> {
  const parts: Part[] = []
  const count = services.reduce((sum, { slos }) => sum + slos.filter(isCounted).length, 0)
  const spanMs = Math.max(1, Math.floor(daysTogether / Math.max(1, count))) * dayMs
  for (const service of services) {
    for (const slo of service.slos.filter(isCounted)) {
      const beginning = { readToMs: Math.max(windowAt(slo, nowMs).startMs, nowMs - keptMs), told: [] }
      const mark = (await deps.budgets.mark(service.name, slo.name)) ?? beginning
      const { readToMs } = mark
      // The schedule is not exact to the second.
      const everyMs = Math.max(slotMs, service.policy.budgetEverySeconds * 1000 - slotMs)
      if (!isLive && nowMs - readToMs < everyMs) continue
      // From the last time on, not from now: what came late while nobody could read is not lost.
      const fromMs = hourAt(Math.max(readToMs - lateMs, nowMs - keptMs))
      parts.push({ service, slo, mark, fromMs, toMs: Math.min(nowMs, fromMs + spanMs) })
    }
  }
  return parts
}

type Found = readonly Slot[] | { readonly unread: string }

async function readSlots(deps: Deps, parts: readonly Part[]): Promise<ReadonlyMap<Part, Found>> {
  const asked = parts.map(({ service, slo }) => sliQuestions(service, slo))
  const { fromMs: startMs = 0, toMs = 0 } = parts[0] ?? {}
  // The slot that is not over yet is read as well; it costs nothing more.
  const endMs = toMs + slotMs
  try {
    const readings = await deps.telemetry.read(asked.flat(), { startMs, endMs, periodSeconds: slotMs / 1000 })
    let first = 0
    return new Map(
      parts.map((part, index): [Part, Found] => {
        const own = readings.slice(first, (first += asked[index]?.length ?? 0))
        return [part, slotsFrom(part.slo, own)]
      }),
    )
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    // One question that CloudWatch refuses spoils them all; whoever is throttled does not ask more often.
    if (parts.length > 1 && error.code !== 'aws_throttled') {
      const alone = await Promise.all(parts.map((part) => readSlots(deps, [part])))
      return new Map(alone.flatMap((found) => [...found]))
    }
    return new Map(parts.map((part): [Part, Found] => [part, { unread: error.message }]))
  }
}

/** Hours that came out otherwise than they are stored. */
async function keep(deps: Deps, { service, slo, fromMs, toMs }: Part, slots: readonly Slot[]): Promise<void> {
  const stored = await deps.budgets.read(service.name, slo.name, fromMs, toMs)
  const known = Map.groupBy(stored, ({ atMs }) => hourAt(atMs))
  const fresh = Map.groupBy(slots, ({ atMs }) => hourAt(atMs))
  const hours = [...new Set([...known.keys(), ...fresh.keys()])]
  await Promise.all(
    hours
      .filter((hour) => JSON.stringify(known.get(hour) ?? []) !== JSON.stringify(fresh.get(hour) ?? []))
      .map((hour) => deps.budgets.putHour(service.name, slo.name, hour, fresh.get(hour) ?? [])),
  )
}

/** Told first and marked afterwards: twice is better than never. */
async function tell(deps: Deps, part: Part, nowMs: number, begun: readonly Slot[]): Promise<void> {
  const { service, slo, mark, toMs } = part
  const after = toMs < nowMs ? mark : { ...mark, ...(await news(deps, part, nowMs, begun)) }
  await deps.budgets.setMark(service.name, slo.name, { ...after, readToMs: toMs })
}

/** @param begun the slot that is not over yet */
async function news(
  deps: Deps,
  part: Part,
  nowMs: number,
  begun: readonly Slot[],
): Promise<Pick<BudgetMark, 'told' | 'leftStep'>> {
  const { service, slo, mark } = part
  const about = { service, slo: slo.name, atMs: nowMs }
  // The whole window is read by the hour only: it does not change as fast as that.
  const isHourly = mark.leftStep === undefined || hourAt(nowMs) > hourAt(mark.readToMs)
  const windowMs = nowMs - windowAt(slo, nowMs).startMs
  const reach = isHourly ? Math.max(burnReachMs, windowMs) : burnReachMs
  const slots = await deps.budgets.read(service.name, slo.name, nowMs - reach - hourMs, nowMs)
  const now = [...burning(slo, slots, nowMs), ...burning(slo, [...slots, ...begun], nowMs + slotMs)]
  const told = await tellBurns(deps, part, about, now)
  if (!isHourly) return { told }
  const budget = budgetAt(slo, slots, nowMs)
  const { step } = leftOf(budget)
  if (step !== (mark.leftStep ?? 100)) await announce(deps, changed(about, budget))
  return { told, leftStep: step }
}

const announce = (deps: Deps, event: { readonly detailType: string; readonly detail: object }): Promise<void> =>
  deps.outbox.announce({ source: budgetSource, detailType: event.detailType, detail: { ...event.detail } })

type About = Parameters<typeof burns>[0]

/** @returns the severities that hold and have been told */
async function tellBurns(
  deps: Deps,
  { service, slo, mark }: Part,
  about: About,
  now: readonly Burning[],
): Promise<BudgetMark['told']> {
  const before = mark.told
  const told: BudgetMark['told'][number][] = []
  for (const severity of severities) {
    const worst = now.find(({ rule }) => rule.severity === severity)
    if (worst === undefined) {
      if (!before.includes(severity)) continue
      // What began in a slot that is not over may look otherwise a minute later: only one that is over ends it.
      if (about.atMs > mark.readToMs) await announce(deps, burnEnded(about, severity))
      else told.push(severity)
      continue
    }
    if (before.includes(severity)) told.push(severity)
    // What is planned is not told; if it goes on afterwards, it is told then.
    else if (!isPlanned(service.planned, about.atMs)) {
      await tellOne(deps, { service, slo }, about, worst)
      told.push(severity)
    }
  }
  return told
}

async function tellOne(
  deps: Deps,
  { service, slo }: Pick<Part, 'service' | 'slo'>,
  about: About,
  worst: Burning,
): Promise<void> {
  const releaseId = await suspect(deps, service.name, about.atMs - worst.rule.hours * hourMs)
  await announce(deps, burns(about, worst, releaseId))
  if (worst.rule.severity !== 'page') return
  const { rule, rate, factor } = worst
  const sentence = `The error budget ${slo.name} of ${service.name} burns ${rate.toFixed(1)} times as fast as it may.`
  const lines = [
    sentence,
    `Over ${rule.hours} h and over ${rule.shortMinutes} min it is above ${factor.toFixed(1)}: ${rule.share * 100} % of the budget in ${rule.hours} h.`,
    releaseId === undefined ? 'No release was live in that time.' : `Release ${releaseId} was live in that time.`,
    ...(service.runbook === undefined ? [] : [`Runbook: ${service.runbook}`]),
  ]
  await deps.pager.page({ subject: sentence, text: lines.join('\n') })
}

// Of more releases than that in three days, those before are not looked at.
const suspectsMost = 20

/** The live release, or the last one that has ended since then: one that had traffic. What waits at a gate burns nothing. */
async function suspect(deps: Deps, service: string, sinceMs: number): Promise<string | undefined> {
  const live = await liveHolder(deps, service)
  if (live !== undefined && live.release.shifts.length > 0) return live.release.id
  const heads = await deps.history.list(service, suspectsMost)
  return heads.find((head) => head.chargeable === true && (head.settledAtMs ?? 0) >= sinceMs)?.releaseId
}
