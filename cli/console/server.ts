// `tidegate console`: a web server on this machine that serves the pages of the controller, and sends what their buttons order
// with the credentials of whoever started it. docs/console.md says how, docs/security.md what it defends.
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerOptions, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { Problem } from '../../core/problem.ts'
import { html, type Html, nothing } from '../../console/html.ts'
import { type Frame, framed } from '../../console/frame.ts'
import { type Answer, page, plain, seeOther, send } from './answer.ts'
import { awayPage, lastPages } from './away.ts'
import { admitted, cookie, cookieName, isSame, pathOf, type Visit } from './guard.ts'
import { liveEvents } from './live.ts'
import { type Notice, noticeBoard, noticeBox, refused } from './notices.ts'
import { bodyOf, formOf, give, orderAt } from './order.ts'
import { inTime } from './in-time.ts'
import { pageAt, statusOf } from './pages.ts'
import { formTokenOf, type People, type Person, personNamed, personOfToken } from './people.ts'

/** What `tidegate local` adds: buttons of the sample, and whom to act as. */
export type Panel = {
  readonly show: (person: Person, frame: Frame) => Promise<Html>
  /** @returns what it did, or `undefined` if there is no such button */
  readonly press: (person: Person, button: string, form: URLSearchParams) => Promise<Notice | undefined>
}

type ConsoleOptions = {
  readonly where: string
  readonly people: People
  /** 0 for any free port. */
  readonly port: number
  readonly panel?: Panel
  /** Hears of bugs, without anything that a request has said. */
  readonly tell: (line: string) => void
  /** How long a sender may take; default: a few seconds. */
  readonly timeouts?: ServerOptions
  /** How long the backend may take for a page; default: a few seconds. */
  readonly patienceMs?: number
  /** The pause between two looks for news. */
  readonly later?: Parameters<typeof liveEvents>[1]
}

export type Console = {
  /** The address to open first, with the key. */
  readonly address: string
  /** An address whose key opens once: command lines can be seen by others of the machine. */
  readonly addressForOnce: () => string
  readonly url: string
  close(): Promise<void>
}

const everyMs = 2000
const afterAWhile = (task: () => void): (() => void) => {
  const timer = setTimeout(task, everyMs)
  return () => clearTimeout(timer)
}

// Slow senders hold a connection no longer than this.
const timeouts = {
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
}
const connectionsMax = 200

type Room = ConsoleOptions & {
  readonly takes: (key: string) => boolean
  /** What the cookie says. */
  readonly session: string
  readonly secret: string
  readonly notices: ReturnType<typeof noticeBoard>
  readonly pages: ReturnType<typeof lastPages>
  readonly live: ReturnType<typeof liveEvents>
}

