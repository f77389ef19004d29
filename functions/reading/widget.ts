// Answers the custom widgets of the CloudWatch dashboards. Whoever looks at one calls this with their own rights; it may only
// read.
import { html, type Html } from '../../console/html.ts'
import {
  budgetsWidget,
  liveWidget,
  releasesWidget,
  releaseWidget,
  type Reported,
  widgetOf,
} from '../../console/widget/widget.ts'
import { timelineWidget } from '../../console/widget/timeline.ts'
import { locate } from '../../core/location.ts'
import { replay } from '../../core/release/advance.ts'
import type { Service } from '../../core/service/service.ts'
import { Problem } from '../../core/problem.ts'
import { hourMs } from '../../core/time.ts'
import type { Span } from '../../core/view/marks-view.ts'
import { DescribeCall, WidgetCall } from '../../core/view/widget-call.ts'
import { attestedOf } from '../gate/attested.ts'
import { sentenceOf } from '../steps/each.ts'
import { latestHeads } from '../steps/heads.ts'
import type { World } from '../steps/world.ts'
import { loadMarks } from '../views/marks.ts'
import { fleetNow, type NowPorts } from '../views/now.ts'
import { loadRelease, type ReleasePorts } from '../views/release.ts'

type Deps = NowPorts & ReleasePorts & Pick<World, 'attestations'>

/** As the console shows it to whoever adds a widget by hand. */
const documentation = [
  '## Tidegate',
  'Shows releases as Tidegate knows them. It changes nothing.',
  '``` yaml',
  'show: live # or: releases, budgets, release, timeline',
  '# of `show: release`; `show: timeline` is of all services without it',
  'function: checkout',
  '```',
].join('\n')

/** @returns HTML, also when it cannot be read: a person looks at it */
export function widgetHandler(deps: Deps) {
  return async (event: unknown): Promise<unknown> => {
    if (DescribeCall.safeParse(event).success) return { markdown: documentation }
    const call = WidgetCall.safeParse(event)
    if (!call.success) throw new Problem('call_invalid', 'Not a call by a widget of a CloudWatch dashboard.')
    try {
      return widgetOf(await shown(deps, call.data))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      return widgetOf(html`<p><b>Not known:</b> ${error.message} ${error.fix} (${error.code})</p>`)
    }
  }
}

async function shown(deps: Deps, { show, function: functionName, widgetContext }: WidgetCall): Promise<Html> {
  switch (show) {
    case 'timeline': {
      const view = await loadMarks(deps, spanOf(widgetContext, deps.clock.nowMs()), functionName)
      return timelineWidget(view, { functionName, width: widthOf(widgetContext) })
    }
    case 'live':
      return liveWidget(await fleetNow(deps))
    case 'releases':
      return releasesWidget(await fleetNow(deps))
    case 'budgets':
      return budgetsWidget(await fleetNow(deps))
    case 'release':
      return releaseOf(deps, functionName ?? '')
  }
}

const isTime = (ms: number): boolean => Math.abs(ms) <= 8.64e15

/** The time that the viewer has chosen, or the part of it that is looked at; of a call that names none, the last hours. */
function spanOf({ timeRange }: WidgetCall['widgetContext'], nowMs: number): Span {
  const { start, end } = timeRange?.zoom ?? timeRange ?? { start: NaN, end: NaN }
  return isTime(start) && isTime(end) && start < end
    ? { fromMs: start, toMs: end }
    : { fromMs: nowMs - 3 * hourMs, toMs: nowMs }
}

const widthOf = ({ width = 800 }: WidgetCall['widgetContext']): number =>
  Math.round(Math.min(2400, Math.max(480, width)))

/** The live release of the service of a function, or else its latest. */
async function releaseOf(deps: Deps, functionName: string): Promise<Html> {
  const { items } = await deps.services.list()
  const service = items.find(({ targets }) => targets.some((one) => locate(one.functionName).name === functionName))
  if (service === undefined) return releaseWidget(undefined, functionName, {})
  const releaseId =
    (await deps.leases.holder(service.name)) ?? (await latestHeads(deps, service.name, 1)).items[0]?.releaseId
  const view = releaseId === undefined ? undefined : await loadRelease(deps, releaseId)
  return releaseWidget(view, functionName, view === undefined ? {} : await reportedOf(deps, service, view.id))
}

async function reportedOf(deps: Deps, service: Service, releaseId: string): Promise<Reported> {
  try {
    const release = replay((await deps.journal.read(releaseId)).events)
    const { tests } = release === undefined ? {} : await attestedOf(deps, release, service)
    return tests === undefined ? {} : { tests }
  } catch (error) {
    return { because: sentenceOf(error) }
  }
}
