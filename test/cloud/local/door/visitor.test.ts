// What a web page in a browser on this machine can send to the endpoint: nothing of it gets anything done.
import { randomBytes } from 'node:crypto'
import { ListFunctionsCommand } from '@aws-sdk/client-lambda'
import { ListExecutionsCommand } from '@aws-sdk/client-sfn'
import { afterEach, describe, expect, it } from 'vitest'
import { localCloud } from '../../../../cloud/local/cloud.ts'
import { localKeys } from '../../../../cloud/local/door/keys.ts'
import { localSocket } from '../../../../cloud/local/socket.ts'
import { steppedClock } from '../../../../cloud/local/time/clock.ts'
import { clientsAt, placeOf } from '../../../../local/clients.ts'
import { definition } from '../../../../local/installation.ts'
import { CreateStateMachineCommand } from '@aws-sdk/client-sfn'
import { type Raw, raw } from './raw.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function serve() {
  const runs: string[] = []
  const clock = steppedClock(Date.UTC(2026, 0, 1))
  const runtime = {
    run: ({ functionName }: { functionName: string }) => {
      runs.push(functionName)
      return Promise.resolve({ payload: new Uint8Array(), durationMs: 1 })
    },
    stop: () => Promise.resolve(),
  }
  const reached: string[] = []
  const cloud = localCloud({ clock, runtime, seed: 1 })
  const keys = localKeys(['ann'])
  const socket = await localSocket((request) => {
    reached.push(`${request.method} ${request.path}`)
    return cloud.handler(request)
  }, keys)
  closing.push(
    () => socket.close(),
    () => cloud.close(),
  )
  return { clock, cloud, runs, reached, socket, url: socket.url, host: new URL(socket.url).host }
}

describe('a page of another origin', () => {
  it('creates no function, runs none and starts no release with plain POSTs', async () => {
    const { clock, cloud, runs, reached, url } = await serve()
    const { lambda, sfn } = clientsAt(placeOf(cloud.handler, 'ann'))
    const machine = { name: 'tidegate-release', definition: definition(), roleArn: 'arn:aws:iam::000000000000:role/m' }
    const { stateMachineArn } = await sfn.send(new CreateStateMachineCommand(machine))
    const page = { origin: 'https://evil.example', 'content-type': 'text/plain' }
    const code = { ZipFile: randomBytes(8).toString('base64') }
    const create = {
      FunctionName: 'evil',
      Role: 'arn:aws:iam::000000000000:role/evil',
      Handler: 'index.handler',
      Code: code,
    }
    const start = { stateMachineArn, input: '{"service":"checkout","version":"1"}' }
    const posts: Raw[] = [
      { path: '/2015-03-31/functions', headers: page, body: JSON.stringify({ ...create, Runtime: 'nodejs24.x' }) },
      { path: '/2015-03-31/functions/evil/invocations', headers: page, body: '{}' },
      {
        path: '/service/GraniteServiceVersion20100801/operation/PutMetricData',
        headers: { ...page, 'x-amz-target': 'AWSStepFunctions.StartExecution' },
        body: JSON.stringify(start),
      },
    ]
    for (const post of posts) {
      expect(await raw(url, post)).toMatchObject({
        status: 403,
        text: expect.stringContaining('origin_refused') as string,
      })
      // ... nor does whatever sends the same without saying where it is from.
      expect((await raw(url, { ...post, headers: {} })).status).toBe(403)
    }
    await clock.settle()
    expect((await lambda.send(new ListFunctionsCommand({}))).Functions).toEqual([])
    expect((await sfn.send(new ListExecutionsCommand({ stateMachineArn }))).executions).toEqual([])
    expect([runs, reached]).toEqual([[], []])
  })

  it.each<[string, string, (host: string) => Raw]>([
    ['under a name that was bent to this machine', 'host_refused', () => ({ headers: { host: 'evil.example' } })],
    [
      'under such a name with our port',
      'host_refused',
      (host) => ({ headers: { host: host.replace(/^.*:/, 'evil.example:') } }),
    ],
    ['under a name that begins like ours', 'host_refused', (host) => ({ headers: { host: `${host}.evil.example` } })],
    ['at another port', 'host_refused', () => ({ headers: { host: '127.0.0.1:1' } })],
    ['with no port', 'host_refused', () => ({ headers: { host: '127.0.0.1' } })],
    [
      'below localhost, as a bucket',
      'host_refused',
      (host) => ({ headers: { host: host.replace('127.0.0.1', 'b.localhost') } }),
    ],
    ['from an origin', 'origin_refused', () => ({ headers: { origin: 'https://evil.example' } })],
    ['from an opaque origin', 'origin_refused', () => ({ headers: { origin: 'null' } })],
    ['from our own origin', 'origin_refused', (host) => ({ headers: { origin: `http://${host}` } })],
    [
      'asking before a request',
      'origin_refused',
      () => ({ method: 'OPTIONS', headers: { origin: 'https://evil.example' } }),
    ],
    ['as an image', 'site_refused', () => ({ method: 'GET', headers: { 'sec-fetch-site': 'cross-site' } })],
    ['from another port', 'site_refused', () => ({ method: 'GET', headers: { 'sec-fetch-site': 'same-site' } })],
    ['from here', 'site_refused', () => ({ method: 'GET', headers: { 'sec-fetch-site': 'same-origin' } })],
    ['in text', 'body_refused', () => ({ headers: { 'content-type': 'text/plain;charset=UTF-8' } })],
    ['in parts', 'body_refused', () => ({ headers: { 'content-type': 'Multipart/form-data; boundary=x' } })],
    [
      'in a form',
      'MissingAuthenticationToken',
      () => ({ headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    ],
    ['in nothing', 'AccessDenied', () => ({})],
  ])('gets nothing by a request %s: %s', async (_, code, request) => {
    const { url, host, reached } = await serve()
    // The body is never sent whole: the answer does not wait for it.
    const { status, text, headers } = await raw(url, { isOpen: true, ...request(host) })
    expect([status, text]).toEqual([403, expect.stringContaining(code)])
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    expect(reached).toEqual([])
  })
})

it.each([
  ['127.0.0.1', {}],
  ['localhost', {}],
  ['[::1]', {}],
  ['127.0.0.1', { 'sec-fetch-site': 'none' }],
])('a person who asks for %s %o gets as far as the signature', async (name, headers) => {
  const { url } = await serve()
  const host = `${name}:${new URL(url).port}`
  const answer = await raw(url, { method: 'GET', headers: { ...headers, host } })
  expect(answer.text).toContain('<Code>AccessDenied</Code>')
})
