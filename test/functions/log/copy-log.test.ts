// The copy of the logs, on the embedded cloud under the stack's policies: every event of a release is there, nothing is written
// over another, and what somebody changed in the table or in the bucket is found.
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
} from '@aws-sdk/client-s3'
import { afterEach, describe, expect, it } from 'vitest'
import { copiesOnAws } from '../../../cli/backend/kept-copies.ts'
import { lostBackendOnAws } from '../../../cli/backend/lost-backend.ts'
import { exitCodes, screenOn } from '../../../cli/backend/screen.ts'
import { retryLost } from '../../../cli/commands/lost.ts'
import { verify } from '../../../cli/commands/verify-log.ts'
import { copyKey } from '../../../core/copy/log-copy.ts'
import { copyLogHandler } from '../../../functions/listeners/copy-log.ts'
import { functionName, logCopyBucket as Bucket } from '../../../local/installation.ts'
import { openSandbox, type Sandbox, type SandboxOptions } from '../../../local/sandbox.ts'
import { enforcing } from '../../lib/policies.ts'
import { policiesWithCopy } from '../../lib/policies-with-copy.ts'
import { refusing } from '../../scenarios/refusing.ts'
import { keyOf, overwrite as overwriteIn, released as releasedIn, remove as removeIn, TableName } from './tampering.ts'

let sandbox: Sandbox
afterEach(() => sandbox.close())
const { authorize, used } = enforcing(policiesWithCopy)

async function released(options: SandboxOptions = {}): Promise<string> {
  sandbox = await openSandbox({ authorize, perMinute: 0, sweepMinutes: 5, logCopyDays: 30, ...options })
  return releasedIn(sandbox)
}
const overwrite = (id: string, seq: number) => overwriteIn(sandbox, id, seq)
const remove = (id: string, seq: number) => removeIn(sandbox, id, seq)
const versions = async () => (await sandbox.clients.s3.send(new ListObjectVersionsCommand({ Bucket }))).Versions ?? []
const pages = (what: string): readonly string[] =>
  sandbox
    .pages()
    .map((page) => JSON.stringify(page))
    .filter((page) => page.includes(what))

async function verified(which: string) {
  const lines: string[] = []
  const { hooks: _, ...world } = sandbox.world
  const cli = {
    backend: { ...world, order: sandbox.orderAs('ann') },
    screen: screenOn((line) => lines.push(line), false),
  }
  const copies = copiesOnAws({ AWS_ENDPOINT_URL: 'x' }, Bucket, sandbox.clients.place)
  return { code: await verify(cli, which, { copies }), text: lines.join('\n') }
}
const differs = (text: string) => ({
  code: exitCodes.different,
  text: expect.stringContaining(text) as string,
})
const batchOf = (...places: readonly (readonly [id: string, seq: number])[]) => ({
  Records: places.map(([id, seq], index) => ({
    eventName: 'INSERT',
    dynamodb: { SequenceNumber: String(index + 1), Keys: keyOf(id, seq) },
  })),
})

describe('a log', () => {
  it('is copied event by event, and the copy is the log', async () => {
    const id = await released()
    const { seq } = await sandbox.release(id)
    const keys = Array.from({ length: seq }, (_, index) => copyKey(id, index + 1))
    expect((await versions()).map(({ Key }) => Key)).toEqual(keys)
    const { code, text } = await verified(id)
    expect(text).toMatch(
      /Its copy has the same \d+ events\.\nWhat is copied cannot be deleted for 30 days \(GOVERNANCE\)\.$/,
    )
    expect(code).toBe(exitCodes.done)
    expect([...used.values()].filter((one) => !one.allowed)).toEqual([])
    const rights = [...used.values()].filter(({ role }) => role === functionName('copyLog')).map(({ action }) => action)
    expect(rights).toContain('s3:PutObject')
  })

  it('that comes again is not written again', async () => {
    const id = await released()
    const before = await versions()
    const again = batchOf([id, 1], [id, 2], [id, 2])
    expect(await sandbox.ask('copyLog', again)).toEqual({ batchItemFailures: [] })
    expect(await versions()).toEqual(before)
    expect(pages('was changed')).toEqual([])
  })

  it('that was changed after it was copied differs from the first such event on; one that nobody paged is found as well', async () => {
    const id = await released()
    await overwrite(id, 3)
    await remove(id, 5)
    expect(await verified(id)).toMatchObject(
      differs('event 3 is the first: the table has another event than the copy.'),
    )
    expect(await verified(id)).toMatchObject(differs('Also event 5: the table has it no more, and the copy has.'))
  })

  it('of which an event was deleted, and another put in its place, pages somebody, and the first copy stays', async () => {
    const id = await released()
    const { Item } = await sandbox.clients.dynamodb.send(new GetItemCommand({ TableName, Key: keyOf(id, 2) }))
    const before = await versions()
    await remove(id, 2)
    await sandbox.clients.dynamodb.send(new PutItemCommand({ TableName, Item: { ...Item, body: { S: '{}' } } }))
    await sandbox.minutes(1)
    expect(pages(`event 2 of ${id} is another than its copy`)).toHaveLength(1)
    expect(sandbox.measured).toContainEqual(
      expect.objectContaining({ name: 'LogChanges', dimensions: { function: 'copyLog' } }),
    )
    expect(await versions()).toEqual(before)
  })

  it('whose event was deleted before it was copied pages somebody, and the others are copied', async () => {
    const id = await released(refusing('PutObject', () => false))
    const fresh = `${id.slice(0, -4)}aaaa`
    for (const seq of [1, 2])
      await sandbox.world.journal.append(fresh, { ...(await sandbox.events(id))[0], seq } as never, 'x')
    await remove(fresh, 1)
    expect(await sandbox.ask('copyLog', batchOf([fresh, 1], [fresh, 2]))).toEqual({ batchItemFailures: [] })
    expect(pages('was deleted')).not.toEqual([])
  })

  it('is not stopped by what is no event of a release', async () => {
    const id = await released()
    const strange = [
      {
        eventName: 'INSERT',
        dynamodb: { SequenceNumber: '1', Keys: { pk: { S: 'RELEASE#x' }, sk: { S: 'WAIT#turn' } } },
      },
      { eventName: 'INSERT', dynamodb: { SequenceNumber: '2', Keys: keyOf(`../${'x'.repeat(1500)}`, 1) } },
      { eventName: 'MODIFY', dynamodb: { SequenceNumber: '3', Keys: keyOf(id, 1) } },
    ]
    expect(await sandbox.ask('copyLog', { Records: strange })).toEqual({ batchItemFailures: [] })
    expect(pages('is of no release that Tidegate can have made')).toHaveLength(1)
    await expect(sandbox.ask('copyLog', { Records: [{}] })).rejects.toThrow(/batch/)
  })
})

