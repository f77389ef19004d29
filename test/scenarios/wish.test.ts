// The same wish is one release, however often it arrives. A different wish is a different release, even under a key that was used
// before.
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeats } from '../repeats.ts'
import { memoryCloud } from '../memory/memory.ts'
import type { Outcome } from '../../core/release/event.ts'
import { readCall, readEvent, readUrgent } from '../../core/release/request.ts'
import { accept } from '../../functions/steps/accept.ts'
import { service, t0 } from '../core/sample.ts'

const allowedArtifacts = { s3: [{ bucket: 'shop', key: 'a.zip' }] }
const shop = service({ triggers: { ecr: { repository: 'shop/checkout' } }, allowedArtifacts })
const image = (letter: string): string => `sha256:${letter.repeat(64)}`

async function door() {
  let nowMs = t0
  const cloud = memoryCloud({ clock: { nowMs: () => nowMs } })
  // As many hexadecimal digits as SHA-256, and a way to give two keys a common prefix.
  const hashes = new Map<string, string>()
  const digest = (text: string): string => hashes.get(text) ?? createHash('sha256').update(text).digest('hex')
  const deps = { ...cloud, clock: { nowMs: () => nowMs }, digest, trouble: () => undefined }
  await cloud.services.put(shop)
  const at = (seconds: number): void => void (nowMs = t0 + seconds * 1000)
  return {
    cloud,
    at,
    collide: (key: string, hash: string) => void hashes.set(`checkout\n${key}`, hash),
    /** A push at a given second, delivered now. */
    push: async (letter: string, pushedAt: number, id = `${letter}${pushedAt}`): Promise<string> => {
      const event = {
        source: 'aws.ecr',
        'detail-type': 'ECR Image Action',
        id,
        time: new Date(t0 + pushedAt * 1000).toISOString(),
        ...cloud.home,
        detail: {
          result: 'SUCCESS',
          'action-type': 'PUSH',
          'repository-name': 'shop/checkout',
          'image-digest': image(letter),
          'image-tag': 'prod',
        },
      }
      const [releaseId = ''] = await accept(deps, readEvent(event, cloud.home))
      return releaseId
    },
    call: async (input: Record<string, unknown>): Promise<string> => {
      const read = 'urgent' in input ? readUrgent : readCall
      const { urgent: _, ...asked } = input
      const [releaseId = ''] = await accept(deps, {
        ...read({ service: 'checkout', ...asked }, 'call-1'),
        bolder: true,
      })
      return releaseId
    },
    end: async (releaseId: string, outcome: Outcome = 'promoted'): Promise<void> => {
      const [entry] = (await cloud.openReleases.list('checkout')).items.filter((one) => one.releaseId === releaseId)
      if (entry === undefined) throw new Error(`${releaseId} is not open`)
      const { requestedAtMs, requested } = entry
      const candidate = requested.candidate.kind === 'image' ? requested.candidate.uri : ''
      await cloud.history.put({
        releaseId,
        service: 'checkout',
        requestedAtMs,
        seq: 9,
        phase: 'settled',
        outcome,
        settledAtMs: nowMs,
        candidate,
        source: 'ecr',
        versions: {},
      })
      await cloud.openReleases.remove(entry)
    },
  }
}

it('a tag that moves from one digest to another and back requests three releases', async () => {
  const { at, push, end } = await door()
  const ids: string[] = []
  for (const [letter, second] of [
    ['a', 0],
    ['c', 1000],
    ['a', 2000],
    ['c', 3000],
  ] as const) {
    at(second + 1)
    const id = await push(letter, second)
    at(second + 500)
    await end(id)
    ids.push(id)
  }
  expect(new Set(ids).size).toBe(4)
})

it('a digest that was put back and is pushed again is tried again', async () => {
  const { at, push, end } = await door()
  at(1)
  const first = await push('b', 0)
  at(300)
  await end(first, 'rolledBack')
  at(401)
  expect(await push('b', 400)).not.toBe(first)
})

it('a redelivered event, and another tag of the same push, start nothing: at once, while it runs, after it was put back, and after the next', async () => {
  const { at, cloud, push, end } = await door()
  at(1)
  const first = await push('b', 0, 'first')
  const twins = async () => [await push('b', 0, 'first'), await push('b', 0, 'another tag')]
  expect(await twins()).toEqual([first, first])
  at(300)
  await end(first, 'rolledBack')
  expect(await twins()).toEqual([first, first])
  at(401)
  const second = await push('b', 400, 'second')
  expect((await twins())[0]).toBe(first)
  expect((await cloud.openReleases.list('checkout')).items.map(({ releaseId }) => releaseId)).toEqual([second])
  expect(await push('b', 400, 'second')).toBe(second)
  at(700)
  await end(second)
  expect(await push('b', 400, 'second')).toBe(second)
  expect(await push('b', 400, 'another tag of the second')).toBe(second)
  expect((await cloud.openReleases.list('checkout')).items.length).toBe(0)
})

it('what is pushed again after another request comes after it, even while both wait', async () => {
  const { at, push } = await door()
  at(1)
  const a = await push('a', 0)
  at(11)
  const c = await push('c', 10)
  at(21)
  const again = await push('a', 20)
  expect(new Set([a, c, again]).size).toBe(3)
  expect(await push('a', 20)).toBe(again)
  expect(await push('a', 0)).toBe(a)
})

