// All ports that are stored in the table, for callers that need many of them. The functions (functions/main.ts) open each port
// separately, so that a bundle contains only what its function uses.
import { awsAlarmWatch } from './alarm-watch.ts'
import { awsAttestations } from './attestations.ts'
import { awsBudgets } from './budgets.ts'
import { awsDefinitions } from './definitions.ts'
import { awsHistory } from './history.ts'
import { awsIncidents } from './incidents.ts'
import { awsJournal } from './journal.ts'
import { awsKeptAnswers } from './kept-answers.ts'
import { awsLeases } from './leases.ts'
import { awsLine } from './line.ts'
import { awsMessages } from './messages.ts'
import { awsOpenReleases } from './open-releases.ts'
import { awsOutages } from './outages.ts'
import { awsQueues } from './queues.ts'
import { awsTurns } from './turns.ts'
import { awsReturns } from './returns.ts'
import { awsServices } from './services.ts'
import { awsWaitingLists } from './waiting-lists.ts'
import type { Table } from './table.ts'

export const tablePorts = (table: Table) => ({
  alarmWatch: awsAlarmWatch(table),
  attestations: awsAttestations(table),
  budgets: awsBudgets(table),
  definitions: awsDefinitions(table),
  history: awsHistory(table),
  incidents: awsIncidents(table),
  journal: awsJournal(table),
  keptAnswers: awsKeptAnswers(table),
  leases: awsLeases(table),
  line: awsLine(table),
  messages: awsMessages(table),
  openReleases: awsOpenReleases(table),
  outages: awsOutages(table),
  turns: awsTurns(table),
  queues: awsQueues(table),
  returns: awsReturns(table),
  services: awsServices(table),
  waitingLists: awsWaitingLists(table),
})
