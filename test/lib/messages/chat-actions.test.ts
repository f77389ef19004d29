// The button of a chat: its machine may put traffic back, and the channel's role may start that machine. Neither may do anything
// that takes a person, so nobody approves by pressing a button.
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import * as iam from 'aws-cdk-lib/aws-iam'
import validate from 'asl-validator'
import jsonata from 'jsonata'
import { beforeAll, describe, expect, it } from 'vitest'
import { ReleaseController } from '../../../lib/controller.ts'

type Resource = { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }
type Statement = { readonly Action: string; readonly Resource: unknown }

const service = { name: 'checkout', targets: [{ function: 'checkout', alias: 'live' }], plan: 'AllAtOnce' }
let resources: Readonly<Record<string, Resource>>
beforeAll(() => {
  const stack = new Stack(new App(), 'tidegate', { env: { account: '111122223333', region: 'eu-west-1' } })
  const controller = new ReleaseController(stack, 'Controller', { services: [service], chat: { putBack: true } })
  controller.grantPutBackFromChat(
    new iam.Role(stack, 'Channel', { assumedBy: new iam.ServicePrincipal('chatbot.amazonaws.com') }),
  )
  resources = (Template.fromStack(stack).toJSON() as { Resources: Record<string, Resource> }).Resources
})

/** With the logical ids of resources in the place of references. */
function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filled)
  if (typeof value !== 'object' || value === null) return value
  const { Ref, 'Fn::Join': join } = value as { Ref?: string; 'Fn::Join'?: [string, unknown[]] }
  if (Ref !== undefined) return Ref === 'AWS::Partition' ? 'aws' : Ref
  if (join !== undefined) return join[1].map(filled).join(join[0])
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, filled(one)]))
}
const statementsOf = (name: string): readonly Statement[] =>
  Object.entries(resources)
    .filter(([id, { Type }]) => Type === 'AWS::IAM::Policy' && id.includes(name))
    .flatMap(([, { Properties }]) => {
      const { Statement } = filled(Properties['PolicyDocument']) as { Statement: Statement[] }
      return Statement
    })
const machine = (): string => {
  const [found] = Object.entries(resources).filter(
    ([id, { Type }]) => Type === 'AWS::StepFunctions::StateMachine' && id.includes('PutBackFromChat'),
  )
  const { DefinitionString, DefinitionSubstitutions } = found?.[1].Properties ?? {}
  return Object.entries(filled(DefinitionSubstitutions) as Record<string, string>).reduce(
    (text, [name, value]) => text.replaceAll(`\${${name}}`, value),
    filled(DefinitionString) as string,
  )
}

it('the channel may start the machine, and nothing else', () => {
  expect(statementsOf('ChannelDefaultPolicy')).toEqual([
    expect.objectContaining({
      Action: 'states:StartExecution',
      Resource: expect.stringContaining('PutBackFromChat') as string,
    }),
  ])
})

it('the log can say who it was: the role has a name', () => {
  const roles = Object.values(resources).filter(({ Type }) => Type === 'AWS::IAM::Role')
  expect(roles.map(({ Properties }) => Properties['RoleName'])).toContain('tidegate-put-back-eu-west-1')
})

describe('the machine', () => {
  const api = (): string => Object.keys(resources).find((id) => resources[id]?.Type === 'AWS::ApiGatewayV2::Api') ?? ''

  it('may put traffic back by the API, and may not approve, promote, start or override', () => {
    const statements = statementsOf('PutBackFromChatRoleDefaultPolicy')
    expect(statements).toEqual([
      {
        Action: 'execute-api:Invoke',
        Effect: 'Allow',
        Resource: `arn:aws:execute-api:eu-west-1:111122223333:${api()}/$default/POST/roll-back/*`,
      },
    ])
  })

  it('is one that Step Functions takes, and calls the route with what the button gives it', async () => {
    const definition = JSON.parse(machine()) as { States: { PutBack: { Arguments: Record<string, string> } } }
    expect(validate(definition)).toMatchObject({ isValid: true })
    const { Arguments } = definition.States.PutBack
    expect(Arguments).toMatchObject({ Method: 'POST', AuthType: 'IAM_ROLE' })
    expect(Arguments['ApiEndpoint']).toMatch(/^\w+\.execute-api\.eu-west-1\./)
    const given = (name: string, input: object): Promise<unknown> =>
      jsonata((Arguments[name] ?? '').replace(/^\{%|%\}$/g, '')).evaluate({}, { states: { input } }) as Promise<unknown>
    const one = { service: 'checkout' }
    expect(await given('Path', one)).toBe('/roll-back/checkout')
    expect(await given('Path', { service: '../approve/checkout' })).toBe('/roll-back/..%2Fapprove%2Fcheckout')
    expect(await given('RequestBody', one)).toEqual({ reason: 'ordered in a chat' })
    expect(await given('RequestBody', { ...one, releaseId: 'a-1', by: 'user/ann', reason: 'x' })).toEqual({
      ...{ reason: 'ordered in a chat', releaseId: 'a-1' },
    })
  })
})

it('without the button, nobody can be given it', () => {
  const stack = new Stack(new App(), 'tidegate')
  const controller = new ReleaseController(stack, 'Controller', { services: [service], chat: true })
  const role = new iam.Role(stack, 'Channel', { assumedBy: new iam.ServicePrincipal('chatbot.amazonaws.com') })
  expect(() => controller.grantPutBackFromChat(role)).toThrow(expect.objectContaining({ code: 'definition_invalid' }))
})
