// The command line's backend on the AWS SDK: finds the table and the functions by the names that the installation gave them.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { awsHooks } from '../../cloud/aws/hooks.ts'
import { clientAt } from '../../cloud/aws/client-at.ts'
import { tablePorts } from '../../cloud/aws/dynamodb/table-ports.ts'
import { awsTraffic } from '../../cloud/aws/traffic.ts'
import { askThrough, type Backend } from './backend.ts'

type ClientConfig = ConstructorParameters<typeof DynamoDBClient>[0] & ConstructorParameters<typeof LambdaClient>[0]

/** @param config for tests and the embedded cloud; without it the SDK finds region, credentials and endpoint itself */
export function backendOnAws(
  environment: Readonly<Record<string, string | undefined>>,
  config: ClientConfig = {},
): Backend {
  const name = environment['TIDEGATE_TABLE'] ?? 'tidegate'
  const prefix = environment['TIDEGATE_PREFIX'] ?? 'tidegate'
  const lambda = clientAt((elsewhere) => new LambdaClient({ ...config, ...elsewhere }))
  const table = { client: new DynamoDBClient(config), name }
  return {
    ...tablePorts(table),
    clock: { nowMs: () => Date.now() },
    traffic: awsTraffic(lambda),
    ask: askThrough(awsHooks(lambda()), (verb) => `${prefix}-${verb}`),
  }
}
