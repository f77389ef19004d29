// The environment variables that a function and its stack share. Renaming one here is a compile error wherever it is set.
import * as z from 'zod'
import { issuesSentence } from '../core/problem.ts'

export const Environment = z.object({
  TIDEGATE_TABLE: z.string().min(3).max(255),
  TIDEGATE_STATE_MACHINE_ARN: z.string().startsWith('arn:').max(500),
  TIDEGATE_TOPIC_ARN: z.string().startsWith('arn:').max(500),
  TIDEGATE_BUS: z.string().min(1).max(500),
})
export type Environment = z.output<typeof Environment>

/** What `copyLog` has besides: the bucket with the copy of the logs. */
export const CopyEnvironment = Environment.extend({ TIDEGATE_LOG_COPY: z.string().min(3).max(63) })
export type CopyEnvironment = z.output<typeof CopyEnvironment>

/** Read once, when the function starts: if a variable is missing, it must fail then and not in the middle of a release. */
export function readEnvironment<E>(variables: Readonly<Record<string, string | undefined>>, schema: z.ZodType<E>): E {
  const parsed = schema.safeParse(variables)
  if (parsed.success) return parsed.data
  throw new Error(`The function's environment is not complete: ${issuesSentence(parsed.error.issues)}.`)
}
