// The command line's way to the API: what is sent, and what the answers mean. That the signature holds is seen on a running
// embedded cloud (test/cloud/local/door/, test/e2e/).
import { describe, expect, it } from 'vitest'
import { orderAt, readAt } from '../../cli/backend/door.ts'

type Sent = {
  method: string
  hostname: string
  port?: number
  path: string
  headers: Record<string, string>
  body: string
}
type Answer = { statusCode: number; body?: unknown }

function door(api: string | undefined, answer: Answer | Error = { statusCode: 200, body: '{}' }, key?: string) {
  const requests: Sent[] = []
  const sender = {
    credentials: () => Promise.resolve({ accessKeyId: 'ann', secretAccessKey: 'secret' }),
    region: () => Promise.resolve('eu-west-1'),
    requestHandler: {
      handle: (request: Sent) => {
        requests.push(request)
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve({ response: answer })
      },
    },
  }
  return { requests, order: orderAt(api, sender, key), read: readAt(api, sender) }
}
const api = 'https://abc.execute-api.eu-west-1.amazonaws.com'
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('an order', () => {
  it('is one signed request to the route of its service', async () => {
    const { order, requests } = door(api, { statusCode: 200, body: bytes('{"phase":"baking"}') })
    expect(await order('pause', 'checkout', { reason: 'lunch' })).toEqual({ phase: 'baking' })
    const [request] = requests
    expect(request).toMatchObject({ method: 'POST', path: '/pause/checkout', body: '{"reason":"lunch"}' })
    expect(request?.headers['authorization']).toMatch(
      /^AWS4-HMAC-SHA256 Credential=ann\/\d{8}\/eu-west-1\/execute-api\/aws4_request/,
    )
  })

  it.each([
    ['http://127.0.0.1:4599/', 'stop-every-line', undefined, '/stop-every-line'],
    ['https://tidegate.example.com/v1', 'pause', 'a/b c', '/v1/pause/a%2Fb%20c'],
  ] as const)('at %s of %s goes to its path', async (address, route, service, path) => {
    const { order, requests } = door(address)
    await order(route, service)
    expect(requests[0]?.path).toBe(path)
  })

  it.each([undefined, '', 'abc', 'file:///etc/passwd', 'abc.execute-api.eu-west-1.amazonaws.com'])(
    'goes nowhere when the API is said to be at %s',
    async (address) => {
      const { order, requests } = door(address)
      await expect(order('pause', 'checkout')).rejects.toMatchObject({ code: 'api_unknown' })
      expect(requests).toEqual([])
    },
  )

  it.each([
    [403, '{"code":"approval_refused","title":"No."}', { code: 'approval_refused', message: 'No.' }],
    [
      403,
      '{"message":"Forbidden"}',
      { code: 'route_refused', message: 'POST /pause/checkout is not allowed: Forbidden.' },
    ],
    [403, '{"code":"toString","title":"x"}', { code: 'route_refused' }],
    [500, '{"message":"Internal Server Error"}', { code: 'aws_unavailable' }],
    [503, '<html>', { code: 'aws_unavailable' }],
    [
      404,
      '{"message":"Not Found"}',
      { code: 'api_unknown', message: 'The API at TIDEGATE_API has no POST /pause/checkout: Not Found.' },
    ],
    [404, '{"code":"service_missing","title":"No."}', { code: 'service_missing' }],
    [
      413,
      '{"message":"Request Too Long"}',
      { code: 'call_invalid', message: 'POST /pause/checkout is more than the API takes: Request Too Long.' },
    ],
    [405, 'null', { message: 'POST /pause/checkout was answered with 405' }],
  ])('that is answered with %d %s fails with what it says', async (statusCode, body, error) => {
    await expect(door(api, { statusCode, body }).order('pause', 'checkout')).rejects.toMatchObject(error)
  })

  it('that gets no answer says so', async () => {
    const { order } = door(api, new Error('connect ECONNREFUSED'))
    await expect(order('roll-back', 'checkout')).rejects.toMatchObject({
      code: 'aws_unavailable',
      message: expect.stringContaining('ECONNREFUSED') as string,
    })
  })
})

describe('a reading', () => {
  it('is one signed request with its query', async () => {
    const { read, requests } = door('https://tidegate.example.com/v1', { statusCode: 200, body: '{"items":[]}' })
    expect(await read('/releases/checkout?limit=5&next=a%3D')).toEqual({ items: [] })
    expect(requests).toMatchObject([
      { method: 'GET', path: '/v1/releases/checkout', query: { limit: '5', next: 'a=' } },
    ])
    expect(requests[0]?.headers['authorization']).toContain('/eu-west-1/execute-api/aws4_request')
  })

  it('fails with what the API says', async () => {
    const { read } = door(api, { statusCode: 404, body: '{"code":"service_missing","detail":"No.","title":"x"}' })
    await expect(read('/service/nobody')).rejects.toMatchObject({ code: 'service_missing', message: 'No.' })
  })
})

it('an order carries the key that the environment says, signed', async () => {
  const { order, requests } = door(api, undefined, 'run-17')
  await order('pause', 'checkout')
  expect(requests[0]?.headers['idempotency-key']).toBe('run-17')
  expect(requests[0]?.headers['authorization']).toContain('idempotency-key')
  for (const none of ['', undefined]) {
    const { order, requests } = door(api, undefined, none)
    await order('pause', 'checkout')
    expect(requests[0]?.headers).not.toHaveProperty('idempotency-key')
  }
  const broken = door(api, undefined, 'run\n17')
  await expect(broken.order('pause', 'checkout')).rejects.toMatchObject({ code: 'call_invalid' })
  expect(broken.requests).toEqual([])
})
