// A backend that does not answer: a page that was read before stays, with its commands, and says how old it is.
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Backend } from '../../../cli/backend/backend.ts'
import { Problem } from '../../../core/problem.ts'
import { browserAt, openConsole, type Room } from './browser.ts'

let room: Room
let problem: Problem | undefined
const away = new Problem('aws_unavailable', 'DynamoDB does not answer <b>at all</b>.')
const failing =
  <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
  (...args: A): Promise<R> =>
    problem === undefined ? call(...args) : Promise.reject(problem)

beforeEach(async () => {
  problem = undefined
  room = await openConsole({}, (backend) => ({
    ...backend,
    openReleases: {
      ...backend.openReleases,
      list: failing((service?: string) => backend.openReleases.list(service)),
      keys: failing(() => backend.openReleases.keys()),
    },
    journal: {
      ...backend.journal,
      read: failing((id: string, part?: Parameters<Backend['journal']['read']>[1]) => backend.journal.read(id, part)),
      kept: failing((id: string) => backend.journal.kept(id)),
    },
    services: {
      get: failing((name: string) => backend.services.get(name)),
      list: failing(() => backend.services.list()),
    },
    history: {
      ...backend.history,
      list: failing((service: string, limit: number) => backend.history.list(service, limit)),
    },
  }))
})
afterEach(() => room.close())

it('is said on a page that was never read, with the commands that need no page', async () => {
  const browser = browserAt(room.console)
  await browser.open()
  problem = away
  const { status, body } = await browser.get('/')
  expect(status).toBe(503)
  expect(body).toContain('aws_unavailable: DynamoDB does not answer &lt;b&gt;at all&lt;/b&gt;.')
  expect(body).toContain('tidegate rollback SERVICE')
  expect(body).toContain('aws lambda update-alias --function-name FUNCTION --name ALIAS --function-version STABLE')
  expect(room.bugs).toEqual([])
})

it('leaves a page that was read as it was, and says so; what is refused is not shown again', async () => {
  const browser = browserAt(room.console)
  await browser.open()
  const before = (await browser.get('/')).body
  expect(before).toContain('checkout')
  problem = away
  const { status, body } = await browser.get('/')
  expect(status).toBe(503)
  expect(body).toContain('This page is as it was read at')
  expect(body.slice(body.indexOf('<main'))).toBe(before.slice(before.indexOf('<main')))
  problem = new Problem('permission_denied', 'dynamodb:Query is not allowed.')
  const refused = await browser.get('/')
  expect([refused.status, refused.body.includes('This page is as it was')]).toEqual([403, false])
  problem = undefined
  expect((await browser.get('/')).status).toBe(200)
})

it('is a backend that takes a question and never answers', async () => {
  let looks = 0
  const patient = await openConsole({ patienceMs: 1, later: () => () => undefined }, (backend) => ({
    ...backend,
    services: { ...backend.services, list: () => new Promise<never>(() => undefined) },
    openReleases: { ...backend.openReleases, keys: () => new Promise<never>(() => looks++) },
  }))
  const browser = browserAt(patient.console)
  await browser.open()
  const { status, body } = await browser.get('/')
  expect([status, body.includes('tidegate rollback SERVICE')]).toEqual([503, true])
  expect(body).toContain('aws_unavailable: AWS has not answered for 0.001 seconds.')
  const live = await fetch(`${patient.console.url}/live`, { headers: browser.cookie() })
  let heard = ''
  for await (const part of live.body!.pipeThrough(new TextDecoderStream())) {
    heard += part
    if (heard.includes('changed')) break
  }
  expect([heard.includes('data: changed'), looks]).toEqual([true, 1])
  await patient.close()
})

it('shows nobody what another person has read', async () => {
  const browser = browserAt(room.console)
  await browser.open()
  await browser.get('/')
  await browser.press('/', '/as', { person: 'viewer' })
  // The page of the form was read by ann; the one after it by viewer. Nothing of viewer's is kept of /runbook.
  problem = away
  await browser.press('/runbook', '/as', { person: 'ben' })
  expect((await browser.get('/')).body).not.toContain('This page is as it was read at')
})
