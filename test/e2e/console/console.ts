// Walks every page and button of the console of `tidegate local` in a real browser.
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, type Page } from 'playwright-core'
import { lookAt, type Verify } from './screens.ts'

const browserPath = '/usr/bin/chromium'
/** The cloud's minutes are seconds at best; a busy machine takes longer. */
const patienceMs = 300_000

type Ran = { readonly status: number | null; readonly stdout: string; readonly all: string }
type Around = {
  readonly verify: Verify
  /** The console's, with its key. */
  readonly address: string
  /** The command line, as ann. */
  readonly tidegate: (...args: readonly string[]) => Ran
  /** Moves checkout:live as ann, by Lambda's own API. @returns the status */
  readonly moveAlias: (version: string, weights: Readonly<Record<string, number>>) => Promise<number>
  /** An order by the API, as ann. @returns the status */
  readonly order: (path: string, body: Readonly<Record<string, unknown>>) => Promise<number>
}
type Walk = Around & { readonly page: Page; readonly url: string }

/** @param only the names of steps; without any, all of them */
export async function checkConsole(around: Around, only: readonly string[] = []): Promise<void> {
  if (!existsSync(browserPath)) {
    console.log(`left out: the walk through the console, as there is no ${browserPath}`)
    return
  }
  const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] })
  try {
    const page = await (await browser.newContext({ reducedMotion: 'reduce' })).newPage()
    page.setDefaultTimeout(30_000)
    const complaints: string[] = []
    page.on('console', (said) => {
      if (said.type() === 'error' || said.type() === 'warning') complaints.push(said.text())
    })
    page.on('pageerror', (error) => complaints.push(String(error)))
    const walk = { ...around, page, url: new URL(around.address).origin }
    for (const step of steps.filter(({ name }) => only.length === 0 || name === 'door' || only.includes(name))) {
      // A step that stops has failed, and the others go on.
      await step(walk).catch((error: unknown) => around.verify(`console: ${step.name}`, false, String(error)))
    }
    // The browser tells of each answer that is no success: those that the walk asks for.
    const unexpected = complaints.filter((one) => !/status of (403|404)/.test(one))
    around.verify('console: the browser complains of nothing', unexpected.length === 0, unexpected.join('\n'))
  } finally {
    await browser.close()
  }
}

const main = (page: Page): Promise<string> => page.locator('main').innerText()
const notice = (page: Page): Promise<string> => page.locator('.notice').first().innerText()
const releaseIn = (page: Page): string => /\/release\/([^/?]+)/.exec(page.url())?.[1] ?? ''

/** Waits for words on a page, which bring themselves up to date. */
async function shows(page: Page, words: RegExp): Promise<boolean> {
  for (let left = patienceMs; left > 0; left -= 250) {
    if (words.test(await main(page))) return true
    await page.waitForTimeout(250)
  }
  return false
}

async function press(page: Page, name: string | RegExp, within = 'body'): Promise<void> {
  await page
    .locator(within)
    .getByRole('button', { name, exact: typeof name === 'string' })
    .first()
    .click()
}
const actAs = ({ page }: Pick<Walk, 'page'>, who: string): Promise<void> =>
  page.locator(`#sample button[name=person][value=${who}]`).click()

