// The watchman, part of the sweep while releases are live: every minute it probes each part of AWS that they need. An outage is
// reported once, and so is its end; then every baking release is looked at immediately.
import { isToldNow, type Outage, type Part } from '../../core/release/outage.ts'
import { isAway, Problem } from '../../core/problem.ts'
import { placedIn } from '../../core/service/target.ts'
import { waysBack } from '../../core/release/pages.ts'
import { type ReturnRecord, returnRecordOf } from '../../core/release/return-record.ts'
import { each } from '../steps/each.ts'
import type { Loaded } from '../steps/log.ts'
import { noteDown, noteUp, tellDown, tellUp } from './outages.ts'
import { wake } from '../steps/waiting.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<
  World,
  'clock' | 'journal' | 'outages' | 'pager' | 'log' | 'telemetry' | 'traffic' | 'executions' | 'trouble'
>

// How many are woken at once.
const together = 20

/** Watches the parts that the sweep can probe. The functions that send events watch EventBridge. */
export async function watchParts(deps: Deps, live: readonly Loaded[]): Promise<void> {
  const known = (await deps.outages.list()).filter((outage) => outage.part !== 'EventBridge')
  const [one] = live
  if (one === undefined) {
    for (const outage of known) await noteUp(deps, outage)
    return
  }
  const probes = probesOf(deps, one)
  let back = false
  for (const [part, probe] of probes) {
    const because = await lifeless(deps, probe)
    const outage = known.find((other) => other.part === part)
    if (because !== undefined) await noteDown(deps, part, because, waysBack(recordsOf(live)))
    else if (outage !== undefined) {
      await noteUp(deps, outage)
      back = true
    }
  }
  if (back) await lookNow(deps, live)
}

function probesOf(deps: Deps, { release }: Loaded): readonly (readonly [Part, () => Promise<unknown>])[] {
  const [target] = release.targets
  const execution = release.executions.at(-1)
  const [alarm = 'tidegate'] = release.service.signals.alarms
  return [
    ['CloudWatch', () => deps.telemetry.alarms([alarm])],
    ...(target === undefined ? [] : [['Lambda', () => deps.traffic.read(placedIn(release.service, target))] as const]),
    ...(execution === undefined ? [] : [['Step Functions', () => deps.executions.status(execution)] as const]),
  ]
}

/** @returns the reason when there is no answer. A refusal is an answer. */
async function lifeless(deps: Deps, probe: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await probe()
    return undefined
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (isAway(error)) return error.message
    deps.log(error.line)
    return undefined
  }
}

/** Wakes baking releases. They have waited for evidence or are held, and would otherwise be looked at less and less often. */
async function lookNow(deps: Deps, live: readonly Loaded[]): Promise<void> {
  await each(
    deps,
    live.filter(({ release }) => release.state.phase === 'baking'),
    ({ release }) => ({ releaseId: release.id }),
    (one) => wake(deps, one),
    together,
  )
}

const recordsOf = (live: readonly Loaded[]): Parameters<typeof waysBack>[0] =>
  live.map(({ release }) => ({
    releaseId: release.id,
    service: release.service.name,
    targets: release.targets,
    oneWay: returnRecordOf(release)?.oneWay,
  }))

/**
 * Watches the table itself. During its outage nothing can be stored, so a warm function keeps the state in memory. If it is
 * replaced in the middle of an outage, the outage is reported again.
 */
export function tableWatch(deps: Pick<Deps, 'clock' | 'pager' | 'log'>) {
  let away: Outage | undefined
  let live: readonly ReturnRecord[] = []
  return {
    async failed(problem: Problem): Promise<void> {
      const nowMs = deps.clock.nowMs()
      away ??= { part: 'DynamoDB', sinceMs: nowMs, because: problem.message.slice(0, 1000) }
      const outage = away
      // Without the table we cannot know whether any release is live, so report it in any case.
      if (!isToldNow(outage, nowMs)) return
      await tellDown(deps, outage, waysBack(live))
      // The table may have answered another sweep meanwhile: then the outage is over.
      if (away === outage) away = { ...outage, toldAtMs: nowMs }
    },
    /** @param records of what is live, for whoever has to put it back while the table is away */
    async answered(records: readonly ReturnRecord[]): Promise<void> {
      live = records
      if (away === undefined) return
      const was = away
      if (was.toldAtMs !== undefined) await tellUp(deps, was)
      away = undefined
    },
  }
}
