// The construct of shadows: what its roles may do, as IAM's simulator decides, and what is kept for how long.
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import * as kms from 'aws-cdk-lib/aws-kms'
import { expect, it } from 'vitest'
import { Shadow, type ShadowProps } from '../../lib/index.ts'
import { controller, enforcing, installed, policiesOf } from '../shadow/installed.ts'

const account = '000000000000'
const lambdaArn = (name: string) => `arn:aws:lambda:us-east-1:${account}:function:${name}`
const tableArn = (name: string) => `arn:aws:dynamodb:us-east-1:${account}:table/${name}`
const prices = tableArn('prices')
const reads = [{ actions: ['dynamodb:GetItem', 'dynamodb:Query'], resources: [prices] }]
const template = installed({ functions: { checkout: { reads }, orders: {} } }, 'checkout')

function asking(policies: ReadonlyMap<string, readonly unknown[]>) {
  const { authorize } = enforcing(policies)
  return async (role: string, action: string, resource: string, keys?: string) =>
    authorize({
      ...{ action, resource, caller: { accessKeyId: role, arn: `arn:aws:sts::${account}:assumed-role/${role}/s` } },
      ...(keys === undefined ? {} : { context: { 'dynamodb:LeadingKeys': [keys] } }),
    })
}

it('a shadow reads what it is given, and writes nothing, whatever else its role is given later', async () => {
  const may = asking(policiesOf(template))
  expect(await may('checkout-shadow', 'dynamodb:GetItem', prices)).toBe(true)
  expect(await may('checkout-shadow', 'dynamodb:PutItem', prices)).toBe(false)
  expect(await may('orders-shadow', 'dynamodb:GetItem', prices)).toBe(false)
  const all = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
  const later = asking(new Map([...policiesOf(template)].map(([role, documents]) => [role, [...documents, all]])))
  for (const [action, resource] of [
    ['dynamodb:PutItem', prices],
    ['dynamodb:DeleteItem', prices],
    ['sqs:SendMessage', `arn:aws:sqs:us-east-1:${account}:orders`],
    ['s3:PutObject', 'arn:aws:s3:::bucket/key'],
    ['sns:Publish', `arn:aws:sns:us-east-1:${account}:topic`],
    ['events:PutEvents', `arn:aws:events:us-east-1:${account}:event-bus/default`],
    ['lambda:InvokeFunction', lambdaArn('mail')],
    ['sts:AssumeRole', `arn:aws:iam::${account}:role/admin`],
  ] as const)
    expect([action, await later('checkout-shadow', action, resource)]).toEqual([action, false])
  expect(await later('checkout-shadow', 'dynamodb:Query', prices)).toBe(true)
})

it('the hook publishes in shadows and calls what it published, and touches no function that is released', async () => {
  const may = asking(policiesOf(template))
  const hook = (action: string, name: string) => may('tidegate-shadow', `lambda:${action}`, lambdaArn(name))
  expect(await hook('GetFunction', 'checkout:7')).toBe(true)
  expect(await hook('UpdateFunctionCode', 'checkout-shadow')).toBe(true)
  expect(await hook('InvokeFunction', 'checkout-shadow:3')).toBe(true)
  expect(await hook('DeleteFunction', 'checkout-shadow:3')).toBe(true)
  for (const [action, name] of [
    ['InvokeFunction', 'checkout:7'],
    ['UpdateFunctionCode', 'checkout'],
    ['UpdateAlias', 'checkout'],
    ['DeleteFunction', 'checkout:7'],
    ['DeleteFunction', 'checkout-shadow'],
    ['InvokeFunction', 'checkout-shadow'],
    ['GetFunction', 'payments:1'],
  ] as const)
    expect([action, name, await hook(action, name)]).toEqual([action, name, false])
  expect(await may('tidegate-shadow', 'iam:PassRole', `arn:aws:iam::${account}:role/admin`)).toBe(false)
})

