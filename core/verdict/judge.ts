// The first verdict: alarms, and the candidate's error rate against stable's in the same minutes. Silence is never a
// pass. The interface is what later engines fill: a service and the evidence of one look in, a verdict out.
import type { Service } from '../service.ts'
import { alarmVerdicts } from './alarms.ts'
import { errorVerdict } from './errors.ts'
import type { Evidence, SignalVerdict, Verdict } from './evidence.ts'
import { lookWindow } from './window.ts'

/** @returns fail if any signal fails, pass if every signal that may speak passes, else unknown. */
export function judge(service: Service, evidence: Evidence): Verdict {
  const window = lookWindow(evidence)
  const alarms = alarmVerdicts(evidence)
  const errors = evidence.targets.map((target) => errorVerdict(service.signals.errors, target, evidence, window))
  // Whatever a reading had to say, the verdict must fit into the log.
  const signals = [...alarms, ...errors.map((one) => one.verdict)].map((signal): SignalVerdict => ({
    ...signal,
    because: signal.because.slice(0, 600),
  }))
  const speaking = signals.filter((signal) => signal.kind !== 'excluded')
  const failed = speaking.filter((signal) => signal.kind === 'fail')
  const unknown = speaking.filter((signal) => signal.kind === 'unknown')
  const report = (kind: Verdict['kind'], quiet: boolean, reasons: readonly SignalVerdict[]): Verdict => ({
    kind,
    quiet,
    because: reasons
      .map((signal) => signal.because)
      .join('; ')
      .slice(0, 600),
    window,
    signals,
  })
  if (failed.length > 0) return report('fail', false, failed)
  if (unknown.length > 0) {
    // Quiet only if nobody sends requests at all and nothing else is amiss.
    const quiet = errors.every((one) => one.quiet) && unknown.every((signal) => signal.signal.startsWith('errors:'))
    return report('unknown', quiet, unknown)
  }
  return report('pass', false, speaking)
}
