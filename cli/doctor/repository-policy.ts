// Whether a repository's policy lets Lambda pull, as far as one can tell without being IAM.
import * as z from 'zod'

const texts = z.union([z.string().transform((one) => [one]), z.array(z.string())])
const Statement = z.looseObject({
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z.union([z.literal('*'), z.looseObject({ Service: texts.optional(), AWS: texts.optional() })]).optional(),
  Action: texts.optional(),
  Condition: z.record(z.string(), z.record(z.string(), texts)).optional(),
})
const Policy = z.looseObject({
  Statement: z.union([z.array(Statement), Statement.transform((one) => [one])]),
})

/** The actions that Lambda needs (Lambda developer guide, "Amazon ECR permissions"). */
const pull = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer']
const lambdaService = 'lambda.amazonaws.com'

const covers = (patterns: readonly string[], action: string): boolean =>
  patterns.some((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i').test(action))

/** @returns `undefined` if only AWS could tell */
export function letsLambdaPull(policyText: string | undefined, accountId: string | undefined): boolean | undefined {
  if (policyText === undefined) return false
  const parsed = Policy.safeParse(jsonOf(policyText))
  if (!parsed.success) return undefined
  const forLambda = parsed.data.Statement.filter(
    ({ Principal }) => Principal === '*' || Principal?.Service?.includes(lambdaService) === true,
  )
  if (forLambda.some(({ Effect, Action = [] }) => Effect === 'Deny' && pull.some((one) => covers(Action, one))))
    return undefined
  const allows = forLambda.filter(({ Effect }) => Effect === 'Allow')
  const plain = allows.filter(({ Condition }) => isMet(Condition, accountId))
  const allowed = (some: typeof allows): boolean =>
    pull.every((one) => some.some(({ Action = [] }) => covers(Action, one)))
  if (allowed(plain)) return true
  return allowed(allows) ? undefined : false
}

/** Recognises only the condition that AWS's own console writes: functions of one account. */
function isMet(condition: z.output<typeof Statement>['Condition'], accountId: string | undefined): boolean {
  if (condition === undefined) return true
  const operators = Object.entries(condition)
  const [operator, keys] = operators[0] ?? ['', {}]
  const [key, patterns] = Object.entries(keys)[0] ?? ['', []]
  if (operators.length > 1 || Object.keys(keys).length > 1) return false
  if (!/^(StringLike|ArnLike)$/.test(operator) || key.toLowerCase() !== 'aws:sourcearn') return false
  return patterns.some((pattern) =>
    new RegExp(`^arn:aws[a-z-]*:lambda:(\\*|[a-z0-9-]+):(\\*|${accountId ?? '-'}):function:\\*$`).test(pattern),
  )
}

/** The policy with one statement added. */
export function withLambda(policyText: string | undefined): string {
  const before = policyText === undefined ? {} : (jsonOf(policyText) as Record<string, unknown>)
  const statements = before['Statement'] ?? []
  const statement = {
    Sid: 'LambdaPulls',
    Effect: 'Allow',
    Principal: { Service: lambdaService },
    Action: pull,
  }
  return JSON.stringify({
    Version: '2012-10-17',
    ...before,
    Statement: [...(Array.isArray(statements) ? (statements as unknown[]) : [statements]), statement],
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
