// All ports in memory: deterministic, with faults on request, and open to inspection. Time comes from the given clock.
import type { Artifact } from '../../core/service/candidate.ts'
import type { Routing } from '../../core/service/routing.ts'
import type { Target } from '../../core/service/service.ts'
import { homeOf } from '../../core/origin.ts'
import type { AlarmReading } from '../../core/verdict/evidence/evidence.ts'
import { cedarPolicies } from '../../policy/policies.ts'
import { sigstoreSignatures } from '../../provenance/signatures.ts'
import type { Clock, PipelineJob, VersionState } from '../../cloud/ports.ts'
import { memoryAlarmWatch } from './stores/alarm-watch.ts'
import { memoryAttestations } from './stores/attestations.ts'
import { memoryConcurrency, memoryScaling, memoryScalingMoves } from './concurrency.ts'
import { memoryExecutions, type MemoryExecution } from './executions.ts'
import { memoryFaults } from './faults.ts'
import { codeOf, memoryFunctions, type MemoryFunctions, publishLatest } from './functions.ts'
import { memoryBudgetReports, type MemoryReport } from './budget-reports.ts'
import { memoryBudgets } from './stores/budgets.ts'
import { memoryDefinitions } from './stores/definitions.ts'
import { memoryHistory } from './stores/history.ts'
import { memoryHooks, type MemoryHook } from './hooks.ts'
import { memoryIncidents } from './stores/incidents.ts'
import { memoryJournal } from './stores/journal.ts'
import { memoryLogCopy } from './log-copy.ts'
import { memoryKeptAnswers } from './stores/kept-answers.ts'
import { memoryLeases } from './stores/leases.ts'
import { memoryLine } from './stores/line.ts'
import { memoryObservations } from './observations.ts'
import { memoryWatches } from './watches.ts'
import { memoryOpenReleases } from './stores/open-releases.ts'
import { memoryMessages } from './stores/messages.ts'
import { memoryOutages } from './stores/outages.ts'
import { type Announcement, memoryOutbox } from './stores/outbox.ts'
import { memoryTurns } from './stores/turns.ts'
import { memoryPager, type Told } from './pager.ts'
import { type JobAnswer, memoryPipelines } from './pipelines.ts'
import { memoryQueues } from './stores/queues.ts'
import { memoryReturns } from './stores/returns.ts'
import { memoryServices } from './stores/services.ts'
import { memoryTable } from './stores/table.ts'
import { memoryTelemetry } from './telemetry.ts'
import { memoryTraffic } from './traffic.ts'
import { memoryVersions, type Uploads } from './versions.ts'
import { memoryWaitingLists } from './stores/waiting-lists.ts'

export type MemoryCloud = ReturnType<typeof memoryCloud>

type Ports = ReturnType<typeof openPorts>['ports']
/** Names such as `journal.append` and `traffic.write`. */
export type PortMethod = { [P in keyof Ports]: `${P}.${keyof Ports[P] & string}` }[keyof Ports]

export function memoryCloud({ clock }: { readonly clock: Clock }) {
  const { ports, inspect } = openPorts(clock)
  const { faults, guarded } = memoryFaults<PortMethod>()
  const guardedPorts = Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, guarded(name, port)]))
  const home = homeOf('arn:aws:states:us-east-1:000000000000:')
  return { ...(guardedPorts as Ports), home, prometheusUrls: [], log: () => undefined, clock, faults, inspect }
}

