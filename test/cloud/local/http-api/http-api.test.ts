// The HTTP API: its routes, who may call them, what a function is told, and what a caller gets.
import { CreateFunctionCommand, DeleteFunctionCommand, type LambdaClient } from '@aws-sdk/client-lambda'
import type { APIGatewayProxyEventV2WithIAMAuthorizer } from 'aws-lambda'
import { afterEach, describe, expect, it } from 'vitest'
import { localCloud } from '../../../../cloud/local/cloud.ts'
import { localKeys } from '../../../../cloud/local/door/keys.ts'
import { inProcessRuntime, type LocalFunction } from '../../../../cloud/local/runtime/in-process-runtime.ts'
import { localSocket } from '../../../../cloud/local/socket.ts'
import { steppedClock } from '../../../../cloud/local/time/clock.ts'
import type { Authorize } from '../../../../cloud/local/protocol/rights.ts'
import { clientsAt, placeOf } from '../../../../local/clients.ts'
import { signedFetch } from '../../../../local/signed-fetch.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const arn = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`
const encoder = new TextEncoder()

async function create(lambda: LambdaClient, name: string): Promise<void> {
  const common = {
    Role: 'arn:aws:iam::000000000000:role/door',
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
  } as const
  await lambda.send(
    new CreateFunctionCommand({ ...common, FunctionName: name, Timeout: 60, Code: { ZipFile: encoder.encode(name) } }),
  )
}

type Sent = {
  method?: string
  path?: string
  query?: string
  headers?: Record<string, string>
  body?: string | Uint8Array
}
/** [method, path] of the routes; each answers with `handler`. */
type Options = { readonly routes?: readonly (readonly [string, string])[]; readonly authorize?: Authorize }

