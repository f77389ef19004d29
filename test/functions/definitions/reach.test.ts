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

const workspace = 'arn:aws:aps:us-east-1:000000000000:workspace/ws-1'
const queries = (place: object) => ({
  signals: { prometheus: [{ name: 'declined', bad: 'x{v="{version}"}', total: 'y{v="{version}"}', ...place }] },
})
const here = { reach: undefined, prometheusUrls: ['https://prometheus.example.com'] }

it.each([
  [
    'an address that is not allowed',
    { url: 'http://169.254.169.254' },
    'is read from http://169.254.169.254, which is not',
  ],
  ['an address that begins alike', { url: 'https://prometheus.example.com.evil' }, 'which is not allowed'],
  ['a workspace of another account', { workspace: workspace.replace('0000', '1111') }, 'a workspace of account 1111'],
  ['a workspace of another region', { workspace: workspace.replace('us-east-1', 'eu-west-1') }, 'region eu-west-1'],
])('no Prometheus of %s', async (_, place, words) => {
  const refused = { code: 'prometheus_refused', message: expect.stringContaining(words) as string }
  await expect(applyWith(queries(place), here)).rejects.toMatchObject(refused)
  expect((await cloud.services.list()).items).toEqual([])
})

it('a Prometheus that is allowed, and a workspace where the stack was made for its services', async () => {
  await applyWith(queries({ url: 'https://prometheus.example.com' }), here)
  await applyWith(queries({ workspace }), here)
  await expect(applyWith(queries({ workspace }))).rejects.toMatchObject(
    refusal('Signal declined is read from a workspace'),
  )
})
