// A release learns from stable's hours before it and from earlier releases that the plan promoted.
import { afterEach, describe, expect, it } from 'vitest'
import { sampleService } from '../../local/sample-service.ts'
import { openSandbox, type Sandbox } from '../../local/sandbox.ts'
import { authorize } from './least-privilege.ts'

let sandbox: Sandbox
async function open(policy: Readonly<Record<string, unknown>> = {}): Promise<void> {
  sandbox = await openSandbox({ authorize, sweepMinutes: 5 })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [], signals: { latency: 'off' }, policy }))
}
afterEach(() => sandbox.close())

const promoted = async (code: string): Promise<string> => {
  const id = await sandbox.start({ version: await sandbox.publish(code) })
  expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  return id
}
const learned = async (id: string) => {
  const prepared = (await sandbox.events(id)).find(({ type }) => type === 'prepared')
  return prepared?.type === 'prepared' ? prepared.targets[0]?.baseline?.learned : undefined
}

describe('a release', () => {
  it('learns from what stable did before it, and from the release before it', async () => {
    await open()
    const first = await learned(await promoted('v2'))
    expect(first).toMatchObject({ releases: 0 })
    expect(first?.minutes ?? 0).toBeGreaterThan(0)
    const second = await learned(await promoted('v1'))
    expect(second).toMatchObject({ releases: 1 })
    expect(second?.minutes ?? 0).toBeGreaterThan(first?.minutes ?? 0)
  })

  it('does not learn from one that a person promoted early, or that was undone', async () => {
    await open()
    const early = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.minutes(3)
    await sandbox.ask('promote', { releaseId: early, by: 'ann', reason: 'in a hurry' })
    expect((await sandbox.finish(early)).ending?.outcome).toBe('promoted')
    const undone = await promoted('v1')
    const back = (await sandbox.ask('orderRollback', {
      verb: 'rollBack',
      service: 'checkout',
      by: 'ann',
      reason: 'slow',
    })) as { releaseId: string }
    await sandbox.minutes(5)
    // A rollback has nothing to compare, and waits for nothing that it cannot use.
    expect(await learned(back.releaseId)).toBeUndefined()
    expect(await learned(undone)).toMatchObject({ releases: 0 })
    expect(await learned(await promoted('v2'))).toMatchObject({ releases: 0 })
  })

  it('goes on without it where the policy says off', async () => {
    await open({ learning: 'off' })
    expect(await learned(await promoted('v2'))).toBeUndefined()
  })
})
