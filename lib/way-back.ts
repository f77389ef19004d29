// Reserves concurrency for rollbacks: a candidate that uses up the account's concurrency must not throttle the functions that put
// the traffic back.
import type * as lambda from 'aws-cdk-lib/aws-lambda'
import { Problem } from '../core/problem.ts'
import type { Verb } from '../functions/handlers.ts'

/** The functions that put traffic back and report it: on an alarm, an order, the verdict or the sweep. */
const wayBack: readonly Verb[] = ['alarm', 'orderRollback', 'rollBack', 'reconcile', 'page']

/**
 * Reserved concurrency costs nothing, but is taken from what the account's other functions share. Lambda keeps at least 100 of
 * that, or refuses: an account with a quota of 10 can reserve none (docs/aws.md §1.4).
 * @throws Problem `definition_invalid`
 */
export function reserveWayBack(functions: Readonly<Record<Verb, lambda.Function>>, each: number | undefined): void {
  if (each === undefined) return
  // Reserved concurrency is also the maximum that they may use, and 0 would switch them off.
  if (!Number.isInteger(each) || each < 2)
    throw new Problem('definition_invalid', `wayBackConcurrency is ${each}: it has to be a whole number of at least 2.`)
  for (const verb of wayBack) {
    const resource = functions[verb].node.defaultChild as lambda.CfnFunction
    resource.reservedConcurrentExecutions = each
  }
}
