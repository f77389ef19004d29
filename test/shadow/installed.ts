// The construct's roles, by the names of their functions, as IAM's simulator decides by them: denials too.
import { App, Stack } from 'aws-cdk-lib'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import { Template } from 'aws-cdk-lib/assertions'
import { runSimulation } from '@cloud-copilot/iam-simulate'
import type { Authorize } from '../../cloud/local/protocol/rights.ts'
import { Shadow, type ShadowProps } from '../../lib/shadow/shadow.ts'
import * as iam from 'aws-cdk-lib/aws-iam'

type Resource = { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }
/** In place of the controller: its code of the hook takes a second to bundle. */
export const controller = {
  shadowHookCode: () => lambda.Code.fromInline('// the hook'),
  grantAnswer: (grantee: iam.IGrantable) =>
    iam.Grant.addToPrincipal({
      ...{ grantee, actions: ['lambda:InvokeFunction'] },
      resourceArns: ['arn:aws:lambda:us-east-1:000000000000:function:tidegate-answer'],
    }),
}
const env = { account: '000000000000', region: 'us-east-1' }

/** @param live the function that is released: what its role may do, besides keeping samples */
export function installed(
  props: Omit<ShadowProps, 'controller'>,
  live: string,
  may: Readonly<Record<string, string>> = {},
) {
  const stack = new Stack(new App(), 'shadow', { env })
  const shadow = new Shadow(stack, 'Shadow', { controller, ...props })
  const role = new iam.Role(stack, 'Live', {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    description: live,
  })
  for (const [action, resource] of Object.entries(may))
    role.addToPolicy(new iam.PolicyStatement({ actions: [action], resources: [resource] }))
  shadow.grantSampling(role, live)
  return Template.fromStack(stack)
}

const arnOf = ({ Type, Properties }: Resource): string =>
  Type === 'AWS::DynamoDB::Table'
    ? `arn:aws:dynamodb:${env.region}:${env.account}:table/${String(Properties['TableName'])}`
    : 'arn:aws:unknown:::x'

type Text = { readonly Resources: Readonly<Record<string, Resource>> }

/**
 * @param parameters of the stack
 * @returns documents by the description of their role, or their own if they are of no role
 */
export function policiesOf(
  template: Template | Text,
  parameters: Readonly<Record<string, string>> = {},
): ReadonlyMap<string, readonly unknown[]> {
  const { Resources } = 'Resources' in template ? template : (template.toJSON() as Text)
  const known = { 'AWS::Partition': 'aws', 'AWS::Region': env.region, 'AWS::AccountId': env.account, ...parameters }
  const resolved = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolved)
    if (typeof value !== 'object' || value === null) return value
    const { Ref, 'Fn::GetAtt': att, 'Fn::Join': join } = value as Readonly<Record<string, unknown>>
    if (typeof Ref === 'string' && Object.hasOwn(known, Ref)) return known[Ref as keyof typeof known]
    if (Array.isArray(att)) return arnOf(Resources[String(att[0])]!)
    if (Array.isArray(join)) return (join[1] as unknown[]).map(resolved).join(String(join[0]))
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, resolved(one)]))
  }
  const found = new Map<string, unknown[]>()
  for (const { Type, Properties } of Object.values(Resources)) {
    if (Type === 'AWS::IAM::ManagedPolicy')
      found.set(String(Properties['Description']), [resolved(Properties['PolicyDocument'])])
    if (Type !== 'AWS::IAM::Policy') continue
    for (const { Ref } of Properties['Roles'] as { readonly Ref: string }[]) {
      const name = String(Resources[Ref]?.Properties['Description'])
      found.set(name, [...(found.get(name) ?? []), resolved(Properties['PolicyDocument'])])
    }
  }
  return found
}

/** Roles of the construct may do what it says; everybody else everything. */
export function enforcing(policies: ReadonlyMap<string, readonly unknown[]>) {
  const refused = new Set<string>()
  const known = new Map<string, Promise<boolean>>()
  const decide = async (role: string, action: string, resource: string, context: Readonly<Record<string, unknown>>) => {
    const documents = policies.get(role) ?? []
    const found = await runSimulation(
      {
        request: {
          principal: `arn:aws:iam::${env.account}:role/${role}`,
          action,
          resource: { resource, accountId: env.account },
          contextVariables: context as Record<string, string | string[]>,
        },
        identityPolicies: documents.map((policy, index) => ({ name: String(index), policy })),
        serviceControlPolicies: [],
        resourceControlPolicies: [],
      },
      {},
    )
    if (!('overallResult' in found)) throw new Error(JSON.stringify(found))
    if (found.overallResult !== 'Allowed') refused.add(`${role} ${action} ${resource}`)
    return found.overallResult === 'Allowed'
  }
  const authorize: Authorize = ({ caller, action, resource, context: whole = {} }) => {
    const role = /assumed-role\/([^/]+)\//.exec(caller.arn)?.[1] ?? ''
    if (!policies.has(role)) return true
    // Only the policies about samples test keys, and each order has another one.
    const context = resource.endsWith('-samples') ? whole : {}
    const key = JSON.stringify([role, action, resource, context])
    const answer = known.get(key) ?? decide(role, action, resource, context)
    known.set(key, answer)
    return answer
  }
  return { authorize, refused }
}
