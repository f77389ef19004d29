// A web page of another origin in a real browser, against the endpoint of `tidegate local`: nothing that it sends gets anything
// done. The same page sends the same to a server that takes everything, which shows that the browser would have let it.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const browser = '/usr/bin/chromium'
type Verify = (name: string, holds: boolean, detail: string) => void
type Heard = { readonly method: string; readonly path: string; readonly type: string; readonly text: string }

/** Everything that a page can send, to each of the addresses; it tells its own server when it has sent it. */
const page = (targets: readonly string[]): string => `<!doctype html><body><script type="module">
const text = JSON.stringify({ FunctionName: 'evil', Role: 'arn:aws:iam::000000000000:role/evil', Runtime: 'nodejs24.x', Handler: 'index.handler', Code: { ZipFile: 'UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==' } })
const create = '/2015-03-31/functions'
const quietly = (promise) => promise.then((answer) => answer.type === 'opaque' ? 'sent' : 'read', () => 'failed')
function form(action, enctype, fields) {
  const name = 'frame' + document.querySelectorAll('iframe').length
  const frame = document.body.appendChild(Object.assign(document.createElement('iframe'), { name }))
  const made = Object.assign(document.createElement('form'), { method: 'POST', action, enctype, target: frame.name })
  for (const [name, value] of Object.entries(fields)) made.append(Object.assign(document.createElement('input'), { name, value }))
  document.body.append(made)
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve))
  made.submit()
  return loaded
}
function image(src) {
  return new Promise((resolve) => { const made = new Image(); made.onload = made.onerror = resolve; made.src = src })
}
const told = []
for (const target of ${JSON.stringify(targets)}) {
  const post = { method: 'POST', mode: 'no-cors', body: text }
  const json = { 'content-type': 'application/json' }
  told.push(target + ' ' + await quietly(fetch(target + create, post)))
  told.push(target + ' ' + await quietly(fetch(target + create, { ...post, body: new Blob([text]) })))
  told.push(target + ' ' + await quietly(fetch(target + create, { ...post, mode: 'cors' })))
  told.push(target + ' ' + await quietly(fetch(target + create, { ...post, mode: 'cors', headers: json })))
  told.push(target + ' ' + await quietly(fetch(target + '/artifacts/evil.zip', { method: 'PUT', body: text })))
  navigator.sendBeacon(target + create, text)
  await form(target + create, 'text/plain', { [text.slice(0, -1) + ',"x":"']: '"}' })
  await form(target + create, 'multipart/form-data', { a: text })
  await form(target + '/', 'application/x-www-form-urlencoded', { Action: 'CreateTopic', Name: 'evil', Version: '2010-03-31' })
  await image(target + '/?Action=CreateTopic&Name=evil&Version=2010-03-31')
}
await fetch('/done', { method: 'POST', body: told.join('\\n') })
</script>`

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** @returns what the browser shows of an address in the end, or nothing if it is ended before */
function browse(address: string, ended: Promise<unknown>, ...flags: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-browser-'))
  const common = ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${folder}`]
  const rules = '--host-resolver-rules=MAP evil.example 127.0.0.1'
  const child = spawn(browser, [...common, rules, ...flags, address], { stdio: ['ignore', 'pipe', 'ignore'] })
  void ended.then(() => child.kill())
  let shown = ''
  child.stdout.on('data', (data: Buffer) => (shown += data.toString()))
  return new Promise((resolve) =>
    child.once('exit', () => {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
      resolve(shown)
    }),
  )
}

const yes = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': '*',
  'access-control-allow-methods': '*',
}

/** @param list what a signed call finds there, by which nothing may have changed */
export async function checkBrowser(verify: Verify, url: string, list: () => string): Promise<void> {
  if (!existsSync(browser)) {
    console.log(`left out: there is no ${browser}`)
    return
  }
  const heard: Heard[] = []
  const open = createServer((request, response) => {
    const { method = '', url: path = '', headers } = request
    void textOf(request).then((text) => {
      heard.push({ method, path, type: headers['content-type'] ?? '', text })
      response.writeHead(200, yes).end()
    })
  })
  let done = (_: string): void => undefined
  const told = new Promise<string>((resolve) => (done = resolve))
  const port = Number(new URL(url).port)
  const control = `http://127.0.0.1:${await listen(open)}`
  const own = createServer((request, response) => {
    void textOf(request).then((text) => {
      if (request.url === '/done') done(text)
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end(page([url, `http://localhost:${port}`, `http://evil.example:${port}`, control]))
    })
  })
  const address = `http://127.0.0.1:${await listen(own)}/`
  const before = list()
  // With a port for a debugger it stays until it is ended.
  await browse(address, told, '--remote-debugging-port=0')
  const lines = (await told).split('\n')
  const shown = await browse(`http://evil.example:${port}/`, new Promise(() => undefined), '--dump-dom')
  for (const server of [open, own]) {
    server.close()
    server.closeAllConnections()
  }
  const creates = heard.filter(({ method, text }) => method === 'POST' && text.includes('evil'))
  const taken = creates.length >= 8 && heard.some(({ method }) => method === 'PUT')
  verify('a page can send all of it to whoever takes it', taken, JSON.stringify(heard))
  const read = lines.filter((line) => line.endsWith(' read') && !line.startsWith(control))
  verify('a page reads nothing of the endpoint', lines.length === 20 && read.length === 0, lines.join('\n'))
  verify('a name that was bent to this machine is refused', shown.includes('host_refused'), shown)
  const after = list()
  verify('a page gets nothing done', after === before && !after.includes('evil'), `${before}${after}`)
}
