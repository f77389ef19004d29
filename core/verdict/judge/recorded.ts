// The readings of a release's looks as something to judge again, minute by minute.
import type { Reading } from '../evidence/evidence.ts'
import { judgedTargets, type Looked, loggedPoints } from '../evidence/logged.ts'
import { prometheusQuestions } from '../evidence/prometheus.ts'
import { questionsFor } from '../evidence/questions.ts'
import { wholeFrom } from '../evidence/window.ts'
import { minuteMs } from '../../time.ts'
import type { Recorded } from './replayed-verdicts.ts'

export function recordedOf({ service, shifts, readings, targets: released }: Looked): Recorded {
  const startMs = wholeFrom(shifts[0]?.sinceMs ?? 0)
  const endMs = readings.findLast((one) => one.complete)?.toMs ?? startMs
  const targets = judgedTargets({ service, targets: released })
  // A series without any point was still queried: it counts as silence, not as a question that was never asked.
  const questions = [...questionsFor(service, targets), ...prometheusQuestions(service, targets)]
  const asked = questions.map(({ key }): [string, Reading] => [key, { kind: 'points', points: [] }])
  const logged = [...loggedPoints(readings, startMs)].map(([key, values]): [string, Reading] => {
    const sorted = [...values].map(([at, value]) => ({ minuteMs: at, value })).sort((a, b) => a.minuteMs - b.minuteMs)
    return [key, { kind: 'points', points: sorted }]
  })
  return {
    targets,
    shifts,
    readings: new Map([...asked, ...logged]),
    minutes: Math.max(0, (endMs - startMs) / minuteMs),
  }
}
