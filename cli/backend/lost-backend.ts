// The queue of events that were not handled, on the AWS SDK.
import { LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda'
import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs'
import { awsKeptEvents } from '../../cloud/aws/lost-events.ts'
import { lostQueue } from '../../functions/rules.ts'
import type { LostBackend } from './backend.ts'

/** @param config for tests and the embedded cloud; without it the SDK finds region, credentials and endpoint itself */
export function lostBackendOnAws(
  environment: Readonly<Record<string, string | undefined>>,
  config: LambdaClientConfig & SQSClientConfig = {},
): LostBackend {
  const name = environment['TIDEGATE_PREFIX'] ?? 'tidegate'
  const clients = { sqs: new SQSClient(config), lambda: new LambdaClient(config) }
  return { name, kept: awsKeptEvents(clients, `${name}-${lostQueue.name}`) }
}
