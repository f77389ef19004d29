// The metrics that teams compare their versions by, beside the share of the candidate.
import { isElsewhere } from '../../core/location.ts'
import { graph, heading, type Row, type Shown, parts } from './panel.ts'
import { ofSignal, weightOf } from './series.ts'

/** More than these, and nobody reads them: CloudWatch takes 2,500 metrics a dashboard. */
const panelsMax = 40

export function customSignalPanels({ services }: Pick<Shown, 'services'>): readonly Row[] {
  if (services.length === 0)
    return [heading('The stack does not know its services: `tidegate console` shows what each is judged by.')]
  const found = services.flatMap(({ name, targets, signals }) =>
    signals.custom.flatMap((signal) => {
      const series = targets
        .filter((target) => !isElsewhere(target))
        .flatMap((target) => ofSignal(target, signal) ?? [])
      return series.length === 0
        ? []
        : [{ title: `${name}: ${signal.name}`, left: series, right: [weightOf(name)], leftLabel: signal.metric }]
    }),
  )
  if (found.length === 0)
    return [
      heading('No service compares a metric of its own (`signals.custom`, docs/verdict.md), or none that is here.'),
    ]
  const shown = parts(found.slice(0, panelsMax), 2).map((row) => row.map((one) => graph(one)))
  return found.length > panelsMax
    ? [...shown, heading(`${found.length - panelsMax} more of these metrics are not shown here.`)]
    : shown
}
