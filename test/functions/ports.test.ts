// The ports that Lambda gives to the functions (functions/ports.ts), with the real SDK: which role of another account each of
// them assumes, in whose name, and what the session is called. The scenarios run on ports of their own (local/world.ts).
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { AliasPlace } from '../../core/location.ts'
import type * as Ports from '../../functions/ports.ts'
import { environment } from '../../local/installation.ts'

const role = 'arn:aws:iam::111122223333:role/tidegate-target'
const place: AliasPlace = {
  functionName: 'arn:aws:lambda:eu-west-1:111122223333:function:orders',
  alias: 'live',
  roleArn: role,
  lookRoleArn: `${role}-look`,
  service: 'checkout',
}

/** STS, which writes down what it is asked for, and refuses. */
let asked: Record<string, string>[] = []
const sts = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk: Buffer) => (body += chunk.toString()))
  request.on('end', () => {
    asked.push(Object.fromEntries(new URLSearchParams(body)))
    response.writeHead(403, { 'content-type': 'text/xml' })
    response.end('<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>')
  })
})
beforeAll(async () => {
  await new Promise<void>((resolve) => sts.listen(0, '127.0.0.1', resolve))
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(sts.address() as AddressInfo).port}`)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'tidegate-prepare')
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
})
afterAll(() => {
  vi.unstubAllEnvs()
  sts.close()
})

const question = { key: 'k', namespace: 'AWS/Lambda', metric: 'Errors', dimensions: {}, stat: 'Sum', place }
const calls: Readonly<Record<string, readonly [role: string, call: (ports: typeof Ports) => Promise<unknown>]>> = {
  'aliases.read': [`${role}-look`, ({ aliases }) => aliases().read(place)],
  'traffic.read': [role, ({ traffic }) => traffic().read(place)],
  'traffic.write': [role, ({ traffic }) => traffic().write(place, { version: '1' }, 'r')],
  'versions.describe': [`${role}-look`, ({ versions }) => versions().describe(place, '1')],
  'versionsByHash.describe': [`${role}-look`, ({ versionsByHash }) => versionsByHash().describe(place, '1')],
  'versionsByHash.provisioned': [`${role}-look`, ({ versionsByHash }) => versionsByHash().provisioned(place)],
  'versionsByHash.wake': [role, ({ versionsByHash }) => versionsByHash().wake(place, '1')],
  'telemetry.read': [
    `${role}-look`,
    ({ telemetry }) => telemetry().read([question], { startMs: 0, endMs: 60_000, periodSeconds: 60 }),
  ],
}

it.each(Object.keys(calls))('%s assumes the role for it, in the name of the service', async (name) => {
  const [RoleArn, call] = calls[name] ?? []
  asked = []
  await expect(call?.(await import('../../functions/ports.ts'))).rejects.toThrow('denied')
  expect(asked[0]).toMatchObject({
    ...{ Action: 'AssumeRole', RoleArn, ExternalId: 'tidegate/checkout', RoleSessionName: 'tidegate-prepare' },
  })
})
