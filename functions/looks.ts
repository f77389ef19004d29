// What more than one function of the controller looks at, beside the table (permissions.ts).
import { seesHeadroom } from './right-scopes.ts'

export const readsStream = {
  stream: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
  // Lambda asks for it before it reads a stream; AWS takes no resource.
  everything: ['dynamodb:ListStreams'],
} as const
/** What names versions of a function, and which releases have (functions/versions/plan.ts). */
export const seesOldVersions = {
  targets: ['lambda:ListVersionsByFunction', 'lambda:ListAliases', 'lambda:ListProvisionedConcurrencyConfigs'],
  targetVersions: ['lambda:GetPolicy', 'lambda:ListDurableExecutionsByFunction'],
} as const
/** Whether a version that a person names exists. */
export const looksAtVersions = {
  targetVersions: ['lambda:GetFunctionConfiguration'],
  lookRoles: ['sts:AssumeRole'],
} as const
/** What the gates look at besides. */
export const seesQuiet = {
  dependedEnvironments: ['appconfig:ListDeployments'],
  everything: ['cloudwatch:DescribeAlarms'],
  ...seesHeadroom,
} as const
/** When what services depend on changed: no action here returns a value. */
export const seesDependencies = {
  dependedSecrets: ['secretsmanager:DescribeSecret'],
  dependedParameters: ['ssm:DescribeParameters'],
  dependedEnvironments: ['appconfig:ListDeployments'],
} as const
/** Whether what consumers name is there: no action here reads a message, or changes anything. */
export const seesConsumed = {
  consumedQueues: ['sqs:GetQueueUrl'],
  consumedMappings: ['lambda:GetEventSourceMapping'],
} as const
