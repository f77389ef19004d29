// What people order a live release to do, what they are told that it did, and what when it cannot be done for them.
import { Problem } from '../../core/problem.ts'
import { replay } from '../../core/release/advance.ts'
import { hasTraffic, type Release } from '../../core/release/release.ts'
import type { Target } from '../../core/service/service.ts'
import { isStuck, targetOf, tellByHand } from './by-hand.ts'
import type { Line } from '../backend/line.ts'
import { exitCodes } from '../backend/screen.ts'
import { Ordered } from '../backend/ordered.ts'
import type { Cli } from '../backend/surroundings.ts'
import { nextCommands, nowOf } from '../story/now.ts'
import { nowIn } from './watch.ts'

export type Order = {
  readonly verb: 'pause' | 'resume' | 'promote' | 'rollBack' | 'abort'
  readonly service: string
  readonly reason: string
  /** Without it, the live release of the service is meant. */
  readonly releaseId?: string
  /** Aliases of the service, for when the table does not answer. */
  readonly targets?: readonly Target[]
}

/** Each order is a right of its own. */
const routes = {
  pause: 'pause',
  resume: 'resume',
  promote: 'promote',
  rollBack: 'roll-back',
  abort: 'abort',
} as const

export async function order(
  { backend, screen }: Cli,
  { verb, service, reason, releaseId, targets = [] }: Order,
): Promise<number> {
  const said = { ...(verb === 'resume' ? {} : { reason }), ...(releaseId === undefined ? {} : { releaseId }) }
  try {
    const done = Ordered.parse(await backend.order(routes[verb], service, said))
    await tellOrdered({ backend, screen }, service, done, did[verb])
    return exitCodes.done
  } catch (error) {
    if ((verb !== 'rollBack' && verb !== 'abort') || !isStuck(error)) throw error
    return tellByHand({ backend, screen }, service, targets, error)
  }
}

/** What was ordered; what follows from it, the log says. */
const did = { pause: '', resume: 'Resumed.', promote: 'It is promoted early.', rollBack: '', abort: '' } as const

/**
 * Tells people what an order did, and where the release stands since. Programs get the controller's answer.
 * @param sentence what was done
 */
export async function tellOrdered(
  { backend, screen }: Cli,
  service: string,
  done: Ordered,
  sentence: string,
): Promise<void> {
  const after = screen.json ? undefined : await releaseAfter(backend, done)
  const where = after === undefined ? [plainWords(done)] : standing(after.release, after.nowMs)
  const words = [sentence, ...where].filter((one) => one !== '').join(' ')
  const line: Line = { head: [{ text: done.releaseId, tone: 'strong' }, '  '], rest: [words] }
  screen.say([line, ...(done.note === undefined ? [] : [done.note])], done)
  screen.next(...(after === undefined ? [`tidegate watch ${service}`] : nextCommands(after.release)))
}

/** The order is carried out: if the log cannot be read now, that is no failure of it. */
async function releaseAfter(backend: Cli['backend'], { releaseId, phase }: Ordered) {
  if (phase === 'requested') return undefined
  try {
    const { events } = await backend.journal.read(releaseId)
    const release = replay(events)
    return release === undefined ? undefined : { release, nowMs: nowIn(backend, events) }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return undefined
  }
}

const plainWords = ({ phase, outcome }: Ordered): string =>
  phase === 'requested'
    ? 'Nothing was live: this release puts back the version before.'
    : `It is now ${outcome ?? phase}.`

function standing(release: Release, nowMs: number): readonly string[] {
  const { words } = nowOf(release, nowMs)
  const isBack = ['rolledBack', 'aborted', 'superseded'].includes(release.ending?.outcome ?? '')
  if (!isBack || hasTraffic(release)) return [words]
  const back = release.targets.map(
    ({ functionName, alias, stable }) => `${functionName}:${alias} is on version ${stable}`,
  )
  return [back.length === 0 ? 'No traffic had moved.' : `The traffic is back: ${back.join(', ')}.`, words]
}

/** The aliases that somebody names, in a definition's file or one by one (FUNCTION:ALIAS). */
export const targetsOf = async (file: string | undefined, named: readonly string[]): Promise<readonly Target[]> =>
  file === undefined ? named.map(targetOf) : (await (await import('./apply.ts')).readDefinition(file)).targets
