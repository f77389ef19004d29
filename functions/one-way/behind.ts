// Which versions may no longer be gone to, when a release is prepared: what is behind a one-way step, and what nobody asked for.
import { noWayBehind } from '../../core/freeze/words.ts'
import { Problem } from '../../core/problem.ts'
import type { PreparedTarget } from '../../core/release/event.ts'
import { type Head, lastPromoted, oneWayBehind, undoneBy } from '../../core/release/head.ts'
import type { Release } from '../../core/release/release.ts'

/**
 * An old version may come by a usual release too, or by a rollback that waited while a release passed its one-way step.
 * @throws Problem `one_way_passed`
 */
export function checkOneWay(targets: readonly PreparedTarget[], history: readonly Head[]): void {
  const versions = Object.fromEntries(targets.map(({ functionName, candidate }) => [functionName, candidate]))
  const passed = oneWayBehind(history, versions)
  if (passed !== undefined) throw noWayBehind(passed)
}

/**
 * A way back undoes the release that it names. Another one may have had the lease first, and been promoted: nobody asked to undo
 * that one.
 * @throws Problem `nothing_to_return_to`
 */
export function checkUndone({ key, service }: Release, history: readonly Head[]): void {
  const [from, last] = [undoneBy(key), lastPromoted(history)]
  if (from === undefined || last === undefined || last.releaseId === from) return
  throw new Problem(
    'nothing_to_return_to',
    `It was to go back from release ${from}, and release ${last.releaseId} of ${service.name} was promoted since.`,
  )
}
