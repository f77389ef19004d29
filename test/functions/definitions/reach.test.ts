// An installation that was made before its services (the template without the CDK) says when a definition is applied what it
// cannot reach, and registers nothing.
import { beforeEach, expect, it } from 'vitest'
import type { Reach } from '../../../core/reach/reach.ts'
import { Problem } from '../../../core/problem.ts'
import { reachOf } from '../../../functions/environment.ts'
import { applyHandler } from '../../../functions/orders/apply.ts'
import { memoryCloud } from '../../memory/memory.ts'

const reach: Reach = {
  functions: 'cart*',
  tag: { key: 'tidegate', value: 'tidegate' },
  bucket: '',
  key: '',
  repositories: '',
}
const definition = { name: 'cart', targets: [{ function: 'cart', alias: 'live' }], plan: 'AllAtOnce' }

let cloud: ReturnType<typeof memoryCloud>
beforeEach(() => {
  cloud = memoryCloud({ clock: { nowMs: () => 0 } })
})
const denied = { read: () => Promise.reject(new Problem('permission_denied', 'AWS denied lambda:GetAlias.')) }
const applyWith = (more: object, deps: object = {}) =>
  applyHandler({ ...cloud, reach, ...deps })({
    service: 'cart',
    by: 'user/ann',
    definition: { ...definition, ...more },
  })
const refusal = (words: string) => ({
  code: 'service_out_of_reach',
  message: expect.stringContaining(words) as string,
})

it('registers what it can reach, also before the alias is there', async () => {
  expect(await applyWith({})).toMatchObject({ isKnown: false })
  expect((await cloud.services.get('cart')).name).toBe('cart')
})

it.each([
  ['a function of another name', { targets: [{ function: 'shop', alias: 'live' }] }, {}, 'FunctionNames'],
  ['a bucket', { triggers: { s3: { bucket: 'artifacts', key: 'a.zip' } } }, {}, 'ArtifactBucket'],
  ['the deletion of old versions', { versions: {} }, {}, 'old versions'],
  ['a function without the tag', {}, { aliases: denied }, 'has no tag tidegate=tidegate'],
])('refuses %s, and registers nothing', async (_, more, deps, words) => {
  await expect(applyWith(more, deps)).rejects.toMatchObject(refusal(words))
  expect((await cloud.services.list()).items).toEqual([])
  expect((await cloud.definitions.list('cart', 1)).items).toEqual([])
})

it('a failure of AWS is no missing tag', async () => {
  const away = { read: () => Promise.reject(new Problem('aws_unavailable', 'away')) }
  await expect(applyWith({}, { aliases: away })).rejects.toMatchObject({ code: 'aws_unavailable' })
})

it('a stack that was made for its services asks nothing', async () => {
  const deps = { reach: undefined, aliases: denied }
  expect(await applyWith({ targets: [{ function: 'shop', alias: 'live' }] }, deps)).toMatchObject({ isKnown: false })
})

it('reads its reach from the environment, and nothing half', () => {
  expect(reachOf({ TIDEGATE_REACH: JSON.stringify(reach) })).toEqual(reach)
  expect(reachOf({})).toBeUndefined()
  expect(() => reachOf({ TIDEGATE_REACH: '{"functions":"*"}' })).toThrow(/tag/)
})
