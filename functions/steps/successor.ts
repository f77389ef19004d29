// Starts the next execution of a release. It is named by its number, so however often it is started, only one runs.
import type { Executions } from '../../cloud/ports.ts'
import { Problem } from '../../core/problem.ts'
import type { Release } from '../../core/release/release.ts'

// An execution that died before it could log its name leaves a gap in the numbers. Try this many numbers.
const gapMax = 5

/**
 * @param count how many executions the release is known to have had
 * @throws Problem `execution_lost` when every name that is tried belongs to an ended execution
 */
export async function startSuccessor(
  deps: { readonly executions: Executions },
  release: Release,
  count: number,
): Promise<string> {
  for (let number = count; number < count + gapMax; number++) {
    const name = number === 0 ? release.id : `${release.id}-${number + 1}`
    const execution = await deps.executions.start(name, { releaseId: release.id })
    if ((await deps.executions.status(execution)) === 'running') return execution
  }
  throw new Problem('execution_lost', `No execution of release ${release.id} stays alive.`)
}
