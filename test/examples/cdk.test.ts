// The type check compiles the examples; this test synthesises them, and checks that they show what they are meant to show.
import { App, type Stack } from 'aws-cdk-lib'
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { DeliveryStack } from '../../examples/cdk/delivery.ts'
import { OrdersStack } from '../../examples/cdk/orders.ts'
import { ShopStack } from '../../examples/cdk/shop.ts'
import { ThumbnailsStack } from '../../examples/cdk/thumbnails.ts'
import { areAll } from '../repeats.ts'
import { testBundles } from './bundles.ts'

const examples = { orders: OrdersStack, thumbnails: ThumbnailsStack, shop: ShopStack, delivery: DeliveryStack }
type Name = keyof typeof examples
const stacks = {} as Record<Name, Stack>
const templates = {} as Record<Name, Template>
beforeAll(() => {
  // In `npm run e2e` validated and bundled, like a user's app (vitest.config.ts).
  if (areAll) for (const name of ['CDK_VALIDATION', 'CDK_CONTEXT_JSON']) vi.stubEnv(name, undefined)
  // Each in its own app, because an app is synthesised as a whole for each template.
  for (const [name, Example] of Object.entries(examples) as [Name, typeof OrdersStack][]) {
    stacks[name] = new Example(new App(), name, { env: { account: '111122223333', region: 'eu-west-1' } })
    templates[name] = Template.fromStack(stacks[name])
  }
})

afterAll(() => {
  vi.unstubAllEnvs()
})

const propertiesOf = (name: Name, type: string): readonly Record<string, unknown>[] =>
  Object.values(templates[name].findResources(type)).map((one) => one['Properties'] as Record<string, unknown>)

it.each(Object.keys(examples) as Name[])(
  '%s is synthesised without a warning, and no deployment moves an alias',
  (name) => {
    const annotations = Annotations.fromStack(stacks[name])
    expect(annotations.findError('*', Match.anyValue())).toEqual([])
    const warnings = annotations.findWarning('*', Match.anyValue())
    // The construct of the pipeline's source warns about its own token.
    expect(warnings.map((one) => one.entry.data as string).filter((text) => !text.includes('GitHub'))).toEqual([])
    templates[name].resourceCountIs('AWS::Lambda::Alias', 0)
  },
)

it('orders: queue and API call the alias, and have permission to', () => {
  const mappings = propertiesOf('orders', 'AWS::Lambda::EventSourceMapping').map((one) => JSON.stringify(one))
  expect(mappings.filter((one) => one.includes('"QueueF') || one.includes('Queue'))[0]).toContain(':live')
  const integrations = propertiesOf('orders', 'AWS::ApiGatewayV2::Integration').map((one) => JSON.stringify(one))
  expect(integrations.filter((one) => one.includes(':live'))).toHaveLength(1)
  const permissions = propertiesOf('orders', 'AWS::Lambda::Permission').map((one) =>
    JSON.stringify(one['FunctionName']),
  )
  expect(permissions.some((one) => one.includes(':live'))).toBe(true)
})

it('thumbnails: a version that a deployment publishes reaches the intake, and the function uses an image', () => {
  templates.thumbnails.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: { source: ['aws.cloudformation'], detail: { 'resource-type': ['AWS::Lambda::Version'] } },
  })
  templates.thumbnails.hasResourceProperties('AWS::Lambda::Function', {
    PackageType: 'Image',
    FunctionName: 'thumbnails',
  })
  templates.thumbnails.hasResourceProperties('AWS::Lambda::Url', { Qualifier: 'live' })
})

it('shop: ten versions that are retained, ten aliases that are created once; on-call may roll back, and nothing else', () => {
  const versions = Object.values(templates.shop.findResources('AWS::Lambda::Version'))
  expect(versions).toHaveLength(10)
  for (const version of versions) expect(version).toMatchObject({ DeletionPolicy: 'Retain' })
  templates.shop.resourceCountIs('Custom::TidegateAlias', 10)
  const onCall = propertiesOf('shop', 'AWS::IAM::Policy').filter(
    (one) => JSON.stringify(one['Roles']) === '["on-call"]',
  )
  const statements = onCall.flatMap((one) => (one['PolicyDocument'] as { Statement: readonly unknown[] }).Statement)
  expect(statements).toHaveLength(4)
  expect(JSON.stringify(statements)).toMatch(/execute-api:Invoke.*POST\/roll-back\/\*/)
})

it('delivery: the stage asks before it begins, the action starts the state machine and waits for its end', () => {
  const [pipeline] = propertiesOf('delivery', 'AWS::CodePipeline::Pipeline')
  const release = (pipeline?.['Stages'] as Record<string, unknown>[]).find((stage) => stage['Name'] === 'Release')
  expect(release).toMatchObject({
    BeforeEntry: { Conditions: [{ Result: 'FAIL', Rules: [{ RuleTypeId: { Provider: 'LambdaInvoke' } }] }] },
    Actions: [{ ActionTypeId: { Provider: 'StepFunctions' }, Configuration: { ExecutionNamePrefix: 'pipeline' } }],
  })
  const actions = propertiesOf('delivery', 'AWS::IAM::Policy').map((one) => JSON.stringify(one['PolicyDocument']))
  expect(actions.some((one) => one.includes('states:StartExecution') && one.includes('states:DescribeExecution'))).toBe(
    true,
  )
  expect(actions.some((one) => /lambda:InvokeFunction[^}]*TidegatePipeline/.test(one))).toBe(true)
})

testBundles()
