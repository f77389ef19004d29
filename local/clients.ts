// All SDK clients that the controller needs, for one endpoint and one caller.
import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling'
import { AppConfigClient } from '@aws-sdk/client-appconfig'
import { ApplicationSignalsClient } from '@aws-sdk/client-application-signals'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { CodePipelineClient } from '@aws-sdk/client-codepipeline'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { S3Client } from '@aws-sdk/client-s3'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SFNClient } from '@aws-sdk/client-sfn'
import { SNSClient } from '@aws-sdk/client-sns'
import { SQSClient } from '@aws-sdk/client-sqs'
import { SSMClient } from '@aws-sdk/client-ssm'
import type { LocalHandler } from '../cloud/local/dispatch.ts'
import type { Endpoint } from '../cloud/local/socket.ts'
import { localTransport } from '../cloud/local/transport.ts'
import { lazily } from './lazily.ts'
import { byShortWay } from './short-way.ts'

export type Clients = {
  readonly lambda: LambdaClient
  readonly cloudwatch: CloudWatchClient
  readonly dynamodb: DynamoDBClient
  readonly s3: S3Client
  readonly sfn: SFNClient
  readonly events: EventBridgeClient
  readonly sns: SNSClient
  readonly sqs: SQSClient
  readonly codepipeline: CodePipelineClient
  readonly logs: CloudWatchLogsClient
  readonly secrets: SecretsManagerClient
  readonly parameters: SSMClient
  readonly appConfig: AppConfigClient
  readonly scaling: ApplicationAutoScalingClient
  readonly applicationSignals: ApplicationSignalsClient
  /** The configuration they were made with, to make more of them. */
  readonly place: Place
}

type Place = {
  readonly endpoint: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  readonly requestHandler?: ReturnType<typeof localTransport>
  readonly maxAttempts?: number
}

/** An embedded cloud on a socket, or the one in this process. The access key identifies the caller: `role.NAME` is a role. */
export function placeOf(where: Endpoint | LocalHandler, accessKeyId: string): Place {
  const secretAccessKey = typeof where === 'function' ? 'none' : where.secretOf(accessKeyId)
  const common = { region: 'us-east-1', credentials: { accessKeyId, secretAccessKey } }
  if (typeof where !== 'function') return { ...common, endpoint: where.url }
  // In process no request is lost, and an SDK retry would wait in real time.
  return { ...common, endpoint: 'http://local', requestHandler: localTransport(where), maxAttempts: 1 }
}

/** Each is made when it is first used: few callers use more than three. */
export function clientsAt(place: Place): Clients {
  const reach = wayTo(place)
  const makers = {
    lambda: () => reach(new LambdaClient(place)),
    cloudwatch: () => reach(new CloudWatchClient(place)),
    dynamodb: () => reach(new DynamoDBClient(place)),
    // S3's client has steps of its own, which need the others.
    s3: () => new S3Client({ ...place, forcePathStyle: true }),
    sfn: () => reach(new SFNClient(place)),
    events: () => reach(new EventBridgeClient(place)),
    sns: () => reach(new SNSClient(place)),
    sqs: () => reach(new SQSClient(place)),
    codepipeline: () => reach(new CodePipelineClient(place)),
    logs: () => reach(new CloudWatchLogsClient(place)),
    secrets: () => reach(new SecretsManagerClient(place)),
    parameters: () => reach(new SSMClient(place)),
    appConfig: () => reach(new AppConfigClient(place)),
    scaling: () => reach(new ApplicationAutoScalingClient(place)),
    applicationSignals: () => reach(new ApplicationSignalsClient(place)),
  }
  return lazily(makers, { place })
}

/** What a client of this place goes through. */
export const wayTo =
  ({ requestHandler }: Place): (<Client extends object>(client: Client) => Client) =>
  (client) =>
    requestHandler === undefined ? client : byShortWay(client)
