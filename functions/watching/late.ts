// Charges a release for what it failed after its promotion: after a fault that its watch found, and after a way back while it was
// watched. That is counted when it is over and its last points are in, and written once. Until then the watch is kept.
import type { Charge, LateCharge } from '../../core/release/charge.ts'
import { Problem } from '../../core/problem.ts'
import { type Head, headOf } from '../../core/release/head.ts'
import type { Exposure, Release } from '../../core/release/release.ts'
import { isCounted } from '../../core/service/slo.ts'
import { dayMs, minuteMs } from '../../core/time.ts'
import { countsOf, watchQuestions } from '../../core/watch/counts.ts'
import { excessOf, lateChargeOf, lateWindow, minuteAfter, type Over, placesOf } from '../../core/watch/late.ts'
import { isPastRead, type Watch } from '../../core/watch/watch.ts'
import { allowedIn } from '../budgets/charge.ts'
import { sentenceOf } from '../steps/each.ts'
import { latestHeads } from '../steps/heads.ts'
import { load, type Loaded, record } from '../steps/log.ts'
import type { World } from '../steps/world.ts'
import { withPast } from './past.ts'

export type LateCharging = Pick<World, 'clock' | 'journal' | 'history' | 'telemetry' | 'watches' | 'budgets' | 'log'>

/** As of a release that has ended: an invocation may take 15 minutes, and CloudWatch a few more (functions/budgets/charge.ts). */
const lateMs = 20 * minuteMs
/** For so long after the end of the watch a way back is waited for. */
const waitMs = dayMs
/** For so long after that, what cannot be read is tried again. */
const unreadMs = dayMs
const headsMost = 100
/** So many releases that came back since may be looked at. */
const othersMost = 20

/** @returns whether nothing more is to be done for the watch */
export async function chargeLate(deps: LateCharging, watch: Watch): Promise<boolean> {
  const loaded = await load(deps, watch.releaseId)
  if (loaded.release.late !== undefined) return written(deps, watch, loaded)
  const nowMs = deps.clock.nowMs()
  const found = await foundAt(deps, watch, loaded.release, nowMs)
  if (found === undefined) return false
  const charges = await chargesOf(deps, loaded.release, found, nowMs)
  const after = await record(deps, loaded, (release) =>
    release.late === undefined && release.watched !== undefined
      ? { type: 'lateCharged', atMs: nowMs, ...found, charges: [...charges] }
      : undefined,
  )
  return written(deps, watch, after)
}

type Found = Omit<LateCharge, 'charges'>

/** @returns undefined while it is not over, or may become known */
async function foundAt(deps: LateCharging, watch: Watch, release: Release, nowMs: number): Promise<Found | undefined> {
  const endedMs = watch.ending?.atMs ?? watch.untilMs
  // Whatever it is that cannot be read: what is left of a watch ends by itself.
  const isLast = nowMs >= endedMs + waitMs + unreadMs
  const unknown = (because: string, over: Over = { toMs: minuteAfter(endedMs + waitMs), until: 'time' }): Found => ({
    ...over,
    excess: { kind: 'unknown', because: because.slice(0, 300) },
  })
  try {
    const { items } = await latestHeads(deps, watch.service, headsMost)
    const over = await overOf(deps, watch, items, Math.min(nowMs, endedMs + waitMs))
    if (over === undefined || nowMs < over.toMs + lateMs) return undefined
    const known = await readOf(deps, watch, release, over, items)
    if (!('unread' in known)) return { ...over, ...known }
    if (isLast) return unknown(known.unread, over)
    deps.log({ message: `What it failed could not be read: ${known.unread}`, releaseId: watch.releaseId })
    return undefined
  } catch (error) {
    if (!isLast || !(error instanceof Problem)) throw error
    return unknown(sentenceOf(error))
  }
}

async function written(deps: LateCharging, watch: Watch, { release, link }: Loaded): Promise<true> {
  await deps.history.put(headOf(release, link))
  await deps.watches.remove(watch)
  deps.log({
    message: 'What it failed after its promotion is charged',
    service: watch.service,
    releaseId: watch.releaseId,
  })
  return true
}

