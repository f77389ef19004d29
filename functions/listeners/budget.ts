// The ledger of error budgets, every five minutes. It reads good and bad counts from CloudWatch, whole hours repeatedly because
// data points come late, and announces when a budget burns.
import * as z from 'zod'
import { budgetAt, burning, burnReachMs, hourAt, type Slot, slotMs, windowAt } from '../../core/budget/budget.ts'
import { changed, leftOf } from '../../core/budget/news.ts'
import { origin } from '../../core/origin.ts'
import { Problem } from '../../core/problem.ts'
import { serviceKey } from '../../core/service/service-key.ts'
import { type Service, ServiceName } from '../../core/service/service.ts'
import { sliQuestions, slotsFrom } from '../../core/budget/sli.ts'
import { type CountedSlo, isCounted } from '../../core/service/slo.ts'
import type { BudgetMark } from '../../core/budget/stored.ts'
import { nameOf, troublesOf } from '../budgets/troubles.ts'
import { announce, tellBurns } from '../budgets/burns.ts'
import { chargeReleases } from '../budgets/charge.ts'
import { isFromHere } from '../events/believed.ts'
import { each, isThrottled, readable, sentenceOf } from '../steps/each.ts'
import { isScheduledCall } from './scheduled-call.ts'
import type { World } from '../steps/world.ts'
import { dayMs, hourMs } from '../../core/time.ts'

type Deps = Pick<
  World,
  | 'home'
  | 'clock'
  | 'log'
  | 'services'
  | 'budgets'
  | 'telemetry'
  | 'outbox'
  | 'pager'
  | 'leases'
  | 'history'
  | 'journal'
  | 'trouble'
>

// Lambda's data points may come this late: an invocation is counted at its start and takes up to 15 minutes.
const lateMs = 3 * hourMs
// A new SLO has to read its whole window first. To limit the run time, the days per run are divided among the SLOs.
const daysTogether = 60
// How many unreadable hours are counted again per run.
const mendedMost = 24
// CloudWatch keeps five-minute points for 63 days.
const keptMs = 62 * dayMs

/** A look at a live release: count its service's budgets at once, without waiting for the schedule. */
const Look = z.looseObject({
  source: z.literal('tidegate.release'),
  'detail-type': z.literal('Release Judged'),
  ...origin,
  detail: z.looseObject({ service: ServiceName }),
})

type Budget = { readonly service: Service; readonly slo: CountedSlo }
const aboutBudget = (budget: Budget) => ({ budget: nameOf(budget) })

/** One SLO and the completed slots to read for it now. */
type Part = Budget & {
  readonly mark: BudgetMark
  readonly fromMs: number
  readonly toMs: number
}
type Counted = {
  readonly updated: readonly string[]
  readonly troubles: readonly string[]
  readonly charged: readonly string[]
}

const nothing: Counted = { updated: [], troubles: [], charged: [] }

/** @throws Problem `event_invalid` */
export function budgetHandler(deps: Deps) {
  return async (event: unknown): Promise<Counted> => {
    const look = Look.safeParse(event)
    if (!look.success && !isScheduledCall('budgets', event))
      throw new Problem('event_invalid', 'Neither a call by the schedule of the budgets nor a look at a release.')
    if (look.success && !isFromHere(deps, look.data, `a look at ${look.data.detail.service}`)) return nothing
    const services = look.success
      ? { items: [await deps.services.get(look.data.detail.service)], unreadable: [] }
      : await deps.services.under([serviceKey.budgeted])
    const withSlos = readable(deps, services)
    const nowMs = Math.floor(deps.clock.nowMs() / slotMs) * slotMs
    const due = await dueParts(deps, withSlos, nowMs, look.success)
    const failed: { readonly item: Budget; readonly error: unknown }[] = [...due.failed]
    const updated: string[] = []
    // One CloudWatch request for all SLOs with the same time range.
    for (const together of Map.groupBy(due.done.flat(), ({ fromMs, toMs }) => `${fromMs} ${toMs}`).values()) {
      const slots = await readSlots(deps, together)
      const counted = await each(deps, together, aboutBudget, async (part) => {
        await count(deps, part, slots.get(part), nowMs)
        return nameOf(part)
      })
      updated.push(...counted.done)
      failed.push(...counted.failed)
    }
    // A live release is not charged yet.
    const charged = look.success ? [] : await chargeReleases(deps, withSlos)
    return { updated, troubles: troublesOf(services, failed), charged }
  }
}

async function count(deps: Deps, part: Part, found: Found | undefined, nowMs: number): Promise<void> {
  const slots = slotsIn(part, found)
  await keep(
    deps,
    part,
    slots.filter(({ atMs }) => atMs < part.toMs),
  )
  await tell(
    deps,
    part,
    nowMs,
    slots.filter(({ atMs }) => atMs >= part.toMs),
  )
}

function slotsIn(part: Part, found: Found = { unread: 'it was not asked' }): readonly Slot[] {
  if (!('unread' in found)) return found
  throw new Problem('aws_unavailable', `The budget of ${nameOf(part)} cannot be read: ${found.unread}.`)
}

