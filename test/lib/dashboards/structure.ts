// The text of a dashboard as CloudWatch documents it ("Dashboard Body Structure and Syntax", docs/aws.md §2.7): the parts that
// ours have, and nothing else. `custom` is in the user guide alone.
import * as z from 'zod'

const place = {
  x: z.int().min(0).max(23),
  y: z.int().min(0),
  width: z.int().min(1).max(24),
  height: z.int().min(1).max(1000),
}
const axis = z.strictObject({
  min: z.number().optional(),
  max: z.number().optional(),
  label: z.string().optional(),
  showUnits: z.boolean().optional(),
})
const rendering = {
  id: z
    .string()
    .regex(/^[a-z]\w*$/)
    .optional(),
  label: z.string().optional(),
  visible: z.boolean().optional(),
  yAxis: z.enum(['left', 'right']).optional(),
  period: z.int().min(60).multipleOf(60).optional(),
  stat: z
    .string()
    .regex(/^(SampleCount|Average|Sum|Minimum|Maximum|p\d{1,2}(\.\d+)?)$/)
    .optional(),
}
const expression = z.strictObject({ ...rendering, expression: z.string().min(1) })
/** Namespace, name, and names and values of dimensions in turn. */
const named = z.tuple([z.string(), z.string()], z.union([z.string(), z.strictObject(rendering)]))
const metric = z.union([z.tuple([expression]), named])

const horizontal = z.strictObject({
  value: z.number(),
  label: z.string().optional(),
  yAxis: z.enum(['left', 'right']).optional(),
})
const graph = z.strictObject({
  view: z.literal('timeSeries'),
  title: z.string(),
  region: z.string(),
  metrics: z.array(metric).min(1).max(500),
  yAxis: z.strictObject({ left: axis.optional(), right: axis.optional() }),
  annotations: z.strictObject({ horizontal: z.array(horizontal).min(1) }).optional(),
})
const log = z.strictObject({
  view: z.literal('table'),
  title: z.string(),
  region: z.string(),
  query: z.string().startsWith('SOURCE '),
})
const alarm = z.strictObject({ title: z.string(), alarms: z.array(z.string().startsWith('arn:')).min(1).max(100) })
const text = z.strictObject({ markdown: z.string(), background: z.enum(['solid', 'transparent']).optional() })
const custom = z.strictObject({
  title: z.string(),
  endpoint: z.string(),
  params: z.record(z.string(), z.string()),
  updateOn: z.strictObject({ refresh: z.boolean(), resize: z.boolean(), timeRange: z.boolean() }),
})
const variable = z.strictObject({
  type: z.enum(['property', 'pattern']),
  pattern: z.string().optional(),
  inputType: z.enum(['input', 'select', 'radio']),
  id: z.string().regex(/^[\w-]{1,32}$/),
  label: z.string().max(30),
  visible: z.boolean().optional(),
  defaultValue: z.string().max(255),
  values: z
    .array(z.strictObject({ value: z.string().max(255), label: z.string().max(255).optional() }))
    .min(1)
    .max(500),
})

export const DashboardBody = z.strictObject({
  start: z.string().regex(/^-P(T\d+[MH]|\d+[DWM])$/),
  periodOverride: z.enum(['auto', 'inherit']),
  variables: z.array(variable).max(25).optional(),
  widgets: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('metric'), ...place, properties: graph }),
        z.strictObject({ type: z.literal('log'), ...place, properties: log }),
        z.strictObject({ type: z.literal('alarm'), ...place, properties: alarm }),
        z.strictObject({ type: z.literal('text'), ...place, properties: text }),
        z.strictObject({ type: z.literal('custom'), ...place, properties: custom }),
      ]),
    )
    .max(500),
})
