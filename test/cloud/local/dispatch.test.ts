// Which service a request goes to, and who its caller is.
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch'
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { EventBridgeClient, ListRulesCommand } from '@aws-sdk/client-eventbridge'
import { GetAliasCommand, InvokeCommand, LambdaClient, UpdateAliasCommand } from '@aws-sdk/client-lambda'
import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn'
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { describe, expect, it } from 'vitest'
import { localHandler, serviceOf } from '../../../cloud/local/dispatch.ts'
import type { RequestInfo } from '../../../cloud/local/protocol/service.ts'
import type { LocalServices, RequestHook } from '../../../cloud/local/dispatch.ts'
import type { Caller, LocalRequest, LocalService } from '../../../cloud/local/protocol/service.ts'
import { localTransport } from '../../../cloud/local/transport.ts'

/** Services that return nothing useful and remember who called them. */
function listening(hook?: RequestHook) {
  const heard: { service: string; caller: Caller; request: LocalRequest }[] = []
  const service = (name: string): LocalService => ({
    handle: (request, caller) => {
      heard.push({ service: name, caller, request })
      return Promise.resolve({ status: 400, headers: { 'content-type': 'application/json' }, body: '{}' })
    },
  })
  const names = ['lambda', 'monitoring', 'states', 'events', 'sns', 'dynamodb', 's3'] as const
  const services = Object.fromEntries(names.map((name) => [name, service(name)])) as LocalServices
  const handler = localHandler(() => services, { onRequest: hook })
  return { heard, handler, requestHandler: localTransport(handler) }
}
const config = (requestHandler: object, accessKeyId = 'tester') => ({
  region: 'us-east-1',
  maxAttempts: 1,
  credentials: { accessKeyId, secretAccessKey: 'x' },
  requestHandler: requestHandler as ReturnType<typeof localTransport>,
})
const bare = (request: Partial<LocalRequest>): LocalRequest => ({
  method: 'POST',
  path: '/',
  query: new URLSearchParams(),
  headers: {},
  body: new Uint8Array(),
  ...request,
})
const form = (body: string) =>
  bare({ headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: Buffer.from(body) })

describe('a request', () => {
  it.each<[string, string, (handler: object) => Promise<unknown>]>([
    [
      'lambda',
      'UpdateAlias',
      (handler) =>
        new LambdaClient(config(handler)).send(
          new UpdateAliasCommand({ FunctionName: 'arn:aws:lambda:us-east-1:000000000000:function:f', Name: 'live' }),
        ),
    ],
    [
      'lambda',
      'GetAlias',
      (handler) => new LambdaClient(config(handler)).send(new GetAliasCommand({ FunctionName: 'f', Name: 'live' })),
    ],
    [
      'lambda',
      'Invoke',
      (handler) => new LambdaClient(config(handler)).send(new InvokeCommand({ FunctionName: 'f', Qualifier: '1' })),
    ],
    [
      'monitoring',
      'DescribeAlarms',
      (handler) => new CloudWatchClient(config(handler)).send(new DescribeAlarmsCommand({})),
    ],
    ['states', 'ListStateMachines', (handler) => new SFNClient(config(handler)).send(new ListStateMachinesCommand({}))],
    ['events', 'ListRules', (handler) => new EventBridgeClient(config(handler)).send(new ListRulesCommand({}))],
    [
      'sns',
      'Publish',
      (handler) => new SNSClient(config(handler)).send(new PublishCommand({ TopicArn: 'a', Message: 'm' })),
    ],
    ['dynamodb', 'ListTables', (handler) => new DynamoDBClient(config(handler)).send(new ListTablesCommand({}))],
  ])('of the SDK reaches %s as %s', async (service, operation, send) => {
    const seen: RequestInfo[] = []
    const { heard, requestHandler } = listening((info) => void seen.push(info))
    await send(requestHandler).catch(() => undefined)
    expect(heard.map((one) => one.service)).toEqual([service])
    expect(seen).toMatchObject([
      { service, operation, phase: 'before' },
      { service, operation, phase: 'after' },
    ])
  })

  it('keeps its path encoded, its query and its body', async () => {
    const { heard, requestHandler } = listening()
    const invoke = new InvokeCommand({ FunctionName: 'f:live', Qualifier: '1', Payload: '{"a":1}' })
    await new LambdaClient(config(requestHandler)).send(invoke).catch(() => undefined)
    const request = heard[0]!.request
    expect([request.method, request.path, request.query.toString()]).toEqual([
      'POST',
      '/2015-03-31/functions/f%3Alive/invocations',
      'Qualifier=1',
    ])
    expect(Buffer.from(request.body).toString()).toBe('{"a":1}')
  })

  it.each<[string, LocalRequest]>([
    ['sns', form('Action=Publish&Version=2010-03-31')],
    ['monitoring', form('Action=DescribeAlarms&Version=2010-08-01')],
    ['lambda', bare({ method: 'GET', path: '/2015-03-31/functions/f/aliases/live' })],
    ['s3', bare({ method: 'PUT', path: '/bucket/key' })],
  ])('without a signature is recognised as one for %s by its shape', (service, request) => {
    expect(serviceOf(request)).toBe(service)
  })

  it('for a service that does not exist is answered with 501 and its name', async () => {
    const authorization =
      'AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=x'
    for (const headers of [{ authorization }, { 'x-amz-target': 'AmazonSQS.SendMessage' }]) {
      const { status, body } = await listening().handler(bare({ headers }))
      expect(status).toBe(501)
      expect(String(body)).toMatch(/sqs/i)
    }
  })

  it.each([
    ['tester', 'arn:aws:iam::000000000000:user/tester'],
    ['role.shift', 'arn:aws:sts::000000000000:assumed-role/shift/session'],
    ['role.shift:night', 'arn:aws:sts::000000000000:assumed-role/shift/night'],
    ['role.shift@111111111111', 'arn:aws:sts::111111111111:assumed-role/shift/session'],
    [
      'role.AWSReservedSSO_ReleaseManager_0123456789abcdef@111111111111:ann@example.com',
      'arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_ReleaseManager_0123456789abcdef/ann@example.com',
    ],
  ])('signed by %s comes from %s', async (accessKeyId, arn) => {
    const { heard, handler, requestHandler } = listening()
    await new SFNClient(config(requestHandler, accessKeyId))
      .send(new ListStateMachinesCommand({}))
      .catch(() => undefined)
    expect(heard[0]?.caller).toEqual({ accessKeyId, arn })
    await handler(form('Action=Publish&Version=2010-03-31'))
    expect(heard[1]?.caller).toEqual({ accessKeyId: '', arn: 'anonymous' })
  })

  it('gets no answer if an observer breaks the connection, before or after its effect', async () => {
    for (const [phase, effects] of [
      ['before', 0],
      ['after', 1],
    ] as const) {
      const { heard, requestHandler } = listening((info) => {
        if (info.phase === phase) throw new Error('connection reset')
      })
      await expect(new SFNClient(config(requestHandler)).send(new ListStateMachinesCommand({}))).rejects.toThrow(
        'connection reset',
      )
      expect(heard).toHaveLength(effects)
    }
  })
})
