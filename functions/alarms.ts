// Alarms on the controller's own health, because what watches production unattended must itself be watched. Failed executions
// have no alarm: a release that is rolled back also ends as a failed execution. The stack and the embedded cloud both create
// their alarms from this list.
import type { Severity } from '../core/page.ts'
import type { Verb } from './handlers.ts'
import { calledByEvents, lostQueue, unsentQueue } from './rules.ts'

export type Watch = {
  readonly id: string
  readonly severity: Severity
  readonly description: string
  readonly namespace: string
  readonly metric: string
  /** Several series are combined by `stat`: their maximum or their sum. */
  readonly series: readonly Readonly<Record<string, string>>[]
  readonly stat: 'Sum' | 'Maximum'
  /** `below`: fires under the threshold. `from`: fires at the threshold and above. */
  readonly threshold: number
  readonly fires: 'below' | 'from'
  /** How many periods of five minutes. */
  readonly periods: number
  readonly missing: 'breaching' | 'notBreaching'
}

const tenMinutesMs = 600_000
/** The most metrics in one metric-math alarm (CloudWatch user guide, "Create an alarm based on a metric math expression"). */
const metricsMax = 10

const functionOf = (controller: string, verb: Verb) => ({ FunctionName: `${controller}-${verb}` })
const lambda = { namespace: 'AWS/Lambda', fires: 'from', missing: 'notBreaching' } as const

/** @param controller the controller's name */
export function watches(controller: string): readonly Watch[] {
  const called = calledByEvents.map((verb) => functionOf(controller, verb))
  return [
    {
      id: 'LostEvents',
      severity: 'page',
      description:
        'Tidegate keeps events that it could not handle: `tidegate lost list` says which, and why (docs/operate.md).',
      namespace: 'AWS/SQS',
      metric: 'ApproximateNumberOfMessagesVisible',
      series: [{ QueueName: `${controller}-${lostQueue.name}` }],
      ...{ stat: 'Maximum', threshold: 1, fires: 'from', periods: 1 },
      // A queue that has not been used for hours reports nothing.
      missing: 'notBreaching',
    },
    // Fires minutes before the queue's alarm, because an idle queue reports its metrics late.
    ...several(called, (series) => ({
      ...lambda,
      id: 'EventsDropped',
      severity: 'page',
      description:
        'A function of Tidegate could not handle an event: `tidegate lost list` says which (docs/operate.md).',
      metric: 'AsyncEventsDropped',
      series,
      ...{ stat: 'Sum', threshold: 1, periods: 1 },
    })),
    ...several(called, (series) => ({
      ...lambda,
      id: 'EventsNotKept',
      severity: 'page',
      description:
        'An event that Tidegate could not handle could not be kept either, and is gone: see the queue and its policy (docs/operate.md).',
      metric: 'DestinationDeliveryFailures',
      series,
      ...{ stat: 'Sum', threshold: 1, periods: 1 },
    })),
    ...several(called, (series) => ({
      ...lambda,
      id: 'EventsWaiting',
      severity: 'page',
      description:
        'Events have waited for more than ten minutes for a function of Tidegate: see its Errors and Throttles (docs/operate.md).',
      metric: 'AsyncEventAge',
      series,
      ...{ stat: 'Maximum', threshold: tenMinutesMs, periods: 1 },
    })),
    ...ofSweepAndStream(controller),
  ]
}

/** Those of the function that copies the log. */
export const copyWatches = (controller: string): readonly Watch[] => [
  {
    ...lambda,
    id: 'CopiesLate',
    severity: 'ticket',
    description:
      'Events of Tidegate wait for more than ten minutes to be copied: the log of its function copyLog says why.',
    metric: 'IteratorAge',
    series: [functionOf(controller, 'copyLog')],
    ...{ stat: 'Maximum', threshold: tenMinutesMs, periods: 1 },
  },
  {
    id: 'CopyDiffers',
    severity: 'page',
    description:
      'An event of a release log is another than its copy: `tidegate log RELEASE --verify --copy BUCKET` names it.',
    namespace: 'Tidegate',
    metric: 'LogChanges',
    series: [{ function: 'copyLog' }],
    ...{ stat: 'Sum', threshold: 1, fires: 'from', periods: 1, missing: 'notBreaching' },
  },
]

/** That of the function that sends telemetry. */
export const telemetryWatches = (controller: string): readonly Watch[] => [
  {
    id: 'TelemetryUnsent',
    severity: 'ticket',
    description:
      'A receiver did not take telemetry of Tidegate for a day: the log of its function sendTelemetry says why (docs/operate.md).',
    namespace: 'AWS/SQS',
    metric: 'ApproximateNumberOfMessagesVisible',
    series: [{ QueueName: `${controller}-${unsentQueue}` }],
    ...{ stat: 'Maximum', threshold: 1, fires: 'from', periods: 1, missing: 'notBreaching' },
  },
]

const ofSweepAndStream = (controller: string): readonly Watch[] => [
  {
    id: 'SweepMissing',
    severity: 'page',
    description: 'The sweep of Tidegate has not run for 15 minutes: what an execution leaves behind stays as it is.',
    namespace: 'AWS/Lambda',
    metric: 'Invocations',
    series: [functionOf(controller, 'reconcile')],
    ...{ stat: 'Sum', threshold: 1, fires: 'below', periods: 3, missing: 'breaching' },
  },
  {
    ...lambda,
    id: 'SweepFailing',
    severity: 'page',
    description: 'The sweep of Tidegate has failed for 15 minutes: its log names the item or the permission.',
    metric: 'Errors',
    series: [functionOf(controller, 'reconcile')],
    ...{ stat: 'Sum', threshold: 1, periods: 3 },
  },
  {
    id: 'SweepBehind',
    severity: 'page',
    description:
      'For 15 minutes, sweeps of Tidegate could not look at every release in time: some may wait for their turn, or for their end (docs/operate.md).',
    namespace: 'Tidegate',
    metric: 'SweepLeft',
    series: [{ function: 'reconcile' }],
    ...{ stat: 'Sum', threshold: 1, fires: 'from', periods: 3, missing: 'notBreaching' },
  },
  {
    id: 'LogChanged',
    severity: 'page',
    description:
      'Somebody overwrote or deleted an event of a release log: `tidegate log RELEASE --verify` names it (docs/operate.md).',
    namespace: 'Tidegate',
    metric: 'LogChanges',
    series: [{ function: 'announce' }],
    ...{ stat: 'Sum', threshold: 1, fires: 'from', periods: 1, missing: 'notBreaching' },
  },
  {
    // When nothing is written there is no data point, and then no event is late.
    ...lambda,
    id: 'EventsLate',
    severity: 'ticket',
    description: 'Events of Tidegate wait for more than ten minutes: the log of its function announce says why.',
    metric: 'IteratorAge',
    series: [functionOf(controller, 'announce')],
    ...{ stat: 'Maximum', threshold: tenMinutesMs, periods: 1 },
  },
]

function several(series: Watch['series'], watch: (part: Watch['series']) => Watch): readonly Watch[] {
  const parts = Array.from({ length: Math.ceil(series.length / metricsMax) }, (_, part) =>
    watch(series.slice(part * metricsMax, (part + 1) * metricsMax)),
  )
  return parts.map((one, part) => (part === 0 ? one : { ...one, id: `${one.id}${part + 1}` }))
}
