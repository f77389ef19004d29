// The alarm whose event has put a release back is read afterwards, because an event can be forged and an alarm cannot. If
// CloudWatch does not say that it fires, that goes into the log, and from there into the page. In the same call the release's
// other alarms are read: those that fire too have one cause, most likely, and a person is told of them together.
import { Problem } from '../../core/problem.ts'
import { alsoFiringPage } from '../../core/release/pages.ts'
import { isSettled } from '../../core/release/release.ts'
import { type Loaded, record } from '../steps/log.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'telemetry' | 'pager' | 'log'>

/** Who decides when an alarm's event puts a release back. */
export const alarmAuthor = (alarm: string): string => `alarm ${alarm}`

/** The traffic is back already: whatever fails here is logged, and holds nothing up. */
export async function doubted(deps: Deps, returned: Loaded, alarm: string): Promise<Loaded> {
  if (returned.release.ending?.by !== alarmAuthor(alarm)) return returned
  try {
    const { service, excludedAlarms } = returned.release
    const others = service.signals.alarms.filter((name) => name !== alarm && !excludedAlarms.includes(name))
    const [reading, ...more] = await deps.telemetry.alarms([alarm, ...others])
    const firing = more.filter(({ state }) => state === 'alarm').map(({ name }) => name)
    if (firing.length > 0) await deps.pager.page(alsoFiringPage(returned.release, firing, 'found'), service.planned)
    if (reading === undefined || reading.state === 'alarm' || reading.state === 'unclear') return returned
    const { state } = reading
    return await record(deps, returned, (release) =>
      isSettled(release) || release.alarmDoubt !== undefined
        ? undefined
        : { type: 'alarmDoubted', atMs: deps.clock.nowMs(), alarm, state },
    )
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    deps.log({ ...error.line, releaseId: returned.release.id })
    return returned
  }
}
