// Durable executions, as far as they are listed: one begins when a durable function is invoked asynchronously with a name for it,
// keeps its version, and runs until it is stopped. Steps, waits and replays are not there (docs/embedded-cloud.md).
import { AwsError } from '../protocol/aws-error.ts'
import type { LocalRequest } from '../protocol/service.ts'
import { type DurableExecution, functionArn, type LambdaFunction } from './lambda-function.ts'
import { paged } from './paging.ts'
import { type Ask, find, qualified, type Registry } from './registry.ts'

/** Called before the invocation. Does nothing for functions that are not durable, and for calls without a name. */
export function startExecution(
  registry: Registry,
  { headers }: LocalRequest,
  named: Pick<Ask, 'name' | 'qualifier'>,
): void {
  const name = headers['x-amz-durable-execution-name']
  if (name === undefined || headers['x-amz-invocation-type'] !== 'Event') return
  const { version, config } = qualified(registry, named)
  if (config.durable === undefined) return
  const { executions } = find(registry, named.name)
  // The same name again is the same execution.
  if (executions.some((one) => one.name === name && one.version === version)) return
  executions.push({ name, version, startedMs: registry.clock.nowMs() })
}

/** @param ask its qualifier is a version, or an alias for the version that it points at; without it, `$LATEST` */
export function durableExecutions(registry: Registry, ask: Ask): Record<string, unknown> {
  const fn = find(registry, ask.name)
  const { version } = qualified(registry, ask)
  const statuses = ask.query.getAll('Statuses')
  const found = fn.executions
    .filter((one) => one.version === version)
    .map((one) => describe(fn, one))
    .filter(({ Status }) => statuses.length === 0 || statuses.includes(Status))
  const { items, ...next } = paged(found, ask.query, 1000)
  return { DurableExecutions: items, ...next }
}

/** @returns `undefined` for any other request */
export function stopExecution(
  { functions, clock }: Registry,
  { method, path }: LocalRequest,
): Record<string, unknown> | undefined {
  const arn = /^\/2025-12-01\/durable-executions\/(.+)\/stop\/?$/.exec(path)?.[1]
  if (method !== 'POST' || arn === undefined) return undefined
  for (const fn of functions.values())
    for (const one of fn.executions)
      if (arnOf(fn, one) === decodeURIComponent(arn)) {
        one.stoppedMs ??= clock.nowMs()
        return { StopTimestamp: one.stoppedMs / 1000 }
      }
  throw new AwsError('ResourceNotFoundException', `No durable execution ${decodeURIComponent(arn)}`, 404)
}

const arnOf = (fn: LambdaFunction, { version, name }: DurableExecution): string =>
  `${functionArn(fn, version)}/durable-execution/${name}/1`

function describe(fn: LambdaFunction, one: DurableExecution) {
  return {
    DurableExecutionArn: arnOf(fn, one),
    DurableExecutionName: one.name,
    FunctionArn: functionArn(fn, one.version),
    Status: one.stoppedMs === undefined ? 'RUNNING' : 'STOPPED',
    StartTimestamp: one.startedMs / 1000,
    ...(one.stoppedMs === undefined ? {} : { EndTimestamp: one.stoppedMs / 1000 }),
  }
}
