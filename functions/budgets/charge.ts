// Charges ended releases for the error budget that they burned. A release is charged once, when its last data points are in.
// Until they can be read, the next run tries again; what stays unknown for too long is recorded as unknown.
import { budgetAt, windowAt } from '../../core/budget/budget.ts'
import { burnedBeyond, type Charge, chargeOf } from '../../core/release/charge.ts'
import { chargedMinutes, type ChargedSpan, chargedSpan, chargeQuestions } from '../../core/budget/charge-series.ts'
import { type Head, headOf } from '../../core/release/head.ts'
import { whole } from '../../core/listing.ts'
import type { Service } from '../../core/service/service.ts'
import { type CountedSlo, isCounted, type Slo } from '../../core/service/slo.ts'
import type { Reading } from '../../core/verdict/evidence/evidence.ts'
import type { Question } from '../../core/verdict/evidence/questions.ts'
import { each, isThrottled, readable, sentenceOf } from '../steps/each.ts'
import { latestHeads } from '../steps/heads.ts'
import { load, type Loaded, record } from '../steps/log.ts'
import type { World } from '../steps/world.ts'
import { hourMs, minuteMs } from '../../core/time.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'history' | 'budgets' | 'telemetry' | 'trouble'>

// An invocation is counted at its start and may take 15 minutes; CloudWatch needs a few minutes more.
const lateMs = 20 * minuteMs
// For this long, missing data may just be late, and telemetry that does not answer may come back.
const silentMs = 3 * hourMs
const unreadMs = 24 * hourMs
const dueMs = 2 * unreadMs
// If a service ended more releases than this, only the latest are considered.
const headsMost = 20
/** How many services are processed at once. */
const atOnce = 20

type Due = { readonly loaded: Loaded; readonly span: ChargedSpan; readonly ageMs: number }
type Asking = { readonly due: Due; readonly slo: Slo; readonly questions: readonly Question[] }

/** @returns the ids of the releases that were charged */
export async function chargeReleases(deps: Deps, services: readonly Service[]): Promise<readonly string[]> {
  const nowMs = deps.clock.nowMs()
  const due = await each(
    deps,
    services,
    ({ name }) => ({ service: name }),
    ({ name }) => dueOf(deps, name, nowMs),
    atOnce,
  )
  const asked = await each(deps, due.done.flat(), aboutDue, (one) => ({
    ...one,
    asking: one.loaded.release.service.slos.map((slo) => ask(one, slo)),
  }))
  const charged: string[] = []
  for (const together of Map.groupBy(asked.done, ({ span }) => span.periodSeconds).values()) {
    const answers = await readAll(
      deps,
      together.flatMap(({ asking }) => asking),
    )
    const { done } = await each(deps, together, aboutDue, async ({ loaded, asking }) => {
      const charges = await Promise.all(asking.map((part) => judge(deps, part, answers.get(part) ?? [], nowMs)))
      const known = charges.filter((charge) => charge !== undefined)
      if (known.length < charges.length) return []
      await write(deps, loaded, known)
      return [loaded.release.id]
    })
    charged.push(...done.flat())
  }
  return charged
}

const aboutDue = ({ loaded }: Due) => ({ releaseId: loaded.release.id })

async function dueOf(deps: Deps, service: string, nowMs: number): Promise<readonly Due[]> {
  const heads = readable(deps, await latestHeads(deps, service, headsMost))
  const found = await each(
    deps,
    heads.filter((head) => isDue(head, nowMs)),
    ({ releaseId }) => ({ releaseId }),
    (head) => open(deps, head, heads, nowMs),
  )
  return found.done.filter((one) => one !== undefined)
}

function isDue({ chargeable, charges, settledAtMs }: Head, nowMs: number): boolean {
  if (chargeable === undefined || charges !== undefined || settledAtMs === undefined) return false
  return nowMs - settledAtMs >= lateMs && nowMs - settledAtMs < dueMs
}

