// What the state machine gives to its tasks and gets back. The ASL branches on `next` and waits `seconds`; it knows no
// more of a release than its id.
import * as z from 'zod'
import type { Release } from '../../core/release/release.ts'
import { nextAct } from '../../core/release/next.ts'
import { Wait } from '../../core/release/outage.ts'
import { issuesSentence, Problem, problems } from '../../core/problem.ts'
import { ReturnRecord, returnRecordOf } from '../../core/release/return-record.ts'

/** Which edition of the state machine asks: an execution goes on by the one that it began with, also after an upgrade. */
export const machine = z.int().min(2).max(1000).optional()

export const TaskInput = z.strictObject({
  releaseId: z.string().min(1).max(64),
  execution: z.string().min(1).max(500),
  machine,
  /** Present in tasks that are answered by a callback. */
  token: z.string().min(1).max(2048).optional(),
  /** Present when the task follows an error. */
  error: z.looseObject({ Error: z.string().max(2000).optional(), Cause: z.string().max(40_000).optional() }).nullish(),
  /** What puts the traffic back without the log; what another edition wrote is as good as none. */
  record: ReturnRecord.nullish().catch(undefined),
  outage: Wait.nullish().catch(undefined),
})
export type TaskInput = z.output<typeof TaskInput>

/** `next` names the next state of the machine in lower camel case. */
export type TaskResult = {
  readonly releaseId: string
  readonly next: string
  readonly seconds: number
  /** For the machine to carry: `null` before there is anything to put back. */
  readonly record: ReturnRecord | null
}

/** Lambda's answer has the sentence and not the fix: so that whoever calls by hand reads it, the sentence has both. */
export const notTheMachine = (why: string): Problem =>
  new Problem('task_invalid', `This is not the state machine's call: ${why}. ${problems.task_invalid}`)

/** @throws Problem `task_invalid` */
export function taskInput(input: unknown): TaskInput {
  const parsed = TaskInput.safeParse(input)
  if (parsed.success) return parsed.data
  throw notTheMachine(issuesSentence(parsed.error.issues))
}

export function taskResult(
  release: Release,
  nowMs: number,
  asker: { readonly machine?: number | undefined },
): TaskResult {
  const act = nextAct(release, nowMs)
  const common = { releaseId: release.id, record: returnRecordOf(release) ?? null }
  // A machine from before there were gates cannot go there: an execution of today's takes over.
  if (act.act === 'gate' && asker.machine === undefined) return { ...common, next: 'handOver', seconds: 1 }
  // Nothing is due in a queue until somebody says so; a settled release is settled once more, which changes nothing.
  const next = release.state.phase === 'queued' ? 'queue' : act.act === 'end' ? 'settle' : act.act
  return { ...common, next, seconds: 'seconds' in act ? act.seconds : 1 }
}
