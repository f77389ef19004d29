// The sample people's policies decide as IAM does: the same questions are put to a simulator that is not ours.
import { runSimulation } from '@cloud-copilot/iam-simulate'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { kinds } from '../../cloud/kinds.ts'
import { routeNames, routePath } from '../../functions/routes.ts'
import { bySamplePolicies, identityPolicies } from '../../local/rights.ts'

const viewer = 'arn:aws:iam::000000000000:user/viewer'
type Asked = { readonly action: string; readonly resource: string; readonly keys: readonly string[] }

const here = ({ action, resource, keys }: Asked, accessKeyId = 'viewer'): unknown =>
  bySamplePolicies({
    ...{ action, resource, caller: { accessKeyId, arn: viewer } },
    ...(keys.length === 0 ? {} : { context: { 'dynamodb:LeadingKeys': keys } }),
  })

async function there({ action, resource, keys }: Asked, who = 'viewer'): Promise<boolean> {
  // The simulator takes no wildcard for the API's id, which IAM's documentation allows in every part of an ARN after the service.
  const Statement = identityPolicies[who]?.map((one) => ({
    ...one,
    Resource: one.Resource.map((name) =>
      name.replace('execute-api:*:*:*/', 'execute-api:us-east-1:000000000000:abcdefghij/'),
    ),
  }))
  const found = await runSimulation(
    {
      request: {
        principal: viewer,
        action,
        resource: { resource, accountId: '000000000000' },
        contextVariables: {
          'aws:PrincipalArn': viewer,
          ...(keys.length === 0 ? {} : { 'dynamodb:LeadingKeys': [...keys] }),
        },
      },
      identityPolicies: [{ name: 'viewer', policy: { Version: '2012-10-17', Statement } }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  )
  if (!('overallResult' in found)) throw new Error(JSON.stringify(found))
  return found.overallResult === 'Allowed'
}

const api = 'arn:aws:execute-api:us-east-1:000000000000:abcdefghij/$default'
const table = (name: string): string => `arn:aws:dynamodb:us-east-1:000000000000:table/${name}`
const everyKey = [...Object.values(kinds).flat(), 'OTHER'].map((pattern) => pattern.replace('*', 'x'))

const asked: fc.Arbitrary<Asked> = fc.oneof(
  fc.record({
    action: fc.constantFrom(
      'dynamodb:GetItem',
      'dynamodb:Query',
      'dynamodb:PutItem',
      'dynamodb:DeleteItem',
      'dynamodb:UpdateItem',
    ),
    resource: fc.constantFrom('tidegate', 'other').map(table),
    keys: fc.array(fc.constantFrom(...everyKey), { maxLength: 3 }),
  }),
  fc.record({
    action: fc.constant('execute-api:Invoke'),
    resource: fc
      .tuple(fc.constantFrom('GET', 'POST'), fc.constantFrom(...routeNames.map(routePath)))
      .map(([method, path]) => `${api}/${method}${path.replace('{service}', 'checkout')}`),
    keys: fc.constant([]),
  }),
  fc.record({
    action: fc.constantFrom(
      'lambda:GetAlias',
      'lambda:UpdateAlias',
      'lambda:InvokeFunction',
      'lambda:UpdateFunctionCode',
    ),
    resource: fc.constant('arn:aws:lambda:us-east-1:000000000000:function:checkout'),
    keys: fc.constant([]),
  }),
)

const agent = 'role.release-agent:mcp'

it('as the simulator decides', async () => {
  await fc.assert(
    fc.asyncProperty(asked, fc.constantFrom('viewer', agent), async (one, who) => {
      expect([who, one, here(one, who)]).toEqual([who, one, await there(one, who)])
    }),
    { numRuns: 200 },
  )
})

it('so that the viewer reads what people read, no task token, and orders nothing', () => {
  const reads = (key: string): unknown => here({ action: 'dynamodb:Query', resource: table('tidegate'), keys: [key] })
  expect([reads('RELEASE#a'), reads('OPEN'), reads('WAITER#a')]).toEqual([true, true, false])
  for (const name of routeNames)
    if (!routePath(name).startsWith('GET'))
      expect([
        name,
        here({ action: 'execute-api:Invoke', resource: `${api}/POST${routePath(name)}`, keys: [] }),
      ]).toEqual([name, false])
  expect(here({ action: 'execute-api:Invoke', resource: `${api}/POST/pause/checkout`, keys: [] }, 'ann')).toBe(true)
})

it('so that the agent orders a pause and a way back, and nothing else', () => {
  const may = routeNames.filter((name) => {
    const path = routePath(name).replace('{service}', 'checkout')
    return here({ action: 'execute-api:Invoke', resource: `${api}/POST${path}`, keys: [] }, agent)
  })
  expect(may).toEqual(['ask', 'pause', 'roll-back'])
  const reads = (key: string): unknown =>
    here({ action: 'dynamodb:Query', resource: table('tidegate'), keys: [key] }, agent)
  expect([reads('RELEASE#a'), reads('OPEN'), reads('WAITER#a')]).toEqual([true, true, false])
})
