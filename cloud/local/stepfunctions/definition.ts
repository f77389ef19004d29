// Types of a state machine's definition: the subset of the Amazon States Language that is implemented here. A definition that
// needs more is refused when it is created, not in the middle of an execution.

export type Retrier = {
  readonly ErrorEquals: readonly string[]
  readonly IntervalSeconds?: number
  readonly BackoffRate?: number
  readonly MaxAttempts?: number
  readonly MaxDelaySeconds?: number
  readonly JitterStrategy?: 'FULL' | 'NONE'
}
export type Catcher = {
  readonly ErrorEquals: readonly string[]
  readonly Next: string
  readonly Assign?: unknown
  readonly Output?: unknown
}
type Common = { readonly Comment?: string; readonly Assign?: unknown; readonly Output?: unknown }
type Onward = { readonly Next?: string; readonly End?: boolean }
export type TaskState = Common &
  Onward & {
    readonly Type: 'Task'
    readonly Resource: string
    readonly Arguments?: unknown
    readonly TimeoutSeconds?: number | string
    readonly HeartbeatSeconds?: number | string
    readonly Retry?: readonly Retrier[]
    readonly Catch?: readonly Catcher[]
  }
type ChoiceRule = {
  readonly Condition: string
  readonly Next: string
  readonly Assign?: unknown
  readonly Output?: unknown
}
export type State =
  | TaskState
  | (Common & Onward & { readonly Type: 'Pass' })
  | (Common & { readonly Type: 'Choice'; readonly Choices: readonly ChoiceRule[]; readonly Default?: string })
  | (Common & Onward & { readonly Type: 'Wait'; readonly Seconds?: number | string; readonly Timestamp?: string })
  | (Common & { readonly Type: 'Succeed' })
  | { readonly Type: 'Fail'; readonly Comment?: string; readonly Error?: string; readonly Cause?: string }

export type Definition = {
  readonly StartAt: string
  readonly States: Readonly<Record<string, State>>
  readonly TimeoutSeconds?: number
}

export const invokeResource = 'arn:aws:states:::lambda:invoke'
export const callbackResource = `${invokeResource}.waitForTaskToken`
/** Calls an HTTP API as the role of the state machine (docs/aws.md §14). */
export const apiResource = 'arn:aws:states:::apigateway:invoke'
/** Calls of other services, by what follows `states:::`, with the arguments that each needs and takes. */
export const serviceCalls: Readonly<
  Record<string, { readonly needs: readonly string[]; readonly takes: readonly string[] }>
> = {
  'events:putEvents': { needs: ['Entries'], takes: [] },
  'aws-sdk:ssm:describeOpsItems': { needs: ['OpsItemFilters'], takes: ['MaxResults'] },
  'aws-sdk:ssm:updateOpsItem': { needs: ['OpsItemId'], takes: ['Status', 'OperationalData'] },
}
/** Such as `lambda:invoke`. */
export const integrationOf = (resource: string): string => resource.replace(/^arn:[^:]+:states:::/, '')
