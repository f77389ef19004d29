// The stream that tells pages of news: one poller for all, which looks only while somebody listens.
import { request } from 'node:http'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Problem } from '../../../core/problem.ts'
import { browserAt, openConsole, type Room } from './browser.ts'

let room: Room
let looks = 0
let reads = 0
let isAway = false
/** The pauses that have begun: a test ends them. */
let pauses: Set<() => void>

beforeEach(async () => {
  ;[looks, reads, isAway, pauses] = [0, 0, false, new Set()]
  room = await openConsole(
    {
      later: (task) => {
        pauses.add(task)
        return () => void pauses.delete(task)
      },
    },
    (backend) => ({
      ...backend,
      openReleases: {
        ...backend.openReleases,
        keys: () => {
          looks++
          if (isAway) throw new Problem('aws_unavailable', 'DynamoDB does not answer.')
          return backend.openReleases.keys()
        },
      },
      journal: {
        ...backend.journal,
        read: (...asked) => {
          reads++
          return backend.journal.read(...asked)
        },
      },
    }),
  )
})
afterEach(async () => {
  expect(room.bugs).toEqual([])
  await room.close()
})

/** Listens until it is closed. */
async function listen() {
  const browser = browserAt(room.console)
  await browser.open()
  let heard = ''
  const sent = request(`${room.console.url}/live`, { headers: browser.cookie() })
  const status = await new Promise<number>((resolve) => {
    sent.on('response', (response) => {
      response.on('data', (data: Buffer) => (heard += data.toString()))
      response.on('error', () => undefined)
      resolve(response.statusCode ?? 0)
    })
    sent.on('error', () => undefined)
    sent.end()
  })
  return { status, news: () => heard.split('data: changed').length - 1, close: () => sent.destroy() }
}

const turns = async (until: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 2000 && !until(); turn++) await new Promise((resolve) => setImmediate(resolve))
}
/** Ends the pause, and waits for the next one. */
async function nextLook(): Promise<void> {
  await turns(() => pauses.size > 0)
  const [task] = pauses
  pauses.clear()
  task?.()
  await turns(() => pauses.size > 0)
}

it('says that something has happened, once for each listener, and nothing when nothing has', async () => {
  const [one, other] = [await listen(), await listen()]
  expect([one.status, other.status]).toEqual([200, 200])
  await nextLook()
  await nextLook()
  expect([one.news(), other.news()]).toEqual([0, 0])
  const before = looks
  await room.sandbox.start({ version: await room.sandbox.publish('v2') })
  await nextLook()
  await turns(() => one.news() > 0 && other.news() > 0)
  expect([one.news(), other.news(), looks - before]).toEqual([1, 1, 1])
  await nextLook()
  expect(one.news()).toBe(1)
  await room.sandbox.minutes(2)
  await nextLook()
  await turns(() => one.news() > 1)
  expect(one.news()).toBe(2)
  one.close()
  other.close()
})

it('looks for nobody, and reads of a log only what is new', async () => {
  expect(looks).toBe(0)
  await room.sandbox.start({ version: await room.sandbox.publish('v2') })
  const listener = await listen()
  await nextLook()
  await nextLook()
  expect([looks, reads]).toEqual([3, 3])
  listener.close()
  await turns(() => pauses.size === 0)
  expect(pauses.size).toBe(0)
  await listen().then(async (again) => {
    await nextLook()
    again.close()
  })
  expect(looks).toBe(5)
})

it('tells that the backend has fallen silent and that it answers again, once each', async () => {
  const listener = await listen()
  await nextLook()
  isAway = true
  await nextLook()
  await nextLook()
  await turns(() => listener.news() > 0)
  expect(listener.news()).toBe(1)
  isAway = false
  await nextLook()
  await turns(() => listener.news() > 1)
  expect(listener.news()).toBe(2)
  listener.close()
})

it('lets pages ask again now and then, because their ages go on', async () => {
  const listener = await listen()
  for (let round = 0; round < 20; round++) await nextLook()
  await turns(() => listener.news() > 0)
  expect(listener.news()).toBe(1)
  listener.close()
})

it('has a bound', async () => {
  const many = []
  for (let count = 0; count < 50; count++) many.push(await listen())
  expect(many.every(({ status }) => status === 200)).toBe(true)
  expect((await listen()).status).toBe(503)
  many[0]?.close()
  await turns(() => false)
  expect((await listen()).status).toBe(200)
})
