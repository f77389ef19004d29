// Room for the way back: a candidate that eats the concurrency of the account must not throttle what puts the traffic back.
import type * as lambda from 'aws-cdk-lib/aws-lambda'
import { Problem } from '../core/problem.ts'
import type { Verb } from '../functions/handlers.ts'

/** Those that put traffic back, and say so: by an alarm, a person, the verdict, the sweep. */
export const wayBack: readonly Verb[] = ['alarm', 'orderRollback', 'rollBack', 'reconcile', 'page']

/**
 * Reserves concurrency for them, which costs nothing and is taken from what the other functions of the account share.
 * Lambda leaves at least 100 of that, or refuses: an account with a quota of 10 can reserve none (docs/aws.md §1.4).
 * @throws Problem `definition_invalid`
 */
export function reserveWayBack(functions: Readonly<Record<Verb, lambda.Function>>, each: number | undefined): void {
  if (each === undefined) return
  // It is the most that they may use, too; and 0 would switch them off.
  if (!Number.isInteger(each) || each < 2)
    throw new Problem('definition_invalid', `wayBackConcurrency is ${each}: it has to be a whole number of at least 2.`)
  for (const verb of wayBack) {
    const resource = functions[verb].node.defaultChild as lambda.CfnFunction
    resource.reservedConcurrentExecutions = each
  }
}
