// How an execution looks from outside: the API's descriptions, and the status change event.
import type { BusEvent } from '../protocol/service.ts'
import type { Execution } from './execution.ts'

/** An item of ListExecutions. Times are epoch seconds, as in the JSON protocol. */
export function listed(execution: Execution): Record<string, unknown> {
  const { arn, machineArn, name, status, startMs, stopMs } = execution
  return {
    executionArn: arn,
    stateMachineArn: machineArn,
    name,
    status,
    startDate: startMs / 1000,
    ...(stopMs === undefined ? {} : { stopDate: stopMs / 1000 }),
    redriveCount: 0,
  }
}

export function described(execution: Execution): Record<string, unknown> {
  const { input, output, error, cause } = execution
  return {
    ...listed(execution),
    input,
    inputDetails: { included: true },
    ...(output === undefined ? {} : { output, outputDetails: { included: true } }),
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
  }
}

/** Unlike in the API, the event's times are epoch milliseconds, and missing values are null. */
export function statusEvent(execution: Execution): BusEvent {
  const { arn, machineArn, name, status, startMs, stopMs, input, output, error, cause } = execution
  return {
    source: 'aws.states',
    detailType: 'Step Functions Execution Status Change',
    resources: [arn],
    detail: {
      executionArn: arn,
      stateMachineArn: machineArn,
      name,
      status,
      startDate: startMs,
      stopDate: stopMs ?? null,
      input,
      inputDetails: { included: true },
      output: output ?? null,
      outputDetails: output === undefined ? null : { included: true },
      error: error ?? null,
      cause: cause ?? null,
    },
  }
}