it('a load runs in environments of the shadow, which the hook may not change; without one, it may not read the limits of either', async () => {
  const loaded = installed({ functions: { checkout: { load: { concurrency: 30 } }, orders: {} } }, 'checkout')
  const shadows = loaded.findResources('AWS::Lambda::Function', { Properties: { ReservedConcurrentExecutions: 30 } })
  expect(Object.values(shadows).map(({ Properties }) => (Properties as { FunctionName: string }).FunctionName)).toEqual(
    ['checkout-shadow'],
  )
  // A run that came twice would be a second load.
  for (const one of [loaded, template])
    one.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 0 })
  const samples = tableArn('tidegate-shadow-samples')
  const allowed = async (from: typeof template) => {
    const may = asking(policiesOf(from))
    const hook = (action: string, resource: string, keys?: string) => may('tidegate-shadow', action, resource, keys)
    return Promise.all([
      hook('lambda:GetFunctionConcurrency', lambdaArn('checkout-shadow')),
      hook('lambda:GetAccountSettings', '*'),
      hook('lambda:InvokeFunction', lambdaArn('tidegate-shadow')),
      hook('lambda:InvokeFunction', lambdaArn('tidegate-answer')),
      hook('dynamodb:PutItem', samples, 'SHADOW-CLAIM#checkout'),
      // Which is compared in the same runs.
      hook('dynamodb:PutItem', samples, 'SHADOW-CLAIM#orders'),
      hook('cloudwatch:GetMetricData', '*'),
    ])
  }
  // How far a comparison is, it says without a load too.
  const [yes, no] = [Array<boolean>(5).fill(true), [false, false]]
  expect([await allowed(loaded), await allowed(template)]).toEqual([
    [true, true, ...yes],
    [...no, ...yes],
  ])
  const may = asking(policiesOf(loaded))
  for (const [action, resource, keys] of [
    ['lambda:PutFunctionConcurrency', lambdaArn('checkout-shadow')],
    ['lambda:DeleteFunctionConcurrency', lambdaArn('checkout-shadow')],
    ['lambda:PutFunctionConcurrency', lambdaArn('checkout')],
    ['lambda:GetFunctionConcurrency', lambdaArn('orders-shadow')],
    ['lambda:InvokeFunction', lambdaArn('checkout')],
    ['lambda:InvokeFunction', lambdaArn('checkout-shadow')],
    ['dynamodb:PutItem', samples, 'SHADOW#checkout'],
    ['dynamodb:PutItem', samples, 'SHADOW-CLAIM#payments'],
    ['dynamodb:DeleteItem', samples],
  ] as const)
    expect([action, resource, await may('tidegate-shadow', action, resource, keys)]).toEqual([action, resource, false])
})

it('a function keeps samples of itself alone, and reads none', async () => {
  const may = asking(policiesOf(template))
  const samples = tableArn('tidegate-shadow-samples')
  expect(await may('checkout', 'dynamodb:PutItem', samples, 'SHADOW#checkout')).toBe(true)
  expect(await may('checkout', 'dynamodb:PutItem', samples, 'SHADOW#orders')).toBe(false)
  expect(await may('checkout', 'dynamodb:Query', samples, 'SHADOW#checkout')).toBe(false)
})

it('samples are encrypted, expire, are in no backup, and go with the stack', () => {
  template.hasResource('AWS::DynamoDB::Table', {
    DeletionPolicy: 'Delete',
    Properties: {
      SSESpecification: { SSEEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
    },
  })
  const stack = new Stack(new App(), 'own')
  const encryptionKey = new kms.Key(stack, 'Key')
  new Shadow(stack, 'Shadow', { controller, functions: { checkout: {} }, encryptionKey })
  const own = Template.fromStack(stack)
  own.hasResourceProperties('AWS::DynamoDB::Table', { SSESpecification: { SSEType: 'KMS' } })
})

it.each<[string, ShadowProps['functions'], RegExp]>([
  [
    'writes',
    { checkout: { reads: [{ actions: ['dynamodb:PutItem'], resources: ['*'] }] } },
    /PutItem does not look like reading/,
  ],
  [
    'may do all',
    { checkout: { reads: [{ actions: ['dynamodb:*'], resources: ['*'] }] } },
    /dynamodb:\* does not look like/,
  ],
  [
    'assumes roles',
    { checkout: { reads: [{ actions: ['sts:AssumeRole'], resources: ['*'] }] } },
    /does not look like reading/,
  ],
  ['is of no function', {}, /name a function/],
  ['has a name that is too long', { ['x'.repeat(60)]: {} }, /a name of a function/],
  ['compares once', { checkout: { copies: 1 } }, /copies/],
])('a shadow that %s is refused', (_, functions, words) => {
  const stack = new Stack(new App(), 'bad')
  expect(() => new Shadow(stack, 'Shadow', { controller, functions })).toThrow(
    expect.objectContaining({ name: 'Tidegate.shadow_invalid', message: expect.stringMatching(words) as string }),
  )
})
