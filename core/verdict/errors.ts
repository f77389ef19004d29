// The candidate's error rate against stable's in the same minutes. Too few invocations are no evidence; a candidate that
// is silent while stable has traffic is a fault of its own, not a quiet hour.
import type { Service } from '../service.ts'
import type { Evidence, MinuteCount, SignalVerdict, TargetEvidence, VersionCounts } from './evidence.ts'
import type { Window } from './window.ts'

// One or two errors are an anecdote, whatever their share.
const errorsMin = 3
// Fewer expected requests than this may all have gone the other way by chance (e^-10).
const expectedMin = 10

type Rule = Service['signals']['errors']
type Count = { readonly invocations: number; readonly errors: number }
type ErrorVerdict = { readonly verdict: SignalVerdict; readonly quiet: boolean }

export function errorVerdict(rule: Rule, target: TargetEvidence, evidence: Evidence, window: Window): ErrorVerdict {
  const signal = `errors:${target.functionName}`
  const unknown = (because: string, quiet = false, numbers?: Record<string, number>): ErrorVerdict => ({
    verdict: { signal, kind: 'unknown', because, ...(numbers === undefined ? {} : { numbers }) },
    quiet,
  })
  const candidate = sum(target.candidate, window)
  const beside = sum(target.stable, window)
  if (typeof candidate === 'string') return unknown(`${target.functionName}: candidate's errors: ${candidate}`)
  if (typeof beside === 'string') return unknown(`${target.functionName}: stable's errors: ${beside}`)
  if (window.endMs <= window.startMs) {
    return unknown(`${target.functionName}: CloudWatch has no whole minute at this weight yet`)
  }
  // With all traffic on the candidate there is no stable beside it: its earlier minutes in this release stand in.
  const stable = evidence.weightBp === 10_000 ? before(target.stable, window) : beside
  const numbers = {
    candidateInvocations: candidate.invocations,
    candidateErrors: candidate.errors,
    stableInvocations: stable.invocations,
    stableErrors: stable.errors,
  }
  if (candidate.invocations < rule.minimumInvocations) {
    const silence = silenceOf(target.functionName, candidate, beside, evidence.weightBp)
    const short = `${target.functionName}: ${candidate.invocations} of ${rule.minimumInvocations} invocations of the candidate`
    return unknown(silence ?? short, candidate.invocations + beside.invocations === 0, numbers)
  }
  if (evidence.weightBp < 10_000 && beside.invocations === 0 && candidate.invocations >= expectedMin) {
    const because = `${target.functionName}: stable is silent while the candidate had ${candidate.invocations} invocations`
    return unknown(because, false, numbers)
  }
  const { bad, because } = compare(rule, target.functionName, candidate, stable)
  return { verdict: { signal, kind: bad ? 'fail' : 'pass', because, numbers }, quiet: false }
}

function silenceOf(name: string, candidate: Count, beside: Count, weightBp: number): string | undefined {
  if (candidate.invocations > 0) return undefined
  if (beside.invocations === 0) return `${name}: no traffic on either version`
  const expected = Math.round((beside.invocations * weightBp) / Math.max(1, 10_000 - weightBp))
  if (expected < expectedMin) return undefined
  return `${name}: the candidate is silent: stable had ${beside.invocations} invocations, the candidate none of about ${expected}`
}

function compare(rule: Rule, name: string, candidate: Count, stable: Count): { bad: boolean; because: string } {
  const rate = candidate.errors / candidate.invocations
  const stableRate = stable.invocations === 0 ? 0 : stable.errors / stable.invocations
  const bad = candidate.errors >= errorsMin && rate > stableRate * rule.ratio && (rate - stableRate) * 100 > rule.margin
  const against =
    stable.invocations === 0
      ? 'nothing of stable to compare with'
      : `stable ${percent(stableRate)} of ${stable.invocations}`
  return {
    bad,
    because: `${name}: candidate fails ${percent(rate)} of ${candidate.invocations} invocations, ${against}`,
  }
}

const percent = (rate: number): string => `${(rate * 100).toFixed(2)} %`

const before = (counts: VersionCounts, window: Window): Count => {
  const found = sum(counts, { startMs: 0, endMs: window.startMs })
  return typeof found === 'string' ? { invocations: 0, errors: 0 } : found
}

/** The counts in the window, or why they are not evidence. */
function sum(counts: VersionCounts, window: Window): Count | string {
  if (counts.kind === 'unread') return counts.because
  let invocations = 0
  let errors = 0
  for (const minute of counts.minutes) {
    const fault = faultOf(minute)
    if (fault !== undefined) return fault
    if (minute.minuteMs < window.startMs || minute.minuteMs >= window.endMs) continue
    invocations += minute.invocations
    errors += minute.errors
  }
  return { invocations, errors }
}

function faultOf(minute: MinuteCount): string | undefined {
  const whole = [minute.invocations, minute.errors].every((count) => Number.isFinite(count) && count >= 0)
  if (!whole) return 'a count is negative or not a number'
  return minute.errors > minute.invocations ? 'more errors than invocations were counted' : undefined
}
