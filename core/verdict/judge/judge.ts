// The verdict, from three inputs: the alarms, whether the traffic split is as set, and the weighted evidence of all signals.
// Silence is never a pass. Reading, folding, weighing and wording have files of their own; this file combines them.
import type { Service } from '../../service/service.ts'
import { alarmVerdicts } from './alarms.ts'
import type { Evidence, JudgedTarget, SignalVerdict, Verdict, Window } from '../evidence/evidence.ts'
import { culprits, type Culprits, likelyWords } from './culprit.ts'
import { together } from './explain.ts'
import { foreseen } from './foresight.ts'
import { foldBegin, foldStep, type SignalFold, signalRule, type SignalRule } from './fold.ts'
import { type Guarded, guardVerdicts } from './guards.ts'
import { type Learned, learnedEdition, trusts } from '../counts/count-design.ts'
import { logSum } from '../processes/log-space.ts'
import { type Sheet, sheetOf, unreadable } from '../evidence/minutes.ts'
import { signalSpecs } from '../evidence/questions.ts'
import { settledToMs } from '../evidence/settled.ts'
import { isQuiet, targetBegin, type TargetFold, targetStep, trafficTrouble, unreadableTraffic } from './target-fold.ts'
import { type Folded, horizonMinutesOf, isProvenGood, weighAll, type Weighed } from './weigh.ts'
import { askedWindow, isBack, isBefore, isLeftOut, openFromMs, shiftsOn } from '../evidence/window.ts'
import { minuteMs } from '../../time.ts'

/** The fold of all minutes before `uptoMs`, which late points can no longer change. Survives JSON without loss. */
export type Carry = {
  readonly uptoMs: number
  readonly targets: readonly TargetFold[]
  readonly signals: readonly SignalFold[]
}

type Judged = { readonly verdict: Verdict; readonly carry: Carry | undefined }

/** One look. @param carried what an earlier look returned */
export const judge = (service: Service, evidence: Evidence, carried?: Carry): Judged =>
  judgeOf(service, evidence.targets)(evidence, carried)

/**
 * For many looks at the same targets: making the rules costs as much as a minute of evidence. Without `carried`, everything is
 * computed from the first minute, with the same result.
 * @returns fail if an alarm fires, the candidate is silent, a minute shows total failure, or the evidence reaches 1/alpha; pass
 * if every critical signal could be judged and none leans against the candidate; else unknown
 */
export function judgeOf(
  service: Service,
  targets: readonly JudgedTarget[],
): (evidence: Evidence, carried?: Carry) => Judged {
  const { early, learning } = service.policy
  const trust = trusts[learning === 'off' ? 'careful' : learning]
  const scale = { horizonMinutes: horizonMinutesOf(service), early, trust }
  const rules = signalSpecs(service, targets).map((spec) =>
    signalRule(spec, scale, learning === 'off' ? undefined : learnedOf(targets[spec.target])),
  )
  return (evidence, carried) => look(service, rules, evidence, carried)
}

function look(service: Service, rules: readonly SignalRule[], evidence: Evidence, carried: Carry | undefined): Judged {
  const { targets, shifts, atMs } = evidence
  const first = shifts[0]
  const window = first === undefined ? { startMs: atMs, endMs: atMs } : askedWindow(first.sinceMs, atMs)
  const sheet = sheetOf(evidence.readings, evidence.isRecorded ? Infinity : openFromMs(window.endMs))
  const begin: Folded = carried ?? { targets: targets.map(() => targetBegin), signals: rules.map(foldBegin) }
  const readable: Folded = {
    targets: begin.targets.map((fold, index) =>
      isLeftOut(targets[index]) ? fold : (unreadableTraffic(sheet, index) ?? fold),
    ),
    signals: rules.map(
      ({ spec }, index) =>
        (isLeftOut(targets[spec.target]) ? undefined : unreadable(sheet, spec)) ??
        begin.signals[index] ??
        'it was not carried',
    ),
  }
  const startMs = carried?.uptoMs ?? window.startMs
  const specs = rules.map(({ spec }) => spec)
  const settledMs = evidence.isRecorded ? window.endMs : settledToMs(sheet, specs, targets, window.endMs)
  const uptoMs = Math.max(startMs, settledMs)
  const settled = foldMinutes(rules, sheet, evidence, readable, { startMs, endMs: uptoMs })
  const last = foldMinutes(rules, sheet, evidence, settled, { startMs: uptoMs, endMs: window.endMs })
  const isWhole = [...last.targets, ...last.signals].every((fold) => typeof fold !== 'string')
  const carry = {
    uptoMs,
    targets: settled.targets.filter((fold) => typeof fold !== 'string'),
    signals: settled.signals.filter((fold) => typeof fold !== 'string'),
  }
  return { verdict: verdictOf(service, evidence, window, rules, last), carry: isWhole ? carry : carried }
}

