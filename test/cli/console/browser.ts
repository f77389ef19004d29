// A console on the sandbox, and what sends it requests over real HTTP, byte by byte where a browser would not.
import { request } from 'node:http'
import type { Backend } from '../../../cli/backend/backend.ts'
import { backendOnAws } from '../../../cli/backend/aws-backend.ts'
import type { Person } from '../../../cli/console/people.ts'
import { type Console, serveConsole } from '../../../cli/console/server.ts'
import { bySamplePolicies } from '../../../local/rights.ts'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'

type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}
type Sent = {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string
}

export function fetched(url: string, path: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Answer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    // A connection of its own: one that is kept could be closed by the server just as it is used again.
    const sent = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** As a browser keeps its cookies and sends its forms. */
export function browserAt({ url, address }: Console) {
  const jar = new Map<string, string>()
  const cookie = (): Record<string, string> => ({
    cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
  })
  const keep = (answer: Answer): Answer => {
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      jar.set(name, value)
    }
    return answer
  }
  const get = async (path: string, headers: Sent['headers'] = {}) =>
    keep(await fetched(url, path, { headers: { ...cookie(), ...headers } }))
  const post = async (path: string, fields: Readonly<Record<string, string>>, headers: Sent['headers'] = {}) =>
    keep(
      await fetched(url, path, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', origin: url, ...cookie(), ...headers },
        body: new URLSearchParams(fields).toString(),
      }),
    )
  const tokenOf = (page: string): string => /name="formToken" value="([^"]+)"/.exec(page)?.[1] ?? ''
  return {
    get,
    post,
    cookie,
    open: () => get(address.slice(url.length)),
    tokenOf,
    /** Presses a button of a page, and shows what comes next. */
    press: async (from: string, path: string, fields: Readonly<Record<string, string>> = {}) => {
      const formToken = tokenOf((await get(from)).body)
      const answer = await post(path, { formToken, page: from, ...fields })
      return answer.status === 303 ? get(String(answer.headers['location'])) : answer
    },
  }
}

export type Room = {
  readonly sandbox: Sandbox
  readonly console: Console
  readonly bugs: readonly string[]
  readonly close: () => Promise<void>
}

/** @param backendOf changes the backend of a person */
export async function openConsole(
  options: Partial<Parameters<typeof serveConsole>[0]> = {},
  backendOf: (backend: Backend) => Backend = (backend) => backend,
): Promise<Room> {
  const sandbox = await openSandbox({ perMinute: 60, sweepMinutes: 5, authorize: bySamplePolicies })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
  const personOf = (name: string): Person => ({
    name,
    who: `arn:aws:iam::000000000000:user/${name}`,
    backend: backendOf({ ...backendOnAws({}, sandbox.clientsFor(name).place), clock: sandbox.clock }),
  })
  const bugs: string[] = []
  const console = await serveConsole({
    where: 'the sandbox',
    people: [personOf('ann'), personOf('ben'), personOf('viewer')],
    port: 0,
    tell: (line) => void bugs.push(line),
    // A busy machine is no slow sender.
    timeouts: {},
    // A form of each page, from which tests take the token.
    panel: {
      show: (_, { formToken }) => Promise.resolve({ html: `<input name="formToken" value="${formToken}" />` }),
      press: () => Promise.resolve(undefined),
    },
    ...options,
  })
  return {
    ...{ sandbox, console, bugs },
    close: async () => {
      await console.close()
      sandbox.close()
    },
  }
}
