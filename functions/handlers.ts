// Every function of the controller by its verb. The embedded cloud and the simulator install them from this list.
import { admitHandler } from './admit.ts'
import { alarmHandler } from './alarm.ts'
import { announceHandler } from './announce.ts'
import { answerHandler } from './answer.ts'
import { approveHandler } from './approve.ts'
import { askHandler } from './ask.ts'
import { attestHandler } from './attest.ts'
import { bakeHandler } from './bake.ts'
import { budgetHandler } from './budget.ts'
import { gateHandler } from './gate.ts'
import { handOverHandler } from './hand-over.ts'
import { hookHandler } from './hook.ts'
import { incidentHandler } from './incident.ts'
import { intakeHandler, urgentHandler } from './intake.ts'
import { judgeHandler } from './judge.ts'
import { startLineHandler, stopLineHandler } from './line.ts'
import { measureHandler } from './measure.ts'
import { outageHandler } from './outage.ts'
import { overrideHandler } from './override.ts'
import { pageHandler } from './page.ts'
import { pauseHandler } from './pause.ts'
import { prepareHandler } from './prepare.ts'
import { promoteHandler } from './promote.ts'
import { provisionHandler } from './provision.ts'
import { reconcileHandler } from './reconcile.ts'
import { reportsHandler } from './reports.ts'
import { rollBackHandler } from './roll-back.ts'
import { settleHandler } from './settle.ts'
import { shiftHandler } from './shift.ts'
import { stopHandler } from './stop.ts'
import type { Call, World } from './world.ts'

export type Handler = (event: unknown, call: Call) => Promise<unknown>

export const handlers = {
  intake: intakeHandler,
  urgent: urgentHandler,
  ask: askHandler,
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
  stop: stopHandler,
  answer: answerHandler,
  approve: approveHandler,
  override: overrideHandler,
  stopLine: stopLineHandler,
  startLine: startLineHandler,
  alarm: alarmHandler,
  announce: announceHandler,
  reconcile: reconcileHandler,
  provision: provisionHandler,
  budget: budgetHandler,
  attest: attestHandler,
  reports: reportsHandler,
  incident: incidentHandler,
  measure: measureHandler,
} as const satisfies Readonly<Record<string, (world: World) => Handler>>

export type Verb = keyof typeof handlers
export const verbs = Object.keys(handlers) as readonly Verb[]
