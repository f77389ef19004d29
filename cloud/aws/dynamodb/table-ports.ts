// Every port that is kept in the table, for whoever takes many of them. The functions (functions/ports.ts) take theirs
// one by one, so that a bundle has nothing in it that its function does not use.
import { awsAlarmWatch } from './alarm-watch.ts'
import { awsAttestations } from './attestations.ts'
import { awsBudgets } from './budgets.ts'
import { awsHistory } from './history.ts'
import { awsIncidents } from './incidents.ts'
import { awsJournal } from './journal.ts'
import { awsLeases } from './leases.ts'
import { awsLine } from './line.ts'
import { awsOpenReleases } from './open-releases.ts'
import { awsOutages } from './outages.ts'
import { awsTurns } from './turns.ts'
import { awsReturns } from './returns.ts'
import { awsServices } from './services.ts'
import { awsWaitingLists } from './waiting-lists.ts'
import type { Table } from './table.ts'

export const tablePorts = (table: Table) => ({
  alarmWatch: awsAlarmWatch(table),
  attestations: awsAttestations(table),
  budgets: awsBudgets(table),
  history: awsHistory(table),
  incidents: awsIncidents(table),
  journal: awsJournal(table),
  leases: awsLeases(table),
  line: awsLine(table),
  openReleases: awsOpenReleases(table),
  outages: awsOutages(table),
  turns: awsTurns(table),
  returns: awsReturns(table),
  services: awsServices(table),
  waitingLists: awsWaitingLists(table),
})
