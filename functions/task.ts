// What the state machine gives to its tasks and gets back. The ASL branches on `next` and waits `seconds`; it knows no
// more of a release than its id.
import * as z from 'zod'
import type { Release } from '../core/release.ts'
import { nextAct } from '../core/next.ts'
import { issuesSentence, Problem } from '../core/problem.ts'

export const TaskInput = z.strictObject({
  releaseId: z.string().min(1).max(64),
  execution: z.string().min(1).max(500),
  /** Present in tasks that are answered by a callback. */
  token: z.string().min(1).max(2048).optional(),
  /** Present when the task follows an error that nobody expected. */
  error: z.looseObject({ Error: z.string().max(2000).optional(), Cause: z.string().max(40_000).optional() }).optional(),
})
export type TaskInput = z.output<typeof TaskInput>

/** `next` names the next state of the machine in lower camel case. */
export type TaskResult = { readonly releaseId: string; readonly next: string; readonly seconds: number }

/** @throws Problem `call_invalid` */
export function taskInput(input: unknown): TaskInput {
  const parsed = TaskInput.safeParse(input)
  if (parsed.success) return parsed.data
  throw new Problem('call_invalid', `The task's input is not valid: ${issuesSentence(parsed.error.issues)}.`)
}

export function taskResult(release: Release, nowMs: number): TaskResult {
  const act = nextAct(release, nowMs)
  // Nothing is due in a queue until somebody says so; a settled release is settled once more, which changes nothing.
  const next = release.state.phase === 'queued' ? 'queue' : act.act === 'end' ? 'settle' : act.act
  return { releaseId: release.id, next, seconds: 'seconds' in act ? act.seconds : 1 }
}