/**
 * By the first release that was promoted since: when a way back moved the alias, or when a newer version first had traffic.
 * @returns undefined while there is none, and somebody may still go back
 */
async function overOf(
  deps: LateCharging,
  { releaseId, promotedAtMs, ending }: Watch,
  heads: readonly Head[],
  atMs: number,
): Promise<Over | undefined> {
  const since = heads.filter(
    (head) => head.releaseId !== releaseId && head.outcome === 'promoted' && (head.settledAtMs ?? 0) > promotedAtMs,
  )
  const next = since.toSorted((a, b) => (a.settledAtMs ?? 0) - (b.settledAtMs ?? 0))[0]
  const isWaiting = atMs < (ending?.atMs ?? 0) + waitMs
  if (next === undefined) return isWaiting ? undefined : { toMs: minuteAfter(atMs), until: 'time' }
  const { release } = await load(deps, next.releaseId)
  const isBack = next.backFrom === releaseId
  const moved = isBack ? release.shifts.at(-1) : release.shifts[0]
  const toMs = minuteAfter(moved?.sinceMs ?? next.requestedAtMs)
  return { toMs, until: isBack ? 'back' : 'release', by: next.releaseId }
}

async function readOf(
  deps: LateCharging,
  watch: Watch,
  release: Release,
  over: Over,
  heads: readonly Head[],
): Promise<Pick<LateCharge, 'excess' | 'toMs'> | { readonly unread: string }> {
  const places = placesOf(watch, release)
  // Whoever goes back in the first minutes is earlier than the first look.
  const known = isPastRead(watch) ? watch : await withPast(deps, watch, places)
  if (!isPastRead(known)) return { unread: 'what was usual before could not be read' }
  const { startMs, endMs } = lateWindow(watch, release, over.toMs, deps.clock.nowMs())
  const asked = { startMs, endMs, periodSeconds: minuteMs / 1000 }
  const read =
    endMs === startMs ? places.map(() => []) : countsOf(await deps.telemetry.read(watchQuestions(places), asked))
  if ('unread' in read) return read
  const isFault = release.watched?.how === 'fault'
  return excessOf(known, read, {
    over,
    ...(isFault && watch.ending !== undefined ? { foundMs: watch.ending.atMs } : {}),
    others: await othersOf(deps, watch, heads, over),
  })
}

/** When newer releases had traffic that were not promoted. */
async function othersOf(
  deps: LateCharging,
  { releaseId, promotedAtMs }: Watch,
  heads: readonly Head[],
  { by, toMs }: Over,
): Promise<readonly Exposure[]> {
  const others = heads.filter(
    (head) =>
      ![releaseId, by].includes(head.releaseId) &&
      head.requestedAtMs < toMs &&
      (head.settledAtMs ?? Infinity) > promotedAtMs &&
      !['promoted', 'rejected', 'alreadyReleased'].includes(head.outcome ?? ''),
  )
  const loaded = await Promise.all(others.slice(0, othersMost).map((head) => load(deps, head.releaseId)))
  return loaded.flatMap(({ release: { exposure } }) => (exposure === undefined ? [] : [exposure]))
}

async function chargesOf(
  deps: LateCharging,
  { service }: Release,
  { excess, toMs }: Omit<LateCharge, 'charges'>,
  nowMs: number,
): Promise<readonly Charge[]> {
  const charges = await Promise.all(
    service.slos.map(async (slo) => {
      const isShared = excess.kind === 'counted' && isCounted(slo)
      const allowed = isShared ? await allowedIn(deps, service.name, slo, toMs, nowMs).catch(notKnown) : undefined
      return lateChargeOf(slo, excess, allowed)
    }),
  )
  return charges.filter((charge) => charge !== undefined)
}

/** Without its share of the budget a charge is still one. */
function notKnown(error: unknown): undefined {
  if (!(error instanceof Problem)) throw error
}
