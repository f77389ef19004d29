// `tidegate console` as a command of its own, with a person's credentials against `tidegate local` in place of an account.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Verify } from './screens.ts'

const main = join(import.meta.dirname, '..', '..', '..', 'cli', 'main.ts')
const port = 4696

type Changes = Readonly<Record<string, string | undefined>>

/** The command until it has printed its address, or ended. */
async function started(env: NodeJS.ProcessEnv, args: readonly string[] = []) {
  const child = spawn(process.execPath, [main, 'console', '--port', String(port), ...args], { env })
  let said = ''
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const until = (pattern: RegExp) =>
    new Promise<void>((resolve) => {
      const hear = (data: Buffer): void => {
        said += data.toString()
        if (pattern.test(said)) resolve()
      }
      child.stdout.on('data', hear)
      child.stderr.on('data', hear)
      void ended.then(() => resolve())
      setTimeout(resolve, 60_000).unref()
    })
  await until(/\?key=\S+/)
  return {
    said: () => said,
    address: /http:\S+\?key=\S+/.exec(said)?.[0] ?? '',
    until,
    end: async (): Promise<number | null> => {
      child.kill('SIGINT')
      return ended
    },
    ended,
  }
}

/** A browser's part: the cookie of the key, and forms with the token that the page has. */
async function visitor(address: string) {
  const { origin } = new URL(address)
  const opened = await fetch(address, { redirect: 'manual' })
  const cookie = (opened.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const get = async (path: string): Promise<string> => (await fetch(`${origin}${path}`, { headers: { cookie } })).text()
  return {
    get,
    press: async (path: string, fields: Readonly<Record<string, string>>): Promise<string> => {
      const token = /name="formToken" value="([^"]+)"/.exec(await get('/service/checkout'))?.[1] ?? ''
      const body = new URLSearchParams({ ...fields, page: '/', formToken: token })
      const headers = { cookie, origin, 'sec-fetch-site': 'same-origin' }
      const pressed = await fetch(`${origin}${path}`, { method: 'POST', headers, body, redirect: 'manual' })
      return get(pressed.headers.get('location') ?? '/nothing')
    },
  }
}

/** @param environment in which `tidegate` reaches `tidegate local` as ann */
export async function checkConsoleCommand(verify: Verify, environment: NodeJS.ProcessEnv): Promise<void> {
  const as = (changes: Changes): NodeJS.ProcessEnv =>
    Object.fromEntries(Object.entries({ ...environment, ...changes }).filter(([, value]) => value !== undefined))
  const ann = await started(as({}))
  try {
    verify('console: says where it is and who presses', ann.said().includes(':user/ann'), ann.said())
    const browser = await visitor(ann.address)
    verify('console: lists the services', (await browser.get('/')).includes('/service/checkout'), 'no checkout')
    // What was promoted may have been put back by now, and that is not undone twice.
    const call = [
      'release',
      'checkout',
      '--version',
      '2',
      '--plan',
      'AllAtOnce',
      '--bolder',
      '--watch',
      '--every',
      '0.1',
    ]
    const there = spawnSync(process.execPath, [main, ...call], { env: as({}), encoding: 'utf8' })
    verify('console: something is there to put back', there.status === 0, `${there.stdout}${there.stderr}`)
    const put = await browser.press('/order/roll-back/checkout', { reason: 'by the console command' })
    verify('console: puts back', /roll-back of checkout was ordered as [^<]*user\/ann/.test(put), put)
    const second = spawnSync(process.execPath, [main, 'console', '--port', String(port)], {
      env: as({}),
      encoding: 'utf8',
    })
    verify(
      'console: a port in use is said, with a way out',
      second.status === 2 && second.stderr.includes('port_unusable') && second.stderr.includes('--port'),
      second.stderr,
    )
  } finally {
    const code = await ann.end()
    verify('console: Ctrl-C ends it', code === 0, String(code))
  }
  await checkViewer(verify, as({ AWS_PROFILE: 'viewer' }))
  await checkBeginnings(verify, as)
  await checkOpen(verify, as)
}

