// The whole embedded cloud over a real socket: an event starts a state machine, which calls a function, and its end is an event
// again.
import { Readable } from 'node:stream'
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch'
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { EventBridgeClient, PutEventsCommand, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import { GetPolicyCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda'
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { CreateStateMachineCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn'
import { CreateTopicCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterEach, describe, expect, it } from 'vitest'
import { steppedClock } from '../../../cloud/local/time/clock.ts'
import { localCloud } from '../../../cloud/local/cloud.ts'
import { localSocket } from '../../../cloud/local/socket.ts'
import { placeOf } from '../../../local/clients.ts'
import { localKeys } from '../../../cloud/local/door/keys.ts'
import { startMs } from './stepfunctions/states.ts'

let socket: Awaited<ReturnType<typeof localSocket>> | undefined
afterEach(() => socket?.close())

async function serve() {
  const clock = steppedClock(startMs)
  const runtime = { run: () => Promise.reject(new Error('no function here')), stop: () => Promise.resolve() }
  const keys = localKeys(['tester'])
  const cloud = localCloud({ clock, runtime, seed: 1, secretOf: keys.secretOf })
  socket = await localSocket(cloud.handler, keys)
  return {
    clock,
    cloud,
    url: socket.url,
    config: { ...placeOf(socket, 'tester'), maxAttempts: 1 },
  }
}

describe('the embedded cloud on a socket', () => {
  it('runs a state machine for an event; its end is an event again', async () => {
    const { clock, cloud, config } = await serve()
    const [sfn, events] = [new SFNClient(config), new EventBridgeClient(config)]
    const definition = JSON.stringify({
      QueryLanguage: 'JSONata',
      StartAt: 'A',
      States: { A: { Type: 'Succeed', Output: '{% $states.input.detail %}' } },
    })
    const { stateMachineArn } = await sfn.send(
      new CreateStateMachineCommand({ name: 'm', definition, roleArn: 'arn:aws:iam::000000000000:role/m' }),
    )
    await events.send(new PutRuleCommand({ Name: 'r', EventPattern: '{"source":["shop"]}' }))
    await events.send(new PutTargetsCommand({ Rule: 'r', Targets: [{ Id: '1', Arn: stateMachineArn }] }))
    await events.send(new PutEventsCommand({ Entries: [{ Source: 'shop', DetailType: 'Sold', Detail: '{"n":1}' }] }))
    await clock.settle()
    expect((await sfn.send(new ListExecutionsCommand({ stateMachineArn }))).executions).toMatchObject([
      { status: 'SUCCEEDED' },
    ])
    expect(cloud.events.recorded().map(({ detail }) => (detail as { output?: unknown }).output)).toEqual([
      undefined,
      null,
      '{"n":1}',
    ])
  })

  it('is not asked again for what it refuses, though its time is not the time of who asks', async () => {
    const { config } = await serve()
    const answer = new LambdaClient({ ...config, maxAttempts: 3 }).send(new GetPolicyCommand({ FunctionName: 'gone' }))
    await expect(answer).rejects.toMatchObject({ name: 'ResourceNotFoundException', $metadata: { attempts: 1 } })
  })

  it('answers all protocols: DynamoDB, and SNS whose messages are recorded', async () => {
    const { cloud, config } = await serve()
    expect((await new DynamoDBClient(config).send(new ListTablesCommand({}))).TableNames).toEqual([])
    const sns = new SNSClient(config)
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'pager' }))
    await sns.send(
      new PublishCommand({
        TopicArn,
        Subject: 'Rolled back',
        Message: 'a <b> & "c"',
        MessageAttributes: { release: { DataType: 'String', StringValue: 'r1' } },
      }),
    )
    expect(cloud.sns.published()).toEqual([
      {
        topicArn: TopicArn,
        subject: 'Rolled back',
        message: 'a <b> & "c"',
        attributes: { release: 'r1' },
        atMs: startMs,
      },
    ])
    await expect(sns.send(new PublishCommand({ TopicArn: `${TopicArn}x`, Message: 'm' }))).rejects.toMatchObject({
      name: 'NotFoundException',
    })
  })

  it('gives the same run for the same seed', async () => {
    const ids = async () => {
      const { clock, cloud } = await serve()
      for (let count = 0; count < 3; count++) cloud.events.emit({ source: 'a', detailType: 'b', detail: {} })
      await clock.settle()
      return cloud.events.recorded().map(({ id }) => id)
    }
    const first = await ids()
    await socket?.close()
    expect(await ids()).toEqual(first)
    expect(new Set(first).size).toBe(3)
  })
})