/** What the code that wrote the log had learned, if this code understands it. */
const learnedOf = (target: JudgedTarget | undefined): Learned | undefined =>
  target?.baseline.learned?.edition === learnedEdition ? target.baseline.learned : undefined

function foldMinutes(
  rules: readonly SignalRule[],
  sheet: Sheet,
  { shifts, targets: judged }: Evidence,
  before: Folded,
  window: Window,
): Folded {
  let { targets, signals } = before
  for (let atMs = window.startMs; atMs < window.endMs; atMs += minuteMs) {
    const isOut = judged.map((target) => isBefore(target, atMs))
    targets = targets.map((fold, index) =>
      typeof fold === 'string' || isOut[index] === true
        ? fold
        : targetStep(fold, sheet, index, shiftsOn(judged[index], shifts), atMs),
    )
    signals = signals.map((fold, index) => {
      const rule = rules[index]
      if (typeof fold === 'string' || rule === undefined || rule.spec.excluded !== undefined) return fold
      const { target } = rule.spec
      return isOut[target] === true ? fold : foldStep(rule, fold, sheet, shiftsOn(judged[target], shifts), atMs)
    })
  }
  return { targets, signals }
}

function verdictOf(
  service: Service,
  evidence: Evidence,
  window: Window,
  rules: readonly SignalRule[],
  folded: Folded,
): Verdict {
  const { alpha } = service.policy
  const weighed = weighAll(service, rules, folded, evidence)
  const traffic = trafficVerdicts(evidence, folded)
  const { logE, signals } = combined(weighed, Math.log(1 / alpha))
  // The verdict must fit into the log, however long a reason is.
  const guarded = guardVerdicts(service, evidence, window)
  const guards = guarded.map(({ verdict }) => verdict)
  const all = [...alarmVerdicts(evidence), ...guards, ...traffic, ...signals].map((signal): SignalVerdict => ({
    ...signal,
    because: signal.because.slice(0, 600),
  }))
  const deciding = all.filter((signal) => signal.kind !== 'excluded' && signal.advisory !== true)
  const failed = deciding.filter((signal) => signal.kind === 'fail')
  const unknown = deciding.length === 0 ? [nothingSpeaks] : deciding.filter((signal) => signal.kind === 'unknown')
  const isOnlyShort = weighed.every(({ verdict, isShort }) => verdict.kind !== 'unknown' || isShort)
  // In a release in waves it may be night where it goes on, and day where it has been.
  const lacking = new Set(rules.flatMap(({ spec }, index) => (weighed[index]?.isShort === true ? [spec.target] : [])))
  const isBusyElsewhere = (index: number): boolean =>
    lacking.size > 0 && evidence.targets[index]?.shifts !== undefined && !lacking.has(index)
  const isQuietHour =
    isOnlyShort &&
    folded.targets.every(
      (fold, index) =>
        isBack(evidence.targets[index]) || isBusyElsewhere(index) || (typeof fold === 'object' && isQuiet(fold)),
    ) &&
    unknown.length === shortOf(weighed) + silentOf(guarded)
  const ahead = foreseen(service, rules, folded, evidence.shifts)
  const notes = ahead === undefined ? [] : [{ signal: 'traffic', because: ahead }]
  const report = (kind: Verdict['kind'], quiet: boolean, reasons: readonly SignalVerdict[]): Verdict => ({
    kind,
    quiet,
    because: together([...reasons, ...notes]).slice(0, 600),
    window,
    signals: all,
    ...(Number.isFinite(logE) ? { logE } : {}),
    ...(kind === 'pass' && isProvenGood(rules, folded, alpha, evidence.targets) ? { early: true } : {}),
  })
  if (failed.length > 0) {
    const isOfVersions = failed.some(({ signal }) => [...traffic, ...signals].some((one) => one.signal === signal))
    return isOfVersions
      ? blaming(report('fail', false, failed), culprits(evidence.targets, rules, weighed, traffic))
      : report('fail', false, failed)
  }
  if (unknown.length > 0) {
    const held = report('unknown', isQuietHour, isQuietHour ? [nobodyAsks] : unknown)
    return isQuietHour ? held : saying(held, likelyWords(evidence.targets, rules, weighed))
  }
  return report('pass', false, deciding)
}

