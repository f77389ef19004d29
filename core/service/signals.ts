// The signals of a service. Every signal is optional in a definition and has a default. The signals that are on by default need
// only the metrics that Lambda itself publishes. core/verdict/ judges them.
import * as z from 'zod'
import { type ConsumerFields, consumerFields, signalOf, signalsOf } from '../consumers/consumer.ts'
import { prometheusFields } from '../prometheus/signal.ts'
import { VersionDimensions } from '../version-dimensions.ts'

const AlarmName = z.string().min(1).max(255)

/** How a signal counts. Defaults differ between signals; the fields mean the same for all of them. */
function watch(defaults: {
  weight: number
  tolerance: number
  minimumSamples: number
  role?: 'critical' | 'advisory'
}) {
  return {
    role: z
      .enum(['critical', 'advisory'])
      .default(defaults.role ?? 'critical')
      .describe('An advisory signal is reported and never decides.'),
    weight: z
      .number()
      .min(0.01)
      .max(100)
      .default(defaults.weight)
      .describe('Share of the evidence, relative to the other critical signals.'),
    tolerance: z
      .number()
      .min(0.01)
      .max(100)
      .default(defaults.tolerance)
      .describe('How many times the value of stable the candidate may have.'),
    minimumSamples: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(defaults.minimumSamples)
      .describe('Fewer samples of the candidate at the present weight are no pass.'),
    onFail: z
      .enum(['rollBack', 'hold'])
      .optional()
      .describe(
        'What follows when it fails. rollBack, which is the default: the traffic goes back. hold: it stays where it is, a person is paged, and decides (docs/one-way.md).',
      ),
    whenUnknown: z
      .enum(['hold', 'pause', 'rollBack'])
      .default('hold')
      .describe('What follows when it stays unknown; hold leaves it to policy.hold.'),
    unknownMinutes: z.int().min(1).max(43_200).default(15).describe('For how long, before that follows.'),
  }
}

const off = z.literal('off')
const orOff = { error: 'write off, or how it counts, such as { tolerance: 1.5 }' }
const errorsDefaults = { weight: 6, tolerance: 1, minimumSamples: 50 }
const Errors = z.strictObject(watch(errorsDefaults))

const Latency = z.strictObject({
  ...watch({ weight: 2, tolerance: 1.2, minimumSamples: 50 }),
  thresholdMs: z
    .number()
    .min(1)
    .max(900_000)
    .optional()
    .describe(
      "Slower invocations are bad. Without it there are four cuts: stable's p50, p90, p99.9 and three times its p99 when the release begins.",
    ),
  warmUpMinutes: z.int().min(0).max(60).default(3).describe('Minutes of first traffic that are left out: cold starts.'),
})

const Throttles = z.strictObject(watch({ weight: 1, tolerance: 1, minimumSamples: 1 }))
const Cost = z.strictObject(watch({ weight: 1, tolerance: 1.25, minimumSamples: 50, role: 'advisory' }))
const ColdStarts = z.strictObject(watch({ weight: 1, tolerance: 1.5, minimumSamples: 10 }))
const Memory = z.strictObject(watch({ weight: 1, tolerance: 1.2, minimumSamples: 50 }))

const Custom = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,29}$/, 'use lower-case letters, digits and -, at most 30'),
  namespace: z.string().min(1).max(255),
  metric: z.string().min(1).max(255),
  dimensions: VersionDimensions.describe('`{function}`, `{alias}` and `{version}` are replaced.'),
  kind: z.enum(['count', 'mean']).describe('count: its sum per invocation is compared; mean: its average.'),
  worse: z.enum(['higher', 'lower']).default('higher').describe('Which direction is bad.'),
  sparse: z
    .boolean()
    .default(false)
    .describe(
      'Of a count that is published only when there is something to count: no point at all is 0. Otherwise a metric of which no point has come is unknown.',
    ),
  ...watch({ weight: 1, tolerance: 1, minimumSamples: 50 }),
})

const PrometheusSignal = z.strictObject({
  ...prometheusFields,
  ...watch({ weight: 1, tolerance: 1, minimumSamples: 50 }),
})
export type PrometheusSignal = z.output<typeof PrometheusSignal>

const plain = { weight: 1, tolerance: 1, minimumSamples: 1 }
const { onFail, whenUnknown, unknownMinutes } = watch(plain)
const Consumer = z.strictObject({ ...consumerFields, onFail, whenUnknown, unknownMinutes })
type Consumer = z.output<typeof Consumer>

const customDistinct = (custom: readonly { readonly name: string }[]): boolean =>
  new Set(custom.map(({ name }) => name)).size === custom.length

