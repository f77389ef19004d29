// What a custom widget of a CloudWatch dashboard asks for. CloudWatch calls the function with the widget's parameters and a
// `widgetContext` (docs/aws.md §2.7); whoever looks at the dashboard may change the parameters.
import * as z from 'zod'

/** Live releases, the last ones, error budgets, the latest release of a function, releases on a line of time. */
export const widgetViews = ['live', 'releases', 'budgets', 'release', 'timeline'] as const
export type WidgetView = (typeof widgetViews)[number]

const range = { start: z.number(), end: z.number() }

export const WidgetCall = z.looseObject({
  show: z.enum(widgetViews),
  /** For `release` and `timeline`: a function's name, as the dashboard's variable has it. A timeline without it is of all. */
  function: z.string().max(200).optional(),
  widgetContext: z.looseObject({
    /** What the viewer has chosen; `zoom` is a part of it. In milliseconds since 1970. */
    timeRange: z.looseObject({ ...range, zoom: z.looseObject(range).optional() }).optional(),
    /** In pixels. */
    width: z.number().optional(),
  }),
})
export type WidgetCall = z.output<typeof WidgetCall>

/** The console asks for the widget's documentation. */
export const DescribeCall = z.looseObject({ describe: z.union([z.literal(true), z.literal('true')]) })