/** The fail, and which functions the evidence blames. */
const blaming = (verdict: Verdict, { blamed, words }: Culprits): Verdict =>
  words === undefined ? verdict : { ...saying(verdict, words), blamed: [...blamed] }

/** More words behind the reason. They stand there whole, however long it is. */
const saying = (verdict: Verdict, words: string | undefined): Verdict =>
  words === undefined ? verdict : { ...verdict, because: `${verdict.because.slice(0, 598 - words.length)}; ${words}` }

const silentOf = (guarded: readonly Guarded[]): number =>
  guarded.filter(({ verdict, isSilent }) => isSilent && verdict.advisory !== true).length

const nobodyAsks: SignalVerdict = { signal: 'traffic', kind: 'unknown', because: 'no traffic on either version' }

const nothingSpeaks: SignalVerdict = {
  signal: 'signals',
  kind: 'unknown',
  because: 'no signal can speak about this release',
}

const shortOf = (weighed: readonly Weighed[]): number =>
  weighed.filter(({ verdict, isShort }) => isShort && verdict.advisory !== true).length

function trafficVerdicts(evidence: Evidence, folded: Folded): readonly SignalVerdict[] {
  return evidence.targets.flatMap((target, index): SignalVerdict[] => {
    if (isBack(target)) return []
    const fold = folded.targets[index]
    const signal = `traffic:${target.functionName}`
    if (typeof fold === 'string') return [{ signal, kind: 'unknown', because: `${target.functionName}: ${fold}` }]
    const trouble = fold && trafficTrouble(fold, target)
    if (trouble === undefined) return []
    return [{ signal, kind: trouble.bad ? 'fail' : 'unknown', because: trouble.because }]
  })
}

/**
 * Combines the weighted evidence of all signals. If it reaches the limit, the signals that carry most of it fail; a signal that
 * leans against the candidate by itself becomes unknown.
 */
function combined(
  weighed: readonly Weighed[],
  logLimit: number,
): { readonly logE: number; readonly signals: readonly SignalVerdict[] } {
  const shares = weighed.map(({ logShare }) => logShare)
  const logE = shares.includes(Infinity) ? Infinity : logSum(shares)
  const most = Math.max(...shares)
  const signals = weighed.map(({ verdict, logE: own, logShare, sentence }): SignalVerdict => {
    if (verdict.kind === 'excluded' || verdict.advisory === true) return verdict
    if (logE >= logLimit && logShare >= most - Math.LN2) return { ...verdict, kind: 'fail', because: sentence }
    // Half way to the limit: not enough to roll back, too much to advance.
    const isLeaning = verdict.kind === 'pass' && own >= logLimit / 2
    return isLeaning ? { ...verdict, kind: 'unknown', because: `${sentence}: leans against it` } : verdict
  })
  return { logE, signals }
}
