// The API against its own document: whatever is sent, the answer is one that docs/openapi.json has. Random requests, and those
// that nearly fit. test/e2e/openapi.ts does the same with a tool that is not ours.
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import { openApi } from '../../../functions/api/openapi.ts'
import { orderAnswers, readingAnswers } from '../../../functions/api/answers.ts'
import { problemsOf } from '../../../functions/api/calls.ts'
import { apiRoutes } from '../../../functions/routes.ts'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { sampleDefinition, sampleService } from '../../../local/sample-service.ts'
import { type Answered, callerOn } from './caller.ts'

let sandbox: Sandbox
let call: ReturnType<typeof callerOn>
let live = ''
beforeAll(async () => {
  sandbox = await openSandbox({ perMinute: 0 })
  call = callerOn(sandbox)
  await sandbox.world.services.put(sampleService({ hooks: [], slos: [], gates: { approvals: [{ before: 100 }] } }))
  live = await sandbox.start({ version: await sandbox.publish('v2') })
})
afterAll(() => sandbox.close())

type Responses = Readonly<Record<string, { readonly $ref?: string; readonly content?: object }>>
const document = openApi(apiRoutes) as {
  paths: Readonly<Record<string, Readonly<Record<string, { responses: Responses }>>>>
  components: { responses: Responses }
}

type Route = (typeof apiRoutes)[number]

/** What the document has of such an answer. */
function documented({ method, path }: Route, status: number): readonly string[] | undefined {
  const found = document.paths[path]?.[method.toLowerCase()]?.responses[String(status)]
  const at = found?.$ref === undefined ? found : document.components.responses[found.$ref.split('/').at(-1) ?? '']
  return at && Object.keys(at.content ?? {})
}

function expectDocumented(route: Route, { status, headers, said, text }: Answered): void {
  const type = headers['content-type'] ?? ''
  expect([route.path, status, documented(route, status), said]).toEqual([
    route.path,
    status,
    expect.arrayContaining(status === 204 ? [] : [type]),
    said,
  ])
  expect([status < 500, text]).toEqual([true, text])
  if (type === 'application/problem+json') {
    expect(problemsOf(route)).toContain(said['code'])
    expect(Object.keys(said).sort()).toEqual(['code', 'detail', 'fix', 'requestId', 'status', 'title', 'type'])
  } else if (status === 200 && type === 'application/json') {
    const form = route.method === 'GET' ? readingAnswers[route.name] : orderAnswers[route.verb]
    expect([route.path, form?.safeParse(said).error?.issues]).toEqual([route.path, undefined])
  }
}

