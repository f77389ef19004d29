// Task tokens: who waits for a release, and waking them. A token is never logged and never part of an answer.
import type { Executions, Journal, Waiter } from '../../cloud/ports.ts'

/** The execution that carries the release waits here: for its turn, for the end of a bake, for a hook. */
export const turn = 'turn'

/** What a task that is woken answers: whatever has happened, a look finds out what is due. */
export const lookAgain = { next: 'judge', seconds: 1 }

type Deps = { readonly journal: Journal; readonly executions: Executions }
type Waited = { readonly release: { readonly id: string }; readonly waiters: readonly Waiter[] }

const tokenIn = (waiters: readonly Waiter[]): string | undefined => waiters.find((one) => one.slot === turn)?.token

/**
 * Wakes the execution, if it waits. To be called after whatever it is to see is in the log: an execution that begins to
 * wait stores its token first and reads the log afterwards, so either we find its token or it finds our event.
 */
export async function wake(deps: Deps, { release, waiters }: Waited): Promise<void> {
  const known = tokenIn(waiters)
  if (known !== undefined && (await deps.executions.wake(known, lookAgain))) return
  // The log was read before it was written; somebody may have begun to wait in between.
  const now = tokenIn((await deps.journal.read(release.id)).waiters)
  if (now !== undefined && now !== known) await deps.executions.wake(now, lookAgain)
}