function openPorts(clock: Clock) {
  const table = memoryTable()
  const functions = memoryFunctions(clock)
  const uploads: Uploads = { missing: new Set(), busyLooks: 1 }
  const measured = memoryTelemetry()
  const machine = memoryExecutions(clock)
  const hooks = new Map<string, MemoryHook>()
  const announced: Announcement[] = []
  const pages: Told[] = []
  const copies = new Map<string, string>()
  const jobs = new Map<string, JobAnswer>()
  const pipelineJobs = new Map<string, PipelineJob>()
  const reports = new Map<string, MemoryReport>()
  return {
    ports: {
      journal: memoryJournal(table),
      services: memoryServices(table),
      definitions: memoryDefinitions(table),
      keptAnswers: memoryKeptAnswers(),
      leases: memoryLeases(table),
      line: memoryLine(table),
      observations: memoryObservations(table),
      watches: memoryWatches(table),
      openReleases: memoryOpenReleases(table),
      turns: memoryTurns(table),
      queues: memoryQueues(),
      waitingLists: memoryWaitingLists(table),
      budgets: memoryBudgets(table),
      attestations: memoryAttestations(table),
      budgetReports: memoryBudgetReports(reports),
      incidents: memoryIncidents(table),
      returns: memoryReturns(table),
      logCopy: memoryLogCopy(copies),
      receivers: {},
      messages: memoryMessages(table),
      outages: memoryOutages(table),
      history: memoryHistory(table),
      alarmWatch: memoryAlarmWatch(table),
      aliases: memoryTraffic(functions),
      traffic: memoryTraffic(functions),
      versions: memoryVersions(functions, uploads),
      concurrency: memoryConcurrency(functions),
      scaling: memoryScaling,
      scalingMoves: memoryScalingMoves,
      telemetry: measured.telemetry,
      prometheus: measured.prometheus,
      deployments: measured.deployments,
      dependencies: measured.dependencies,
      consumed: measured.consumed,
      executions: machine.executions,
      hooks: memoryHooks(functions, hooks),
      outbox: memoryOutbox(announced),
      pager: memoryPager(pages),
      pipelines: memoryPipelines(jobs, pipelineJobs),
      // The real implementation: only its failures are simulated.
      policies: cedarPolicies(),
      signatures: sigstoreSignatures(),
    },
    inspect: {
      ...inspectLambda(functions, uploads),
      ...inspectTelemetry(measured),
      ...inspectTasks(machine),
      setHook(functionName: string, hook: MemoryHook): void {
        hooks.set(functionName, hook)
      },
      setReport(id: string, report: MemoryReport): void {
        reports.set(id, report)
      },
      announced: announced as readonly Announcement[],
      pages: pages as readonly Told[],
      pipelineJobs,
      jobs: jobs as ReadonlyMap<string, JobAnswer>,
      /** Replaces a stored item with any text: see the keys in journal.ts, services.ts, ... */
      corrupt: (pk: string, sk: string, text: string) => table.corrupt(pk, sk, text),
    },
  }
}

/** Changes that people and pipelines make to functions. */
function inspectLambda(functions: MemoryFunctions, uploads: Uploads) {
  return {
    /** Every write of an alias so far. */
    aliasWrites: functions.writes,
    alias: (target: Target) => functions.find(target.functionName)?.aliases.get(target.alias),
    versionsOf: (functionName: string) => [...functions.named(functionName).versions.values()],
    /** Adds a version, or changes one. */
    setVersion(functionName: string, version: string, change: Partial<VersionState> = {}): void {
      const lambda = functions.named(functionName)
      const plain: VersionState = { version, state: 'active', role: lambda.role, codeSha256: `code of ${version}` }
      lambda.versions.set(version, { ...plain, ...lambda.versions.get(version), ...change })
    },
    setLatestRole(functionName: string, role: string): void {
      functions.named(functionName).role = role
    },
    /** Creates the alias, or moves it without a check. */
    moveByHand: (target: Target, routing: Routing) => functions.setAlias(target, routing, 'person'),
    removeAlias(target: Target): void {
      functions.named(target.functionName).aliases.delete(target.alias)
    },
    removeArtifact(artifact: Artifact): void {
      uploads.missing.add(codeOf(artifact))
    },
    /** How many further calls of publish an upload takes; initially 1. */
    setBusyLooks(looks: number): void {
      uploads.busyLooks = looks
    },
    /** Somebody else uploads this code in the middle of the next publish. */
    overtakePublish(functionName: string, codeSha256: string): void {
      functions.named(functionName).overtakenBy = codeSha256
    },
    provision: (functionName: string, qualifier: string): void =>
      void functions.named(functionName).provisioned.push(qualifier),
    publishByHand(functionName: string, codeSha256: string): string {
      const lambda = functions.named(functionName)
      lambda.codeSha256 = codeSha256
      return publishLatest(lambda)
    },
  }
}

function inspectTelemetry({ alarms, setReading, answerReadings }: ReturnType<typeof memoryTelemetry>) {
  return {
    setAlarm(reading: AlarmReading): void {
      alarms.set(reading.name, reading)
    },
    removeAlarm(name: string): void {
      alarms.delete(name)
    },
    setReading,
    answerReadings,
  }
}

function inspectTasks({ started, answers, openTask, closeTask }: ReturnType<typeof memoryExecutions>) {
  return {
    executions: started as ReadonlyMap<string, MemoryExecution>,
    setStatus(execution: string, status: MemoryExecution['status']): void {
      const found = started.get(execution)
      if (found !== undefined) found.status = status
    },
    answers,
    openTask,
    closeTask,
  }
}
