// The policies that the stack gives to the controller's roles, with the embedded cloud's names for all resources, and the IAM
// simulator that decides by them.
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { runSimulation, type Simulation } from '@cloud-copilot/iam-simulate'
import type { Authorize } from '../../cloud/local/protocol/rights.ts'
import { kindOf } from '../../cloud/kinds.ts'
import { optionalVerbs, verbs } from '../../functions/handlers.ts'
import { ReleaseController, type ReleaseControllerProps } from '../../lib/controller.ts'
import { startMs } from '../../local/sandbox.ts'
import { environment, functionName, logCopyBucket } from '../../local/installation.ts'

type Statement = {
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  /** By operator and key. */
  readonly condition?: unknown
}
type Role = {
  readonly arn: string
  readonly statements: readonly Statement[]
  /** The trust policy: who may assume it. */
  readonly trust: unknown
}
/** By role name: `tidegate-VERB`, and the others to whom a stack has granted permissions. */
export type Policies = Readonly<Record<string, Role>>

const account = '000000000000'
const region = 'us-east-1'
/** A stream's label is the time at which it was created. */
const streamArn = `arn:aws:dynamodb:${region}:${account}:table/${environment.TIDEGATE_TABLE}/stream/${new Date(startMs).toISOString().replace('Z', '')}`

/** Of the controller's API on the embedded cloud. */
export const apiId = 'tidegate'

const topics: Readonly<Record<string, string>> = {
  Tidegate: environment.TIDEGATE_TOPIC_ARN,
  'Tidegate tickets': environment.TIDEGATE_TICKETS_ARN,
  'Tidegate chat': environment.TIDEGATE_CHAT_ARN,
}

type Resource = { readonly Type: string; readonly Properties: Record<string, unknown> }
type Document = {
  readonly Statement: readonly { readonly Action: unknown; readonly Resource: unknown; readonly Condition?: unknown }[]
}

const made = new Map<string, Policies>()

/**
 * Those of the same services are made once in a process: a stack takes half a second.
 * @param people grants permissions to roles of the stack; a role is identified by its description
 */
export function synthesised(
  services: readonly unknown[],
  people?: (controller: ReleaseController, stack: Stack) => void,
  more?: Partial<ReleaseControllerProps>,
): Policies {
  const key = people === undefined && more === undefined ? JSON.stringify(services) : undefined
  const known = key === undefined ? undefined : made.get(key)
  if (known !== undefined) return known
  const policies = synthesise(services, people, more)
  if (key !== undefined) made.set(key, policies)
  return policies
}

function synthesise(
  services: readonly unknown[],
  people: (controller: ReleaseController, stack: Stack) => void = () => undefined,
  more: Partial<ReleaseControllerProps> = {},
): Policies {
  // Without a tree of what it is made of, which takes a tenth of the time.
  const stack = new Stack(new App({ treeMetadata: false }), 'tidegate')
  const controller = new ReleaseController(stack, 'Controller', { services, chat: true, ...more })
  people(controller, stack)
  return embeddedRoles(stack)
}

/** @param parameters of the stack */
export const embeddedRoles = (made: Stack | Made, parameters: Readonly<Record<string, string>> = {}): Policies =>
  rolesIn(
    made,
    { account, region },
    ({ Type, Properties }, _, attribute) => {
      if (attribute === 'StreamArn') return streamArn
      if (Type === 'AWS::DynamoDB::GlobalTable')
        return `arn:aws:dynamodb:${region}:${account}:table/${environment.TIDEGATE_TABLE}`
      if (Type === 'AWS::ApiGatewayV2::Api') return apiId
      if (Type === 'AWS::S3::Bucket') return attribute === 'Arn' ? `arn:aws:s3:::${logCopyBucket}` : logCopyBucket
      if (Type === 'AWS::SNS::Topic') return topics[String(Properties['DisplayName'])]
      if (Type === 'AWS::SQS::Queue') return `arn:aws:sqs:${region}:${account}:${String(Properties['QueueName'])}`
      if (Type !== 'AWS::Lambda::Function') return undefined
      return `arn:aws:lambda:${region}:${account}:function:${String(Properties['FunctionName'])}`
    },
    parameters,
  )

/** A template. */
type Made = { readonly Resources: Readonly<Record<string, Resource>> }
type Site = { readonly account: string; readonly region: string }
/** The embedded cloud's name for a resource of the template. */
type NameOf = (resource: Resource, id: string, attribute: string | undefined) => string | undefined