/** @param isLive the service has a live release, so count it now */
function dueParts(deps: Deps, services: readonly Service[], nowMs: number, isLive: boolean) {
  const all = services.flatMap((service) => service.slos.filter(isCounted).map((slo): Budget => ({ service, slo })))
  const spanMs = Math.max(1, Math.floor(daysTogether / Math.max(1, all.length))) * dayMs
  return each(deps, all, aboutBudget, async ({ service, slo }): Promise<readonly Part[]> => {
    const beginning = { readToMs: Math.max(windowAt(slo, nowMs).startMs, nowMs - keptMs), told: [] }
    const mark = (await deps.budgets.mark(service.name, slo.name)) ?? beginning
    const { readToMs } = mark
    // The schedule is not exact to the second, so allow one slot of tolerance.
    const everyMs = Math.max(slotMs, service.policy.budgetEverySeconds * 1000 - slotMs)
    if (!isLive && nowMs - readToMs < everyMs) return []
    // Start from the last count, not from now, so that late data points from an outage of ours are not lost.
    const fromMs = hourAt(Math.max(readToMs - lateMs, nowMs - keptMs))
    return [{ service, slo, mark, fromMs, toMs: Math.min(nowMs, fromMs + spanMs) }]
  })
}

type Found = readonly Slot[] | { readonly unread: string }

async function readSlots(deps: Deps, parts: readonly Part[]): Promise<ReadonlyMap<Part, Found>> {
  const { fromMs: startMs = 0, toMs = 0 } = parts[0] ?? {}
  // Also read the slot that is not over yet; it costs nothing extra.
  const endMs = toMs + slotMs
  try {
    const asked = parts.map(({ service, slo }) => sliQuestions(service, slo))
    const readings = await deps.telemetry.read(asked.flat(), { startMs, endMs, periodSeconds: slotMs / 1000 })
    let first = 0
    return new Map(
      parts.map((part, index): [Part, Found] => {
        const own = readings.slice(first, (first += asked[index]?.length ?? 0))
        return [part, slotsFrom(part.slo, own)]
      }),
    )
  } catch (error) {
    // A single refused question fails the whole request, so ask each separately. When throttled, do not add calls.
    if (parts.length > 1 && !isThrottled(error)) {
      const alone = await Promise.all(parts.map((part) => readSlots(deps, [part])))
      return new Map(alone.flatMap((found) => [...found]))
    }
    return new Map(parts.map((part): [Part, Found] => [part, { unread: sentenceOf(error) }]))
  }
}

/** Writes the hours that differ from what is stored, or whose stored item cannot be read. */
async function keep(deps: Deps, { service, slo, fromMs, toMs }: Part, slots: readonly Slot[]): Promise<void> {
  const stored = await deps.budgets.read(service.name, slo.name, fromMs, toMs)
  const known = Map.groupBy(stored.items, ({ atMs }) => hourAt(atMs))
  const spoilt = new Set(stored.unreadable.map(({ about }) => about.hourMs))
  const fresh = Map.groupBy(slots, ({ atMs }) => hourAt(atMs))
  const hours = [...new Set([...known.keys(), ...fresh.keys(), ...spoilt])]
  await Promise.all(
    hours
      .filter((hour) => spoilt.has(hour) || JSON.stringify(known.get(hour)) !== JSON.stringify(fresh.get(hour)))
      .map((hour) => deps.budgets.putHour(service.name, slo.name, hour, fresh.get(hour) ?? [])),
  )
}

/** Announce first and store the mark afterwards: an announcement sent twice is better than one that is lost. */
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
  // The share left changes slowly, so the whole window is read only once an hour.
  const isHourly = mark.leftStep === undefined || hourAt(nowMs) > hourAt(mark.readToMs)
  const windowMs = nowMs - windowAt(slo, nowMs).startMs
  const reach = isHourly ? Math.max(burnReachMs, windowMs) : burnReachMs
  const read = await deps.budgets.read(service.name, slo.name, nowMs - reach - hourMs, nowMs)
  const slots = readable(deps, read)
  const now = [...burning(slo, slots, nowMs), ...burning(slo, [...slots, ...begun], nowMs + slotMs)]
  const told = await tellBurns(deps, part, about, now)
  await mend(deps, part, read)
  // With an hour missing, too much would seem to be left, so keep the last announced step.
  if (!isHourly || read.unreadable.length > 0) return { told }
  const budget = budgetAt(slo, slots, nowMs)
  const { step } = leftOf(budget)
  if (step !== (mark.leftStep ?? 100)) await announce(deps, changed(about, budget))
  return { told, leftStep: step }
}

/** Counts an unreadable hour again while CloudWatch still has its data. The next run then reads it normally. */
async function mend(
  deps: Deps,
  part: Part,
  { unreadable }: Awaited<ReturnType<World['budgets']['read']>>,
): Promise<void> {
  const hours = unreadable.slice(0, mendedMost).map(({ about }) => about.hourMs)
  await each(
    deps,
    hours,
    (fromMs) => ({ ...aboutBudget(part), hour: new Date(fromMs).toISOString() }),
    async (fromMs) => {
      const again = { ...part, fromMs, toMs: fromMs + hourMs }
      const slots = slotsIn(part, (await readSlots(deps, [again])).get(again))
      await keep(
        deps,
        again,
        slots.filter(({ atMs }) => atMs < again.toMs),
      )
    },
  )
}
