// A dashboard is rows of panels on a grid of 24 columns.
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import type * as lambda from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import type { Service } from '../../core/service/service.ts'
import type { WidgetView } from '../../core/view/widget-call.ts'

/** What the dashboards are about. */
export type Shown = {
  readonly scope: Construct
  readonly controller: string
  readonly services: readonly Service[]
  /** Answers custom widgets. */
  readonly widget: lambda.IFunction
}

export type Row = readonly cloudwatch.IWidget[]

export const heading = (markdown: string, height = 2): Row => [
  new cloudwatch.TextWidget({
    markdown,
    width: 24,
    height,
    background: cloudwatch.TextWidgetBackground.TRANSPARENT,
  }),
]

type Graph = {
  readonly title: string
  readonly left: readonly cloudwatch.IMetric[]
  readonly right?: readonly cloudwatch.IMetric[]
  readonly leftLabel?: string
  /** What the right axis is of. */
  readonly rightLabel?: 'share' | 'count'
  readonly lines?: readonly cloudwatch.HorizontalAnnotation[]
  readonly width?: number
}

const rightAxes = {
  share: { min: 0, max: 100, label: '% of traffic on the candidate', showUnits: false },
  count: { min: 0, label: 'releases', showUnits: false },
} as const

export const graph = ({
  title,
  left,
  right = [],
  rightLabel = 'share',
  leftLabel,
  lines = [],
  width = 12,
}: Graph): cloudwatch.GraphWidget =>
  new cloudwatch.GraphWidget({
    ...{ title, width, height: 6, left: [...left], right: [...right], leftAnnotations: [...lines] },
    leftYAxis: { min: 0, showUnits: false, ...(leftLabel === undefined ? {} : { label: leftLabel }) },
    ...(right.length === 0 ? {} : { rightYAxis: rightAxes[rightLabel] }),
  })

/** Runs with the rights of whoever looks at the dashboard, once they have allowed it. */
export const custom = (
  { widget }: Pick<Shown, 'widget'>,
  title: string,
  view: WidgetView,
  { width = 12, height = 8, params = {} }: { width?: number; height?: number; params?: Record<string, string> } = {},
): cloudwatch.CustomWidget =>
  new cloudwatch.CustomWidget({
    ...{ title, width, height, functionArn: widget.functionArn, params: { show: view, ...params } },
    ...{ updateOnRefresh: true, updateOnResize: false, updateOnTimeRangeChange: true },
  })

/** Under the graphs of a dashboard: the releases of the time that they show. */
export const releasesInTime = (shown: Pick<Shown, 'widget'>, params: Record<string, string> = {}): Row => [
  custom(shown, 'Releases in this time', 'timeline', { width: 24, params }),
]

/** Parts of a list that a panel can take. */
export function parts<T>(all: readonly T[], atMost: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / atMost) }, (_, index) =>
    all.slice(index * atMost, (index + 1) * atMost),
  )
}
