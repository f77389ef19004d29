// Buttons: each is an order of the person to whom its page was shown, the door decides, and what it says stands on the next page.
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import { browserAt, fetched, openConsole, type Room } from './browser.ts'

let room: Room
let browser: ReturnType<typeof browserAt>
beforeEach(async () => {
  room = await openConsole()
  browser = browserAt(room.console)
  await browser.open()
})
afterEach(async () => {
  expect(room.bugs).toEqual([])
  await room.close()
})

const { stringify } = JSON
const alias = async (): Promise<string> => stringify(await room.sandbox.alias())

describe('a button', () => {
  it('starts, pauses and puts back as the person of the page', async () => {
    const version = await room.sandbox.publish('v2')
    const started = await browser.press('/', '/order/start/checkout', { version })
    expect(started.status).toBe(200)
    expect(started.body).toContain('start of checkout was ordered as arn:aws:iam::000000000000:user/ann.')
    const [open] = await room.sandbox.world.openReleases.keys()
    const releaseId = open?.releaseId ?? ''
    expect(started.body).toContain(releaseId)
    await room.sandbox.clock.settle()
    expect(Object.keys((await room.sandbox.alias()).weights)).toEqual([version])
    const paused = await browser.press('/', '/order/pause/checkout', {
      releaseId,
      reason: '"><script>alert(1)</script>',
    })
    expect(paused.body).toContain(`user/ann, for release ${releaseId}.`)
    expect(paused.body).not.toContain('is now baking')
    const back = await browser.press('/', '/order/roll-back/checkout', { releaseId, reason: 'orders drop' })
    expect(back.body).toContain(`Release ${releaseId} is now rolled back.`)
    expect(await room.sandbox.alias()).toMatchObject({ version: '1', weights: {} })
    const events = await room.sandbox.events(releaseId)
    expect(stringify(events)).toContain('"requestedBy":"user/ann"')
    expect(stringify(events)).toContain('"by":"user/ann"')
  })

  it('tells the problem of the door with its code, its fix and the section of the runbook', async () => {
    const { body } = await browser.press('/', '/order/pause/checkout', { reason: 'x' })
    expect(body).toContain('no_live_release: No release of checkout is live.')
    expect(body).toContain('href="/runbook#no_live_release"')
    const wrong = await browser.press('/', '/order/pause/checkout', { reason: 'x', by: 'ben' })
    expect(wrong.body).toContain('call_invalid')
  })

  it('of somebody who may only look is refused by the door', async () => {
    await browser.press('/', '/as', { person: 'viewer' })
    const before = await alias()
    const version = await room.sandbox.publish('v2')
    for (const [path, fields] of [
      ['/order/start/checkout', { version }],
      ['/order/roll-back/checkout', { reason: 'x' }],
      ['/order/stop-every-line', { reason: 'x' }],
    ] as const) {
      const { body } = await browser.press('/', path, fields)
      expect(body).toContain('route_refused')
      expect(body).toContain('Forbidden')
    }
    expect(await alias()).toBe(before)
    expect(await room.sandbox.world.openReleases.keys()).toEqual([])
  })

  it('is of the person whose page it stands on, whomever another tab has switched to', async () => {
    const page = (await browser.get('/')).body
    await browser.press('/', '/as', { person: 'viewer' })
    expect((await browser.get('/')).body).toContain('as arn:aws:iam::000000000000:user/viewer')
    const version = await room.sandbox.publish('v2')
    await browser.post('/order/start/checkout', { formToken: browser.tokenOf(page), page: '/', version })
    const [open] = await room.sandbox.world.openReleases.keys()
    expect(stringify(await room.sandbox.events(open?.releaseId ?? ''))).toContain('"requestedBy":"user/ann"')
  })

  it('without a token of this start does nothing', async () => {
    const version = await room.sandbox.publish('v2')
    const other = await openConsole()
    const elsewhere = browserAt(other.console)
    await elsewhere.open()
    const foreign = elsewhere.tokenOf((await elsewhere.get('/')).body)
    await other.close()
    for (const formToken of ['', 'x', foreign])
      expect((await browser.post('/order/start/checkout', { formToken, version })).body).toContain('form_refused')
    expect(await room.sandbox.world.openReleases.keys()).toEqual([])
  })

  it('goes back to a page of the console and nowhere else', async () => {
    const formToken = browser.tokenOf((await browser.get('/')).body)
    for (const page of [
      'https://evil.example/',
      '//evil.example/',
      '/\\evil.example',
      'javascript:alert(1)',
      '/\t/evil.example',
      '/x\r\nset-cookie: a=b',
    ]) {
      // Who switches to the same person keeps the token of the form.
      for (const path of ['/order/pause/checkout', '/as']) {
        const said = { formToken, page, reason: 'x', person: 'ann' }
        const { status, headers } = await browser.post(path, said)
        const { origin } = new URL(String(headers['location']), room.console.url)
        expect([path, page, status, origin]).toEqual([path, page, 303, room.console.url])
      }
    }
  })

  it('that does not exist is 404, and each form has one route', async () => {
    const formToken = browser.tokenOf((await browser.get('/')).body)
    for (const path of [
      '/order',
      '/order/',
      '/order/nothing/checkout',
      '/order/pause',
      '/order/pause/',
      '/order/pause/a/b',
      '/order/stop-every-line/checkout',
      '/order/__proto__/x',
      '/order/pause/%zz',
      '/sample/start',
      '/',
    ])
      expect([path, (await browser.post(path, { formToken })).status]).toEqual([path, 404])
  })
})

describe('a body', () => {
  it('is a form of few bytes', async () => {
    const { url } = room.console
    const headers = browser.cookie()
    for (const [type, body, status] of [
      ['multipart/form-data; boundary=x', 'a', 415],
      ['text/plain', 'a', 415],
      ['application/json', '{}', 415],
      ['application/x-www-form-urlencoded', 'a='.padEnd(20_000, 'x'), 413],
    ] as const)
      expect(
        (
          await fetched(url, '/order/pause/checkout', {
            method: 'POST',
            headers: { ...headers, 'content-type': type },
            body,
          })
        ).status,
      ).toBe(status)
  })

  it('of any text is answered, and moves nothing by accident', async () => {
    const formToken = browser.tokenOf((await browser.get('/')).body)
    const before = await alias()
    const text = fc.string({ unit: 'binary', maxLength: 40 }).map((one) => one.toWellFormed())
    const route = fc.constantFrom(
      'pause',
      'resume',
      'promote',
      'approve',
      'decline',
      'override',
      'abort',
      'ask',
      'start',
    )
    await fc.assert(
      fc.asyncProperty(
        route,
        fc.oneof(fc.constant('checkout'), text),
        fc.dictionary(
          fc.oneof(fc.constantFrom('reason', 'releaseId', 'version', 'before', 'plan', '__proto__'), text),
          text,
        ),
        async (name, service, fields) => {
          const { status, headers, body } = await browser.post(`/order/${name}/${encodeURIComponent(service)}`, {
            ...fields,
            formToken,
            page: '/runbook/start.md',
          })
          expect([303, 404]).toContain(status)
          if (status === 404) {
            expect(body).toContain('order_unknown')
            return
          }
          const shown = await browser.get(String(headers['location']))
          expect(shown.status).toBe(200)
          expect(shown.body).not.toContain('by a bug')
        },
      ),
      { numRuns: repeats(25, 10) },
    )
    expect(await alias()).toBe(before)
  })
})
