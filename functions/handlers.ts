// Every function of the controller by its verb. The embedded cloud and the simulator install them from this list.
import { admitHandler } from './tasks/admit.ts'
import { alarmHandler } from './listeners/alarm.ts'
import { announceHandler } from './listeners/announce.ts'
import { answerHandler } from './orders/answer.ts'
import { applyHandler } from './orders/apply.ts'
import { approveHandler } from './orders/approve.ts'
import { askHandler } from './orders/ask.ts'
import { attestHandler } from './orders/attest.ts'
import { bakeHandler } from './tasks/bake.ts'
import { budgetHandler } from './listeners/budget.ts'
import { copyLogHandler } from './listeners/copy-log.ts'
import { gateHandler } from './tasks/gate.ts'
import { handOverHandler } from './tasks/hand-over.ts'
import { hookHandler } from './tasks/hook.ts'
import { incidentHandler } from './orders/incident.ts'
import { hearHandler } from './listeners/hear.ts'
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
import { observeHandler } from './listeners/observe.ts'
import { watchHandler } from './listeners/watch.ts'
import { reconcileHandler } from './listeners/reconcile.ts'
import { reportsHandler } from './listeners/reports.ts'
import { readHandler } from './reading/read.ts'
import { rollBackHandler } from './tasks/roll-back.ts'
import { sendTelemetryHandler } from './listeners/send-telemetry.ts'
import { settleHandler } from './tasks/settle.ts'
import { widgetHandler } from './reading/widget.ts'
import { shiftHandler } from './tasks/shift.ts'
import { oldVersionsHandler } from './orders/old-versions.ts'
import { pruneHandler } from './listeners/prune.ts'
import { orderRollbackHandler } from './orders/order-rollback.ts'
import { answering, behindDoor } from './door.ts'
import { apiRoutes } from './routes.ts'
import type { Handler, World } from './steps/world.ts'

type Make = (world: World) => Handler

const makers = {
  intake: intakeHandler,
  start: startHandler,
  ask: askHandler,
  pipeline: pipelineHandler,
  admit: admitHandler,
  gate: gateHandler,
  prepare: prepareHandler,
  hook: hookHandler,
  shift: shiftHandler,
  bake: bakeHandler,
  judge: judgeHandler,
  rollBack: rollBackHandler,
  outage: outageHandler,
  page: pageHandler,
  settle: settleHandler,
  handOver: handOverHandler,
  pause: pauseHandler,
  promote: promoteHandler,
  orderRollback: orderRollbackHandler,
  answer: answerHandler,
  approve: approveHandler,
  override: overrideHandler,
  stopLine: stopLineHandler,
  startLine: startLineHandler,
  alarm: alarmHandler,
  announce: announceHandler,
  reconcile: reconcileHandler,
  provision: provisionHandler,
  copyLog: copyLogHandler,
  sendTelemetry: sendTelemetryHandler,
  budget: budgetHandler,
  attest: attestHandler,
  hear: hearHandler,
  reports: reportsHandler,
  incident: incidentHandler,
  apply: applyHandler,
  read: (world) => readHandler(world, apiRoutes),
  measure: measureHandler,
  oldVersions: oldVersionsHandler,
  prune: pruneHandler,
  observe: observeHandler,
  watch: watchHandler,
  widget: widgetHandler,
} as const satisfies Readonly<Record<string, Make>>

export type Verb = keyof typeof makers
/** Functions that an installation has only if somebody asks for them. */
export const optionalVerbs: readonly Verb[] = ['copyLog', 'sendTelemetry', 'widget']
const allVerbs = Object.keys(makers) as readonly Verb[]
/** The functions that every installation has. */
export const verbs = allVerbs.filter((verb) => !optionalVerbs.includes(verb))

const modules: Readonly<Record<string, readonly Verb[]>> = {
  // What only some load, d3's scales or OpenTelemetry's exporters, is not loaded by the others.
  'functions/readers.ts': ['read', 'widget'],
  'functions/senders.ts': ['sendTelemetry'],
  'functions/pruning.ts': ['oldVersions', 'prune'],
  'functions/watchers.ts': ['observe', 'watch'],
}

/** Where a function is wired. */
export const moduleOf = (verb: Verb): string =>
  Object.entries(modules).find(([, wired]) => wired.includes(verb))?.[0] ?? 'functions/main.ts'

/** Each behind its door, as in main.ts. */
export const handlers = Object.fromEntries(
  allVerbs.map((verb): [Verb, Make] => [
    verb,
    (world) => answering(verb)(behindDoor(verb, () => world)(makers[verb](world))),
  ]),
) as Readonly<Record<Verb, Make>>
