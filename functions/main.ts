// The wiring: what each of the controller's functions is given. Each export is the handler of one Lambda function; a bundle of
// one export carries the clients of that one alone (ports.ts).
import {
  alarmWatch,
  aliases,
  attestations,
  budgetReports,
  budgets,
  clock,
  concurrency,
  consumed,
  definitions,
  digest,
  executions,
  history,
  home,
  hooks,
  incidents,
  journal,
  leases,
  line,
  logCopy,
  nonce,
  once,
  openReleases,
  outages,
  outbox,
  pipelines,
  queues,
  reach,
  returns,
  dependencies,
  deployments,
  prometheus,
  prometheusUrls,
  services,
  scaling,
  scalingMoves,
  telemetry,
  telling,
  traffic,
  turns,
  versions,
  versionsByHash,
  waitingLists,
  watches,
} from './ports.ts'
import { admitHandler } from './tasks/admit.ts'
import { alarmHandler } from './listeners/alarm.ts'
import { announceHandler } from './listeners/announce.ts'
import { answerHandler } from './orders/answer.ts'
import { applyHandler } from './orders/apply.ts'
import { approveHandler } from './orders/approve.ts'
import { askHandler } from './orders/ask.ts'
import { attestHandler } from './orders/attest.ts'
import { hearHandler } from './listeners/hear.ts'
import { bakeHandler } from './tasks/bake.ts'
import { budgetHandler } from './listeners/budget.ts'
import { copyLogHandler } from './listeners/copy-log.ts'
import { gateHandler } from './tasks/gate.ts'
import { handOverHandler } from './tasks/hand-over.ts'
import { hookHandler } from './tasks/hook.ts'
import { incidentHandler } from './orders/incident.ts'
import { log, emit, trouble } from './instruments.ts'
import { intakeHandler } from './listeners/intake.ts'
import { startHandler } from './orders/start.ts'
import { judgeHandler } from './tasks/judge.ts'
import { startLineHandler, stopLineHandler } from './orders/line.ts'
import { measureHandler } from './listeners/measure.ts'
import { outageHandler } from './tasks/outage.ts'
import { overrideHandler } from './orders/override.ts'
import { pageHandler } from './tasks/page.ts'
import { pipelineHandler } from './orders/pipeline.ts'
import { pauseHandler } from './orders/pause.ts'
import { prepareHandler } from './tasks/prepare.ts'
import { promoteHandler } from './orders/promote.ts'
import { provisionHandler } from './listeners/provision.ts'
import { reconcileHandler } from './listeners/reconcile.ts'
import { reportsHandler } from './listeners/reports.ts'
import { rollBackHandler } from './tasks/roll-back.ts'
import { settleHandler } from './tasks/settle.ts'
import { shiftHandler } from './tasks/shift.ts'
import { wired } from './wired.ts'
import { orderRollbackHandler } from './orders/order-rollback.ts'
import { keepingPager } from './messages/pager.ts'
import { cedarPolicies } from '../policy/policies.ts'
import { sigstoreSignatures } from '../provenance/signatures.ts'

const pager = /* @__PURE__ */ once(() => keepingPager({ ...{ clock, log, trouble }, ...telling() }))

