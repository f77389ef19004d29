// The result of a check: something is fine, or is not fine and how to mend it, or could not be inspected. What could not be
// inspected is unknown, never fine.
import { asProblem } from '../../cloud/aws/failure.ts'
import { explained } from '../backend/explained.ts'

/** A complete AWS CLI call; `input` uses the API's field names. */
export type AwsCommand = { readonly service: string; readonly operation: string; readonly input: object }

export type Mend = {
  /** What to do, in words, if commands are not enough. */
  readonly words?: string
  /** Run in this order. */
  readonly commands?: readonly AwsCommand[]
  /** The CDK equivalent, for resources that the CDK creates. */
  readonly cdk?: string
}

export type Finding = {
  /** The inspected item: a bucket, an alarm. */
  readonly about: string
  readonly says: string
} & (
  | { readonly kind: 'ok'; readonly advice?: Mend }
  | { readonly kind: 'problem'; readonly mend: Mend }
  | { readonly kind: 'unknown'; readonly permission?: string; readonly mend: Mend }
)

export const ok = (about: string, says: string, advice?: Mend): Finding => ({
  kind: 'ok',
  about,
  says,
  ...(advice === undefined ? {} : { advice }),
})
export const problem = (about: string, says: string, mend: Mend): Finding => ({ kind: 'problem', about, says, mend })

export const awsCommand = (service: string, operation: string, input: object): AwsCommand => ({
  service,
  operation,
  input,
})

/** The command as typed into a shell. */
export function commandLine({ service, operation, input }: AwsCommand): string {
  const json = JSON.stringify(input).replaceAll("'", `'\\''`)
  return `aws ${service} ${operation} --cli-input-json '${json}'`
}

/** @param call the IAM action and what it is for, such as `sns:ListSubscriptionsByTopic of tidegate-pages` */
export function unknown(about: string, error: unknown, call: string): Finding {
  const refused = asProblem(error, call)
  const { code, message, fix } = explained(refused, {}) ?? refused
  if (code !== 'permission_denied') return { kind: 'unknown', about, says: message, mend: { words: fix } }
  const permission = /denied ([a-z0-9-]+:[A-Za-z0-9]+)/.exec(message)?.[1] ?? call.split(' ')[0] ?? call
  const words = `Grant ${permission} to the role or user that runs this check, and run it again.`
  return {
    kind: 'unknown',
    about,
    says: `This cannot be checked: you are denied ${permission}.`,
    permission,
    mend: { words },
  }
}

/** Inspects each item. If one cannot be inspected, the others still are. */
export async function each<T>(
  items: readonly T[],
  name: (item: T) => string,
  call: string,
  look: (item: T) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const found: Finding[] = []
  for (const item of items) {
    try {
      found.push(...(await look(item)))
    } catch (error) {
      found.push(unknown(name(item), error, call))
    }
  }
  return found
}

/** Awaits an answer; `undefined` if AWS throws one of these errors, which mean that the thing does not exist. */
export async function unlessNamed<T>(answer: Promise<T>, ...names: readonly string[]): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof Error && names.includes(error.name)) return undefined
    throw error
  }
}