it('in any order and however often events are delivered, each push is at most one release, and the last one is requested', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          letter: fc.constantFrom('a', 'b', 'c'),
          copies: fc.integer({ min: 1, max: 3 }),
          ends: fc.boolean(),
        }),
        {
          minLength: 1,
          maxLength: 8,
        },
      ),
      async (pushes) => {
        const { at, cloud, push, end } = await door()
        const open = new Set<string>()
        let last = ''
        for (const [index, { letter, copies, ends }] of pushes.entries()) {
          at(index * 100 + 1)
          last = await push(letter, index * 100)
          for (let copy = 1; copy < copies; copy++) expect(await push(letter, index * 100)).toBe(last)
          open.add(last)
          at(index * 100 + 50)
          const [oldest] = open
          if (!ends || oldest === undefined) continue
          if ((await cloud.openReleases.list('checkout')).items.some((one) => one.releaseId === oldest))
            await end(oldest)
          open.delete(oldest)
        }
        const { events } = await cloud.journal.read(last)
        const [first] = events
        if (first?.type !== 'requested' || first.candidate.kind !== 'image') throw new Error('no such release')
        expect(first.candidate.uri).toContain(image(pushes.at(-1)?.letter ?? ''))
        const later = (await cloud.openReleases.list('checkout')).items.filter((one) => one.requestedAtMs > first.atMs)
        expect(later).toEqual([])
        const asked = [
          ...(await cloud.openReleases.list('checkout')).items,
          ...(await cloud.history.list('checkout', 50)).items,
        ]
        expect(new Set(asked.map(({ releaseId }) => releaseId)).size).toBeLessThanOrEqual(pushes.length)
      },
    ),
    { seed: 13, numRuns: repeats(100, 40) },
  )
})

it('a request id is for one wish: repeating it is the same release; another version, plan or lane is refused', async () => {
  const { call } = await door()
  const first = await call({ version: '1', requestId: 'run-77', reason: 'friday' })
  expect(await call({ version: '1', requestId: 'run-77', reason: 'said otherwise' })).toBe(first)
  expect(await call({ versions: { checkout: '1' }, requestId: 'run-77' })).toBe(first)
  for (const other of [
    { version: '2' },
    { version: '1', plan: 'AllAtOnce' },
    { version: '1', urgent: true, reason: 'a fix' },
    { artifact: { kind: 's3', bucket: 'shop', key: 'a.zip', versionId: 'v' } },
  ]) {
    await expect(call({ ...other, requestId: 'run-77' })).rejects.toMatchObject({ code: 'request_reused' })
  }
  await expect(call({ version: '2', requestId: 'run-77' })).rejects.toThrow(
    'The request run-77 of checkout asked for checkout:1 before, and for checkout:2 now.',
  )
})

describe('two keys whose hashes begin alike', () => {
  const [one, other] = ['r205469', 'r221170']
  const alike = async () => {
    const opened = await door()
    opened.collide(`call/${one}`, '0123456789'.repeat(6) + 'aaaa')
    opened.collide(`call/${other}`, '0123456789'.repeat(2) + 'f'.repeat(44))
    return opened
  }
  const ids = ['checkout-01234567890123456789', 'checkout-01234567890123456789ff']

  it('are two releases, one after the other', async () => {
    const { call } = await alike()
    for (let again = 0; again < 2; again++) {
      expect(await call({ version: '2', requestId: one })).toBe(ids[0])
      expect(await call({ version: '3', requestId: other })).toBe(ids[1])
    }
  })

  it('are two releases when both arrive at once, each with its own candidate', async () => {
    const { call, cloud } = await alike()
    const both = await Promise.all([
      call({ version: '2', requestId: one }),
      call({ version: '3', requestId: other }),
      call({ version: '2', requestId: one }),
    ])
    expect(both).toEqual([ids[0], ids[1], ids[0]])
    const versions = await Promise.all(
      ids.map(async (id) => {
        const [first] = (await cloud.journal.read(id)).events
        return (
          first?.type === 'requested' && first.candidate.kind === 'versions' && first.candidate.versions['checkout']
        )
      }),
    )
    expect(versions).toEqual(['2', '3'])
    expect((await cloud.openReleases.list('checkout')).items.map(({ releaseId }) => releaseId)).toEqual(ids)
  })

  it('in 40 bits only, as anybody can find in a second, have nothing to do with each other', async () => {
    const { call } = await door()
    const [first, second] = [
      await call({ version: '2', requestId: one }),
      await call({ version: '3', requestId: other }),
    ]
    expect([first.length, second.length]).toEqual([29, 29])
    expect([first.slice(0, 19), first === second]).toEqual([second.slice(0, 19), false])
  })

  it('find a release from before, when ids were shorter', async () => {
    const { call, cloud } = await alike()
    const id = await call({ version: '2', requestId: one })
    const [first] = (await cloud.journal.read(id)).events
    if (first?.type !== 'requested') throw new Error('no request')
    const older = await alike()
    const old = 'checkout-0123456789'
    await older.cloud.journal.append(old, { ...first, releaseId: old })
    expect(await older.call({ version: '2', requestId: one })).toBe(old)
    expect(await older.call({ version: '3', requestId: other })).toBe('checkout-01234567890123456789')
  })
})
