// What others get to see of an execution: the API's descriptions, and the event about its status.
import type { BusEvent } from '../protocol/service.ts'
import type { Execution } from './execution.ts'

/** An item of ListExecutions. Times in epoch seconds, as the JSON protocol has them. */
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

/** In the event, unlike in the API, times are epoch milliseconds and what is not there is null. */
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
