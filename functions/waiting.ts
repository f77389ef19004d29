// Task tokens: who waits for a release, and waking them. A token is never logged and never part of an answer.
import type { Executions } from '../cloud/ports.ts'
import type { Loaded } from './ledger.ts'

/** The execution that carries the release waits here: for its turn, for the end of a bake, for a hook. */
export const turn = 'turn'

/** Wakes the execution, if it waits. An execution that does not wait looks at the log by itself soon. */
export async function wake(deps: { readonly executions: Executions }, loaded: Pick<Loaded, 'waiters'>): Promise<void> {
  const waiter = loaded.waiters.find((one) => one.slot === turn)
  if (waiter !== undefined) await deps.executions.wake(waiter.token, {})
}
