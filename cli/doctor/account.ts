// What the checks inspect: the controller's deployed functions, the registered services, and SDK clients. Shared data are read
// once; if that fails, each check that needs them gets the error.
import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling'
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { ECRClient } from '@aws-sdk/client-ecr'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { IAMClient } from '@aws-sdk/client-iam'
import {
  type FunctionConfiguration,
  GetFunctionConfigurationCommand,
  LambdaClient,
  type LambdaClientConfig,
} from '@aws-sdk/client-lambda'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { SNSClient } from '@aws-sdk/client-sns'
import { SQSClient } from '@aws-sdk/client-sqs'
import { Problem } from '../../core/problem.ts'
import type { Service } from '../../core/service/service.ts'
import { optionalVerbs, type Verb, verbs } from '../../functions/handlers.ts'
import type { Backend } from '../backend/backend.ts'
import { type Finding, unlessNamed } from './finding.ts'
import { own } from '../../core/own.ts'

export type Account = {
  readonly prefix: string
  readonly backend: Pick<Backend, 'services' | 'leases' | 'aliases' | 'history' | 'journal' | 'clock'>
  readonly cloudtrail: CloudTrailClient
  readonly cloudwatch: CloudWatchClient
  readonly ecr: ECRClient
  readonly events: EventBridgeClient
  readonly iam: IAMClient
  readonly lambda: LambdaClient
  readonly logs: CloudWatchLogsClient
  readonly s3: S3Client
  readonly scaling: ApplicationAutoScalingClient
  readonly sns: SNSClient
  readonly sqs: SQSClient
  /** The services that can be read. */
  readonly services: () => Promise<readonly Service[]>
  readonly unreadable: () => Promise<Awaited<ReturnType<Backend['services']['list']>>['unreadable']>
  /** A function of the controller; `undefined` if it does not exist. */
  readonly controllerFunction: (verb: Verb) => Promise<FunctionConfiguration | undefined>
  /** An environment variable of the controller's functions, such as TIDEGATE_TOPIC_ARN. @throws Problem */
  readonly setting: (name: string) => Promise<string>
}

export type Check = {
  readonly id: string
  /** What the check makes sure of, in one sentence. */
  readonly right: string
  /** The IAM actions that the caller needs. */
  readonly asks: readonly string[]
  readonly look: (account: Account) => Promise<readonly Finding[]>
}

type Config = LambdaClientConfig & S3ClientConfig

/** @param config for tests and the embedded cloud; without it the SDK finds region, credentials and endpoint itself */
export function accountOf(backend: Account['backend'], prefix: string, config: Config = {}): Account {
  const lambda = new LambdaClient(config)
  const known = new Map<Verb, Promise<FunctionConfiguration | undefined>>()
  const controllerFunction: Account['controllerFunction'] = (verb) => {
    const FunctionName = `${prefix}-${verb}`
    const found =
      known.get(verb) ??
      unlessNamed(lambda.send(new GetFunctionConfigurationCommand({ FunctionName })), 'ResourceNotFoundException')
    known.set(verb, found)
    return found
  }
  let listed: ReturnType<Backend['services']['list']> | undefined
  const stored = () => (listed ??= backend.services.list())
  return {
    ...{ prefix, backend, lambda, controllerFunction },
    cloudtrail: new CloudTrailClient(config),
    cloudwatch: new CloudWatchClient(config),
    ecr: new ECRClient(config),
    events: new EventBridgeClient(config),
    iam: new IAMClient(config),
    logs: new CloudWatchLogsClient(config),
    // Emulators do not support virtual-hosted bucket names.
    s3: new S3Client({ ...config, forcePathStyle: true }),
    scaling: new ApplicationAutoScalingClient(config),
    sns: new SNSClient(config),
    sqs: new SQSClient(config),
    services: async () => (await stored()).items,
    unreadable: async () => (await stored()).unreadable,
    setting: async (name) => {
      const value = own((await controllerFunction('page'))?.Environment?.Variables ?? {}, name)
      if (value !== undefined) return value
      throw new Problem(
        'call_invalid',
        `The function ${prefix}-page does not exist, or has no environment variable ${name}.`,
      )
    },
  }
}

/** The controller's functions that exist. */
export async function deployed(account: Account): Promise<readonly (readonly [Verb, FunctionConfiguration])[]> {
  const found = await Promise.all(
    [...verbs, ...optionalVerbs].map(async (verb) => [verb, await account.controllerFunction(verb)] as const),
  )
  return found.flatMap(([verb, config]) => (config === undefined ? [] : [[verb, config] as const]))
}
