// For who decides in the morning: how often, how fast and how safely changes reach customers, and what is left of the budgets.
import { customSignalPanels } from './custom-signals.ts'
import { custom, graph, heading, releasesInTime, type Row, type Shown } from './panel.ts'
import { measureNamed, measureOfAll, measureOfEach } from './series.ts'

export const executive = (shown: Shown): readonly Row[] => [
  heading(
    '# Delivery\nEach point is a measure of the 28 days before it, written once a day (docs/measures.md). A day without a point is one on which it was not known.',
    3,
  ),
  [measure('M1', 'releases a day'), measure('M2', 'seconds, the median')],
  [measure('M3', 'share of changes'), measure('M4', 'seconds, the median')],
  [custom(shown, 'Error budgets: what is left now', 'budgets'), custom(shown, 'The last releases', 'releases')],
  releasesInTime(shown),
  [measure('M6', 'times the budget'), measure('M5', 'share of changes')],
  heading(
    '## Business metrics of the versions\nThe share of the candidate is on the right: what changed after a release?',
  ),
  ...customSignalPanels(shown),
  heading('## Operations'),
  [measure('M8', 'seconds, 9 of 10'), measure('M12', 'seconds, 9 of 10')],
  [measure('M14', 'incidents'), measure('M15', 'share of the cost')],
]

function measure(id: string, unit: string) {
  const { name, lines } = measureNamed(id)
  return graph({
    title: `${id}: ${name}`,
    left: [measureOfAll(id), measureOfEach(id)],
    ...{ leftLabel: unit, lines },
  })
}
