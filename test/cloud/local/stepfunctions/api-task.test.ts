// A task that calls an HTTP API, as AWS's page "Create API Gateway REST APIs with Step Functions" says: what is sent, what comes
// back, and which error it is when the API refuses.
import { expect, it } from 'vitest'
import type { LocalRequest } from '../../../../cloud/local/protocol/service.ts'
import { states } from './states.ts'

const host = 'abcdefghij.execute-api.us-east-1.amazonaws.com'
const task = (more: object, around: object = {}) => ({
  StartAt: 'Call',
  States: {
    Call: {
      ...{ Type: 'Task', Resource: 'arn:aws:states:::apigateway:invoke', End: true, ...around },
      Arguments: { ApiEndpoint: host, Method: 'POST', AuthType: 'IAM_ROLE', ...more },
    },
  },
})

function openApi(status = 200, body = '{"done":true}') {
  const asked: { host: string; roleArn: string; request: LocalRequest }[] = []
  const opened = states(undefined, true, (to, request, roleArn) => {
    if (to !== host) return undefined
    asked.push({ host: to, roleArn, request })
    return Promise.resolve({ status: asked.length < 3 ? status : 200, headers: { 'content-type': 'x/y' }, body })
  })
  return { ...opened, asked }
}

it('sends method, path, query and body as the role of the machine, and gives body, headers and status', async () => {
  const { begin, describe, history, asked } = openApi()
  const arn = await begin(
    task({
      Path: "{% '/pets/' & $encodeUrlComponent($states.input.name) %}",
      QueryParameters: { kind: ['cat', 'dog'] },
      RequestBody: { name: '{% $states.input.name %}', category: null, more: [null, { x: null }] },
    }),
    { name: 'a b/c' },
  )
  expect(JSON.parse((await describe(arn)).output ?? '')).toEqual({
    ...{ ResponseBody: { done: true }, Headers: { 'content-type': ['x/y'] }, StatusCode: 200, StatusText: 'OK' },
  })
  const [{ request, roleArn } = {}] = asked
  expect(roleArn).toMatch(/:role\//)
  expect(request).toMatchObject({ method: 'POST', path: '/pets/a%20b%2Fc' })
  expect(request?.query.toString()).toBe('kind=cat&kind=dog')
  // Nulls are not sent, unless the machine says so.
  expect(JSON.parse(new TextDecoder().decode(request?.body))).toEqual({ name: 'a b/c', more: [null, {}] })
  expect((await history(arn)).find(({ type }) => type === 'TaskScheduled')?.taskScheduledEventDetails).toMatchObject({
    ...{ resourceType: 'apigateway', resource: 'invoke' },
  })
})

it('fails with the status as the error and the body as the cause, and is tried again by that name', async () => {
  const refused = openApi(403, '{"message":"Forbidden"}')
  expect(await refused.describe(await refused.begin(task({})))).toMatchObject({
    ...{ status: 'FAILED', error: 'ApiGateway.403', cause: '{"message":"Forbidden"}' },
  })
  const busy = openApi(429)
  const arn = await busy.begin(task({}, { Retry: [{ ErrorEquals: ['ApiGateway.429'], IntervalSeconds: 1 }] }))
  await busy.clock.advanceTo(busy.clock.nowMs() + 10_000)
  expect([(await busy.describe(arn)).status, busy.asked.length]).toEqual(['SUCCEEDED', 3])
})

it('fails where there is no API, and is refused at once where it could not run', async () => {
  const { begin, create, describe } = openApi()
  const nowhere = await describe(await begin(task({ ApiEndpoint: 'other.execute-api.us-east-1.amazonaws.com' })))
  expect(nowhere.error).toMatch(/^ApiGateway\./)
  await expect(create(task({ Method: undefined }))).rejects.toThrow('have no Method')
  await expect(create(task({ AuthType: 'NO_AUTH' }))).rejects.toThrow('only IAM_ROLE')
  await expect(create(task({ FunctionName: 'x' }))).rejects.toThrow('FunctionName')
})
