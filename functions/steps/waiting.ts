// Task tokens: which executions wait for a release, and how to wake them. Never log a token or return it in an answer.
import type { Executions, Journal } from '../../cloud/ports.ts'

/** The slot in which the execution that carries the release waits: for its turn, for the end of a bake, for a hook. */
export const turn = 'turn'

/** The result of a task that is woken. Whatever happened, the next look finds out what is due. */
export const lookAgain = { next: 'judge', seconds: 1 }

type Deps = { readonly journal: Journal; readonly executions: Executions }
type Waited = { readonly release: { readonly id: string } }

/**
 * Wakes the execution if it waits. Call this after writing to the log. An execution that starts to wait stores its token first
 * and reads the log afterwards, so either we find its token, or it finds our event.
 */
export async function wake(deps: Deps, { release }: Waited): Promise<void> {
  const waiters = await deps.journal.waiters(release.id)
  const token = waiters.find(({ slot }) => slot === turn)?.token
  if (token !== undefined) await deps.executions.wake(token, lookAgain)
}
