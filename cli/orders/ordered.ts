// What people are told that an order did: it is what the log says after it.
import { Problem } from '../../core/problem.ts'
import { replay } from '../../core/release/advance.ts'
import { hasTraffic, type Release } from '../../core/release/release.ts'
import type { Line } from '../backend/line.ts'
import type { Ordered } from '../backend/ordered.ts'
import type { Cli } from '../backend/surroundings.ts'
import { nowOf } from '../../core/view/release/now.ts'
import { nextCommands } from '../story/now.ts'
import { nowIn } from '../commands/watch.ts'

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
  const where = after !== undefined ? standing(after.release, after.nowMs) : sentence === '' ? [plainWords(done)] : []
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
  const { sentence } = nowOf(release, nowMs)
  const isBack = ['rolledBack', 'aborted', 'superseded'].includes(release.ending?.outcome ?? '')
  if (!isBack || hasTraffic(release)) return [sentence]
  const back = release.targets.map(
    ({ functionName, alias, stable }) => `${functionName}:${alias} is on version ${stable}`,
  )
  return [back.length === 0 ? 'No traffic had moved.' : `The traffic is back: ${back.join(', ')}.`, sentence]
}