async function open(handler: LocalFunction, { routes = [['POST', '/pause/{service}']], authorize }: Options = {}) {
  const clock = steppedClock(Date.UTC(2020, 2, 12, 19, 3, 58))
  const events: APIGatewayProxyEventV2WithIAMAuthorizer[] = []
  const door: LocalFunction = (event, context) => {
    events.push(event as APIGatewayProxyEventV2WithIAMAuthorizer)
    return handler(event, context)
  }
  const keys = localKeys(['ann'])
  const runtime = inProcessRuntime({ door }, clock)
  const cloud = localCloud({ ...(authorize && { authorize }), ...{ clock, runtime, seed: 1, secretOf: keys.secretOf } })
  closing.push(() => cloud.close())
  await create(clientsAt(placeOf(cloud.handler, 'operator')).lambda, 'door')
  const functionArn = arn('door')
  const { apiId, url } = cloud.httpApi.create({
    name: 'door',
    routes: routes.map(([method, path]) => ({ method, path, functionArn })),
  })
  /** In this process the access key is all that tells who calls. */
  const call = async (sent: Sent = {}, accessKeyId = 'ann', region = 'us-east-1') => {
    const { method = 'POST', path = '/pause/checkout', query = '', headers = {}, body = '' } = sent
    const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20200312/${region}/execute-api/aws4_request, SignedHeaders=host, Signature=0`
    const answer = await cloud.handler({
      ...{ method, path, query: new URLSearchParams(query), headers: { ...headers, authorization } },
      body: typeof body === 'string' ? encoder.encode(body) : body,
    })
    return { status: answer.status, headers: answer.headers, body: Buffer.from(answer.body).toString() }
  }
  return { clock, cloud, keys, events, apiId, url, call }
}

describe('a route', () => {
  // AWS's table (docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html), then what it leaves open.
  const routes = [
    ['ANY', '/{proxy+}'],
    ['GET', '/pets/{proxy+}'],
    ['GET', '/pets/dog/{id}'],
    ['GET', '/pets/dog/1'],
    ['ANY', '/pets/dog/1'],
    ['GET', '/cats/{all+}'],
    ['GET', '/cats/{id}'],
  ] as const
  it.each([
    ['GET', '/pets/dog/1', 'GET /pets/dog/1', undefined],
    ['GET', '/pets/dog/2', 'GET /pets/dog/{id}', { id: '2' }],
    ['GET', '/pets/cat/1', 'GET /pets/{proxy+}', { proxy: 'cat/1' }],
    ['POST', '/test/5', 'ANY /{proxy+}', { proxy: 'test/5' }],
    ['GET', '/cats/1', 'GET /cats/{id}', { id: '1' }],
    ['DELETE', '/pets/dog/1', 'ANY /pets/dog/1', undefined],
    ['GET', '/pets/dog/a%2Fb%20c', 'GET /pets/dog/{id}', { id: 'a/b c' }],
    ['GET', '/pets/dog/', 'GET /pets/{proxy+}', { proxy: 'dog/' }],
  ])('for %s %s is %s', async (method, path, routeKey, pathParameters) => {
    const { call, events } = await open(() => ({}), { routes })
    expect((await call({ method, path })).status).toBe(200)
    expect(events).toMatchObject([{ routeKey, requestContext: { routeKey, http: { method } } }])
    expect(events[0]?.pathParameters).toEqual(pathParameters)
  })

  it.each([
    ['GET', '/pause/checkout'],
    ['POST', '/pause'],
    ['POST', '/pause/'],
    ['POST', '/pause/checkout/'],
    ['POST', '//pause/checkout'],
    ['POST', '/PAUSE/checkout'],
    ['POST', '/pause%2Fcheckout'],
  ])('for %s %s is not there, whoever asks', async (method, path) => {
    const { call, events } = await open(() => ({}), { authorize: ({ action }) => !action.startsWith('execute-api:') })
    expect(await call({ method, path })).toMatchObject({ status: 404, body: '{"message":"Not Found"}' })
    expect(events).toEqual([])
  })

  it('is refused if AWS would refuse it, and a second API is', async () => {
    await expect(open(() => ({}), { routes: [['GET', '/{proxy+}/more']] })).rejects.toThrow('GET /{proxy+}/more')
    const twice = [['GET', '/a'] as const, ['GET', '/a'] as const]
    await expect(open(() => ({}), { routes: twice })).rejects.toThrow('GET /a is there twice')
    const { cloud } = await open(() => ({}))
    expect(() => cloud.httpApi.create({ name: 'other', routes: [] })).toThrow('other')
  })
})

describe('a caller', () => {
  it('needs execute-api:Invoke for the path that is asked for', async () => {
    const asked: string[] = []
    const authorize: Authorize = ({ action, resource, caller }) => {
      if (action.startsWith('execute-api:')) asked.push(`${caller.arn} ${action} ${resource}`)
      return !resource.endsWith('/pause/billing')
    }
    const { call, events, apiId } = await open(() => ({}), { authorize })
    expect((await call()).status).toBe(200)
    expect(await call({ path: '/pause/billing' })).toMatchObject({ status: 403, body: '{"message":"Forbidden"}' })
    // An encoded letter is the letter to whoever decides.
    expect((await call({ path: '/pause/b%69lling' })).status).toBe(403)
    const place = `arn:aws:execute-api:us-east-1:000000000000:${apiId}/$default/POST/pause`
    const wanted = ['checkout', 'billing', 'billing'].map((name) => `execute-api:Invoke ${place}/${name}`)
    expect(asked).toEqual(wanted.map((one) => `arn:aws:iam::000000000000:user/ann ${one}`))
    expect(events).toHaveLength(1)
  })

  it.each([
    ['of another account', 'role.deploy@111111111111', 'us-east-1'],
    ['who signs for another region', 'ann', 'eu-west-1'],
  ])('%s is refused', async (_, accessKeyId, region) => {
    const { call, events } = await open(() => ({}))
    expect(await call({}, accessKeyId, region)).toMatchObject({ status: 403, body: '{"message":"Forbidden"}' })
    expect(events).toEqual([])
  })

  // The forms of docs/aws.md: a user, a role's session, and one of IAM Identity Center.
  it.each([
    ['ann', 'arn:aws:iam::000000000000:user/ann', 'AIDAann'],
    ['role.ci:pipeline', 'arn:aws:sts::000000000000:assumed-role/ci/pipeline', 'AROAci:pipeline'],
    [
      'role.AWSReservedSSO_ReleaseManager_0123456789abcdef:ann@example.com',
      'arn:aws:sts::000000000000:assumed-role/AWSReservedSSO_ReleaseManager_0123456789abcdef/ann@example.com',
      'AROAAWSReservedSSO_ReleaseManager_0123456789abcdef:ann@example.com',
    ],
  ])('with the access key %s is %s to the function, whatever the body says', async (accessKey, userArn, userId) => {
    const { call, events } = await open(() => ({}))
    await call({ headers: { 'content-type': 'application/json' }, body: '{"requestContext":{}}' }, accessKey)
    expect(events[0]?.requestContext.authorizer.iam).toEqual({
      ...{ accessKey, accountId: '000000000000', callerId: userId, userId, userArn },
      ...{ cognitoIdentity: null, principalOrgId: null },
    })
  })
})

describe('the event', () => {
  /** aws/aws-lambda-go, events/testdata/apigw-v2-request-iam.json at 159d1c69878562cd5409719d4fc4cfa298e2c4bf: its names. */
  const witness = {
    event:
      'version routeKey rawPath rawQueryString cookies headers queryStringParameters pathParameters requestContext stageVariables body isBase64Encoded',
    requestContext:
      'routeKey accountId stage requestId authorizer apiId authentication domainName domainPrefix time timeEpoch http',
    iam: 'accessKey accountId callerId cognitoIdentity principalOrgId userArn userId',
    http: 'method path protocol sourceIp userAgent',
  }
  /** What an API without stage variables and client certificates has not. */
  const absent = ['stageVariables', 'authentication']
  const names = (text: string) =>
    text
      .split(' ')
      .filter((name) => !absent.includes(name))
      .sort()

  it('has the form of payload format 2.0', async () => {
    const { call, events, apiId } = await open(() => ({}))
    await call({
      path: '/pause/check%20out',
      query: 'parameter1=value1&parameter1=value2&parameter2=a%20b',
      headers: {
        cookie: 'cookie1; cookie2',
        header1: 'value1',
        'user-agent': 'agent',
        'content-type': 'application/json',
      },
      body: '{"a":1}',
    })
    const [event] = events
    expect(Object.keys(event ?? {}).sort()).toEqual(names(witness.event))
    expect(Object.keys(event?.requestContext ?? {}).sort()).toEqual(names(witness.requestContext))
    expect(Object.keys(event?.requestContext.authorizer.iam ?? {}).sort()).toEqual(names(witness.iam))
    expect(Object.keys(event?.requestContext.http ?? {}).sort()).toEqual(names(witness.http))
    expect(event).toMatchObject({
      ...{ version: '2.0', routeKey: 'POST /pause/{service}', rawPath: '/pause/check out' },
      rawQueryString: 'parameter1=value1&parameter1=value2&parameter2=a%20b',
      cookies: ['cookie1', 'cookie2'],
      headers: { header1: 'value1', 'user-agent': 'agent' },
      queryStringParameters: { parameter1: 'value1,value2', parameter2: 'a b' },
      pathParameters: { service: 'check out' },
      requestContext: {
        ...{ accountId: '000000000000', apiId, stage: '$default', domainPrefix: apiId },
        domainName: `${apiId}.execute-api.us-east-1.amazonaws.com`,
        http: {
          method: 'POST',
          path: '/pause/check out',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'agent',
        },
        ...{ time: '12/Mar/2020:19:03:58 +0000', timeEpoch: Date.UTC(2020, 2, 12, 19, 3, 58) },
      },
      ...{ body: '{"a":1}', isBase64Encoded: false },
    })
  })

  it.each([
    ['application/json; charset=utf-8', '{"ü":1}', '{"ü":1}', false],
    ['text/plain', 'ü', 'ü', false],
    ['application/octet-stream', Uint8Array.of(0, 255), 'AP8=', true],
    ['application/x-www-form-urlencoded', 'a=1', 'YT0x', true],
    ['application/json', '', undefined, false],
  ])('carries a body of %s: %o', async (type, body, carried, isBase64Encoded) => {
    const { call, events } = await open(() => ({}))
    await call({ headers: { 'content-type': type }, body })
    expect([events[0]?.body, events[0]?.isBase64Encoded]).toEqual([carried, isBase64Encoded])
  })
})

describe('the answer', () => {
  const json = 'application/json'
  const text = 'text/plain;charset=UTF-8'
  const error = '{"message":"Internal Server Error"}'
  it.each<[string, unknown, number, string, string]>([
    [
      'a whole answer',
      { statusCode: 201, headers: { 'Content-Type': 'text/html', 'X-N': 1 }, body: '<p>' },
      201,
      'text/html',
      '<p>',
    ],
    ['an answer without a type', { statusCode: 409, body: 'no' }, 409, text, 'no'],
    ['an empty answer', { statusCode: 204 }, 204, text, ''],
    ['bytes', { statusCode: 200, body: 'w7w=', isBase64Encoded: true }, 200, text, 'ü'],
    ['no status', { paused: true }, 200, json, '{"paused":true}'],
    ['a text', 'Hello', 200, json, '"Hello"'],
    ['nothing', undefined, 200, json, 'null'],
    ['a body that is no text', { statusCode: 200, body: { a: 1 } }, 500, json, error],
    ['a status that is none', { statusCode: 'fine' }, 500, json, error],
    ['a status that ends nothing', { statusCode: 101 }, 500, json, error],
  ])('is made of %s', async (_, returned, status, type, body) => {
    const { call, events } = await open(() => returned)
    const answer = await call()
    expect([answer.status, answer.headers['content-type'], answer.body]).toEqual([status, type, body])
    expect(answer.headers['apigw-requestid']).toBe(events[0]?.requestContext.requestId)
  })

  it('does not tell why a function fails, or is not there', async () => {
    const failing = await open(() => {
      throw new Error('the secret reason')
    })
    expect(await failing.call()).toMatchObject({ status: 500, body: error })
    const { cloud, call } = await open(() => ({}))
    const { lambda } = clientsAt(placeOf(cloud.handler, 'operator'))
    await lambda.send(new DeleteFunctionCommand({ FunctionName: 'door' }))
    expect(await call()).toMatchObject({ status: 500, body: error })
  })

  it('comes after 30 seconds at the latest', async () => {
    const { call, clock } = await open((_, context) => context.waitMs(31_000))
    const sinceMs = clock.nowMs()
    const answer = call()
    await clock.settle()
    await clock.advanceTo(sinceMs + 30_000)
    expect(await answer).toMatchObject({ status: 503, body: '{"message":"Service Unavailable"}' })
    await clock.advanceTo(sinceMs + 31_000)
  })

  it.each([
    ['a body of more than 10 MB', 413, { body: new Uint8Array(10 * 1024 * 1024 + 1) }],
    ['headers of more than 10,240 bytes', 431, { headers: { long: 'x'.repeat(10_240) } }],
    ['an address of more than 10,240 bytes', 431, { query: `long=${'x'.repeat(10_240)}` }],
  ])('to %s is a refusal', async (_, status, sent) => {
    const { call, events } = await open(() => ({}))
    expect((await call(sent)).status).toBe(status)
    expect(events).toEqual([])
  })
})

it('is reached over the socket by whoever signs, in the form that API Gateway refuses the others', async () => {
  const { cloud, keys, events } = await open(() => ({ fine: true }))
  const socket = await localSocket(cloud.handler, keys)
  closing.unshift(() => socket.close())
  const sent = {
    method: 'POST',
    path: '/pause/check%20out?by=a%20b',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  }
  const answer = await signedFetch(socket, 'role.ci:pipeline', 'execute-api')(sent)
  expect([answer.status, await answer.json()]).toEqual([200, { fine: true }])
  expect(events[0]?.requestContext.authorizer.iam.userArn).toBe('arn:aws:sts::000000000000:assumed-role/ci/pipeline')
  const wrong = await signedFetch({ ...socket, secretOf: () => 'none' }, 'ann', 'execute-api')(sent)
  expect([wrong.status, Object.keys((await wrong.json()) as object)]).toEqual([403, ['message']])
  expect(events).toHaveLength(1)
})
