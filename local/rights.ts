// The identity policies of the embedded cloud's sample people, in IAM's form, and whether they allow a call. Whoever has no
// policy may do everything. A small part of IAM: statements that allow, wildcards, and one condition. A test compares it with a
// simulator of IAM that is not ours.
import type { Authorize } from '../cloud/local/protocol/rights.ts'
import { own } from '../core/own.ts'
import { patternsOf, readable } from '../cloud/kinds.ts'
import { environment, putBackMachine } from './installation.ts'

type Statement = {
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: readonly string[]
  readonly Condition?: Readonly<Record<'ForAllValues:StringLike', Readonly<Record<string, readonly string[]>>>> & {
    readonly Null: Readonly<Record<string, 'false'>>
  }
}

const leadingKeys = 'dynamodb:LeadingKeys'

const table: Statement = {
  Effect: 'Allow',
  Action: ['dynamodb:GetItem', 'dynamodb:Query'],
  Resource: [`arn:aws:dynamodb:*:*:table/${environment.TIDEGATE_TABLE}`],
  Condition: {
    'ForAllValues:StringLike': { [leadingKeys]: patternsOf(readable) },
    Null: { [leadingKeys]: 'false' },
  },
}

/** By access key. */
export const identityPolicies: Readonly<Record<string, readonly Statement[]>> = {
  // What `grantRead` gives, and what people look at beside it.
  viewer: [
    table,
    {
      Effect: 'Allow',
      Action: ['lambda:Get*', 'lambda:List*', 'cloudwatch:Get*', 'cloudwatch:Describe*', 'cloudwatch:List*'],
      Resource: ['*'],
    },
    { Effect: 'Allow', Action: ['sts:GetCallerIdentity', 'states:Describe*', 'states:List*'], Resource: ['*'] },
    { Effect: 'Allow', Action: ['execute-api:Invoke'], Resource: ['arn:aws:execute-api:*:*:*/*/GET/*'] },
  ],
  // The role of a chat's channel, as `grantPutBackFromChat` leaves it, and that of what it may start.
  'role.chat-channel': [
    {
      ...{ Effect: 'Allow', Action: ['states:StartExecution'] },
      Resource: [`arn:aws:states:*:*:stateMachine:${putBackMachine}`],
    },
  ],
  [`role.${putBackMachine}`]: [
    {
      Effect: 'Allow',
      Action: ['execute-api:Invoke'],
      Resource: ['arn:aws:execute-api:*:*:*/$default/POST/roll-back/*'],
    },
  ],
  // What `grantAgent` gives.
  'role.release-agent:mcp': [
    table,
    { Effect: 'Allow', Action: ['lambda:GetAlias'], Resource: ['*'] },
    {
      Effect: 'Allow',
      Action: ['execute-api:Invoke'],
      Resource: ['GET/*', 'POST/ask/*', 'POST/pause/*', 'POST/roll-back/*'].map(
        (route) => `arn:aws:execute-api:*:*:*/*/${route}`,
      ),
    },
  ],
}

/** As IAM compares: `*` is any text, `?` any one character; actions in any case. */
const isLike = (pattern: string, text: string, flags = ''): boolean =>
  new RegExp(
    `^${pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    `s${flags}`,
  ).test(text)

type Asked = Omit<Parameters<Authorize>[0], 'caller'>

const allows =
  ({ action, resource, context = {} }: Asked) =>
  ({ Action, Resource, Condition }: Statement): boolean =>
    Action.some((one) => isLike(one, action, 'i')) &&
    Resource.some((one) => isLike(one, resource)) &&
    (Condition === undefined ||
      Object.entries(Condition['ForAllValues:StringLike']).every(([key, patterns]) => {
        const values = own(context, key) ?? []
        return values.length > 0 && values.every((value) => patterns.some((pattern) => isLike(pattern, value)))
      }))

const isAllowed = (policy: readonly Statement[], asked: Asked): boolean => policy.some(allows(asked))

export const bySamplePolicies: Authorize = ({ caller, ...asked }) => {
  const policy = own(identityPolicies, caller.accessKeyId)
  return policy === undefined || isAllowed(policy, asked)
}
