// The events of a release on the bus: every one that is promised, in order, even if the bus was down for a while.
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { steppedClock } from '../../cloud/local/time/clock.ts'
import { logOf } from '../memory/stores/journal.ts'
import { memoryCloud } from '../memory/memory.ts'
import { padded } from '../memory/stores/table.ts'
import { announcementOf, details } from '../../core/release/announcement.ts'
import { logKey, readLogKey } from '../../core/release/log-key.ts'
import { announceHandler } from '../../functions/listeners/announce.ts'
import { troubleTo } from '../../functions/steps/each.ts'
import { numbered } from '../../functions/steps/log.ts'
import { type Sandbox, type SandboxOptions, openSandbox } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'
import { prepared, service, t0, target, verdict } from '../core/sample.ts'
import { authorize } from '../scenarios/least-privilege.ts'
import { refusing } from '../scenarios/refusing.ts'

let sandbox: Sandbox | undefined
async function open(options: SandboxOptions = {}): Promise<Sandbox> {
  sandbox = await openSandbox({ authorize, sweepMinutes: 5, perMinute: 120, ...options })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [], runbook: 'https://example.com/runbook' }))
  return sandbox
}
afterEach(() => {
  sandbox?.close()
  sandbox = undefined
})

type DetailType = keyof typeof details
type Heard = { readonly name: DetailType; readonly sequence: number; readonly detail: Record<string, unknown> }

/** Our own events of a release as they arrived, each valid under its schema, in the order of the log. */
function heard({ cloud }: Sandbox, id: string): readonly Heard[] {
  const own = cloud.events.recorded().filter((event) => event.source === 'tidegate.release')
  const all = own.map((event): Heard & { readonly releaseId: string } => {
    const name = event['detail-type'] as DetailType
    const detail = details[name].parse(event.detail)
    return { name, detail, sequence: detail.metadata.sequence, releaseId: detail.metadata.releaseId }
  })
  const ours = all.filter((one) => one.releaseId === id)
  expect(ours.map((one) => one.sequence)).toEqual(ours.map((one) => one.sequence).toSorted((a, b) => a - b))
  return ours
}

const names = (events: readonly Heard[]): readonly string[] =>
  events.map((one) => one.name.replace('Release ', '')).filter((name, at, all) => name !== all[at - 1])

describe('the events of a release', () => {
  it('that is promoted, with a pause', async () => {
    const sandbox = await open()
    const id = await sandbox.start({ version: await sandbox.publish('v2'), reason: 'new prices' })
    await sandbox.minutes(2)
    await sandbox.ask('pause', { verb: 'pause', releaseId: id, by: 'ann', reason: 'lunch' })
    await sandbox.ask('pause', { verb: 'resume', releaseId: id, by: 'ann' })
    await sandbox.finish(id)
    const events = heard(sandbox, id)
    expect(names(events).slice(0, 2)).toEqual(['Started', 'Shifted'])
    expect(names(events).slice(-3)).toEqual(['Judged', 'Promoted', 'Settled'])
    expect(events.find((one) => one.name === 'Release Started')?.detail).toMatchObject({
      schemaVersion: 1,
      service: 'checkout',
      reason: 'new prices',
      versions: { checkout: { stable: '1', candidate: '2' } },
    })
    const shifts = events.filter((one) => one.name === 'Release Shifted').map((one) => one.detail)
    expect(shifts.map((one) => [one['step'], one['steps'], one['weightPercent']])).toEqual([
      [1, 3, 10],
      [2, 3, 50],
      [3, 3, 90],
    ])
    expect(events.find((one) => one.name === 'Release Paused')?.detail).toMatchObject({
      by: 'user/ann',
      reason: 'lunch',
    })
    expect(events.find((one) => one.name === 'Release Resumed')?.detail).toMatchObject({ by: 'user/ann' })
    expect(new Set(events.map((one) => one.sequence)).size).toBe(events.length)
    // As many as in the log: none is left out.
    const logged = (await sandbox.events(id)).filter((event) => event.type === 'judged')
    expect(events.filter((one) => one.name === 'Release Judged')).toHaveLength(logged.length)
  })

  it('that is put back says why, by whom, and where to read on', async () => {
    const sandbox = await open()
    const id = await sandbox.start({ version: await sandbox.publish('v3') })
    await sandbox.finish(id)
    const events = heard(sandbox, id)
    expect(names(events).slice(-2)).toEqual(['Rolled Back', 'Settled'])
    const end = { outcome: 'rolledBack', by: 'alarm checkout-errors', runbook: 'https://example.com/runbook' }
    expect(events.at(-2)?.detail).toMatchObject(end)
    expect(events.at(-1)?.detail).toMatchObject({ ...end, sentence: expect.stringContaining(id) as string })
    // Each thing is also counted once.
    const counted = sandbox.measured.filter((metric) => metric.releaseId === id)
    expect(counted.filter(({ name }) => name === 'ReleaseSeconds')).toMatchObject([
      { dimensions: { service: 'checkout', outcome: 'rolledBack' } },
    ])
    expect(counted.filter(({ name }) => name === 'WayBackSeconds')).toHaveLength(1)
  })

  it('that somebody else interrupts', async () => {
    const sandbox = await open()
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.minutes(2)
    await sandbox.moveByHand('1')
    await sandbox.finish(id)
    expect(names(heard(sandbox, id)).slice(-2)).toEqual(['Interrupted', 'Settled'])
  })

  it('wait for a bus that refuses, and then all arrive, in order; the release does not wait', async () => {
    let deaf = true
    const sandbox = await open(refusing('PutEvents', () => deaf))
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
    expect(heard(sandbox, id)).toEqual([])
    deaf = false
    await sandbox.minutes(2)
    expect(names(heard(sandbox, id)).at(0)).toBe('Started')
    expect(names(heard(sandbox, id)).at(-1)).toBe('Settled')
    const told = (await sandbox.events(id)).filter((event) =>
      ['prepared', 'moved', 'judged', 'settled'].includes(event.type),
    )
    expect(heard(sandbox, id)).toHaveLength(told.length)
  })
})

