// The policies that the stack gives to the controller's roles, with the names that the embedded cloud has for everything,
// and the simulator of IAM that decides by them.
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { runSimulation, type Simulation } from '@cloud-copilot/iam-simulate'
import type { Authorize } from '../../cloud/local/permission.ts'
import { ReleaseController } from '../../lib/controller.ts'
import { startMs } from '../../sim/house.ts'
import { environment, functionName } from '../../sim/installation.ts'

type Statement = { readonly actions: readonly string[]; readonly resources: readonly string[] }
/** By the name of the role: `tidegate-VERB`, and whoever else a stack has given rights to. */
export type Policies = Readonly<Record<string, readonly Statement[]>>

const account = '000000000000'
const region = 'us-east-1'
/** A stream is labelled with the time of its making. */
const streamArn = `arn:aws:dynamodb:${region}:${account}:table/${environment.TIDEGATE_TABLE}/stream/${new Date(startMs).toISOString().replace('Z', '')}`

type Resource = { readonly Type: string; readonly Properties: Record<string, unknown> }
type Document = { readonly Statement: readonly { readonly Action: unknown; readonly Resource: unknown }[] }

/** @param people gives rights to roles of the stack; a role is known by its description */
export function synthesised(
  services: readonly unknown[],
  people: (controller: ReleaseController, stack: Stack) => void = () => undefined,
): Policies {
  const stack = new Stack(new App(), 'tidegate')
  const controller = new ReleaseController(stack, 'Controller', { services })
  people(controller, stack)
  const resources = Template.fromStack(stack).toJSON()['Resources'] as Record<string, Resource>
  const tableId = stack.getLogicalId(controller.table.node.defaultChild as never)
  const resolve = (value: unknown): string => {
    if (typeof value === 'string') return value
    const intrinsic = value as { Ref?: string; 'Fn::GetAtt'?: [string, string]; 'Fn::Join'?: [string, unknown[]] }
    if (intrinsic['Fn::Join'] !== undefined) return intrinsic['Fn::Join'][1].map(resolve).join(intrinsic['Fn::Join'][0])
    if (intrinsic['Fn::GetAtt']?.[1] === 'StreamArn') return streamArn
    const place = intrinsic.Ref ?? intrinsic['Fn::GetAtt']?.[0] ?? ''
    const known: Record<string, string> = {
      'AWS::Partition': 'aws',
      'AWS::Region': region,
      'AWS::AccountId': account,
      [tableId]: `arn:aws:dynamodb:${region}:${account}:table/${environment.TIDEGATE_TABLE}`,
    }
    if (resources[place]?.Type === 'AWS::SNS::Topic') return environment.TIDEGATE_TOPIC_ARN
    if (resources[place]?.Type === 'AWS::Lambda::Function')
      return `arn:aws:lambda:${region}:${account}:function:${String(resources[place].Properties['FunctionName'])}`
    return known[place] ?? `arn:aws:unknown:::${place}`
  }
  const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : [value])
  const statementsOf = (roleId: string): readonly Statement[] =>
    Object.values(resources)
      .filter(
        (one) =>
          one.Type === 'AWS::IAM::Policy' &&
          JSON.stringify(one.Properties['Roles']) === JSON.stringify([{ Ref: roleId }]),
      )
      .flatMap((one) => (one.Properties['PolicyDocument'] as Document).Statement)
      .map(({ Action, Resource }) => ({ actions: list(Action).map(String), resources: list(Resource).map(resolve) }))
  const roles = Object.entries(resources).flatMap(([id, { Type, Properties }]) => {
    const { Description } = Properties as { Description?: string }
    return Type === 'AWS::IAM::Role' && Description !== undefined ? [[id, Description] as const] : []
  })
  return Object.fromEntries(
    roles.map(([id, description]) => [description.replace(/^Tidegate: /, functionName('')), statementsOf(id)]),
  )
}

type Used = Map<
  string,
  { readonly role: string; readonly action: string; readonly resource: string; readonly allowed: boolean }
>

/** Lets the roles do what their policies say, and everybody else everything. @returns also what was asked */
export function enforcing(policies: Policies): { readonly authorize: Authorize; readonly used: Used } {
  const used: Used = new Map()
  return {
    used,
    async authorize({ caller, action, resource }) {
      const role = /assumed-role\/([^/]+)\//.exec(caller.arn)?.[1]
      const own = role === undefined ? undefined : policies[role]
      if (role === undefined || own === undefined) return true
      const key = `${role} ${action} ${resource}`
      const known = used.get(key)
      if (known !== undefined) return known.allowed
      const simulation: Simulation = {
        request: {
          principal: `arn:aws:iam::${account}:role/${role}`,
          action,
          resource: { resource, accountId: account },
          contextVariables: {},
        },
        identityPolicies: [
          {
            name: role,
            policy: {
              Version: '2012-10-17',
              Statement: own.map(({ actions, resources }) => ({
                Effect: 'Allow',
                Action: [...actions],
                Resource: [...resources],
              })),
            },
          },
        ],
        serviceControlPolicies: [],
        resourceControlPolicies: [],
      }
      const found = await runSimulation(simulation, {})
      // An action or a resource that IAM does not know is a mistake of ours, and no denial.
      if (!('overallResult' in found)) throw new Error(`IAM cannot be asked for ${key}: ${JSON.stringify(found)}`)
      const allowed = found.overallResult === 'Allowed'
      used.set(key, { role, action, resource, allowed })
      return allowed
    },
  }
}
