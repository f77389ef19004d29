// Verdicts from alarms. An alarm that fired before the release began says nothing about the candidate, so it is excluded by name;
// the others still guard. Anything but a clear OK or ALARM is unknown.
import type { AlarmReading, Evidence, SignalVerdict } from '../evidence/evidence.ts'
import { alarmPrefix } from '../../service/signals.ts'

export function alarmVerdicts(evidence: Pick<Evidence, 'alarms' | 'excludedAlarms'>): readonly SignalVerdict[] {
  if ('unread' in evidence.alarms) {
    return [{ signal: 'alarms', kind: 'unknown', because: `the alarms could not be read: ${evidence.alarms.unread}` }]
  }
  return evidence.alarms.map((alarm) =>
    evidence.excludedAlarms.includes(alarm.name)
      ? verdict(alarm, 'excluded', 'fired already before the release began')
      : verdict(alarm, ...meaning(alarm)),
  )
}

function meaning(alarm: AlarmReading): readonly [SignalVerdict['kind'], string] {
  switch (alarm.state) {
    case 'ok':
      return ['pass', 'is OK']
    case 'alarm':
      return ['fail', `fires${alarm.reason === undefined ? '' : ` (${alarm.reason.slice(0, 200)})`}`]
    case 'insufficientData':
      return ['unknown', 'has insufficient data']
    case 'unclear':
      return ['unknown', 'could not be evaluated cleanly']
    case 'missing':
      return ['unknown', 'does not exist any more']
  }
}

function verdict(alarm: AlarmReading, kind: SignalVerdict['kind'], words: string): SignalVerdict {
  return { signal: `${alarmPrefix}${alarm.name}`, kind, because: `alarm ${alarm.name} ${words}` }
}