const anything = fc.jsonValue({ maxDepth: 2 })
const service = fc.oneof(
  { weight: 6, arbitrary: fc.constant('checkout') },
  fc.constantFrom('nobody', 'a'.repeat(41), '__proto__'),
  fc.string({ unit: 'binary', minLength: 1 }),
)
const release = fc.oneof(
  fc.nat(3).map((way) => (way < 2 ? live : `checkout-${way}`)),
  fc.string({ minLength: 1 }),
)
/** Fields of all bodies, each with a value that fits some of them. */
const fields: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  version: fc.constantFrom('1', '2', '99', '$LATEST', 2),
  versions: fc.constantFrom({ checkout: '2' }, { other: '1' }, {}),
  artifact: fc.constantFrom({ kind: 's3', bucket: 'artifacts', key: 'k', versionId: 'v' }, { kind: 'image', uri: 'x' }),
  plan: fc.constantFrom('AllAtOnce', 'Canary1Percent30Minutes', 'Canary200Percent', {
    steps: [{ weight: 1, bake: '9h' }],
  }),
  requestId: fc.constantFrom('r1', 'r 1'),
  commit: fc.string(),
  committedAt: fc.constantFrom('2025-12-31T00:00:00Z', '2099-01-01T00:00:00Z', 'yesterday'),
  author: fc.string(),
  reason: fc.oneof(fc.constant('because'), fc.string({ unit: 'binary' })),
  releaseId: fc.constantFrom('checkout-1', '..', ''),
  before: fc.constantFrom('begin', 100, 50, 0),
  subject: fc.constantFrom('version/checkout:1', 'commit/4f2', 'sha256/x', `sha256/${'a'.repeat(64)}`),
  tests: fc.constantFrom({ passed: 1, failed: 0, skipped: 0 }, { passed: -1 }),
  scan: fc.constantFrom({ critical: 0, high: 0, medium: 0, low: 0 }, {}),
  flags: fc.constantFrom([], ['a'], 'a'),
  replaces: fc.constant('typo'),
  bundle: fc.constantFrom({}, { payload: 'e30=', payloadType: 'x', signatures: [{ sig: 'AAAA' }] }),
  id: fc.string({ minLength: 1 }),
  source: fc.constantFrom('cli', 'api', 'statuspage', ''),
  openedAt: fc.constantFrom('2025-12-31T00:00:00Z', '2099-01-01T00:00:00Z'),
  definition: fc.oneof(fc.constant(sampleDefinition()), anything),
  by: fc.constant('ben'),
}
const body = fc.oneof(
  { weight: 5, arbitrary: fc.record(fields, { requiredKeys: [] }).map((said) => JSON.stringify(said)) },
  {
    weight: 3,
    arbitrary: fc
      .subarray(Object.keys(fields), { maxLength: 3 })
      .chain((some) => fc.record(Object.fromEntries(some.map((name) => [name, fields[name] ?? anything]))))
      .map((said) => JSON.stringify(said)),
  },
  anything.map((said) => JSON.stringify(said)),
  fc.string({ unit: 'binary' }),
)
const query = fc.oneof(
  fc.constant(''),
  fc
    .record(
      {
        limit: fc.oneof(fc.nat(120).map(String), fc.string()),
        next: fc.oneof(
          anything.map((end) => Buffer.from(JSON.stringify(end)).toString('base64url')),
          fc.string(),
        ),
        wait: fc.constantFrom('0', '99'),
      },
      { requiredKeys: [] },
    )
    .map((said) => new URLSearchParams(said).toString()),
)
const headers = fc.record(
  {
    'content-type': fc.constantFrom('application/json', 'text/plain', 'application/octet-stream', ''),
    'idempotency-key': fc.oneof(fc.constantFrom('k1', 'k2'), fc.string()),
    accept: fc.constantFrom('*/*', 'text/event-stream', ''),
    'last-event-id': fc.oneof(fc.nat(200).map(String), fc.string()),
  },
  { requiredKeys: [] },
)

it('answers every request to a route as the document says (fuzzed)', async () => {
  const request = fc.record({ route: fc.constantFrom(...apiRoutes), service, release, body, query, headers })
  let done = 0
  await fc.assert(
    fc.asyncProperty(request, async ({ route, service, release, body, query, headers }) => {
      const values: Readonly<Record<string, string>> = { service, release, code: release }
      const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) =>
        encodeURIComponent(values[name]?.toWellFormed() ?? ''),
      )
      // Streams without an event would wait.
      const asked = route.name === 'events' ? `${query === '' ? '' : `${query}&`}wait=0` : query
      const answer = await call({
        method: route.method,
        path,
        query: route.method === 'GET' ? asked : '',
        headers,
        body,
      })
      if (answer.status === 200) done++
      expectDocumented(route, answer)
    }),
    { seed: 18, numRuns: repeats(600, 200) },
  )
  // Requests that never fit would show nothing.
  expect(done).toBeGreaterThan(repeats(40, 13))
})

it('answers every other request as API Gateway does (fuzzed)', async () => {
  const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS')
  const path = fc.array(fc.oneof(fc.constantFrom('pause', 'services', 'events', 'checkout', ''), fc.string()), {
    maxLength: 4,
  })
  await fc.assert(
    fc.asyncProperty(method, path, query, headers, async (method, parts, query, headers) => {
      const path = `/${parts.map((part) => encodeURIComponent(part.toWellFormed())).join('/')}`
      expect((await call({ method, path, query, headers, body: '{}' })).status).toBeLessThan(500)
    }),
    { seed: 18, numRuns: repeats(200, 70) },
  )
})

it('the document has every route of API Gateway once, with what each may answer', () => {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(operations).toEqual(apiRoutes.map(({ method, path }) => `${method} ${path}`))
  for (const route of apiRoutes)
    for (const status of [200, 400, 403, 404, 413, 429, 431, 500, 503])
      expect(documented(route, status), `${route.path} ${status}`).toBeDefined()
})
