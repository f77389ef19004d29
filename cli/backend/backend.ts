// How the command line reaches the controller: it reads the table itself, and asks the controller's own functions to
// change anything. AWS or the embedded cloud: the SDK finds out from AWS_ENDPOINT_URL.
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
  /** Calls one of the controller's functions. @throws Problem as that function threw it */
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

/** What `tidegate lost` works at. */
export type LostBackend = {
  readonly kept: KeptEvents
  /** The controller's name, which its functions' names begin with. */
  readonly name: string
}

/** @param functionName of a controller's function by its verb */
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

/** A Problem crosses the invocation as its name and its sentence; it is the same Problem here as it was there. */
function problemOf(errorType: string, sentence: string): Error {
  const code = errorType.replace(/^Tidegate\./, '')
  return code in problems ? new Problem(code as ProblemCode, sentence) : new Error(`${errorType}: ${sentence}`)
}
