// What a freeze takes: past a one-way step the line of the service is stopped, and a person is paged. The state machine comes
// here before it does anything else with a frozen release, so a death in between is made up for. Each part may run twice.
import { frozenPage, frozenSentence } from '../../core/freeze/page.ts'
import { isSettled, type Release } from '../../core/release/release.ts'
import { type Loaded, record } from '../steps/log.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'line' | 'pager' | 'log'>

export const isUntold = (release: Release): boolean =>
  release.frozen !== undefined && release.frozen.told === undefined && !isSettled(release)

/** Does nothing for a release that is not frozen, or was told of. */
export async function tellFrozen(deps: Deps, loaded: Loaded): Promise<Loaded> {
  const { release } = loaded
  const { frozen } = release
  if (frozen === undefined || !isUntold(release)) return loaded
  const atMs = deps.clock.nowMs()
  // First the line: nothing may begin or go on while people read the message.
  if (frozen.kind === 'oneWay') {
    const reason = frozenSentence(release).slice(0, 500)
    await deps.line.stopFor(release.service.name, { by: 'tidegate', reason, sinceMs: atMs, release: release.id })
  }
  await deps.pager.page(frozenPage(release), release.service.planned)
  deps.log({ level: 'error', message: frozenSentence(release), releaseId: release.id, because: frozen.because })
  return record(deps, loaded, (now) => (isUntold(now) ? { type: 'frozenTold', atMs } : undefined))
}
