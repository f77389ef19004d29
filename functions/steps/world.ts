// The ports that handlers may be given. Each handler names only the ports that it uses (`Pick<World, ...>`), so its bundle has no
// client, and its role no permission, that it does not need.
import type {
  AlarmWatch,
  Aliases,
  Attestations,
  BudgetReports,
  Budgets,
  Clock,
  Concurrency,
  Definitions,
  DeletedVersions,
  Executions,
  History,
  Hooks,
  Incidents,
  Journal,
  KeptAnswers,
  Leases,
  Line,
  Messages,
  LogCopy,
  OldVersions,
  Observations,
  OpenReleases,
  Outages,
  Outbox,
  Turns,
  Pager,
  Pipelines,
  ConfigDeployments,
  Consumed,
  Dependencies,
  Queues,
  Receivers,
  Scaling,
  ScalingMoves,
  Policies,
  Prometheus,
  Returns,
  Services,
  Signatures,
  Telemetry,
  Traffic,
  VersionRemoval,
  Versions,
  WaitingLists,
  Watches,
} from '../../cloud/ports.ts'
import type { Metric } from '../../core/measures/metric.ts'
import type { Home } from '../../core/origin.ts'
import type { Reach } from '../../core/reach/reach.ts'

export type World = {
  /** Where the installation was made before its services. */
  readonly reach?: Reach | undefined
  readonly home: Home
  readonly clock: Clock
  readonly journal: Journal
  readonly services: Services
  readonly definitions: Definitions
  readonly keptAnswers: KeptAnswers
  readonly leases: Leases
  readonly line: Line
  readonly logCopy: LogCopy
  readonly policies: Policies
  readonly signatures: Signatures
  readonly openReleases: OpenReleases
  readonly turns: Turns
  readonly queues: Queues
  readonly waitingLists: WaitingLists
  readonly returns: Returns
  readonly messages: Messages
  readonly outages: Outages
  /** Shifts of others. */
  readonly observations: Observations
  /** Of releases, after their promotion. */
  readonly watches: Watches
  readonly history: History
  readonly budgets: Budgets
  readonly attestations: Attestations
  readonly budgetReports: BudgetReports
  readonly incidents: Incidents
  readonly alarmWatch: AlarmWatch
  readonly aliases: Aliases
  readonly traffic: Traffic
  readonly versions: Versions
  readonly oldVersions: OldVersions
  readonly concurrency: Concurrency
  readonly scaling: Scaling
  readonly scalingMoves: ScalingMoves
  readonly versionRemoval: VersionRemoval
  readonly deletedVersions: DeletedVersions
  readonly telemetry: Telemetry
  /** What services depend on besides their code. */
  readonly dependencies: Dependencies
  readonly deployments: ConfigDeployments
  /** What consumers name. */
  readonly consumed: Consumed
  readonly prometheus: Prometheus
  /** Addresses that services may name as a Prometheus. */
  readonly prometheusUrls: readonly string[]
  readonly executions: Executions
  readonly hooks: Hooks
  readonly outbox: Outbox
  readonly pager: Pager
  readonly pipelines: Pipelines
  readonly receivers: Receivers
  /** Waits. */
  readonly rest: (ms: number) => Promise<void>
  /** SHA-256 of a text, in hex. */
  readonly digest: (text: string) => string
  /** A text that nobody can guess, another one each time. Never log it. */
  readonly nonce: () => string
  /** Writes one structured log line. Never a task token. */
  readonly log: (line: Readonly<Record<string, unknown>>) => void
  readonly emit: (metric: Metric) => void
  /** Logs and counts the failure of one item among many, so that the others can go on (each.ts). */
  readonly trouble: (error: unknown, about: Readonly<Record<string, unknown>>) => void
}

/** The part of Lambda's context that handlers use. */
export type Call = { readonly awsRequestId: string; readonly functionName: string }

export type Handler = (event: unknown, call: Call) => Promise<unknown>
