// All ports that are stored in the table, for callers that need many of them. The functions (functions/main.ts) open each port
// separately, so that a bundle contains only what its function uses.
import { awsAlarmWatch } from '../dynamodb/alarm-watch.ts'
import { awsAttestations } from '../dynamodb/attestations.ts'
import { awsBudgets } from '../dynamodb/budgets.ts'
import { awsDefinitions } from '../dynamodb/definitions.ts'
import { awsHistory } from '../dynamodb/history.ts'
import { awsIncidents } from '../dynamodb/incidents.ts'
import { awsJournal } from '../dynamodb/journal.ts'
import { awsKeptAnswers } from '../dynamodb/kept-answers.ts'
import { awsLeases } from '../dynamodb/leases.ts'
import { awsLine } from '../dynamodb/line.ts'
import { awsMessages } from '../dynamodb/messages.ts'
import { awsObservations } from '../observed/observations.ts'
import { awsOpenReleases } from '../dynamodb/open-releases.ts'
import { awsOutages } from '../dynamodb/outages.ts'
import { awsQueues } from '../dynamodb/queues.ts'
import { awsTurns } from '../dynamodb/turns.ts'
import { awsReturns } from '../dynamodb/returns.ts'
import { awsServices } from '../dynamodb/services.ts'
import { awsWaitingLists } from '../dynamodb/waiting-lists.ts'
import { awsDeletedVersions } from './deleted-versions.ts'
import { awsWatches } from './watches.ts'
import type { Table } from '../dynamodb/table.ts'

export const tablePorts = (table: Table) => ({
  alarmWatch: awsAlarmWatch(table),
  attestations: awsAttestations(table),
  budgets: awsBudgets(table),
  definitions: awsDefinitions(table),
  deletedVersions: awsDeletedVersions(table),
  history: awsHistory(table),
  incidents: awsIncidents(table),
  journal: awsJournal(table),
  keptAnswers: awsKeptAnswers(table),
  leases: awsLeases(table),
  line: awsLine(table),
  messages: awsMessages(table),
  observations: awsObservations(table),
  openReleases: awsOpenReleases(table),
  outages: awsOutages(table),
  turns: awsTurns(table),
  queues: awsQueues(table),
  returns: awsReturns(table),
  services: awsServices(table),
  waitingLists: awsWaitingLists(table),
  watches: awsWatches(table),
})