async function open(deps: Deps, head: Head, heads: readonly Head[], nowMs: number): Promise<Due | undefined> {
  const loaded = await load(deps, head.releaseId)
  const { charges, exposure } = loaded.release
  const { settledAtMs = nowMs } = head
  if (charges !== undefined) await deps.history.put(headOf(loaded.release, loaded.link))
  if (charges !== undefined || exposure === undefined) return undefined
  const free = heads.map((one) => one.settledAtMs ?? 0).filter((atMs) => atMs <= exposure.fromMs)
  const span = chargedSpan({ toMs: settledAtMs, ...exposure }, Math.max(0, ...free), nowMs)
  return { loaded, span, ageMs: nowMs - settledAtMs }
}

const ask = (due: Due, slo: Slo): Asking => ({
  due,
  slo,
  questions: isCounted(slo) && slo.slices === undefined ? chargeQuestions(due.loaded.release, slo) : [],
})

/**
 * One CloudWatch request for all of them. If CloudWatch refuses it, each is asked separately, so that a bad question affects only
 * itself.
 */
async function readAll(deps: Deps, asking: readonly Asking[]): Promise<ReadonlyMap<Asking, readonly Reading[]>> {
  const questions = asking.flatMap((one) => one.questions)
  const spans = asking.map(({ due }) => due.span)
  const { periodSeconds = 60 } = spans[0] ?? {}
  if (questions.length === 0) return new Map()
  try {
    const readings = await deps.telemetry.read(questions, {
      startMs: Math.min(...spans.map(({ beforeMs }) => beforeMs)),
      endMs: Math.max(...spans.map(({ toMs }) => toMs)),
      periodSeconds,
    })
    let first = 0
    return new Map(asking.map((one) => [one, readings.slice(first, (first += one.questions.length))]))
  } catch (error) {
    if (asking.length > 1 && !isThrottled(error)) {
      const alone = await Promise.all(asking.map((one) => readAll(deps, [one])))
      return new Map(alone.flatMap((found) => [...found]))
    }
    const because = sentenceOf(error)
    return new Map(asking.map((one) => [one, one.questions.map((): Reading => ({ kind: 'unread', because }))]))
  }
}

/** @returns `undefined` when it may still become known later */
async function judge(
  deps: Deps,
  { due, slo }: Asking,
  readings: readonly Reading[],
  nowMs: number,
): Promise<Charge | undefined> {
  const unknown = (because: string): Charge => ({ kind: 'unknown', slo: slo.name, because: because.slice(0, 300) })
  const { release } = due.loaded
  if (!isCounted(slo)) return unknown('Application Signals counts its budget, and does not tell the versions apart')
  // Both versions served the slice, and it is good or bad as a whole.
  if (slo.slices !== undefined)
    return unknown('its budget is counted in slices of time, and a slice is of both versions')
  const minutes = chargedMinutes(release, slo, readings, due.span)
  if ('unread' in minutes) return due.ageMs < unreadMs ? undefined : unknown(minutes.unread)
  const burned = burnedBeyond(minutes)
  if ('unknown' in burned) return due.ageMs < silentMs ? undefined : unknown(burned.unknown)
  return chargeOf(slo.name, burned, await allowedIn(deps, release.service.name, slo, due.span.fromMs, nowMs))
}

/** How many may be bad in the whole window, as gates count; `undefined` while the ledger has not reached the release. */
export async function allowedIn(
  deps: Pick<World, 'budgets'>,
  service: string,
  slo: CountedSlo,
  sinceMs: number,
  nowMs: number,
): Promise<number | undefined> {
  const mark = await deps.budgets.mark(service, slo.name)
  if (mark === undefined || mark.readToMs < sinceMs) return undefined
  const slots = whole(await deps.budgets.read(service, slo.name, windowAt(slo, nowMs).startMs - hourMs, nowMs))
  return budgetAt(slo, slots, nowMs).whole
}

/** A second caller finds the charge in the log, and only writes the head again. */
async function write(deps: Deps, loaded: Loaded, charges: readonly Charge[]): Promise<void> {
  const after = await record(deps, loaded, (release) =>
    release.state.phase === 'settled' && release.charges === undefined
      ? { type: 'charged', atMs: deps.clock.nowMs(), charges: [...charges] }
      : undefined,
  )
  await deps.history.put(headOf(after.release, after.link))
}
