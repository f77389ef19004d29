// Functions that are called like something that every object has: they are released like any other, and no other service notices.
import { afterEach, expect, it } from 'vitest'
import { parseDefinition } from '../../core/service/definition.ts'
import { openSandbox, type Sandbox } from '../../local/sandbox.ts'
import { definition } from '../core/sample.ts'

let sandbox: Sandbox
afterEach(() => sandbox.close())

const names = ['toString', 'constructor', 'hasOwnProperty']
const strange = parseDefinition({
  ...definition,
  name: 'strange',
  targets: names.map((name) => ({ function: name, alias: 'live' })),
  plan: 'AllAtOnce',
  triggers: { cloudFormation: true },
})

it('are released together, by their own versions', async () => {
  sandbox = await openSandbox({ perMinute: 60 })
  const versions = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await sandbox.addFunction(name)] as const)),
  )
  await sandbox.world.services.put(strange)
  const id = await sandbox.start({ service: 'strange', versions })
  expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  for (const name of names) expect(await sandbox.alias(name)).toMatchObject({ version: '2', weights: {} })
  // A target without a version is not part of a release.
  const part = await sandbox.start({ service: 'strange', versions: { toString: '1' } })
  await sandbox.finish(part)
  expect((await sandbox.release(part)).targets.map(({ functionName }) => functionName)).toEqual(['toString'])
})

it("hear nothing of another service's versions", async () => {
  sandbox = await openSandbox({ perMinute: 60 })
  await sandbox.world.services.put(strange)
  const event = {
    source: 'aws.cloudformation',
    'detail-type': 'CloudFormation Resource Status Change',
    ...sandbox.world.home,
    detail: {
      'stack-id': 'arn:aws:cloudformation:us-east-1:000000000000:stack/shop/1',
      'physical-resource-id': 'arn:aws:lambda:us-east-1:000000000000:function:checkout:7',
      'resource-type': 'AWS::Lambda::Version',
      'status-details': { status: 'CREATE_COMPLETE' },
    },
  }
  expect(await sandbox.ask('intake', event)).toEqual({ releases: [] })
  await sandbox.world.services.put(
    parseDefinition({ ...definition, name: 'checkout', triggers: { cloudFormation: true } }),
  )
  expect(await sandbox.ask('intake', event)).toMatchObject({ releases: [{}] })
})

it('a function that JSON cannot name is refused', () => {
  const called = (name: string) => () =>
    parseDefinition({ ...definition, targets: [{ function: name, alias: 'live' }] })
  expect(called('__proto__')).toThrow('a function of this name cannot be released')
  expect(called('proto')).not.toThrow()
})