/** @param nameOf a resource without a name gets its logical id, which no policy allows by accident */
export function rolesIn(
  made: Stack | Made,
  site: Site,
  nameOf: NameOf = () => undefined,
  parameters: Readonly<Record<string, string>> = {},
): Policies {
  const { Resources: resources } = made instanceof Stack ? (Template.fromStack(made).toJSON() as Made) : made
  const pseudo: Record<string, string> = {
    'AWS::Partition': 'aws',
    'AWS::Region': site.region,
    'AWS::AccountId': site.account,
    ...parameters,
  }
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve)
    if (typeof value !== 'object' || value === null) return value
    const intrinsic = value as { Ref?: string; 'Fn::GetAtt'?: [string, string]; 'Fn::Join'?: [string, unknown[]] }
    if (intrinsic['Fn::Join'] !== undefined) return intrinsic['Fn::Join'][1].map(resolve).join(intrinsic['Fn::Join'][0])
    const id = intrinsic.Ref ?? intrinsic['Fn::GetAtt']?.[0]
    if (id === undefined) return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, resolve(one)]))
    const resource = resources[id]
    const named = resource && nameOf(resource, id, intrinsic['Fn::GetAtt']?.[1])
    return pseudo[id] ?? named ?? `arn:aws:unknown:::${id}`
  }
  const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : [value])
  const statementsOf = (roleId: string): readonly Statement[] =>
    Object.values(resources)
      .filter(
        (one) =>
          one.Type === 'AWS::IAM::Policy' &&
          JSON.stringify(one.Properties['Roles']) === JSON.stringify([{ Ref: roleId }]),
      )
      .flatMap((one) => (resolve(one.Properties['PolicyDocument']) as Document).Statement)
      .map(({ Action, Resource, Condition }) => ({
        actions: list(Action).map(String),
        resources: list(Resource).map(String),
        ...(Condition === undefined ? {} : { condition: Condition }),
      }))
  const roles = Object.entries(resources).flatMap(([id, { Type, Properties }]) => {
    const {
      Description,
      Path = '/',
      RoleName,
      AssumeRolePolicyDocument,
    } = Properties as Partial<Record<string, unknown>>
    if (Type !== 'AWS::IAM::Role' || typeof Description !== 'string') return []
    const name = nameOfRole(Description)
    const arn = `arn:aws:iam::${site.account}:role${String(Path)}${String(resolve(RoleName ?? name))}`
    return [[name, { arn, statements: statementsOf(id), trust: resolve(AssumeRolePolicyDocument) }] as const]
  })
  return Object.fromEntries(roles)
}

/** The controller's roles are named like their functions here, the others by their description. */
const nameOfRole = (description: string): string => {
  const verb = description.replace(/^Tidegate: /, '')
  return [...verbs, ...optionalVerbs].some((one) => one === verb) ? functionName(verb) : verb
}

type Used = Map<
  string,
  {
    readonly role: string
    readonly action: string
    readonly resource: string
    readonly allowed: boolean
    /** Of the table's items; empty where the request is about something else. */
    readonly kinds: readonly string[]
  }
>

/** The rights (`rightOf`) that the roles of the controller used, by whichever policies, since somebody cleared this. */
export const allowedRights = new Set<string>()

const itemWords: Readonly<Record<string, string>> = {
  'dynamodb:GetItem': 'reads',
  'dynamodb:Query': 'reads',
  'dynamodb:PutItem': 'writes',
  'dynamodb:UpdateItem': 'updates',
  'dynamodb:DeleteItem': 'deletes',
}
/** `verb action`; on items of the table `verb reads KIND`, and so on. */
export const rightOf = (verb: string, action: string, kinds: readonly string[] = []): string =>
  `${verb.replace(functionName(''), '')} ${kinds.length === 0 ? action : `${itemWords[action] ?? action} ${kinds.join('+')}`}`
export const rightsIn = (used: Used): ReadonlySet<string> =>
  new Set([...used.values()].map(({ role, action, kinds }) => rightOf(role, action, kinds)))

