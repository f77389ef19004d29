// All SDK clients that the controller needs, for one endpoint and one caller.
import { ApplicationSignalsClient } from '@aws-sdk/client-application-signals'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { CodePipelineClient } from '@aws-sdk/client-codepipeline'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { S3Client } from '@aws-sdk/client-s3'
import { SFNClient } from '@aws-sdk/client-sfn'
import { SNSClient } from '@aws-sdk/client-sns'
import { SQSClient } from '@aws-sdk/client-sqs'
import type { LocalHandler } from '../cloud/local/dispatch.ts'
import type { Endpoint } from '../cloud/local/socket.ts'
import { localTransport } from '../cloud/local/transport.ts'

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

export function clientsAt(place: Place): Clients {
  return {
    place,
    lambda: new LambdaClient(place),
    cloudwatch: new CloudWatchClient(place),
    dynamodb: new DynamoDBClient(place),
    s3: new S3Client({ ...place, forcePathStyle: true }),
    sfn: new SFNClient(place),
    events: new EventBridgeClient(place),
    sns: new SNSClient(place),
    sqs: new SQSClient(place),
    codepipeline: new CodePipelineClient(place),
    logs: new CloudWatchLogsClient(place),
    applicationSignals: new ApplicationSignalsClient(place),
  }
}
