// What a stack may request when it is deployed: aliases that are created once, definitions that are put into the table.
import { describe, expect, it } from 'vitest'
import { memoryCloud } from '../memory/memory.ts'
import { split } from '../../core/service/routing.ts'
import { provisionHandler } from '../../functions/listeners/provision.ts'
import { definition } from '../core/sample.ts'
import { expectProblem } from '../contract/samples.ts'

const target = { functionName: 'checkout', alias: 'live', service: 'checkout' }
function open() {
  const cloud = memoryCloud({ clock: { nowMs: () => 0 } })
  cloud.inspect.setVersion('checkout', '1')
  cloud.inspect.setVersion('checkout', '2')
  return { cloud, provision: provisionHandler({ ...cloud, log: () => undefined }) }
}
const alias = (RequestType: string, version: string) => ({
  RequestType,
  ResourceProperties: { ServiceToken: 'arn', kind: 'alias', ...target, version },
})
const service = (RequestType: string, text: string) => ({
  RequestType,
  ResourceProperties: { ServiceToken: 'arn', kind: 'service', definition: text },
})

describe('an alias', () => {
  it('is created on the version that the first deployment published', async () => {
    const { cloud, provision } = open()
    expect(await provision(alias('Create', '1'))).toEqual({ PhysicalResourceId: 'checkout:live', Data: {} })
    expect((await cloud.traffic.read(target)).routing).toEqual({ version: '1' })
  })

  it('is left unchanged by every later deployment, even in the middle of a release, and by deleting the stack', async () => {
    const { cloud, provision } = open()
    await provision(alias('Create', '1'))
    const { revision } = await cloud.traffic.read(target)
    const released = await cloud.traffic.write(target, split('1', '2', 1000), revision)
    for (const type of ['Update', 'Create', 'Delete'])
      expect((await provision(alias(type, '2'))).PhysicalResourceId).toBe('checkout:live')
    expect(await cloud.traffic.read(target)).toEqual(released)
  })

  it('on a version that does not exist fails the deployment', async () => {
    const { provision } = open()
    await expectProblem('version_missing', provision(alias('Create', '9')), /9/)
  })
})

describe('a service', () => {
  it('is put into the table by a deployment, changed by the next, and stays when the stack is deleted', async () => {
    const { cloud, provision } = open()
    const made = await provision(service('Create', JSON.stringify(definition)))
    expect(made.PhysicalResourceId).toBe('checkout')
    await provision(service('Update', JSON.stringify({ ...definition, policy: { alpha: 0.01 } })))
    expect((await cloud.services.get('checkout')).policy.alpha).toBe(0.01)
    await provision(service('Delete', JSON.stringify(definition)))
    expect((await cloud.services.get('checkout')).policy.alpha).toBe(0.01)
  })

  it.each([
    ['not JSON', service('Create', '{'), 'definition_invalid'],
    ['not a definition', service('Create', '{}'), 'definition_invalid'],
    ['another kind', { RequestType: 'Create', ResourceProperties: { kind: 'table' } }, 'event_invalid'],
    ['no request', { ResourceProperties: {} }, 'event_invalid'],
    ['nothing', undefined, 'event_invalid'],
  ] as const)('that is %s fails the deployment and changes nothing', async (_, event, code) => {
    const { cloud, provision } = open()
    await expectProblem(code, provision(event))
    expect((await cloud.services.list()).items).toEqual([])
  })
})
