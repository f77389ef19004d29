// What a check says: that something is right, that it is not and how to mend it, or that nobody could look. What could not
// be looked at is unknown, and never right.
import { asProblem } from '../../cloud/aws/failure.ts'

/** A call of the AWS CLI with everything it takes; `input` has the names of the API. */
export type AwsCommand = { readonly service: string; readonly operation: string; readonly input: object }

export type Mend = {
  /** What to do, in words, where commands do not say it. */
  readonly words?: string
  /** One after the other. */
  readonly commands?: readonly AwsCommand[]
  /** The same where the CDK makes it. */
  readonly cdk?: string
}

export type Finding = {
  /** What was looked at: a bucket, an alarm. */
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

/** As it is typed into a shell. */
export function commandLine({ service, operation, input }: AwsCommand): string {
  const json = JSON.stringify(input).replaceAll("'", `'\\''`)
  return `aws ${service} ${operation} --cli-input-json '${json}'`
}

/** @param call the IAM action and what it is for, such as `sns:ListSubscriptionsByTopic of tidegate-pages` */
export function unknown(about: string, error: unknown, call: string): Finding {
  const { code, message, fix } = asProblem(error, call)
  if (code !== 'permission_denied') return { kind: 'unknown', about, says: message, mend: { words: fix } }
  const permission = /denied ([a-z0-9-]+:[A-Za-z0-9]+)/.exec(message)?.[1] ?? call.split(' ')[0] ?? call
  const words = `Let whoever asks do ${permission}, and ask again.`
  return {
    kind: 'unknown',
    about,
    says: `You may not look: ${permission} is denied to you.`,
    permission,
    mend: { words },
  }
}

/** Looks at each of them; one that cannot be looked at hides no other. */
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

/** Awaits an answer; `undefined` when AWS says by one of these names that there is none. */
export async function unlessNamed<T>(answer: Promise<T>, ...names: readonly string[]): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof Error && names.includes(error.name)) return undefined
    throw error
  }
}