async function checkViewer(verify: Verify, env: NodeJS.ProcessEnv): Promise<void> {
  const viewer = await started(env)
  try {
    const browser = await visitor(viewer.address)
    verify('console: a viewer sees the services', (await browser.get('/')).includes('/service/checkout'), 'no checkout')
    const refused = await browser.press('/order/roll-back/checkout', { reason: 'as a viewer' })
    verify('console: a viewer is refused by the door', /403|route_refused/.test(refused), refused)
  } finally {
    await viewer.end()
  }
}

/** What a person hears who cannot see anything. */
async function checkBeginnings(verify: Verify, as: (changes: Changes) => NodeJS.ProcessEnv): Promise<void> {
  const keys = { AWS_PROFILE: undefined, AWS_ACCESS_KEY_ID: 'ann', AWS_SECRET_ACCESS_KEY: 'expired' }
  const expired = await started(as({ ...keys, AWS_SESSION_TOKEN: 'old' }))
  verify(
    'console: refused credentials are said at once',
    (await expired.ended) === 3 && expired.said().includes('credentials_refused'),
    expired.said(),
  )
  const nobody = await started(as({ AWS_PROFILE: 'nonesuch' }))
  verify(
    'console: no credentials are said at once',
    (await nobody.ended) === 3 && nobody.said().includes('credentials_missing'),
    nobody.said(),
  )
  const elsewhere = await started(as({ TIDEGATE_TABLE: 'nonesuch' }))
  await elsewhere.until(/nothing to show/)
  const page = await (await visitor(elsewhere.address)).get('/')
  verify(
    'console: an installation that is not there is said, by the command and by the page',
    elsewhere.said().includes('There is no table nonesuch') && page.includes('nonesuch'),
    `${elsewhere.said()}\n${page}`,
  )
  await elsewhere.end()
}

/** A browser of our own, which writes down how it was called. */
async function checkOpen(verify: Verify, as: (changes: Changes) => NodeJS.ProcessEnv): Promise<void> {
  if (process.platform !== 'linux') return
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-'))
  const told = join(folder, 'told')
  const opener = join(folder, 'xdg-open')
  writeFileSync(opener, `#!/bin/sh\nprintf '%s\\n' "$#" "$@" > '${told}'\necho opened\n`)
  chmodSync(opener, 0o755)
  const opened = await started(as({ PATH: folder }), ['--open'])
  const deadline = Date.now() + 10_000
  const read = (): string => {
    try {
      return readFileSync(told, 'utf8')
    } catch {
      return ''
    }
  }
  // The script has written when its last line is there.
  while (!read().endsWith('\n') && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 100))
  const [count, address = ''] = read().split('\n')
  const first = await fetch(address === '' ? opened.address : address, { redirect: 'manual' })
  const again = await fetch(address === '' ? opened.address : address, { redirect: 'manual' })
  verify(
    'console: --open gives the browser one address, which opens once',
    count === '1' && address !== opened.address && first.status === 303 && again.status === 403,
    `${read()}\n${first.status} ${again.status}`,
  )
  await opened.end()
  const fails = { missing: mkdtempSync(join(tmpdir(), 'tidegate-')), failing: folder }
  writeFileSync(opener, '#!/bin/sh\nexit 3\n')
  for (const [name, path] of Object.entries(fails)) {
    const without = await started(as({ PATH: path }), ['--open'])
    await without.until(/No browser could be started/)
    verify(
      `console: --open says so with a ${name} opener, and serves on`,
      without.said().includes('No browser could be started'),
      without.said(),
    )
    await without.end()
  }
}

if (import.meta.main)
  await checkConsoleCommand((name, holds, detail) => {
    console.log(`${holds ? 'ok    ' : 'FAILED'} ${name}${holds ? '' : `\n${detail}`}`)
    if (!holds) process.exitCode = 1
  }, process.env)
