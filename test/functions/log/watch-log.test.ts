// Whoever overwrites or deletes an event of a log is noticed: a person is paged within a minute, and `tidegate log --verify`
// names the event. The log of a release that nobody touched is as it was written.
import { afterEach, describe, expect, it } from 'vitest'
import { steppedClock } from '../../../cloud/local/time/clock.ts'
import { exitCodes, screenOn } from '../../../cli/backend/screen.ts'
import { verify } from '../../../cli/commands/verify-log.ts'
import { announceHandler } from '../../../functions/listeners/announce.ts'
import { idsOf } from '../../../functions/steps/log.ts'
import { openSandbox, type Sandbox, type SandboxOptions } from '../../../local/sandbox.ts'
import { memoryCloud } from '../../memory/memory.ts'
import { authorize } from '../../scenarios/least-privilege.ts'
import { refusing } from '../../scenarios/refusing.ts'
import { keyOf, overwrite as overwriteIn, released as releasedIn, remove as removeIn } from './tampering.ts'

let sandbox: Sandbox
afterEach(() => sandbox.close())

async function released(options: SandboxOptions = {}): Promise<string> {
  sandbox = await openSandbox({ authorize, perMinute: 0, sweepMinutes: 5, ...options })
  return releasedIn(sandbox)
}
const overwrite = (id: string, seq: number) => overwriteIn(sandbox, id, seq)
const remove = (id: string, seq: number) => removeIn(sandbox, id, seq)

async function verified(which: string, announced?: string) {
  const lines: string[] = []
  const { hooks: _, ...world } = sandbox.world
  const backend = { ...world, order: sandbox.orderAs('ann') }
  const code = await verify({ backend, screen: screenOn((line) => lines.push(line), false) }, which, { announced })
  return { code, text: lines.join('\n') }
}
const pagesOf = (id: string): readonly string[] =>
  sandbox
    .pages()
    .map((page) => JSON.stringify(page))
    .filter((page) => page.includes('was changed') && page.includes(id))

describe('a log', () => {
  it('that nobody touched is proven from its first event; what is gone from its end, or all of it, is known', async () => {
    const id = await released()
    expect(await verified('checkout')).toMatchObject({ code: exitCodes.done })
    const { text } = await verified(id)
    expect(text).toMatch(/is as it was written: \d+ events\.\nIts end is the one that was announced\./)
    const settled = sandbox.cloud.events.recorded().find((event) => event['detail-type'] === 'Release Settled')
    const { logHash } = settled?.detail as { logHash: string }
    expect((await sandbox.world.history.list('checkout', 1)).items[0]?.link).toBe(logHash)
    expect((await verified(id, logHash)).code).toBe(exitCodes.done)
    expect(await verified(id, 'of another log')).toMatchObject({
      code: exitCodes.different,
      text: expect.stringContaining('no event of the log has the hash that was announced') as string,
    })
    expect(pagesOf(id)).toEqual([])
    expect(sandbox.measured.filter(({ name }) => name === 'LogChanges')).toEqual([])
    // What is gone from the end is found by the history, and so is all of it.
    const { seq } = await sandbox.release(id)
    await remove(id, seq)
    expect((await verified(id)).text).toContain(`event ${seq} does not fit: it is missing`)
    for (let one = 1; one < seq; one++) await remove(id, one)
    expect((await verified(id)).text).toContain('event 1 does not fit: it is missing')
    await expect(verified('nothing')).rejects.toMatchObject({ code: 'release_missing' })
  })

  it('that somebody changes is paged once, counted, and named, even while no announcement can be sent', async () => {
    let deaf = false
    const id = await released(refusing('PutEvents', () => deaf))
    deaf = true
    await sandbox.start({ version: await sandbox.publish('v4') })
    await overwrite(id, 2)
    await remove(id, 4)
    await sandbox.minutes(1)
    expect(pagesOf(id)).toHaveLength(1)
    expect(pagesOf(id)[0]).toContain(`event 2 of ${id} was overwritten`)
    expect(pagesOf(id)[0]).toContain('--verify')
    expect(sandbox.measured.filter(({ name }) => name === 'LogChanges').length).toBeGreaterThanOrEqual(2)
    expect(sandbox.logged).toContainEqual(expect.objectContaining({ code: 'log_changed', releaseId: id, seq: 2 }))
    // Of a service, the live release is meant.
    const [live = ''] = idsOf(await sandbox.world.openReleases.list('checkout'))
    expect(await verified('checkout')).toMatchObject({
      text: expect.stringContaining(`${live} is as it was`) as string,
    })
    expect(await verified(id)).toMatchObject({
      code: exitCodes.different,
      text: expect.stringContaining('event 2 does not fit') as string,
    })
  })
})

it('a page about a changed log that cannot be sent is tried again, and then sent once an hour at most', async () => {
  const clock = steppedClock(0)
  const cloud = memoryCloud({ clock })
  const quiet = { log: () => undefined, emit: () => undefined, trouble: () => undefined }
  const announce = announceHandler({ ...cloud, ...quiet })
  const Records = [{ eventName: 'REMOVE', dynamodb: { SequenceNumber: '7', Keys: keyOf('r1', 2) } }]
  cloud.faults.next('pager.page', 'throttle')
  expect(await announce({ Records })).toEqual({ batchItemFailures: [{ itemIdentifier: '7' }] })
  for (let time = 0; time < 3; time++) expect(await announce({ Records })).toEqual({ batchItemFailures: [] })
  expect(cloud.inspect.pages.map(({ subject }) => subject)).toEqual([
    'The log of release r1 was changed: event 2 of r1 was deleted.',
  ])
  await clock.advanceTo(3_600_000)
  await announce({ Records })
  expect(cloud.inspect.pages).toHaveLength(2)
})
