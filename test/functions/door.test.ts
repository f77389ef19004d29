// The door of the functions that people call: what it takes from AWS, and what it refuses to take from a caller.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Problem } from '../../core/problem.ts'
import { answering, behindDoor } from '../../functions/door.ts'
import type { Handler } from '../../functions/steps/world.ts'
import { readingNames, readingPath, routeNames, routeOf, routePath } from '../../functions/routes.ts'
import { apiRequest } from '../../local/api-request.ts'

const call = { awsRequestId: 'invocation' } as Parameters<Handler>[1]
const echo: Handler = (event, { awsRequestId }) => Promise.resolve({ event, awsRequestId })
const nothing = (): never => {
  throw new Error('no call has a key')
}
const at = (verb: string, handler: Handler): Handler => answering(verb)(behindDoor(verb, nothing)(handler))
const door = at('pause', echo)
type Answer = { statusCode: number; headers: Record<string, string>; body: string }
const asked = async (event: unknown, handler = door) => {
  const { statusCode, headers, body } = (await handler(event, call)) as Answer
  return { statusCode, type: headers['content-type'], said: JSON.parse(body) as Record<string, unknown> }
}
const pause = (body: string | null, more: object = {}) => ({
  ...apiRequest({ who: 'ann', route: 'pause', service: 'checkout', body: {} }, 'r-1'),
  body,
  ...more,
})

describe('the door', () => {
  it.each(routeNames)('adds to a call of %s what route and signature say', async (route) => {
    const { everywhere, anonymous, says = {} } = routeOf(route)
    const service = everywhere === true ? undefined : 'checkout'
    const request = apiRequest({ who: 'ann', route, service, body: { reason: 'x' } }, 'r-1')
    const { statusCode, said } = await asked(request, at(routeOf(route).verb, echo))
    expect(statusCode).toBe(200)
    expect(said).toEqual({
      event: {
        reason: 'x',
        ...says,
        ...(service === undefined ? {} : { service }),
        ...(anonymous === true ? {} : { by: 'user/ann' }),
      },
      awsRequestId: 'r-1',
    })
  })

  it.each([
    ['by', '{"by":"ben"}'],
    ['service', '{"service":"cart"}'],
    ['verb', '{"verb":"resume"}'],
    ['by', '{"by":null}'],
  ])('refuses a body that says %s', async (field, body) => {
    expect(await asked(pause(body))).toMatchObject({
      statusCode: 400,
      type: 'application/problem+json',
      said: { code: 'call_invalid', detail: expect.stringContaining(field) as string },
    })
  })

  it.each(['{', '[]', '"x"', '1', 'null', '{"a":1}x'])('refuses the body %s', async (body) => {
    expect(await asked(pause(body))).toMatchObject({ statusCode: 400, said: { code: 'call_invalid' } })
  })

  it('reads a body in base64, and none', async () => {
    const body = Buffer.from('{"reason":"ü"}').toString('base64')
    expect((await asked(pause(body, { isBase64Encoded: true }))).said['event']).toMatchObject({ reason: 'ü' })
    expect((await asked(pause(null))).statusCode).toBe(200)
  })

  it('knows no route that it does not have, nor one of another function', async () => {
    for (const routeKey of ['POST /pause', 'GET /pause/{service}', 'POST /start/{service}']) {
      const strange = pause('{}', { routeKey })
      expect(await asked(strange), routeKey).toMatchObject({ statusCode: 409, said: { code: 'door_only' } })
    }
  })

  it('is closed for everybody who does not come through the API', async () => {
    const closed = expect.objectContaining({ code: 'door_only' }) as Error
    await expect(door({ verb: 'pause', service: 'checkout', by: 'ann' }, call)).rejects.toThrow(closed)
    const unsigned = { ...pause('{}'), requestContext: { requestId: 'r-1' } }
    await expect(door(unsigned, call)).rejects.toThrow(closed)
    const forged = { source: 'aws.ecr', 'detail-type': 'ECR Image Scan', detail: {} }
    for (const verb of ['attest', 'incident'])
      for (const event of [forged, { by: 'aws.ecr', subject: 'x' }])
        await expect(at(verb, echo)(event, call)).rejects.toThrow(closed)
  })

  it('answers a Problem as one, and lets a bug be one', async () => {
    const failing = (error: Error) => at('pause', () => Promise.reject(error))
    expect(await asked(pause('{}'), failing(new Problem('approval_refused', 'No.')))).toEqual({
      statusCode: 403,
      type: 'application/problem+json',
      said: {
        type: '/problem/approval_refused',
        status: 403,
        title: 'approval refused',
        detail: 'No.',
        requestId: 'r-1',
        code: 'approval_refused',
        fix: expect.any(String) as string,
      },
    })
    await expect(failing(new TypeError('a bug'))(pause('{}'), call)).rejects.toThrow('a bug')
  })

  it('survives any text in body, route and path (fuzzed)', async () => {
    const text = fc.string({ unit: 'binary' })
    await fc.assert(
      fc.asyncProperty(text, text, text, async (body, routeKey, service) => {
        const { statusCode } = await asked(pause(body, { pathParameters: { service } }))
        expect([200, 400]).toContain(statusCode)
        expect((await asked(pause('{}', { routeKey }))).statusCode).toBeGreaterThanOrEqual(200)
      }),
      { seed: 18 },
    )
  })
})

describe('the routes', () => {
  it('have the verb before the service, so that a right with a wildcard covers no other route', () => {
    for (const name of routeNames) expect(routePath(name)).toMatch(/^\/[a-z-]+(\/\{service\})?$/)
    const first = routeNames.map((name) => routePath(name).split('{')[0] ?? '')
    for (const one of first) expect(first.filter((other) => other !== one && other.startsWith(one))).toEqual([])
  })

  it('of readings are told apart by what stands before a name, too', () => {
    const first = readingNames.map((name) => readingPath(name).split('{')[0] ?? '').filter((one) => one.endsWith('/'))
    expect(first.length).toBeGreaterThan(4)
    for (const one of first)
      for (const other of readingNames.map(readingPath)) expect(other.startsWith(one)).toBe(other.split('{')[0] === one)
    const docs = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')
    for (const name of readingNames) expect(docs, name).toContain(`\`${readingPath(name)}\``)
  })

  it('are the ones of the documentation', () => {
    const docs = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8')
    for (const name of routeNames) expect(docs, name).toContain(`\`${routePath(name)}\``)
  })
})
