// The command line's desk on the AWS SDK: the table and the functions by the names that the installation gave them.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { awsAttestations } from '../../cloud/aws/dynamodb/attestations.ts'
import { awsBudgets } from '../../cloud/aws/dynamodb/budgets.ts'
import { awsHistory } from '../../cloud/aws/dynamodb/history.ts'
import { awsHooks } from '../../cloud/aws/hooks.ts'
import { awsIncidents } from '../../cloud/aws/dynamodb/incidents.ts'
import { awsJournal } from '../../cloud/aws/dynamodb/journal.ts'
import { awsLeases } from '../../cloud/aws/dynamodb/leases.ts'
import { awsOpenReleases } from '../../cloud/aws/dynamodb/open-releases.ts'
import { awsReturns } from '../../cloud/aws/dynamodb/returns.ts'
import { awsServices } from '../../cloud/aws/dynamodb/services.ts'
import { clientAt } from '../../cloud/aws/client-at.ts'
import { awsTraffic } from '../../cloud/aws/traffic.ts'
import { askThrough, type Desk } from './desk.ts'

type ClientConfig = ConstructorParameters<typeof DynamoDBClient>[0] & ConstructorParameters<typeof LambdaClient>[0]

/** @param config for tests and the embedded cloud; without it the SDK finds region, credentials and endpoint itself */
export function deskOnAws(environment: Readonly<Record<string, string | undefined>>, config: ClientConfig = {}): Desk {
  const name = environment['TIDEGATE_TABLE'] ?? 'tidegate'
  const prefix = environment['TIDEGATE_PREFIX'] ?? 'tidegate'
  const lambda = clientAt((elsewhere) => new LambdaClient({ ...config, ...elsewhere }))
  const table = { client: new DynamoDBClient(config), name }
  return {
    clock: { nowMs: () => Date.now() },
    journal: awsJournal(table),
    services: awsServices(table),
    openReleases: awsOpenReleases(table),
    history: awsHistory(table),
    budgets: awsBudgets(table),
    attestations: awsAttestations(table),
    incidents: awsIncidents(table),
    leases: awsLeases(table),
    returns: awsReturns(table),
    traffic: awsTraffic(lambda),
    ask: askThrough(awsHooks(lambda()), (verb) => `${prefix}-${verb}`),
  }
}