describe('a bucket', () => {
  it('that is away is waited for: the log goes on, and what is missing is copied afterwards', async () => {
    let isAway = true
    const id = await released(refusing('PutObject', () => isAway))
    expect(await versions()).toEqual([])
    expect(await verified(id)).toMatchObject(differs('event 1 is the first: it has no copy.'))
    isAway = false
    await sandbox.minutes(5)
    expect((await verified(id)).code).toBe(exitCodes.done)
  })

  it('that was away for too long: its batch is kept, and copied again from the log', async () => {
    let isAway = true
    const id = await released({ ...refusing('PutObject', () => isAway), streamAgeSeconds: 60 })
    await sandbox.minutes(10)
    isAway = false
    const lines: string[] = []
    const cli = {
      backend: lostBackendOnAws({}, sandbox.clients.place),
      screen: screenOn((line) => lines.push(line), false),
    }
    expect(await retryLost(cli, 'all', 10)).toBe(exitCodes.done)
    await sandbox.minutes(2)
    expect(await verified(id)).toMatchObject({ code: exitCodes.done })
  })

  it('in which a copy was hidden or written anew still has the first, and that is told', async () => {
    const id = await released()
    const { s3 } = sandbox.clients
    await s3.send(new DeleteObjectCommand({ Bucket, Key: copyKey(id, 2) }))
    await s3.send(new PutObjectCommand({ Bucket, Key: copyKey(id, 3), Body: 'forged' }))
    await s3.send(new PutObjectCommand({ Bucket, Key: copyKey(id, 99), Body: 'forged' }))
    const [, second] = await versions()
    await expect(
      s3.send(new DeleteObjectCommand({ Bucket, Key: copyKey(id, 2), VersionId: second?.VersionId })),
    ).rejects.toMatchObject({ name: 'AccessDenied' })
    const { text } = await verified(id)
    expect(text).toContain('event 2 is the first: somebody wrote 1 more version(s) of its copy, or deleted it.')
    expect(text).toContain('Also event 3: somebody wrote 1 more version(s)')
    expect(text).toContain('Also event 99: the table has it no more, and the copy has.')
    // Whoever hides a copy and changes the event is not believed: the first version counts.
    await overwrite(id, 2)
    expect(await sandbox.ask('copyLog', batchOf([id, 2]))).toEqual({ batchItemFailures: [] })
    expect((await verified(id)).text).toContain('event 2 is the first: the table has another event than the copy.')
  })

  it('that keeps nothing is named', async () => {
    const id = await released()
    const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled' as const }
    await sandbox.clients.s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }))
    expect(await verified(id)).toMatchObject(differs('The bucket has no default retention'))
  })

  it('that the function may not write to leaves the batch to be tried again', async () => {
    const id = await released({ ...refusing('PutObject', () => true), sweepMinutes: 60 })
    const handler = copyLogHandler({ ...sandbox.world, logCopy: { put: () => Promise.reject(new Error('away')) } })
    expect(await handler(batchOf([id, 1], [id, 2]))).toEqual({
      batchItemFailures: [{ itemIdentifier: '1' }, { itemIdentifier: '2' }],
    })
  })
})

it('an object says all that the item has', async () => {
  const id = await released()
  const { Body } = await sandbox.clients.s3.send(new GetObjectCommand({ Bucket, Key: copyKey(id, 2) }))
  const { Item } = await sandbox.clients.dynamodb.send(new GetItemCommand({ TableName, Key: keyOf(id, 2) }))
  expect(JSON.parse((await Body?.transformToString()) ?? '')).toEqual({
    sk: Item?.['sk']?.S,
    previous: Item?.['previous']?.S,
    body: Item?.['body']?.S,
  })
})
