// A version that Lambda has put to sleep: an invocation wakes it, which runs the team's code; if the team does not want that, the
// release is refused. Nothing blocks a way back. A version with SnapStart that Lambda still initialises is waited for.
import { afterEach, describe, expect, it } from 'vitest'
import type { LocalHandler } from '../../cloud/local/dispatch.ts'
import { minute, type Sandbox, openSandbox } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'
import { authorize } from './least-privilege.ts'
import { usesItsRights } from '../lib/used-rights.ts'

usesItsRights()

let sandbox: Sandbox
afterEach(() => sandbox.close())

/** Versions that sleep until they are invoked, which the embedded cloud does not simulate. */
async function open(
  ...sleeping: readonly string[]
): Promise<{ readonly asleep: Set<string>; readonly woken: string[] }> {
  const asleep = new Set(sleeping)
  const woken: string[] = []
  const through =
    (handler: LocalHandler): LocalHandler =>
    async (request) => {
      const version = request.query.get('Qualifier') ?? ''
      const answer = await handler(request)
      if (!request.path.includes('/functions/checkout/') || answer.status !== 200) return answer
      if (request.path.endsWith('/invocations') && asleep.delete(version)) {
        woken.push(`${version} ${Buffer.from(request.body).toString()}`)
      }
      if (!request.path.endsWith('/configuration') || !asleep.has(version)) return answer
      const body = JSON.parse(Buffer.from(answer.body).toString()) as object
      return { ...answer, body: JSON.stringify({ ...body, State: 'Inactive', StateReasonCode: 'Idle' }) }
    }
  sandbox = await openSandbox({ authorize, perMinute: 60, through })
  return { asleep, woken }
}
const put = (wake: boolean) =>
  sandbox.world.services.put(sampleService({ slos: [], hooks: [], ...(wake ? {} : { policy: { wake } }) }))

it('is woken, both the new version and the one to go back to, and released', async () => {
  const { woken } = await open('1', '2')
  await put(true)
  expect((await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v2') }))).ending?.outcome).toBe(
    'promoted',
  )
  expect(woken).toEqual(['2 {"tidegate":"wake"}', '1 {"tidegate":"wake"}'])
})

it('is not invoked if policy.wake is off: the release is refused, with what to do', async () => {
  const { woken } = await open('2')
  await put(false)
  const { ending } = await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v2') }))
  expect(ending).toMatchObject({ outcome: 'rejected', code: 'version_asleep' })
  expect(ending?.because).toContain('Invoke the version once')
  expect(woken).toEqual([])
})

it('blocks no way back, whatever policy.wake says', async () => {
  const { asleep, woken } = await open()
  await put(false)
  expect((await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v2') }))).ending?.outcome).toBe(
    'promoted',
  )
  asleep.add('1')
  const order = { verb: 'rollBack', service: 'checkout', by: 'ann', reason: 'to see' }
  const { releaseId } = (await sandbox.ask('orderRollback', order)) as { releaseId: string }
  expect((await sandbox.finish(releaseId)).ending?.outcome).toBe('promoted')
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
  expect(woken).toEqual([])
})

describe('a version of which Lambda makes its first snapshot', () => {
  let readyMs = 0
  const preparing =
    (handler: LocalHandler): LocalHandler =>
    async (request) => {
      const answer = await handler(request)
      if (!request.path.endsWith('/configuration') || request.query.get('Qualifier') !== '2') return answer
      const body = JSON.parse(Buffer.from(answer.body).toString()) as object
      const state = sandbox.clock.nowMs() < readyMs ? { State: 'Pending', StateReasonCode: 'Creating' } : {}
      return { ...answer, body: JSON.stringify({ ...body, SnapStart: { ApplyOn: 'PublishedVersions' }, ...state }) }
    }
  const released = async (minutes: number) => {
    sandbox = await openSandbox({ authorize, perMinute: 60, through: preparing })
    await put(true)
    const version = await sandbox.publish('v2')
    readyMs = sandbox.clock.nowMs() + minutes * minute
    return sandbox.start({ version })
  }

  it('gets no traffic before it is active, also after the quarter of an hour that its code may take to begin', async () => {
    const id = await released(16)
    await sandbox.minutes(15)
    expect((await sandbox.release(id)).state.phase).toBe('preparing')
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
    expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  })

  it('is not released where that does not end, and it is said what to do', async () => {
    const id = await released(24 * 60)
    const { ending } = await sandbox.finish(id)
    expect(ending).toMatchObject({ outcome: 'rejected', code: 'version_not_active' })
    expect(ending?.because).toMatch(/^Version checkout:2 is still Pending\. Wait until Lambda reports/)
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
  })
})