export const Signals = z.strictObject({
  alarms: z.array(AlarmName).max(50).default([]),
  errors: z.union([off, Errors], orOff).prefault({}).describe('Failed invocations. `off`, or how it counts.'),
  latency: z
    .union([off, Latency], orOff)
    .prefault({})
    .describe('Slow invocations. A tolerance of 1.2 allows durations to be 5 % longer, at each cut.'),
  throttles: z.union([off, Throttles], orOff).prefault({}).describe('Throttled invocations.'),
  cost: z
    .union([off, Cost], orOff)
    .prefault({})
    .describe('Duration times memory times price of an invocation: a change of memory is judged by both.'),
  coldStarts: z.union([off, ColdStarts], orOff).default('off').describe('Mean init duration. Needs Lambda Insights.'),
  memory: z.union([off, Memory], orOff).default('off').describe('Mean share of memory in use. Needs Lambda Insights.'),
  custom: z
    .array(Custom)
    .max(20)
    .refine(customDistinct, 'each custom signal needs a name of its own')
    .default([])
    .describe('Any CloudWatch metric that is published per version.'),
  prometheus: z
    .array(PrometheusSignal)
    .max(5)
    .optional()
    .describe('Queries of a Prometheus, one minute at a time (docs/prometheus.md).'),
  consumers: z
    .array(Consumer)
    .max(5)
    .optional()
    .describe('Queues, streams and asynchronous calls that the functions consume (docs/consumers.md).'),
})
export type Signals = z.output<typeof Signals>

/** The form in release logs from before signals were configurable. Those logs must stay readable. */
const EarlierSignals = z
  .strictObject({
    alarms: z.array(AlarmName).max(50),
    errors: z.strictObject({ ratio: z.number(), margin: z.number(), minimumInvocations: z.int().min(1) }),
  })
  .transform(({ alarms, errors }): Signals =>
    Signals.parse({ alarms, errors: { minimumSamples: errors.minimumInvocations } }),
  )

/** Signals as they are stored in the first event of a release. */
export const StoredSignals = z.union([Signals, EarlierSignals])

/** The settings that all signals share. */
export type Watch = z.output<typeof Errors>

/** A verdict's key of a signal is its name, followed by the function's name when there are several targets. */
export const signalName = (key: string): string => key.split(':')[0] ?? key

/** What an alarm's key begins with in a verdict; its name follows. */
export const alarmPrefix = 'alarm:'

/** How a signal of a consumer counts. */
const consumerWatch = (consumer: Consumer, signal: ReturnType<typeof signalsOf>[number]): Watch => ({
  ...plain,
  role: consumer.advisory?.includes(signal) === true ? 'advisory' : 'critical',
  onFail: consumer.onFail,
  whenUnknown: consumer.whenUnknown,
  unknownMinutes: consumer.unknownMinutes,
  ...(signal !== 'failures' || consumer.failures === undefined
    ? {}
    : { tolerance: consumer.failures.tolerance, minimumSamples: consumer.failures.minimumSamples }),
})

type CustomSignal = Signals['custom'][number]
const isOf = ({ function: named }: ConsumerFields, functionName: string): boolean =>
  named === undefined || named === functionName

/** What consumers of a target count themselves, as the custom signals that they are. */
const failuresOf = ({ consumers = [] }: Pick<Signals, 'consumers'>, functionName: string): readonly CustomSignal[] =>
  consumers.flatMap((one) => {
    if (one.failures === undefined || !isOf(one, functionName)) return []
    const { namespace, metric, dimensions } = one.failures
    const name = signalOf(one, 'failures')
    const what = { name, namespace, metric, dimensions, kind: 'count', worse: 'higher', sparse: false } as const
    return [{ ...what, ...consumerWatch(one, 'failures') }]
  })

/** The metrics that the versions of a target are compared by, besides Lambda's. */
export const customsOf = (signals: Signals, functionName: string): readonly CustomSignal[] =>
  signals.consumers === undefined ? signals.custom : [...signals.custom, ...failuresOf(signals, functionName)]

/** The signals of a consumer that have these names are only reported from now on. */
export function advisoryIn(consumer: Consumer, names: readonly string[]): Consumer {
  const named = signalsOf(consumer).filter((signal) => names.includes(signalOf(consumer, signal)))
  return named.length === 0
    ? consumer
    : { ...consumer, advisory: [...new Set([...(consumer.advisory ?? []), ...named])] }
}

/** The settings of each signal by name, without the ones that are off. */
export function watches({
  alarms: _,
  custom,
  prometheus = [],
  consumers = [],
  ...own
}: Signals): ReadonlyMap<string, Watch> {
  const named = Object.entries(own).flatMap(([name, watch]) => (watch === 'off' ? [] : [[name, watch] as const]))
  const consumed = consumers.flatMap((one) =>
    signalsOf(one).map((signal) => [signalOf(one, signal), consumerWatch(one, signal)] as const),
  )
  return new Map<string, Watch>([
    ...named,
    ...[...custom, ...prometheus].map((one) => [one.name, one] as const),
    ...consumed,
  ])
}
