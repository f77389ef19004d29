// The SDK clients of a run, for the operator and for every role that is tested.
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { IAMClient } from '@aws-sdk/client-iam'
import { LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { SFNClient } from '@aws-sdk/client-sfn'
import { SQSClient } from '@aws-sdk/client-sqs'
import { STSClient } from '@aws-sdk/client-sts'

export type Clients = ReturnType<typeof clientsOf>
export type Config = LambdaClientConfig & S3ClientConfig

export const clientsOf = (config: Config) => ({
  cloudwatch: new CloudWatchClient(config),
  dynamodb: new DynamoDBClient(config),
  events: new EventBridgeClient(config),
  iam: new IAMClient(config),
  lambda: new LambdaClient(config),
  // Emulators do not support virtual-hosted bucket names.
  s3: new S3Client({ ...config, forcePathStyle: true }),
  sfn: new SFNClient(config),
  sqs: new SQSClient(config),
  sts: new STSClient(config),
})