/** What accepting a release takes. */
const accepting = () => ({
  home: home(),
  clock,
  digest,
  log,
  trouble,
  journal: journal(),
  openReleases: openReleases(),
  queues: queues(),
  services: services(),
  history: history(),
  executions: executions(),
})
export const intake = /* @__PURE__ */ wired('intake', () => intakeHandler(accepting()))
export const start = /* @__PURE__ */ wired('start', () => startHandler(accepting()))
/** What gates decide by. */
const gates = () => ({
  clock,
  log,
  trouble,
  journal: journal(),
  services: services(),
  leases: leases(),
  line: line(),
  turns: turns(),
  waitingLists: waitingLists(),
  budgets: budgets(),
  versions: versions(),
  attestations: attestations(),
  ...{ telemetry: telemetry(), deployments: deployments(), concurrency: concurrency(), openReleases: openReleases() },
  policies: cedarPolicies(),
})
export const gate = /* @__PURE__ */ wired('gate', () => gateHandler(gates()))
/** What the question whether a service may be released takes. */
const asking = () => ({ ...gates(), aliases: aliases() })
export const ask = /* @__PURE__ */ wired('ask', () => askHandler({ ...asking(), home: home() }))
export const pipeline = /* @__PURE__ */ wired('pipeline', () =>
  pipelineHandler({ ...asking(), home: home(), pipelines: pipelines() }),
)
export const admit = /* @__PURE__ */ wired('admit', () =>
  admitHandler({ ...accepting(), leases: leases(), turns: turns(), traffic: traffic() }),
)
export const prepare = /* @__PURE__ */ wired('prepare', () =>
  prepareHandler({
    ...{ home: home(), dependencies: dependencies(), scaling: scaling(), consumed: consumed() },
    clock,
    journal: journal(),
    versions: versionsByHash(),
    traffic: traffic(),
    telemetry: telemetry(),
    alarmWatch: alarmWatch(),
    history: history(),
    log,
  }),
)
export const hook = /* @__PURE__ */ wired('hook', () => hookHandler({ ...steering(), digest, nonce, hooks: hooks() }))
export const shift = /* @__PURE__ */ wired('shift', () =>
  shiftHandler({ clock, journal: journal(), traffic: traffic(), returns: returns(), versions: versions() }),
)
const waiting = () => ({ clock, journal: journal(), executions: executions() })
export const bake = /* @__PURE__ */ wired('bake', () => bakeHandler(waiting()))
export const judge = /* @__PURE__ */ wired('judge', () =>
  judgeHandler({
    ...{ ...waiting(), aliases: aliases(), telemetry: telemetry() },
    ...{ prometheus: prometheus(), dependencies: dependencies() },
  }),
)
export const rollBack = /* @__PURE__ */ wired('rollBack', () => rollBackHandler({ ...wayBack(), line: line() }))
export const outage = /* @__PURE__ */ wired('outage', () =>
  outageHandler({ clock, log, journal: journal(), traffic: traffic(), telemetry: telemetry() }),
)
export const page = /* @__PURE__ */ wired('page', () => pageHandler({ clock, log, journal: journal(), pager: pager() }))
export const announce = /* @__PURE__ */ wired('announce', () =>
  announceHandler({
    trouble,
    clock,
    log,
    outages: outages(),
    pager: pager(),
    emit,
    journal: journal(),
    outbox: outbox(),
    // To announce again what the stream has given up.
    services: services(),
    openReleases: openReleases(),
    history: history(),
  }),
)
export const copyLog = /* @__PURE__ */ wired('copyLog', () =>
  copyLogHandler({
    ...{ trouble, clock, emit, pager: pager(), journal: journal(), logCopy: logCopy() },
    // To copy again what the stream has given up.
    ...{ services: services(), openReleases: openReleases(), history: history() },
  }),
)
/** What an end of a release takes, whoever brings it about. */
const ending = () => ({
  clock,
  log,
  trouble,
  journal: journal(),
  leases: leases(),
  openReleases: openReleases(),
  queues: queues(),
  waitingLists: waitingLists(),
  returns: returns(),
  history: history(),
  alarmWatch: alarmWatch(),
  executions: executions(),
  pager: pager(),
})
/** Putting traffic back takes all that ending a release takes: its log may be lost. */
const wayBack = () => ({ ...ending(), traffic: traffic() })
export const settle = /* @__PURE__ */ wired('settle', () =>
  settleHandler({
    ...ending(),
    ...{ line: line(), watches: watches(), dependencies: dependencies() },
    ...{ concurrency: concurrency(), scalingMoves: scalingMoves() },
  }),
)
export const handOver = /* @__PURE__ */ wired('handOver', () => handOverHandler(waiting()))
const steering = () => ({ clock, log, trouble, journal: journal(), executions: executions(), leases: leases() })
export const pause = /* @__PURE__ */ wired('pause', () => pauseHandler({ ...steering(), services: services() }))
export const promote = /* @__PURE__ */ wired('promote', () => promoteHandler({ ...steering(), services: services() }))
export const answer = /* @__PURE__ */ wired('answer', () => answerHandler({ ...steering(), digest }))
export const approve = /* @__PURE__ */ wired('approve', () =>
  approveHandler({ ...steering(), services: services(), policies: cedarPolicies() }),
)
export const override = /* @__PURE__ */ wired('override', () =>
  overrideHandler({ ...steering(), services: services(), policies: cedarPolicies() }),
)
export const stopLine = /* @__PURE__ */ wired('stopLine', () =>
  stopLineHandler({ clock, log, line: line(), services: services() }),
)
export const startLine = /* @__PURE__ */ wired('startLine', () =>
  startLineHandler({ ...steering(), line: line(), openReleases: openReleases() }),
)
export const orderRollback = /* @__PURE__ */ wired('orderRollback', () =>
  orderRollbackHandler({ ...wayBack(), home: home(), digest, services: services(), versions: versions() }),
)
export const alarm = /* @__PURE__ */ wired('alarm', () =>
  alarmHandler({ ...wayBack(), home: home(), telemetry: telemetry() }),
)
export const reconcile = /* @__PURE__ */ wired('reconcile', () =>
  reconcileHandler({
    ...{ ...wayBack(), emit, home: home(), services: services(), scalingMoves: scalingMoves() },
    ...{ outages: outages(), line: line(), telemetry: telemetry(), watches: watches(), concurrency: concurrency() },
  }),
)
export const budget = /* @__PURE__ */ wired('budget', () =>
  budgetHandler({
    home: home(),
    clock,
    log,
    trouble,
    services: services(),
    budgets: budgets(),
    telemetry: telemetry(),
    outbox: outbox(),
    pager: pager(),
    leases: leases(),
    history: history(),
    journal: journal(),
  }),
)
export const attest = /* @__PURE__ */ wired('attest', () =>
  attestHandler({
    ...{ clock, log, services: services(), attestations: attestations() },
    signatures: sigstoreSignatures(),
  }),
)
export const hear = /* @__PURE__ */ wired('hear', () =>
  hearHandler({
    ...{ home: home(), clock, log, trouble, services: services() },
    ...{ attestations: attestations(), incidents: incidents() },
  }),
)
export const reports = /* @__PURE__ */ wired('reports', () =>
  reportsHandler({
    clock,
    trouble,
    services: services(),
    budgets: budgets(),
    budgetReports: budgetReports(),
    outbox: outbox(),
  }),
)
export const incident = /* @__PURE__ */ wired('incident', () =>
  incidentHandler({ home: home(), clock, log, trouble, services: services(), incidents: incidents() }),
)
export const measure = /* @__PURE__ */ wired('measure', () =>
  measureHandler({
    ...{ clock, trouble, emit, services: services(), journal: journal(), history: history() },
    ...{ openReleases: openReleases(), attestations: attestations(), incidents: incidents(), budgets: budgets() },
  }),
)
const defining = () => ({
  ...{ clock, log, home: home(), services: services(), definitions: definitions(), openReleases: openReleases() },
})
export const apply = /* @__PURE__ */ wired('apply', () =>
  applyHandler({
    ...{ ...defining(), policies: cedarPolicies(), reach: reach(), aliases: aliases() },
    ...{ prometheusUrls: prometheusUrls(), consumed: consumed() },
  }),
)
export const provision = /* @__PURE__ */ wired('provision', () =>
  provisionHandler({ ...steering(), ...defining(), traffic: traffic() }),
)
