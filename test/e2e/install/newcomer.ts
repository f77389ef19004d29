// What docs/start.md tells a newcomer to type, typed: a service of their own from nothing to promoted, and a version that comes
// back. The commands are read from the page, so that the page cannot rot.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Verify } from '../console/screens.ts'

const page = join(import.meta.dirname, '..', '..', '..', 'docs', 'start.md')
/** Pictures go here, if somebody wants them. */
const pictures = process.env['TIDEGATE_SCREENSHOTS']
const startsMost = 10 * 60_000

/** The commands of one section: what is started in the first terminal, and what is typed in the second one, block by block. */
function commandsOf(heading: string): { readonly start: string; readonly blocks: readonly string[] } {
  const [, rest = ''] = readFileSync(page, 'utf8').split(`\n## ${heading}\n`)
  const [section = ''] = rest.split('\n## ')
  const start = /^ {4}npm start -- (.+)$/m.exec(section)?.[1] ?? ''
  const blocks = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block)
  return { start, blocks }
}

type Cloud = { readonly lines: readonly string[]; readonly pages: string; readonly stop: () => void }

/** As `npm start` does it, with what it prints for a second terminal. */
async function started(options: string, port: number): Promise<Cloud> {
  const child = spawn('npm', ['start', '--', ...options.split(' '), '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  const stop = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT')
  }
  let said = ''
  const timer = setTimeout(stop, startsMost)
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`npm start ended with ${code ?? 'a signal'}\n${said}`)))
    child.stdout.on('data', (data: Buffer) => {
      said += data.toString()
      if (said.includes('aws lambda get-alias')) resolve()
    })
  })
  clearTimeout(timer)
  const lines = said.split('\n').filter((line) => /^ {2}(unset |export |tidegate\(\))/.test(line))
  return { lines, pages: /http:\S+\/\?key=\S+/.exec(said)?.[0] ?? '', stop }
}

/** From the address that was printed to the page of the release. @returns its first heading and what it says below */
async function seenInBrowser(address: string): Promise<string> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
  try {
    const page = await browser.newPage()
    await page.goto(address)
    await page.getByRole('link', { name: 'hello' }).first().click()
    await page.locator('a[href^="/release/hello-"]').first().click()
    if (pictures !== undefined) await page.screenshot({ path: join(pictures, 'newcomer.png') })
    return (await page.locator('main').innerText()).slice(0, 1000)
  } finally {
    await browser.close()
  }
}

export async function checkNewcomer(verify: Verify, port: number): Promise<void> {
  const { start, blocks } = commandsOf('Your own service')
  verify('docs/start.md has a way to an own service', start !== '' && blocks.length === 4, start)
  const cloud = await started(start, port)
  try {
    verify('npm start prints three lines for a second terminal', cloud.lines.length === 3, cloud.lines.join('\n'))
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-'))
    const typed = (block: string) => {
      return spawnSync('bash', ['-e', '-c', [...cloud.lines, block].join('\n')], {
        cwd: folder,
        encoding: 'utf8',
        timeout: 10 * 60_000,
      })
    }
    const beganAllMs = Date.now()
    const [make = '', define = '', release = '', fail = ''] = blocks
    const step = (name: string, block: string, wanted: number, ...words: readonly string[]): void => {
      const beganMs = Date.now()
      const { status, stdout, stderr } = typed(block)
      const missing = words.filter((word) => !stdout.includes(word))
      verify(
        `a newcomer ${name} (${((Date.now() - beganMs) / 1000).toFixed(0)} s)`,
        status === wanted && missing.length === 0,
        `ended with ${String(status)}, without: ${missing.join(', ')}\n${stdout}${stderr}`,
      )
    }
    step('makes a function', make, 0, '"FunctionVersion": "1"')
    step('defines a service', define, 0, 'services/hello.yaml is written', 'Service hello applied: hello:live')
    step('releases a good version', release, 0, 'Yes: ', 'promoted  ████████████████████ 100 %')
    if (existsSync('/usr/bin/chromium')) {
      const seen = await seenInBrowser(cloud.pages)
      verify('a newcomer sees it in the browser', seen.includes('hello:2') && /promoted/i.test(seen), seen)
    }
    step('releases one that fails, and it comes back', fail.replace(/^tidegate history.*$/m, ''), 1, 'rolled back: ')
    step('looks back', 'tidegate history hello', 0, 'promoted', 'rolledBack')
    const minutes = (Date.now() - beganAllMs) / 60_000
    verify('a newcomer needs less than ten minutes', minutes < 10, `${minutes.toFixed(1)} minutes`)
  } finally {
    cloud.stop()
  }
}

if (import.meta.main) {
  const results: boolean[] = []
  await checkNewcomer((name, holds, detail) => {
    results.push(holds)
    console.log(`${holds ? 'ok    ' : 'FAILED'} ${name}${holds ? '' : `\n${detail}`}`)
  }, 4686)
  process.exitCode = results.every(Boolean) ? 0 : 1
}
