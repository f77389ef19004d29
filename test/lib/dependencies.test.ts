// The order in which CloudFormation creates resources: dependencies exist first, and none is declared twice (cfn-lint: W3005).
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import { beforeAll, expect, it } from 'vitest'
import { ReleaseController } from '../../lib/controller.ts'
import { ReleasedFunction } from '../../lib/released-function.ts'
import { sampleDefinition } from '../scenarios/least-privilege.ts'

type Resource = {
  readonly Type: string
  readonly Properties?: Readonly<Record<string, unknown>>
  readonly DependsOn?: readonly string[]
}

let resources: Readonly<Record<string, Resource>>
beforeAll(() => {
  const stack = new Stack(new App(), 'Shop')
  const controller = new ReleaseController(stack, 'Tidegate', { services: [{ ...sampleDefinition, triggers: {} }] })
  const fn = new lambda.Function(stack, 'Checkout', {
    functionName: 'checkout',
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => 1'),
    // The CDK would depend twice on a role that it creates here, which is not our doing.
    role: iam.Role.fromRoleName(stack, 'Somebody', 'somebody'),
  })
  new ReleasedFunction(stack, 'Live', { controller, function: fn, alias: 'live' })
  resources = (Template.fromStack(stack).toJSON() as { Resources: Record<string, Resource> }).Resources
})

/** The logical ids that a value refers to. */
function referredTo(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Sub': text } = value as Readonly<Record<string, unknown>>
  const named = [Ref, ...(Array.isArray(attribute) ? [attribute[0] as unknown] : [])]
  const embedded = [...JSON.stringify(text ?? '').matchAll(/\$\{([A-Za-z0-9]+)/g)].map((match) => match[1])
  return [...named, ...embedded]
    .filter((one) => typeof one === 'string')
    .concat(Object.values(value).flatMap((one) => referredTo(one)))
}

it('no resource explicitly depends on what its properties already refer to', () => {
  const twice = Object.entries(resources).flatMap(([id, { Properties, DependsOn = [] }]) => {
    const implied = new Set(referredTo(Properties))
    return DependsOn.filter((one) => implied.has(one)).map((one) => `${id} on ${one}`)
  })
  expect(twice).toEqual([])
})

it('every function waits for the policies of its role', () => {
  const policies = Object.entries(resources).filter(([, one]) => one.Type === 'AWS::IAM::Policy')
  const running = Object.values(resources).filter((one) =>
    ['AWS::Lambda::Function', 'AWS::StepFunctions::StateMachine'].includes(one.Type),
  )
  let waits = 0
  for (const { Properties = {}, DependsOn = [] } of running) {
    const [role = ''] = referredTo(Properties['Role'] ?? Properties['RoleArn'])
    for (const [id] of policies.filter(([, one]) => referredTo(one.Properties?.['Roles']).includes(role))) {
      expect(DependsOn).toContain(id)
      waits++
    }
  }
  // All but the shop's function, whose role is not in this stack.
  expect(waits).toBe(running.length - 1)
})
