// Looks whether what a service depends on has changed since the release began, and logs it. It is asked before the evidence is
// judged, and once more before a person is told of the end: so what is told of a fault comes with what changed before it.
import { changesIn } from '../../core/around/changes.ts'
import type { Dependency } from '../../core/around/changes.ts'
import type { Service } from '../../core/service/service.ts'
import { type Loaded, record } from '../steps/log.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'dependencies'>

/** How they are before anything moves; `undefined` for a service that names none. */
export async function dependenciesOf(
  deps: Pick<World, 'dependencies'>,
  { depends }: Service,
): Promise<readonly Dependency[] | undefined> {
  return depends === undefined ? undefined : deps.dependencies.read(depends)
}

export async function noticeChanges(deps: Deps, loaded: Loaded): Promise<Loaded> {
  const { service, around } = loaded.release
  if (service.depends === undefined || around === undefined) return loaded
  const found = await deps.dependencies.read(service.depends)
  if (changesIn(around, found).length === 0) return loaded
  return record(deps, loaded, (now) => {
    const changes = now.around === undefined ? [] : changesIn(now.around, found)
    return changes.length === 0
      ? undefined
      : { type: 'dependenciesChanged', atMs: deps.clock.nowMs(), changes: [...changes] }
  })
}