/** Allows the roles what their policies say, and everybody else everything. @returns also the permissions that were checked */
export function enforcing(policies: Policies): { readonly authorize: Authorize; readonly used: Used } {
  const used: Used = new Map()
  return {
    used,
    async authorize({ caller, action, resource, context = {} }) {
      const role = /assumed-role\/([^/]+)\//.exec(caller.arn)?.[1]
      const own = role === undefined ? undefined : policies[role]
      if (role === undefined || own === undefined) return true
      // For a role, its trust policy is also checked.
      // For a key, its key policy is also checked, which here defers to the account's IAM policies.
      const resourcePolicy =
        action === 'sts:AssumeRole'
          ? trustOf(policies, resource)
          : action === 'kms:Decrypt'
            ? leftToTheAccount
            : undefined
      // Policies tell the table's kinds of items apart, and not the items of a kind.
      const kinds = (context['dynamodb:LeadingKeys'] ?? []).map((key) => kindOf(key) ?? key)
      const key = `${role} ${action} ${resource} ${kinds.join()}`
      const known = used.get(key)
      if (known !== undefined) {
        if (known.allowed) allowedRights.add(rightOf(role, action, kinds))
        return known.allowed
      }
      const answers = action === 'sts:AssumeRole' ? undefined : decidedFor(own)
      const about = `${key} ${JSON.stringify({ ...context, 'dynamodb:LeadingKeys': kinds })}`
      const allowed = answers?.get(about) ?? (await isAllowed({ role, own, action, resource, context, resourcePolicy }))
      answers?.set(about, allowed)
      used.set(key, { role, action, resource, allowed, kinds })
      if (allowed) allowedRights.add(rightOf(role, action, kinds))
      return allowed
    },
  }
}

/** What IAM answers to a role by its own policies, kept for all tests of a process: many stacks give a role the same ones. */
const decisions = new Map<string, Map<string, boolean>>()
const decisionsOf = new WeakMap<Role, Map<string, boolean>>()
function decidedFor(role: Role): Map<string, boolean> {
  const text = (): string => JSON.stringify([role.arn, role.statements])
  const known = decisionsOf.get(role) ?? kept(decisions, text(), () => new Map<string, boolean>())
  decisionsOf.set(role, known)
  return known
}

function kept<Value>(all: Map<string, Value>, key: string, make: () => Value): Value {
  const known = all.get(key) ?? make()
  all.set(key, known)
  return known
}

type Question = Pick<Parameters<Authorize>[0], 'action' | 'resource'> & {
  readonly role: string
  readonly own: Role
  readonly context: Readonly<Record<string, readonly string[]>>
  /** The policy of what is asked about, where it has one. */
  readonly resourcePolicy?: unknown
}

async function isAllowed({ role, own, action, resource, context, resourcePolicy }: Question): Promise<boolean> {
  const asked = simulated(action)
  const simulation: Simulation = {
    request: {
      principal: own.arn,
      action: asked,
      resource: { resource, accountId: accountOf(resource) ?? accountOf(own.arn) ?? '' },
      contextVariables: { 'aws:PrincipalArn': own.arn, ...copied(context) },
    },
    identityPolicies: [
      {
        name: role,
        policy: {
          Version: '2012-10-17',
          Statement: own.statements.map(({ actions, resources, condition }) => ({
            Effect: 'Allow',
            Action: actions.map(simulated),
            Resource: [...resources],
            ...(condition === undefined ? {} : { Condition: condition }),
          })),
        },
      },
    ],
    ...(resourcePolicy === undefined ? {} : { resourcePolicy }),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  }
  const found = await runSimulation(simulation, {})
  // An action or resource that IAM does not know is a mistake of ours, and not a denial.
  if (!('overallResult' in found))
    throw new Error(`IAM cannot be asked for ${role} ${action} ${resource}: ${JSON.stringify(found)}`)
  return found.overallResult === 'Allowed'
}

/**
 * The simulator knows only the service authorization reference, which does not have the state machine that a task's result is
 * checked on (cloud/authorization.ts), and it does not tell versions from aliases. So we ask about another action on the same
 * resource, which nobody is granted.
 */
const simulated = (action: string): string => standIns[action] ?? action
const standIns: Readonly<Record<string, string>> = {
  'states:SendTaskSuccess': 'states:DescribeStateMachine',
  'states:SendTaskFailure': 'states:DescribeStateMachine',
  'lambda:PutProvisionedConcurrencyConfig': 'lambda:PutFunctionConcurrency',
  'lambda:DeleteProvisionedConcurrencyConfig': 'lambda:DeleteFunctionConcurrency',
  'lambda:GetProvisionedConcurrencyConfig': 'lambda:GetFunctionRecursionConfig',
}

/** The simulator wants lists that it may change. */
const copied = (context: Readonly<Record<string, readonly string[]>>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(context).map(([name, values]) => [name, [...values]]))

/** The account in the ARN. S3's ARNs have none, nor do actions without a resource. */
const accountOf = (arn: string): string | undefined => /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(arn)?.[1]

/** The default key policy that KMS creates. */
const leftToTheAccount = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' }],
}

const trustOf = (policies: Policies, roleArn: string): unknown =>
  Object.values(policies).find(({ arn }) => arn === roleArn)?.trust ?? { Version: '2012-10-17', Statement: [] }
