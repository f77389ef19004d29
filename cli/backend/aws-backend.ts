// The command line's backend on the AWS SDK: finds the table and the functions by the names that the installation gave them.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { clientAt } from '../../cloud/aws/client-at.ts'
import { clockOf } from './answer-clock.ts'
import { tablePorts } from '../../cloud/aws/table/table-ports.ts'
import { awsAliases } from '../../cloud/aws/traffic.ts'
import type { Backend } from './backend.ts'
import { orderAt, readAt } from './door.ts'
import { networkLimits } from './network-limits.ts'

type ClientConfig = NonNullable<
  ConstructorParameters<typeof DynamoDBClient>[0] & ConstructorParameters<typeof LambdaClient>[0]
>

/** @param config for tests and the embedded cloud; without it the SDK finds region, credentials and endpoint itself */
export function backendOnAws(
  environment: Readonly<Record<string, string | undefined>>,
  config: ClientConfig = {},
): Backend {
  const own = { requestHandler: networkLimits, ...config }
  const name = environment['TIDEGATE_TABLE'] ?? 'tidegate'
  const lambda = clientAt((elsewhere) => new LambdaClient({ ...own, ...elsewhere }), {
    use: 'look',
    session: 'tidegate-cli',
  })
  const table = { client: new DynamoDBClient(own), name }
  const clock = clockOf(table.client)
  return {
    ...tablePorts(table),
    clock,
    aliases: awsAliases(lambda),
    order: orderAt(apiOf(environment, config), lambda().config, environment['TIDEGATE_IDEMPOTENCY_KEY']),
  }
}

/** For `tidegate api`. */
export function readingOnAws(
  environment: Readonly<Record<string, string | undefined>>,
  config: ClientConfig = {},
): (path: string) => Promise<unknown> {
  return readAt(apiOf(environment, config), new LambdaClient({ requestHandler: networkLimits, ...config }).config)
}

/** The embedded cloud serves the API at its own address. */
const apiOf = (environment: Readonly<Record<string, string | undefined>>, config: ClientConfig): string | undefined =>
  environment['TIDEGATE_API'] ?? environment['AWS_ENDPOINT_URL'] ?? endpointOf(config)

const endpointOf = ({ endpoint }: ClientConfig): string | undefined =>
  typeof endpoint === 'string' ? endpoint : undefined
