// Who is let in: nobody without the key, no page of another origin, and no request that only looks like one of a browser.
import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import { browserAt, fetched, openConsole, type Room } from './browser.ts'

let room: Room
beforeAll(async () => {
  room = await openConsole()
})
afterAll(() => room.close())

/** Sends bytes as they are. @returns the status line */
function raw(text: string): Promise<string> {
  const { port } = new URL(room.console.url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(text))
    let said = ''
    socket.on('data', (data) => {
      said += data.toString()
      if (said.includes('\r\n')) socket.destroy()
    })
    socket.on('close', () => resolve(said.split('\r\n')[0] ?? ''))
    socket.on('error', reject)
  })
}

describe('the key', () => {
  it('is asked for by every path, and opens all of them', async () => {
    const browser = browserAt(room.console)
    for (const path of ['/', '/runbook', '/live', '/release/x', '/?key=', '/?key=wrong', '/?key=constructor'])
      expect([path, (await browser.get(path)).status, (await browser.get(path)).body]).toEqual([
        path,
        403,
        expect.stringContaining('key_missing'),
      ])
    const opened = await browser.open()
    expect([opened.status, opened.headers['location']]).toEqual([303, '/'])
    expect(opened.headers['set-cookie']).toEqual([expect.stringMatching(/; Path=\/; HttpOnly; SameSite=Strict$/)])
    expect((await browser.get('/')).status).toBe(200)
  })
  it('is not what the cookie says, and an address for once opens once', async () => {
    const browser = browserAt(room.console)
    const { headers } = await browser.open()
    const key = new URL(room.console.address).searchParams.get('key') ?? 'none'
    expect(String(headers['set-cookie'])).not.toContain(key)
    const once = room.console.addressForOnce().slice(room.console.url.length)
    expect((await browserAt(room.console).get(once)).status).toBe(303)
    expect((await browserAt(room.console).get(once)).status).toBe(403)
  })
  it('is on no page', async () => {
    const browser = browserAt(room.console)
    await browser.open()
    const { body } = await browser.get('/')
    for (const [, value = ''] of [...browser.cookie()['cookie']!.matchAll(/=([^;]+)/g)])
      expect(body).not.toContain(value)
    expect(body).not.toContain(new URL(room.console.address).searchParams.get('key'))
  })
})

describe('another origin', () => {
  const refused: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
    ['a name that was bent to this machine', { host: 'evil.example' }, 'host_refused'],
    ['that name with the port', { host: 'evil.example:4600' }, 'host_refused'],
    ['another port', { host: '127.0.0.1:1' }, 'host_refused'],
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }, 'site_refused'],
    ['a page of another port of this machine', { 'sec-fetch-site': 'same-site' }, 'site_refused'],
    ['an origin', { origin: 'https://evil.example' }, 'origin_refused'],
    ['no origin', { origin: 'null' }, 'origin_refused'],
  ]
  it.each(refused)('%s is refused, with the key too', async (_, headers, code) => {
    const browser = browserAt(room.console)
    await browser.open()
    for (const answer of [await browser.get('/', headers), await browser.post('/order/pause/checkout', {}, headers)])
      expect([answer.status, answer.body.split(':')[0]]).toEqual([403, code])
  })
  it('may not frame a page, read it, or run anything on it', async () => {
    const browser = browserAt(room.console)
    await browser.open()
    const { headers, body } = await browser.get('/')
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-\S{44}' 'sha256-\S{44}'; script-src 'sha256-\S{44}'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
    )
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
    })
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    expect(body).not.toMatch(/\sstyle=|\son[a-z]+=/)
    for (const path of ['/nowhere', '/?key=wrong'])
      expect((await browser.get(path)).headers['content-security-policy']).toBe(headers['content-security-policy'])
  })
})

describe('the stylesheet and the script', () => {
  // A browser leaves out without a word what the policy does not name: the page is there, black on black and wider than a phone.
  it.each(['/', '/on-call', '/delivery', '/service/checkout', '/runbook', '/runbook/running.md', '/nowhere'])(
    'of %s are those that its policy names',
    async (path) => {
      const browser = browserAt(room.console)
      await browser.open()
      const { headers, body } = await browser.get(path)
      const embedded = [...body.matchAll(/<(style|script)>([^]*?)<\/\1>/g)]
      expect(embedded.map(([, tag]) => tag)).toEqual(['style', 'script'])
      for (const [, tag = '', text = ''] of embedded) {
        const hash = `'sha256-${createHash('sha256').update(text).digest('base64')}'`
        const sources = String(headers['content-security-policy'])
          .split('; ')
          .find((one) => one.startsWith(`${tag}-src `))
        expect(sources?.split(' ')).toContain(hash)
      }
    },
  )
})

describe('the request', () => {
  it.each(['PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'])('%s is refused', async (method) => {
    expect((await fetched(room.console.url, '/', { method })).status).toBe(405)
  })
  it('names one host, and a path', async () => {
    const host = `Host: ${new URL(room.console.url).host}`
    expect(await raw(`GET / HTTP/1.1\r\n${host}\r\n${host}\r\n\r\n`)).toMatch(/ 40[03] /)
    expect(await raw(`GET / HTTP/1.1\r\n\r\n`)).toMatch(/ 40[03] /)
    expect(await raw(`GET http://evil.example/ HTTP/1.1\r\n${host}\r\n\r\n`)).toMatch(/ 400 /)
    expect(await raw(`GET //evil.example/ HTTP/1.1\r\n${host}\r\n\r\n`)).toMatch(/ 400 /)
    expect(await raw(`GET /\\evil.example/ HTTP/1.1\r\n${host}\r\n\r\n`)).toMatch(/ 400 /)
    expect(await raw(`GET /${'x'.repeat(2000)} HTTP/1.1\r\n${host}\r\n\r\n`)).toMatch(/ 414 /)
    expect(await raw(`POST / HTTP/1.1\r\n${host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`)).toMatch(
      / 400 /,
    )
  })
  it('with any path and query is answered, and is no bug', async () => {
    const browser = browserAt(room.console)
    await browser.open()
    const segment = fc.oneof(
      fc.constantFrom(
        'release',
        'service',
        'runbook',
        'delivery',
        'on-call',
        'order',
        'as',
        'sample',
        '..',
        '%2e%2e',
        '%00',
        '%zz',
        '__proto__',
        'constructor',
        'operate.md',
        'etc%2fpasswd',
      ),
      fc.webPath().map((path) => path.slice(1)),
      fc.string({ unit: 'binary', maxLength: 20 }).map((text) => encodeURIComponent(text.toWellFormed())),
    )
    const path = fc
      .tuple(fc.array(segment, { maxLength: 4 }), fc.webQueryParameters())
      .map(([parts, query]) => `/${parts.join('/').replace(/^\/+/, '')}${query === '' ? '' : `?${query}`}`)
    await fc.assert(
      fc.asyncProperty(path, async (one) => {
        const { status, body } = await browser.get(one)
        expect([200, 303, 400, 403, 404, 409, 414]).toContain(status)
        expect(body).not.toContain('root:')
      }),
      { numRuns: repeats(150, 50) },
    )
    expect(room.bugs).toEqual([])
  })
})