/** @throws Problem `port_unusable` */
export async function serveConsole(options: ConsoleOptions): Promise<Console> {
  const random = (): string => randomBytes(24).toString('base64url')
  const live = liveEvents(options.people[0].backend, options.later ?? afterAWhile, options.patienceMs)
  const keys = keyring(random)
  const room: Room = {
    ...{ ...options, takes: keys.takes, session: random(), secret: random() },
    ...{ notices: noticeBoard(random), pages: lastPages(), live },
  }
  const server = createServer(options.timeouts ?? timeouts, (request, response) => void answer(room, request, response))
  server.maxConnections = connectionsMax
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', () => resolve())
  }).catch((cause: unknown) => {
    const isTaken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE'
    const why = isTaken ? 'another program has it' : String(cause)
    throw new Problem('port_unusable', `Port ${options.port} cannot be used: ${why}.`, { cause })
  })
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    address: `${url}/?key=${keys.key}`,
    addressForOnce: () => `${url}/?key=${keys.once()}`,
    close: () =>
      new Promise((resolve) => {
        live.close()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function keyring(random: () => string) {
  const key = random()
  const once = new Set<string>()
  return {
    key,
    once(): string {
      const made = random()
      once.add(made)
      return made
    },
    takes: (given: string): boolean => isSame(given, key) || once.delete(given),
  }
}

async function answer(room: Room, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const port = request.socket.localPort ?? 0
    const visit = admitted(request, { ...room, port })
    if ('status' in visit) send(response, request.method, visit)
    else if (visit.url.pathname === '/live' && visit.method === 'GET') room.live.listen(response)
    else if (visit.url.pathname === '/favicon.ico') send(response, visit.method, { status: 204 })
    else if (visit.method === 'POST') send(response, 'POST', await pressed(room, visit, request, port))
    else send(response, visit.method, await shown(room, visit, port))
  } catch (error) {
    // Whoever hung up in the middle of a form is no bug.
    if (!request.complete) return void request.destroy()
    room.tell(inspect(error))
    if (response.headersSent) response.destroy()
    else send(response, request.method, plain(500, 'A bug in the console. Its terminal has the details.'))
  }
}

async function shown(room: Room, { url, cookies }: Visit, port: number): Promise<Answer> {
  const person = personNamed(room.people, cookies.get(cookieName('as', port)))
  const said = url.searchParams.get('said') ?? ''
  url.searchParams.delete('said')
  const path = `${url.pathname}${url.search}`
  const bare: Frame = {
    ...{ path, where: room.where, who: person.who, nowMs: person.backend.clock.nowMs() },
    formToken: formTokenOf(person, room.secret),
  }
  const notice = room.notices.read(said)
  const panel = await panelOf(room, person, bare)
  const frame = { ...bare, above: html`${notice === undefined ? nothing : noticeBox(notice)} ${panel}` }
  try {
    const asked = { backend: person.backend, path: url.pathname, query: url.searchParams }
    const found = await inTime(room.patienceMs, () => pageAt(asked))
    if (found === undefined) return notThere(frame)
    if ('text' in found) return found.text
    room.pages.keep(person, frame, found.show)
    return page(200, found.show(frame))
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return page(statusOf(error), room.pages.last(person, frame, error) ?? awayPage(frame, error))
  }
}

/** Without it, where the backend does not answer: the page says that. */
async function panelOf({ panel, patienceMs }: Room, person: Person, frame: Frame): Promise<Html> {
  try {
    return panel === undefined ? nothing : await inTime(patienceMs, () => panel.show(person, frame))
  } catch (error) {
    if (error instanceof Problem) return nothing
    throw error
  }
}

const notThere = (frame: Frame): Answer =>
  page(
    404,
    framed(
      frame,
      'No such page',
      html`<h1>No such page</h1>
        <p>The console has no page ${frame.path}.</p>`,
    ),
  )

async function pressed(room: Room, { url }: Visit, request: IncomingMessage, port: number): Promise<Answer> {
  const form = await formOf(request)
  if ('status' in form) return form
  const person = personOfToken(room.people, room.secret, form.get('formToken') ?? '')
  if (person === undefined)
    return plain(403, 'form_refused: this form is not of this start of the console. Load the page again.')
  const back = pathOf(form.get('page') ?? '/', port)
  if (url.pathname === '/as') {
    const next = personNamed(room.people, form.get('person') ?? '')
    return seeOther(back, { 'set-cookie': cookie('as', port, next.name) })
  }
  const notice = await noticeOf(room, person, url.pathname, form)
  if (notice === undefined) return plain(404, 'order_unknown: there is no such order.')
  room.live.soon()
  return seeOther(withNotice(notice.path ?? back, room.notices.pin(notice), port))
}

async function noticeOf(room: Room, person: Person, path: string, form: URLSearchParams): Promise<Notice | undefined> {
  const button = /^\/sample\/([a-z-]+)$/.exec(path)?.[1]
  if (button !== undefined) {
    try {
      return await room.panel?.press(person, button, form)
    } catch (error) {
      if (error instanceof Problem) return refused(error)
      throw error
    }
  }
  const order = path.startsWith('/order/') ? orderAt(path) : undefined
  return order && give(person, order, bodyOf(form), room.tell)
}

function withNotice(path: string, id: string, port: number): string {
  const url = new URL(path, `http://127.0.0.1:${port}`)
  url.searchParams.set('said', id)
  return `${url.pathname}${url.search}`
}
