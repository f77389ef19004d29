// The trace of a release, as a receiver of OTLP gets it.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { screenOn } from '../../../cli/backend/screen.ts'
import { sendTrace } from '../../../cli/otlp/trace.ts'
import { replay } from '../../../core/release/advance.ts'
import { traceOf } from '../../../core/view/release/trace.ts'
import { type Sandbox, openSandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'

let sandbox: Sandbox
let release: string
const lines: string[] = []
let status = 200
const got: { readonly path: string | undefined; readonly body: Buffer }[] = []
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (data: Buffer) => void chunks.push(data))
  request.on('end', () => {
    got.push({ path: request.url, body: Buffer.concat(chunks) })
    response.writeHead(status, { 'content-type': 'application/x-protobuf' }).end()
  })
})
const endpoint = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  sandbox = await openSandbox({ perMinute: 60 })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
  release = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.minutes(3)
})
afterAll(() => {
  sandbox.close()
  server.close()
})

const send = (to: string | undefined, environment: Readonly<Record<string, string>> = {}) => {
  const { hooks: _, ...world } = sandbox.world
  const backend = { ...world, order: sandbox.orderAs('ann') }
  const screen = screenOn((line) => lines.push(line), true)
  return sendTrace({ backend, screen }, release, { endpoint: to, version: '1.2.3', environment })
}

describe('the trace of a release', () => {
  it('is sent when the release has ended, and again as the same trace', async () => {
    await expect(send(endpoint())).rejects.toMatchObject({ code: 'verb_not_now' })
    await sandbox.orderAs('ann')('roll-back', 'checkout', { releaseId: release, reason: 'orders\u001b[2J drop' })
    await sandbox.finish(release)
    expect(await send(endpoint())).toBe(0)
    expect(await send(undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: `${endpoint()}/` })).toBe(0)
    expect(got.map(({ path }) => path)).toEqual(['/v1/traces', '/v1/traces'])
    expect(got[0]?.body.equals(got[1]?.body ?? Buffer.alloc(0))).toBe(true)
    // Texts stand in protobuf as they are; an outside check decodes all of it.
    for (const word of [release, 'tidegate.release.id', 'order returnOrdered', 'user/ann'])
      expect(got[0]?.body.includes(word), word).toBe(true)
    expect(got[0]?.body.includes('\u001b')).toBe(false)
    const { traceId } = JSON.parse(lines[0] ?? '{}') as { traceId: string }
    expect(traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(got[0]?.body.includes(Buffer.from(traceId, 'hex'))).toBe(true)
  })

  it('has the release around its steps, and its steps around their looks', async () => {
    const events = await sandbox.events(release)
    const found = replay(events)
    const spans = found === undefined ? [] : traceOf(events, found)
    const [root] = spans
    expect(root).toMatchObject({ key: 'release', isError: true, attributes: { 'tidegate.outcome': 'rolledBack' } })
    expect(new Set(spans.map(({ key }) => key)).size).toBe(spans.length)
    const byKey = new Map(spans.map((span) => [span.key, span]))
    for (const { parent, startMs, endMs, attributes } of spans.slice(1)) {
      const around = byKey.get(parent ?? '')
      expect(around).toBeDefined()
      expect(startMs).toBeGreaterThanOrEqual(around?.startMs ?? Infinity)
      expect(endMs).toBeLessThanOrEqual(around?.endMs ?? 0)
      expect(attributes['tidegate.release.id']).toBe(release)
    }
    expect(spans.filter(({ key }) => key.startsWith('step/'))).toMatchObject([{ name: 'step 10 %' }])
    expect(spans.filter(({ key }) => key.startsWith('look/')).length).toBeGreaterThan(0)
  })

  it('a receiver that refuses, or an address that is not safe, is a problem', async () => {
    status = 401
    await expect(send(endpoint())).rejects.toMatchObject({ code: 'trace_refused' })
    for (const bad of ['http://otlp.example.com', 'otlp.example.com:4318', 'file:///etc/passwd', ''])
      await expect(send(bad), bad).rejects.toMatchObject({ code: 'call_invalid' })
  })
})
