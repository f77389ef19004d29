// A tool that an agent may call: what it takes, what it may change, and what it answers.
import type * as z from 'zod'
import type { Backend } from '../backend/backend.ts'

/** As the protocol names them; hints for the agent's program, never a fence: that is IAM. */
type Hints = {
  readonly readOnlyHint: boolean
  readonly destructiveHint: boolean
  readonly idempotentHint: boolean
  readonly openWorldHint: boolean
}

/** Reads, and changes nothing. */
export const reads: Hints = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
}

export type Answer = {
  /** Our own sentences. They have numbers and names of closed forms in them, and nothing that others wrote. */
  readonly says: readonly string[]
  /** Everything else. It is marked before it is sent (marked.ts). */
  readonly data?: unknown
}

export type Context = {
  readonly backend: Backend
  /** Notes an order that is about to be given. @throws Problem `person_decides` after too many of them */
  readonly allowOrder: () => void
}

export type Tool = {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly input: z.ZodObject
  readonly hints: Hints
  /** @param given as `input` has checked it @throws Problem */
  readonly run: (context: Context, given: unknown) => Promise<Answer>
}

type Typed<S extends z.ZodObject> = Omit<Tool, 'input' | 'run'> & {
  readonly input: S
  readonly run: (context: Context, given: z.output<S>) => Promise<Answer>
}

/** A tool whose `run` takes what its `input` gives. */
export const tool = <S extends z.ZodObject>({ input, run, ...rest }: Typed<S>): Tool => ({
  ...rest,
  input,
  run: (context, given) => run(context, input.parse(given)),
})
