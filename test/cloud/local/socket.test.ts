// The whole embedded cloud over a real socket: an event starts a state machine, which calls a function, and its end is an event
// again.
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { EventBridgeClient, PutEventsCommand, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import { CreateStateMachineCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn'
import { CreateTopicCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { afterEach, describe, expect, it } from 'vitest'
import { steppedClock } from '../../../cloud/local/time/clock.ts'
import { localCloud } from '../../../cloud/local/cloud.ts'
import { localSocket } from '../../../cloud/local/socket.ts'
import { credentials, startMs } from './stepfunctions/states.ts'

let socket: Awaited<ReturnType<typeof localSocket>> | undefined
afterEach(() => socket?.close())

async function serve() {
  const clock = steppedClock(startMs)
  const runtime = { run: () => Promise.reject(new Error('no function here')), stop: () => Promise.resolve() }
  const cloud = localCloud({ clock, runtime, seed: 1 })
  socket = await localSocket(cloud.handler)
  return {
    clock,
    cloud,
    url: socket.url,
    config: { endpoint: socket.url, region: 'us-east-1', credentials, maxAttempts: 1 },
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