/** Starts a version by the sample's button. @returns the id of its release */
async function start({ page, url }: Walk, label: string): Promise<string> {
  await page.goto(`${url}/`)
  await press(page, label, '#sample')
  await page.waitForURL(/\/release\//)
  return releaseIn(page)
}

const outcomeOf = ({ tidegate }: Walk, service: string, releaseId: string): string => {
  const lines = tidegate('history', service, '--json')
    .stdout.split('\n')
    .filter((line) => line.includes(releaseId))
  return /"outcome":"(\w+)"/.exec(lines.join('\n'))?.[1] ?? ''
}

async function settles(walk: Walk, service: string, releaseId: string, wanted: string): Promise<void> {
  await walk.page.goto(`${walk.url}/release/${releaseId}`)
  const words = { promoted: /promoted/i, rolledBack: /(rolled|put) back/i }[wanted] ?? /./
  const seen = await shows(walk.page, words)
  for (let left = patienceMs; left > 0 && outcomeOf(walk, service, releaseId) === ''; left -= 2000)
    await walk.page.waitForTimeout(2000)
  walk.verify(
    `console: ${releaseId} is seen to end: ${wanted}`,
    seen && outcomeOf(walk, service, releaseId) === wanted,
    await main(walk.page),
  )
}

async function door({ page, url, address, verify }: Walk): Promise<void> {
  const refused = await page.goto(`${url}/`)
  verify('console: nobody is let in without the key', refused?.status() === 403, await page.content())
  await page.goto(address)
  verify('console: the key opens the first page, and is not in its address', page.url() === `${url}/`, page.url())
  verify(
    'console: the first page tells a newcomer what to do',
    (await page.locator('#guide').innerText()).includes('Tidegate in two minutes'),
    await page.content(),
  )
  await page.getByRole('button', { name: 'that is good' }).waitFor({ timeout: patienceMs })
}

/** Others move the alias, to version 3, which fails; Tidegate only looks. Then it moves it again itself. */
async function observedShift(walk: Walk): Promise<void> {
  const { page, url, verify, tidegate, moveAlias } = walk
  const file = join(mkdtempSync(join(tmpdir(), 'tidegate-')), 'checkout.yaml')
  const definition = tidegate('get', 'checkout').stdout
  const applied = (mode: string): Ran => {
    writeFileSync(file, `${definition}mode: ${mode}\n`)
    return tidegate('apply', file)
  }
  const observe = applied('observe')
  verify('tidegate apply says that others move it', observe.all.includes('Others move it'), observe.all)
  await page.goto(`${url}/service/checkout`)
  verify('console: a service that is observed says so', await shows(page, /Nothing was seen yet/), await main(page))
  // The first look remembers what runs; the cloud's minute is a second at best.
  await page.waitForTimeout(10_000)
  verify('an alias that is only observed is moved by Lambda', (await moveAlias('2', { 3: 0.2 })) === 200, '')
  verify('console: it says what would be put back', await shows(page, /would have put it back/), await main(page))
  await lookAt(page, 'observed service, under way', verify)
  await moveAlias('2', {})
  verify('console: and by how much earlier', await shows(page, /put back by others.*earlier; about/s), await main(page))
  await lookAt(page, 'observed service', verify)
  await page.goto(`${url}/`)
  verify('console: its tile says that it is observed', /checkout[^]*observed/i.test(await main(page)), await main(page))
  const own = applied('own')
  verify('and it is given to Tidegate by its definition', own.status === 0, own.all)
}

async function badRelease(walk: Walk): Promise<void> {
  const id = await start(walk, 'that fails')
  await lookAt(walk.page, 'live release', walk.verify)
  await settles(walk, 'checkout', id, 'rolledBack')
  await lookAt(walk.page, 'release that went back', walk.verify)
}

/** The live version as the command line says it. */
const live = ({ tidegate }: Walk): string => tidegate('history', 'checkout', '--limit', '1', '--json').stdout

async function backOf(walk: Walk, how: string, putBack: () => Promise<string>): Promise<void> {
  const before = walk.tidegate('history', 'checkout', '--json').stdout
  const said = await putBack()
  let now = ''
  for (let left = patienceMs; left > 0; left -= 2000) {
    now = live(walk)
    if (!before.includes(now.trim()) && /"outcome":"promoted"/.test(now)) break
    await walk.page.waitForTimeout(2000)
  }
  walk.verify(
    `console: a promoted version is put back by ${how}`,
    /"outcome":"promoted"/.test(now) && !before.includes(now.trim()),
    `${said}\n${now}`,
  )
}

async function backByButton(walk: Walk): Promise<void> {
  const id = await start(walk, 'that is good')
  await settles(walk, 'checkout', id, 'promoted')
  await lookAt(walk.page, 'promoted release', walk.verify)
  await backOf(walk, 'button', async () => {
    await press(walk.page, /^Put back/, 'main')
    return notice(walk.page)
  })
}

async function backByApi(walk: Walk): Promise<void> {
  await settles(walk, 'checkout', await start(walk, 'that is good'), 'promoted')
  await backOf(walk, 'the API', async () => String(await walk.order('/roll-back/checkout', { reason: 'by the API' })))
}

async function backByCommand(walk: Walk): Promise<void> {
  await settles(walk, 'checkout', await start(walk, 'that is good'), 'promoted')
  await backOf(walk, 'the command line', () =>
    Promise.resolve(walk.tidegate('rollback', 'checkout', '--reason', 'by hand').all),
  )
}

async function twoPeople(walk: Walk): Promise<void> {
  const { page, verify } = walk
  await actAs(walk, 'ann')
  const id = await start(walk, 'of payments, which needs two people')
  verify(
    'console: a release waits for an approval, and its page says so',
    await shows(page, /approv/i),
    await main(page),
  )
  for (let left = patienceMs; left > 0 && !/approv/i.test(walk.tidegate('log', id).stdout); left -= 2000)
    await page.waitForTimeout(2000)
  await page.goto(`${walk.url}/release/${id}`)
  await lookAt(page, 'release that waits for an approval', verify)
  await press(page, /Approve payments/, '#sample')
  verify(
    'console: whoever asked for it is refused',
    (await notice(page)).includes('approval_refused'),
    await notice(page),
  )
  await lookAt(page, 'refused approval', verify)
  await actAs(walk, 'ben')
  await press(page, /Approve payments/, '#sample')
  verify(
    'console: another person is not',
    /approve of payments was ordered as .*user\/ben/.test(await notice(page)),
    await notice(page),
  )
  await press(page, /Pause payments/, '#sample')
  verify(
    'console: a release is paused by a button',
    (await notice(page)).includes('pause of payments was ordered'),
    await notice(page),
  )
  await press(page, /Resume payments/, '#sample')
  verify(
    'console: and goes on by another',
    (await notice(page)).includes('resume of payments was ordered'),
    await notice(page),
  )
}

async function viewer(walk: Walk): Promise<void> {
  const { page, verify } = walk
  await page.goto(`${walk.url}/`)
  await actAs(walk, 'viewer')
  for (const name of [/^that is good/, /Put back payments/, /Pause payments/, /Approve payments/, /^Freeze/]) {
    await press(page, name, '#sample')
    const said = await notice(page)
    verify(
      `console: the door answers 403 to a viewer who presses ${name.source}`,
      said.includes('route_refused') && said.includes('Forbidden'),
      said,
    )
  }
  await actAs(walk, 'ann')
}

const focusedInMain = `document.querySelector('main').contains(document.activeElement) ? document.activeElement.textContent.trim() : ''`

async function keyboard(walk: Walk): Promise<void> {
  const { page, verify } = walk
  const id = releaseOf(walk, 'payments')
  await page.goto(`${walk.url}/release/${id}`)
  let focused = ''
  for (let presses = 0; presses < 80 && !/^Put back/.test(focused); presses++) {
    await page.keyboard.press('Tab')
    focused = await page.evaluate<string>(focusedInMain)
  }
  verify('console: Put back is reached by the keyboard alone', /^Put back/.test(focused), focused)
  await page.keyboard.press('Enter')
  await page.locator('.notice').first().waitFor()
  verify('console: and pressed', (await notice(page)).includes('roll-back of payments was ordered'), await notice(page))
}

const releaseOf = ({ tidegate }: Walk, service: string): string =>
  new RegExp(`${service}-[0-9a-f]{20}`).exec(tidegate('status', '--json').stdout)?.[0] ?? ''

async function freeze(walk: Walk): Promise<void> {
  const { page, verify } = walk
  await page.goto(`${walk.url}/`)
  await press(page, /^Freeze/, '#sample')
  await start(walk, 'that is good')
  verify('console: while it is frozen a release waits', await shows(page, /stopped/i), await main(page))
  await page.goto(`${walk.url}/`)
  await lookAt(page, 'first page, frozen', verify)
  await press(page, /^Thaw/, '#sample')
  verify('console: and thawed it goes on', (await notice(page)).includes('start-every-line'), await notice(page))
  for (const label of ['that is slow', 'that slowly gets worse']) {
    const id = await start(walk, label)
    verify(`console: a version ${label} is started`, id !== '', page.url())
  }
}

async function everyPage(walk: Walk): Promise<void> {
  const { page, verify, url } = walk
  const ended = walk.tidegate('history', 'checkout', '--json').stdout
  const id = /(checkout-[0-9a-f]{20})[^}]*"outcome":"rolledBack"/.exec(ended)?.[1] ?? 'none'
  const pages = {
    'first page': '/',
    'on call': '/on-call',
    delivery: '/delivery',
    'service checkout': '/service/checkout',
    'service payments': '/service/payments',
    'post-mortem': `/release/${id}/post-mortem`,
    runbook: '/runbook',
  }
  for (const [name, path] of Object.entries(pages)) {
    const answer = await page.goto(`${url}${path}`)
    verify(`console: ${name} is there`, answer?.status() === 200, `${path}: ${answer?.status() ?? ''}`)
    await lookAt(page, name, verify)
  }
  await page.goto(`${url}/runbook#no_live_release`)
  verify(
    'console: a problem leads to its section of the runbook',
    await page.locator('#no_live_release').isVisible(),
    page.url(),
  )
  const missing = await page.goto(`${url}/release/none`)
  verify('console: a release that is not there is 404', missing?.status() === 404, await page.content())
  await lookAt(page, 'no such page', verify)
}

