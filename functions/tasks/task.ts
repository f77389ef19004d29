// The contract between the state machine and its tasks. The ASL branches on `next` and waits `seconds`; of a release it knows
// only the id and the return record that it carries.
import * as z from 'zod'
import type { Release } from '../../core/release/release.ts'
import { nextAct } from '../../core/release/next.ts'
import { Wait } from '../../core/release/outage.ts'
import { issuesSentence, Problem, problems } from '../../core/problem.ts'
import { ReturnRecord, returnRecordOf } from '../../core/release/return-record.ts'

/** The edition of the state machine that calls. An execution keeps the edition that it started with, also after an upgrade. */
export const machine = z.int().min(2).max(1000).optional()

export const TaskInput = z.strictObject({
  releaseId: z.string().min(1).max(64),
  execution: z.string().min(1).max(500),
  machine,
  /** Present in tasks that are answered by a callback. */
  token: z.string().min(1).max(2048).optional(),
  /** Present when the task follows an error. */
  error: z.looseObject({ Error: z.string().max(2000).optional(), Cause: z.string().max(40_000).optional() }).nullish(),
  /** What a rollback without the log needs. A record that another edition wrote, and that does not parse, counts as none. */
  record: ReturnRecord.nullish().catch(undefined),
  outage: Wait.nullish().catch(undefined),
})
export type TaskInput = z.output<typeof TaskInput>

/** `next` names the machine's next state in lower camel case. */
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
  // A machine from before gates existed has no such state, so hand over to an execution of the current machine.
  if (act.act === 'gate' && asker.machine === undefined) return { ...common, next: 'handOver', seconds: 1 }
  // A queued release waits until it is woken. Settling a settled release again changes nothing.
  const next = release.state.phase === 'queued' ? 'queue' : act.act === 'end' ? 'settle' : act.act
  return { ...common, next, seconds: 'seconds' in act ? act.seconds : 1 }
}