describe('a batch of the stream', () => {
  const cloud = memoryCloud({ clock: steppedClock(0) })
  const logged: Readonly<Record<string, unknown>>[] = []
  const announce = announceHandler({
    ...cloud,
    log: () => undefined,
    emit: () => undefined,
    trouble: troubleTo(
      { log: (line) => void logged.push(line), emit: () => undefined },
      () => 0,
      () => 'announce',
    ),
  })
  const record = (id: string, seq: number, sequenceNumber = String(seq)) => {
    const { pk, sk } = logKey(id, seq)
    return { dynamodb: { SequenceNumber: sequenceNumber, Keys: { pk: { S: pk }, sk: { S: sk } } } }
  }
  const first = { type: 'requested', atMs: t0, releaseId: 'r', key: 'k', service: service() } as const
  const write = async (id: string) => {
    const candidate = { kind: 'versions' as const, versions: { checkout: '2' } }
    await cloud.journal.append(id, numbered({ ...first, releaseId: id, candidate, provenance: { source: 'api' } }, 1))
    await cloud.journal.append(id, numbered({ type: 'admitted', atMs: t0 }, 2))
    await cloud.journal.append(id, numbered({ type: 'prepared', atMs: t0, targets: [target], alarms: [] }, 3))
  }

  it('stops at an event that cannot be sent, so that nothing overtakes it', async () => {
    await write('r1')
    cloud.faults.next('outbox.announce', 'throttle')
    expect(await announce({ Records: [record('r1', 1), record('r1', 3)] })).toEqual({
      batchItemFailures: [{ itemIdentifier: '3' }],
    })
    expect(await announce({ Records: [record('r1', 3)] })).toEqual({ batchItemFailures: [] })
    expect(cloud.inspect.announced.map((one) => one.detailType)).toEqual(['Release Started'])
  })

  it('skips a log that cannot be read, and says so', async () => {
    await write('r2')
    await write('r3')
    cloud.inspect.corrupt(logOf('r2'), padded(2), '{')
    const answer = await announce({ Records: [record('r2', 3), record('none', 1), record('r3', 3)] })
    expect(answer).toEqual({ batchItemFailures: [] })
    expect(logged.map((line) => line['code']).slice(-2)).toEqual(['item_unreadable', 'item_unreadable'])
    expect(cloud.inspect.announced.at(-1)?.detail).toMatchObject({ metadata: { releaseId: 'r3', sequence: 3 } })
  })

  it('ignores anything that is not an event of a release', async () => {
    const Keys = { pk: { S: 'RELEASE#r1' }, sk: { S: 'WAIT#turn' } }
    expect(await announce({ Records: [{ dynamodb: { SequenceNumber: '9', Keys } }] })).toEqual({
      batchItemFailures: [],
    })
  })

  it('that is invalid is a problem', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything(), async (event) => {
        await expect(announce(event)).rejects.toMatchObject({ code: 'event_invalid' })
      }),
    )
  })
})

it('the position of an event in the table is read as it was written', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 99_999 }), (releaseId, seq) => {
      expect(readLogKey(logKey(releaseId, seq))).toEqual({ releaseId, seq })
    }),
  )
})

it('an announcement says what happened, whatever the words were', () => {
  const release = prepared()
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 600 }),
      fc.constantFrom('pass' as const, 'fail' as const, 'unknown' as const),
      (because, kind) => {
        const event = numbered({ type: 'judged', atMs: t0, verdict: { ...verdict(kind), because } }, release.seq + 1)
        const announcement = announcementOf(event, release)
        expect(details['Release Judged'].parse(announcement?.detail)).toMatchObject({ verdict: kind, because })
      },
    ),
  )
})
