// How the command line reaches the controller. It reads the table directly, and calls the controller's functions for every
// change. The SDK uses AWS or the embedded cloud, depending on AWS_ENDPOINT_URL.
import type { Hooks, KeptEvents } from '../../cloud/ports.ts'
import { Problem, type ProblemCode, problems } from '../../core/problem.ts'
import type { World } from '../../functions/steps/world.ts'

export type Backend = Pick<
  World,
  | 'journal'
  | 'services'
  | 'openReleases'
  | 'history'
  | 'budgets'
  | 'attestations'
  | 'incidents'
  | 'leases'
  | 'returns'
  | 'traffic'
  | 'clock'
> & {
  /** Calls one of the controller's functions. @throws Problem that the function threw */
  ask(
    verb:
      | 'ask'
      | 'urgent'
      | 'approve'
      | 'override'
      | 'stopLine'
      | 'startLine'
      | 'intake'
      | 'attest'
      | 'incident'
      | 'pause'
      | 'promote'
      | 'orderRollback',
    payload: unknown,
  ): Promise<unknown>
}

/** The backend of `tidegate lost`. */
export type LostBackend = {
  readonly kept: KeptEvents
  /** The controller's name, which is the prefix of its functions' names. */
  readonly name: string
}

/** @param functionName maps a verb to the name of the controller's function */
export function askThrough(hooks: Hooks, functionName: (verb: string) => string): Backend['ask'] {
  return async (verb, payload) => {
    const reply = await hooks.call(functionName(verb), payload)
    if (reply.kind === 'answered') return reply.payload
    throw problemOf(
      ('errorType' in reply && reply.errorType) || '',
      reply.because.replace(`${functionName(verb)} failed: `, ''),
    )
  }
}

/** A Problem crosses the invocation as its name and sentence, and becomes the same Problem again here. */
function problemOf(errorType: string, sentence: string): Error {
  const code = errorType.replace(/^Tidegate\./, '')
  return code in problems ? new Problem(code as ProblemCode, sentence) : new Error(`${errorType}: ${sentence}`)
}
