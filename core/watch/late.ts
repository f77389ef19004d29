// What a promoted version failed after its promotion beyond what is usual: from the minute in which its fault began until it was
// back. The weeks before stand in for stable, which has no traffic any more (docs/watch.md). Pure.
import type { AliasPlace } from '../location.ts'
import type { Charge, LateCharge } from '../release/charge.ts'
import { chargeOf } from '../release/charge.ts'
import type { Exposure, Release } from '../release/release.ts'
import { isCounted, type Slo } from '../service/slo.ts'
import { placedIn } from '../service/target.ts'
import { dayMs, minuteMs } from '../time.ts'
import { lastingOf, type Minute } from './evidence.ts'
import { type Past, usualAt } from './past.ts'
import type { Read, Watch } from './watch.ts'

type Excess = LateCharge['excess']
type Counted = Extract<Excess, { kind: 'counted' }>
/** When it was over, and by what. */
export type Over = Pick<LateCharge, 'toMs' | 'until' | 'by'>

/** An alias change takes seconds to reach every request, and the minute in which it is made is the last. */
export const minuteAfter = (atMs: number): number => Math.floor(atMs / minuteMs) * minuteMs + minuteMs

/** CloudWatch keeps points of one minute for 15 days. */
const keptMs = 14 * dayMs

/** The minutes to read: what came before is charged by comparison with stable (core/budget/charge-series.ts). */
export function lateWindow({ promotedAtMs }: Watch, { exposure }: Release, toMs: number, nowMs: number) {
  const chargedMs = (exposure?.toMs ?? promotedAtMs) + minuteMs
  const startMs = Math.max(Math.ceil(chargedMs / minuteMs) * minuteMs, minuteAfter(nowMs - keptMs))
  return { startMs, endMs: Math.max(startMs, toMs) }
}

/** In the order of the targets of the watch, as the release had them. */
export const placesOf = ({ targets }: Watch, { service }: Release): readonly AliasPlace[] =>
  targets.map((target) => placedIn(service, target))

type LateFacts = {
  readonly over: Over
  /** When the watch ended, if it found the fault; a person who goes back has found it otherwise. */
  readonly foundMs?: number
  /** When newer releases had traffic, that came back: these minutes say nothing of this version. */
  readonly others: readonly Exposure[]
}

/** @param read of `lateWindow` */
export function excessOf(
  watch: Watch,
  read: Read,
  { over, foundMs, others }: LateFacts,
): Pick<LateCharge, 'excess' | 'toMs'> {
  const isOthers = ({ atMs }: Minute): boolean =>
    others.some(({ fromMs, toMs = Infinity }) => atMs + minuteMs > fromMs && atMs < minuteAfter(toMs))
  const parts = watch.targets.map(({ past }, place) => {
    if (past === undefined || past === 'unknown') return undefined
    const minutes = (read[place] ?? []).filter((minute) => minute.atMs < over.toMs && !isOthers(minute))
    return { past, minutes, lasting: lastingOf(minutes, past, seenAs(watch, over, foundMs)) }
  })
  const judged = parts.filter((part) => part !== undefined)
  const begun = judged.flatMap(({ lasting, ...part }) => (lasting === undefined ? [] : [{ ...part, ...lasting }]))
  if (begun.length === 0) return { toMs: over.toMs, excess: nothingIn(judged, foundMs) }
  // Where nobody has put it back, it may have been over before: what came then is noise.
  const toMs = over.until === 'time' ? Math.max(...begun.map(({ lastMs }) => lastMs)) + minuteMs : over.toMs
  return { toMs, excess: begun.map((part) => countedOf(part, toMs)).reduce(plus) }
}

const seenAs = ({ promotedAtMs, untilMs }: Watch, { toMs }: Over, foundMs: number | undefined) => ({
  watchMinutes: Math.ceil((untilMs - promotedAtMs) / minuteMs),
  untilMs: foundMs ?? toMs,
  isPatient: foundMs !== undefined,
})

function nothingIn(judged: readonly { readonly minutes: readonly Minute[] }[], foundMs: number | undefined): Excess {
  const unknown = (because: string): Excess => ({ kind: 'unknown', because })
  if (judged.length === 0) return unknown('the weeks before have fewer than 500 requests: nobody knows what is usual')
  if (judged.every(({ minutes }) => minutes.length === 0)) return unknown('CloudWatch has no minute of that time')
  return foundMs === undefined
    ? { kind: 'none' }
    : unknown('what CloudWatch has now of that time does not show the fault')
}

type Part = { readonly past: Past; readonly minutes: readonly Minute[]; readonly fromMs: number }

/**
 * Observed minus expected, as of a charge that is compared with stable. The variance is that of the failed requests, and as many
 * times as large as bursts make that of the weeks before.
 */
function countedOf({ past, minutes, fromMs }: Part, toMs: number): Counted {
  const lasted = minutes.filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
  const sum = (of: (minute: Minute) => number): number => lasted.reduce((total, minute) => total + of(minute), 0)
  const [all, failed] = [sum(({ invocations }) => invocations), sum(({ bad }) => bad)]
  const expected = sum(({ invocations, atMs }) => invocations * usualAt(past, atMs))
  const share = (failed + 1) / (all + 2)
  const error = Math.sqrt(past.burst * all * share * (1 - share))
  return { kind: 'counted', fromMs, all, failed, bad: rounded(failed - expected), error: rounded(error) }
}

const plus = (a: Counted, b: Counted): Counted => ({
  ...{ kind: 'counted', fromMs: Math.min(a.fromMs, b.fromMs), all: a.all + b.all, failed: a.failed + b.failed },
  ...{ bad: rounded(a.bad + b.bad), error: rounded(Math.hypot(a.error, b.error)) },
})

const rounded = (value: number): number => Math.round(value * 1000) / 1000

/** @param allowed how many may be bad in the window, if known @returns undefined where there is nothing to charge */
export function lateChargeOf(slo: Slo, excess: Excess, allowed: number | undefined): Charge | undefined {
  const unknown = (because: string): Charge => ({ kind: 'unknown', slo: slo.name, because })
  if (excess.kind === 'none') return undefined
  if (excess.kind === 'unknown') return unknown(excess.because)
  if (!isCounted(slo)) return unknown('Application Signals counts its budget')
  if (slo.slices !== undefined) return unknown('its budget is counted in slices of time')
  if (slo.sli.kind !== 'availability') return unknown('a watch goes by errors alone')
  const { all, bad, error } = excess
  return chargeOf(slo.name, { all, elsewhen: all, bad, error }, allowed)
}
