// What a custom widget of a CloudWatch dashboard asks for. CloudWatch calls the function with the widget's parameters and a
// `widgetContext` (docs/aws.md §2.7); whoever looks at the dashboard may change the parameters.
import * as z from 'zod'

/** What a widget can show: live releases, the last ones, error budgets, or the latest release of a function. */
export const widgetViews = ['live', 'releases', 'budgets', 'release'] as const
export type WidgetView = (typeof widgetViews)[number]

export const WidgetCall = z.looseObject({
  show: z.enum(widgetViews),
  /** For `release`: the name of a function, as the dashboard's variable has it. */
  function: z.string().max(200).optional(),
  widgetContext: z.looseObject({ timeRange: z.looseObject({ start: z.number(), end: z.number() }).optional() }),
})
export type WidgetCall = z.output<typeof WidgetCall>

/** The console asks for the widget's documentation. */
export const DescribeCall = z.looseObject({ describe: z.union([z.literal(true), z.literal('true')]) })