type Config = Awaited<ReturnType<typeof serve>>['config']

/** A call of each protocol, and how AWS names there what is wrong with a signature. */
const calls: readonly (readonly [string, string, string, (config: Config) => Promise<unknown>])[] = [
  [
    'JSON',
    'InvalidSignatureException',
    'UnrecognizedClientException',
    (config) => new DynamoDBClient(config).send(new ListTablesCommand({})),
  ],
  [
    'REST',
    'InvalidSignatureException',
    'UnrecognizedClientException',
    (config) => new LambdaClient(config).send(new ListFunctionsCommand({})),
  ],
  [
    'a query',
    'SignatureDoesNotMatch',
    'InvalidClientTokenId',
    (config) => new STSClient(config).send(new GetCallerIdentityCommand({})),
  ],
  [
    'XML',
    'SignatureDoesNotMatch',
    'InvalidAccessKeyId',
    (config) => new S3Client({ ...config, forcePathStyle: true }).send(new ListBucketsCommand({})),
  ],
  [
    'metrics',
    'InvalidSignatureException',
    'UnrecognizedClientException',
    (config) => new CloudWatchClient(config).send(new DescribeAlarmsCommand({})),
  ],
]

describe('a signature, in a call as', () => {
  it.each(calls)('%s, is verified: %s, %s', async (_, wrong, unknown, call) => {
    const { config } = await serve()
    await call(config)
    const { credentials } = config
    const name = (changes: Partial<typeof credentials>) =>
      call({ ...config, credentials: { ...credentials, ...changes } }).catch((error: unknown) => (error as Error).name)
    expect(await name({ secretAccessKey: 'none' })).toBe(wrong)
    expect(await name({ accessKeyId: 'stranger' })).toBe(unknown)
  })
})

it('takes objects in one piece and in a stream, whose payload is not signed', async () => {
  const { config } = await serve()
  const s3 = new S3Client({ ...config, forcePathStyle: true })
  const text = async (Key: string) =>
    (await s3.send(new GetObjectCommand({ Bucket: 'b', Key }))).Body?.transformToString()
  await s3.send(new CreateBucketCommand({ Bucket: 'b' }))
  await s3.send(
    new PutObjectCommand({ Bucket: 'b', Key: "it's (a+b) é.zip", Body: 'whole', Metadata: { of: 'one  two' } }),
  )
  expect(await text("it's (a+b) é.zip")).toBe('whole')
  const Body = Readable.from([Buffer.from('in '), Buffer.from('pieces')])
  await s3.send(
    new PutObjectCommand({ Bucket: 'b', Key: 'notes.txt', Body, ContentLength: 9, ContentType: 'text/plain' }),
  )
  expect(await text('notes.txt')).toBe('in pieces')
})

it('gives whoever assumes a role the secret of that role and session, and of no other', async () => {
  const { config } = await serve()
  const RoleArn = 'arn:aws:iam::000000000000:role/deploy'
  const { Credentials } = await new STSClient(config).send(
    new AssumeRoleCommand({ RoleArn, RoleSessionName: 'ann@example.com' }),
  )
  const {
    AccessKeyId: accessKeyId = '',
    SecretAccessKey: secretAccessKey = '',
    SessionToken: sessionToken = '',
  } = Credentials ?? {}
  const identity = (key: string) =>
    new STSClient({ ...config, credentials: { accessKeyId: key, secretAccessKey, sessionToken } })
      .send(new GetCallerIdentityCommand({}))
      .then(
        ({ Arn }) => Arn,
        (error: unknown) => (error as Error).name,
      )
  expect(await identity(accessKeyId)).toBe('arn:aws:sts::000000000000:assumed-role/deploy/ann@example.com')
  expect(await identity(accessKeyId.replace('ann', 'ben'))).toBe('SignatureDoesNotMatch')
})
