// The schema of OpenSLO documents, limited to what can become one of our SLOs. Strict: anything we do not understand is an error,
// never skipped.
//
// Field names and meanings: OpenSLO specification openslo/v1, github.com/OpenSLO/OpenSLO, README.md at 00da943 (General Schema,
// SLO, Objectives, SLI, DataSource); its RatioTimeslices are in examples/budgeting-method. The specification leaves the `spec` of
// a metric source to its type. Here it uses the field names of a MetricStat in CloudWatch's GetMetricData.
import * as z from 'zod'

/** A field left empty in YAML is null; treat it as absent. */
const optional = <T>(schema: z.ZodType<T>) => schema.nullish().transform((value) => value ?? undefined)
const text = z.string().max(1050)
const name = z.string().min(1).max(255)
const Metadata = z.strictObject({
  name,
  displayName: optional(text),
  labels: optional(z.record(name, z.unknown())),
  annotations: optional(z.record(name, z.unknown())),
})

const Metric = z.strictObject({
  metricSource: z.strictObject({ metricSourceRef: optional(name), type: optional(name), spec: z.unknown().optional() }),
})
export type Metric = z.output<typeof Metric>

const SliSpec = z.strictObject({
  description: optional(text),
  thresholdMetric: optional(Metric),
  ratioMetric: optional(
    z.strictObject({
      /** Ignored: for a counter that only rises, CloudWatch already has the differences. */
      counter: optional(z.boolean()),
      good: optional(Metric),
      bad: optional(Metric),
      total: optional(Metric),
      raw: optional(z.unknown()),
      rawType: optional(z.unknown()),
    }),
  ),
})
export type SliSpec = z.output<typeof SliSpec>

const TimeWindow = z.strictObject({
  duration: name,
  isRolling: optional(z.boolean()),
  calendar: optional(z.strictObject({ startTime: name, timeZone: name })),
})
export type TimeWindow = z.output<typeof TimeWindow>

const Objective = z.strictObject({
  displayName: optional(text),
  op: optional(z.enum(['lte', 'gte', 'lt', 'gt'])),
  value: optional(z.number()),
  target: optional(z.number()),
  targetPercent: optional(z.number()),
  timeSliceTarget: optional(z.number()),
  timeSliceWindow: optional(z.union([z.number(), name])),
})
export type Objective = z.output<typeof Objective>

const inVersion = { apiVersion: z.literal('openslo/v1'), metadata: Metadata }

export const OpenSlo = z.strictObject({
  ...inVersion,
  kind: z.literal('SLO'),
  spec: z.strictObject({
    description: optional(text),
    service: name,
    indicator: optional(z.strictObject({ metadata: Metadata, spec: SliSpec })),
    indicatorRef: optional(name),
    timeWindow: optional(z.array(TimeWindow).max(10)),
    budgetingMethod: z.enum(['Occurrences', 'Timeslices', 'RatioTimeslices']),
    objectives: z.array(Objective).min(1).max(10),
    alertPolicies: optional(z.array(z.unknown()).max(100)),
  }),
})
export type OpenSlo = z.output<typeof OpenSlo>

export const OpenSli = z.strictObject({ ...inVersion, kind: z.literal('SLI'), spec: SliSpec })
export const OpenDataSource = z.strictObject({
  ...inVersion,
  kind: z.literal('DataSource'),
  spec: z.looseObject({ type: name }),
})
/** Kinds that do not affect what an SLO means. An SLO that uses an alert policy is refused elsewhere. */
export const OpenOther = z.looseObject({
  ...inVersion,
  kind: z.enum(['Service', 'AlertPolicy', 'AlertCondition', 'AlertNotificationTarget']),
})

export const CloudWatchSpec = z.strictObject({
  region: name.optional(),
  namespace: name,
  metricName: name,
  stat: name.optional(),
  dimensions: z
    .array(z.strictObject({ name, value: name }))
    .min(1)
    .max(30),
})
export type CloudWatchSpec = z.output<typeof CloudWatchSpec>
