// Alarms and series in memory: reads return what was set; anything else is missing or absent, never good.
import type { AlarmReading, Reading } from '../../core/verdict/evidence/evidence.ts'
import type { Question } from '../../core/verdict/evidence/questions.ts'
import { appConfigName, type Kind, secretName } from '../../core/around/depends.ts'
import type { ConfigDeployments, Consumed, Dependencies, Prometheus, Telemetry } from '../../cloud/ports.ts'

type Asked = Parameters<Telemetry['read']>[1]
/** Answers a question; `undefined` falls back to what was set. */
type ReadingSource = (question: Question, asked: Asked) => Reading | undefined

type MemoryTelemetry = {
  readonly telemetry: Telemetry
  readonly prometheus: Prometheus
  readonly deployments: ConfigDeployments
  readonly dependencies: Dependencies
  readonly consumed: Consumed
  readonly alarms: Map<string, AlarmReading>
  readonly setReading: (question: Omit<Question, 'key'>, reading: Reading) => void
  readonly answerReadings: (source: ReadingSource) => void
}

const unread = (kind: Kind, name: string) => ({ kind, name, unread: 'nothing is there in memory' })

export function memoryTelemetry(): MemoryTelemetry {
  const alarms = new Map<string, AlarmReading>()
  const set = new Map<string, Reading>()
  let source: ReadingSource = () => undefined
  const seriesOf = ({ namespace, metric, dimensions, stat }: Omit<Question, 'key'>): string =>
    JSON.stringify([namespace, metric, Object.entries(dimensions).toSorted(), stat])

  function read(question: Question, asked: Asked): Reading {
    const reading = source(question, asked) ?? set.get(seriesOf(question)) ?? { kind: 'points', points: [] }
    if (reading.kind === 'unread') return reading
    const within = reading.points.filter(({ minuteMs }) => minuteMs >= asked.startMs && minuteMs < asked.endMs)
    return { kind: 'points', points: within.toSorted((a, b) => a.minuteMs - b.minuteMs) }
  }

  return {
    alarms,
    telemetry: {
      alarms: (names) => Promise.resolve(names.map((name) => alarms.get(name) ?? { name, state: 'missing' })),
      read: (questions, asked) => Promise.resolve(questions.map((question) => read(question, asked))),
    },
    // Nothing is set there, so nothing is known.
    prometheus: { read: (questions) => Promise.resolve(questions.map(() => ({ kind: 'points', points: [] }))) },
    deployments: {
      read: (profiles) => Promise.resolve(profiles.map((one) => unread('appConfig', appConfigName(one)))),
    },
    dependencies: {
      read: ({ secrets = [], parameters = [], appConfig = [] }) =>
        Promise.resolve([
          ...secrets.map((arn) => unread('secret', secretName(arn))),
          ...parameters.map((name) => unread('parameter', name)),
          ...appConfig.map((one) => unread('appConfig', appConfigName(one))),
        ]),
    },
    consumed: { hasQueue: () => Promise.resolve(false), invokedBy: () => Promise.resolve(undefined) },
    setReading(question, reading) {
      set.set(seriesOf(question), reading)
    },
    answerReadings(next) {
      source = next
    },
  }
}
