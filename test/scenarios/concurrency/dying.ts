// A process that dies after any one of its effects: nothing more comes from it until it is called again.
import type { RequestInfo } from '../../../cloud/local/protocol/service.ts'
import type { Verb } from '../../../functions/handlers.ts'

const effects = new Set([
  ...['PutItem', 'UpdateItem', 'DeleteItem', 'UpdateAlias', 'SendTaskSuccess', 'Publish'],
  ...['PutProvisionedConcurrencyConfig', 'DeleteProvisionedConcurrencyConfig'],
  ...['RegisterScalableTarget', 'PutScalingPolicy', 'PutScheduledAction', 'DeregisterScalableTarget'],
])
const mortal: readonly Verb[] = ['gate', 'shift', 'rollBack', 'settle', 'reconcile']

const never = Number.POSITIVE_INFINITY

/** `options` are of a sandbox; `begin` counts effects anew, and kills after one of them, or never. */
export function dying() {
  let made: string[] = []
  let dieAfter = never
  let dead: Verb | undefined
  const onRequest = ({ phase, operation, caller }: RequestInfo): void => {
    const verb = mortal.find((one) => caller.arn.includes(`tidegate-${one}`))
    if (verb === undefined) return
    if (dead === verb) throw new Error('the process is dead')
    if (phase !== 'after' || !effects.has(operation)) return
    made.push(`${operation} by ${verb}`)
    if (made.length !== dieAfter) return
    dead = verb
    throw new Error('the process dies, and hears no answer')
  }
  async function around(verb: Verb, _event: unknown, run: () => Promise<unknown>): Promise<unknown> {
    try {
      const answer = await run()
      if (dead === verb) throw new Error('it cannot answer')
      return answer
    } finally {
      if (dead === verb) dead = undefined
    }
  }
  return {
    options: { onRequest, around, perMinute: 60 },
    made: (): readonly string[] => made,
    begin(after = never): void {
      made = []
      dieAfter = after
    },
  }
}
