// Deployments, rolled-back deployments, drift-aware deployments and the deletion of a stack, in the middle of a release: whatever
// happens, an alias serves one version that somebody wanted.
import { DeleteFunctionCommand } from '@aws-sdk/client-lambda'
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ReleaseController } from '../../lib/controller.ts'
import { ReleasedFunction } from '../../lib/released-function.ts'
import { type Sandbox, openSandbox } from '../../local/sandbox.ts'
import { authorize } from '../scenarios/least-privilege.ts'
import { cloudFormation, type Deployable } from './cloudformation.ts'

const definition = {
  name: 'checkout',
  targets: [{ function: 'checkout', alias: 'live' }],
  plan: { steps: [{ weight: 10, bake: '10m' }] },
  signals: { errors: { minimumSamples: 20 }, latency: { minimumSamples: 20 } },
  triggers: { cloudFormation: true },
}

/** A team's stack with the function at `code`; with an alias that CloudFormation owns, for comparison. */
function synthesised(code: string, own: 'controller' | 'cloudFormation' = 'controller'): Deployable {
  const stack = new Stack(new App(), 'Shop')
  const fn = new lambda.Function(stack, 'Checkout', {
    functionName: 'checkout',
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline(code),
  })
  if (own === 'cloudFormation') fn.addAlias('live')
  else {
    const controller = new ReleaseController(stack, 'Tidegate', { services: [definition] })
    new ReleasedFunction(stack, 'Live', { controller, function: fn, alias: 'live' })
  }
  return Template.fromStack(stack).toJSON() as Deployable
}

const templates: Record<'v1' | 'v2' | 'v4', Deployable> = {} as never
beforeAll(() => {
  for (const code of ['v1', 'v2', 'v4'] as const) templates[code] = synthesised(code)
})

let sandbox: Sandbox
let stack: ReturnType<typeof cloudFormation>
beforeEach(async () => {
  sandbox = await openSandbox({ authorize, perMinute: 200 })
  await sandbox.clients.lambda.send(new DeleteFunctionCommand({ FunctionName: 'checkout' }))
  stack = cloudFormation(sandbox)
})
afterEach(() => sandbox.close())

/** Deploys the first version, and begins to release the second. @returns the release's id */
async function inTheMiddle(): Promise<string> {
  await stack.deploy(templates.v1)
  await sandbox.minutes(10)
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
  await stack.deploy(templates.v2)
  await sandbox.minutes(3)
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: { '2': 0.1 } })
  return (await sandbox.world.leases.holder('checkout')) ?? ''
}

describe('in the middle of a release', () => {
  it('a deployment of another version waits for its turn, and moves nothing', async () => {
    const first = await inTheMiddle()
    const before = await sandbox.alias()
    await stack.deploy(templates.v4)
    expect(await sandbox.alias()).toEqual(before)
    expect((await sandbox.finish(first)).ending?.outcome).toBe('promoted')
    const [second] = (await sandbox.world.openReleases.list('checkout')).items
    // The third version is slow, and is put back.
    expect((await sandbox.finish(second?.releaseId ?? '')).ending?.outcome).toBe('rolledBack')
    expect(await sandbox.alias()).toMatchObject({ version: '2', weights: {} })
  })

  it('repeating a deployment, or reverting drift, moves nothing', async () => {
    const id = await inTheMiddle()
    const before = await sandbox.alias()
    await stack.deploy(templates.v2)
    await stack.deploy(templates.v2, { revertDrift: true })
    expect(await sandbox.alias()).toEqual(before)
    expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
    await stack.deploy(templates.v2, { revertDrift: true })
    expect(await sandbox.alias()).toMatchObject({ version: '2', weights: {} })
  })

  it('a deployment that is rolled back takes back its own release, and not that of the deployment before', async () => {
    const first = await inTheMiddle()
    await stack.deploy(templates.v4, { fails: true })
    expect((await sandbox.finish(first)).ending?.outcome).toBe('promoted')
    expect((await sandbox.world.openReleases.list('checkout')).items).toEqual([])
    const [second] = (await sandbox.world.history.list('checkout', 1)).items
    expect(second).toMatchObject({
      outcome: 'rejected',
      because: expect.stringContaining('is rolled back') as string,
    })
    expect(await sandbox.alias()).toMatchObject({ version: '2', weights: {} })
  })

  it('without tokens, two deployments of a stack cannot be told apart: the live release is put back', async () => {
    const first = await inTheMiddle()
    await stack.deploy(templates.v4, { fails: true, tokens: false })
    expect((await sandbox.finish(first)).ending).toMatchObject({ outcome: 'rolledBack', by: 'CloudFormation' })
    await sandbox.minutes(5)
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
    expect((await sandbox.world.openReleases.list('checkout')).items).toEqual([])
  })

  it('deleting the stack puts the traffic back while the controller still exists', async () => {
    const id = await inTheMiddle()
    // The function outlives the stack, as when the controller has its own stack.
    const kept = structuredClone(templates.v2) as {
      Resources: Record<string, { Type: string; DeletionPolicy?: string }>
    }
    for (const one of Object.values(kept.Resources))
      if (one.Type === 'AWS::Lambda::Function') one.DeletionPolicy = 'Retain'
    await stack.deploy(kept as Deployable, { revertDrift: true })
    await stack.destroy()
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
    expect((await sandbox.release(id)).ending).toMatchObject({ outcome: 'aborted', by: 'CloudFormation' })
  })
})

it('an alias that CloudFormation owns would have been moved by the first deployment, and again by one that reverts drift', async () => {
  await stack.deploy(synthesised('v1', 'cloudFormation'))
  const second = synthesised('v2', 'cloudFormation')
  await stack.deploy(second)
  expect(await sandbox.alias()).toMatchObject({ version: '2' })
  await sandbox.moveByHand(await sandbox.publish('v4'))
  expect(await sandbox.alias()).toMatchObject({ version: '3' })
  await stack.deploy(second, { revertDrift: true })
  expect(await sandbox.alias()).toMatchObject({ version: '2', weights: {} })
})
