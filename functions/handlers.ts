// Every function of the controller by its verb. The embedded cloud and the simulator install them from this list.
import { admitHandler } from './tasks/admit.ts'
import { alarmHandler } from './listeners/alarm.ts'
import { announceHandler } from './listeners/announce.ts'
import { answerHandler } from './orders/answer.ts'
import { approveHandler } from './orders/approve.ts'
import { askHandler } from './orders/ask.ts'
import { attestHandler } from './orders/attest.ts'
import { bakeHandler } from './tasks/bake.ts'
import { budgetHandler } from './listeners/budget.ts'
import { gateHandler } from './tasks/gate.ts'
import { handOverHandler } from './tasks/hand-over.ts'
import { hookHandler } from './tasks/hook.ts'
import { incidentHandler } from './orders/incident.ts'
import { intakeHandler } from './listeners/intake.ts'
import { startHandler, urgentHandler } from './orders/start.ts'
import { judgeHandler } from './tasks/judge.ts'
import { startLineHandler, stopLineHandler } from './orders/line.ts'
import { measureHandler } from './listeners/measure.ts'
import { outageHandler } from './tasks/outage.ts'
import { overrideHandler } from './orders/override.ts'
import { pageHandler } from './tasks/page.ts'
import { pauseHandler } from './orders/pause.ts'
import { prepareHandler } from './tasks/prepare.ts'
import { promoteHandler } from './orders/promote.ts'
import { provisionHandler } from './listeners/provision.ts'
import { reconcileHandler } from './listeners/reconcile.ts'
import { reportsHandler } from './listeners/reports.ts'
import { rollBackHandler } from './tasks/roll-back.ts'
import { settleHandler } from './tasks/settle.ts'
import { shiftHandler } from './tasks/shift.ts'
import { orderRollbackHandler } from './orders/order-rollback.ts'
import { answering, behindDoor, behindDoorOrHearing, isFromEventBridge, isPipelineJob } from './door.ts'
import type { Handler, World } from './steps/world.ts'

type Make = (world: World) => Handler

const people =
  (make: Make): Make =>
  (world) =>
    answering(behindDoor(make(world)))
const peopleAnd =
  (isEvent: (event: unknown) => boolean, make: Make): Make =>
  (world) =>
    answering(behindDoorOrHearing(isEvent)(make(world)))

export const handlers = {
  intake: intakeHandler,
  start: people(startHandler),
  urgent: people(urgentHandler),
  ask: peopleAnd(isPipelineJob, askHandler),
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
  pause: people(pauseHandler),
  promote: people(promoteHandler),
  orderRollback: people(orderRollbackHandler),
  answer: answerHandler,
  approve: people(approveHandler),
  override: people(overrideHandler),
  stopLine: people(stopLineHandler),
  startLine: people(startLineHandler),
  alarm: alarmHandler,
  announce: announceHandler,
  reconcile: reconcileHandler,
  provision: provisionHandler,
  budget: budgetHandler,
  attest: peopleAnd(isFromEventBridge, attestHandler),
  reports: reportsHandler,
  incident: peopleAnd(isFromEventBridge, incidentHandler),
  measure: measureHandler,
} as const satisfies Readonly<Record<string, (world: World) => Handler>>

export type Verb = keyof typeof handlers
export const verbs = Object.keys(handlers) as readonly Verb[]