/** What people send to each other is looked at as the pages are. */
async function savedReport({ page, verify, tidegate }: Walk): Promise<void> {
  const file = join(mkdtempSync(join(tmpdir(), 'tidegate-')), 'report.html')
  const { status, all } = tidegate('report', '--last', '2d', '--html', file)
  verify('tidegate report --html writes a page', status === 0, all)
  await page.goto(pathToFileURL(file).href)
  await lookAt(page, 'saved report', verify)
}

/** A page of another port of this machine, which browsers take for the same site, posts an order and reads a page. */
async function otherOrigin({ page, url, verify }: Walk): Promise<void> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end(`<!doctype html><form method="post" action="${url}/order/stop-every-line"><input name="reason" value="evil"></form>
<script>fetch(${JSON.stringify(url)} + '/', { credentials: 'include' }).then((answer) => answer.text()).then((text) => { document.title = 'read' }, () => { document.title = 'refused' })</script>`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  try {
    const evil = await page.context().newPage()
    await evil.goto(`http://127.0.0.1:${port}/`)
    await evil.waitForFunction(`document.title !== ''`)
    verify('console: a page of another origin reads nothing', (await evil.title()) === 'refused', await evil.title())
    const [answer] = await Promise.all([
      evil.waitForResponse(/stop-every-line/),
      evil.evaluate('document.forms[0].submit()'),
    ])
    verify('console: and its form is refused', answer.status() === 403, String(answer.status()))
    await evil.close()
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

const steps = [
  ...[
    door,
    observedShift,
    badRelease,
    backByButton,
    backByApi,
    backByCommand,
    twoPeople,
    viewer,
    keyboard,
    freeze,
    otherOrigin,
  ],
  everyPage,
  savedReport,
]
