// Every port on the SDK, with clients of the caller's making: what functions/main.ts wires, for more than one caller.
import { createHash } from 'node:crypto'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { awsAlarmWatch } from '../cloud/aws/dynamodb/alarm-watch.ts'
import { awsAttestations } from '../cloud/aws/dynamodb/attestations.ts'
import { awsExecutions } from '../cloud/aws/executions.ts'
import { awsHistory } from '../cloud/aws/dynamodb/history.ts'
import { awsHooks } from '../cloud/aws/hooks.ts'
import { awsIncidents } from '../cloud/aws/dynamodb/incidents.ts'
import { awsJournal } from '../cloud/aws/dynamodb/journal.ts'
import { awsLeases } from '../cloud/aws/dynamodb/leases.ts'
import { awsLine } from '../cloud/aws/dynamodb/line.ts'
import { awsOpenReleases } from '../cloud/aws/dynamodb/open-releases.ts'
import { awsOutages } from '../cloud/aws/dynamodb/outages.ts'
import { awsOutbox } from '../cloud/aws/dynamodb/outbox.ts'
import { awsPackageHash } from '../cloud/aws/package-hash.ts'
import { awsPace } from '../cloud/aws/dynamodb/pace.ts'
import { awsPager } from '../cloud/aws/pager.ts'
import { awsPipelines } from '../cloud/aws/pipelines.ts'
import { awsReturns } from '../cloud/aws/dynamodb/returns.ts'
import { awsServices } from '../cloud/aws/dynamodb/services.ts'
import { awsTelemetry } from '../cloud/aws/telemetry.ts'
import { awsTraffic } from '../cloud/aws/traffic.ts'
import { awsBudgetReports } from '../cloud/aws/budget-reports.ts'
import { awsBudgets } from '../cloud/aws/dynamodb/budgets.ts'
import { clientAt } from '../cloud/aws/client-at.ts'
import { awsVersions } from '../cloud/aws/versions.ts'
import { troubleTo } from '../functions/steps/each.ts'
import { awsWaitingLists } from '../cloud/aws/dynamodb/waiting-lists.ts'
import type { World } from '../functions/steps/world.ts'
import { cedarPolicies } from '../policy/policies.ts'
import type { Clients } from './clients.ts'
import { environment } from './installation.ts'

export function worldOn(clients: Clients, clock: World['clock'], tell: Pick<World, 'log' | 'measure'>): World {
  const table = { client: clients.dynamodb, name: environment.TIDEGATE_TABLE }
  const { place } = clients
  const assume = { masterCredentials: place.credentials, clientConfig: place }
  const lambda = clientAt((config) => new LambdaClient({ ...place, ...config }), assume)
  return {
    clock,
    ...tell,
    trouble: troubleTo(
      tell,
      () => clock.nowMs(),
      () => 'house',
    ),
    digest: (text) => createHash('sha256').update(text).digest('hex'),
    journal: awsJournal(table),
    services: awsServices(table),
    leases: awsLeases(table),
    line: awsLine(table),
    policies: cedarPolicies(),
    openReleases: awsOpenReleases(table),
    pace: awsPace(table),
    waitingLists: awsWaitingLists(table),
    returns: awsReturns(table),
    outages: awsOutages(table),
    history: awsHistory(table),
    budgets: awsBudgets(table),
    attestations: awsAttestations(table),
    budgetReports: awsBudgetReports(clients.applicationSignals),
    incidents: awsIncidents(table),
    alarmWatch: awsAlarmWatch(table),
    traffic: awsTraffic(lambda),
    versions: awsVersions(lambda, awsPackageHash(clients.s3)),
    telemetry: awsTelemetry(clientAt((config) => new CloudWatchClient({ ...place, ...config }), assume)),
    executions: awsExecutions(clients.sfn, environment.TIDEGATE_STATE_MACHINE_ARN),
    hooks: awsHooks(clients.lambda),
    outbox: awsOutbox(clients.events, environment.TIDEGATE_BUS),
    pipelines: awsPipelines(clients.codepipeline),
    pager: awsPager(clients.sns, environment.TIDEGATE_TOPIC_ARN),
  }
}
