// A queue: a sent message can be received, is hidden from others meanwhile, and is gone once deleted. Shapes and limits are those
// of AWS's model of SQS (botocore 1.44.8); the client checks the digests.
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { expect, it } from 'vitest'
import { chance, idsFrom } from '../../../cloud/local/time/chance.ts'
import { steppedClock } from '../../../cloud/local/time/clock.ts'
import { localHandler } from '../../../cloud/local/dispatch.ts'
import { localSqs } from '../../../cloud/local/sqs/sqs.ts'
import { placeOf } from '../../../local/clients.ts'
import { startMs } from './stepfunctions/states.ts'

async function open(Attributes: Record<string, string> = {}) {
  const clock = steppedClock(startMs)
  const points: string[] = []
  const sqs = localSqs({
    clock,
    ids: idsFrom(chance(1, 'sqs')),
    metrics: {
      record: ({ name, value, dimensionSets }) =>
        void points.push(`${name} ${value} ${dimensionSets[0]?.['QueueName'] ?? ''}`),
    },
  })
  const client = new SQSClient(
    placeOf(
      localHandler(() => ({ sqs })),
      'operator',
    ),
  )
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: 'lost', Attributes }))
  const send = (MessageBody: string, MessageAttributes = {}) =>
    client.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageAttributes }))
  const receive = async (more: Partial<ReceiveMessageCommandInput> = {}) =>
    (await client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...more }))).Messages ?? []
  const remove = (ReceiptHandle = '') => client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
  const hide = (VisibilityTimeout: number, ReceiptHandle = '') =>
    client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }))
  const count = async () => {
    const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const
    const { Attributes } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] }))
    return names.map((name) => Number(Attributes?.[name]))
  }
  const seconds = (n: number) => clock.advanceTo(clock.nowMs() + n * 1000)
  return { clock, points, sqs, client, QueueUrl, send, receive, remove, hide, count, seconds }
}

it('a message is received with the requested attributes, and hidden until its time is over or it is given back', async () => {
  const { send, receive, hide, count, seconds } = await open()
  const attributes = {
    RULE_ARN: { DataType: 'String', StringValue: 'arn:x' },
    n: { DataType: 'Number', StringValue: '1' },
  }
  const sent = await send('{"a":"ü"}', attributes)
  await seconds(2)
  const [message] = await receive({
    MessageAttributeNames: ['RULE_.*', 'n'],
    MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
  })
  expect(message).toMatchObject({
    MessageId: sent.MessageId,
    Body: '{"a":"ü"}',
    Attributes: { SentTimestamp: String(startMs), ApproximateReceiveCount: '1' },
    MessageAttributes: { n: { StringValue: '1' }, RULE_ARN: { StringValue: 'arn:x' } },
  })
  expect([await count(), await receive()]).toEqual([[0, 1], []])
  await hide(0, message?.ReceiptHandle)
  const [again] = await receive()
  expect([again?.MessageId, again?.MessageAttributes]).toEqual([sent.MessageId, undefined])
  await seconds(29)
  expect(await receive()).toEqual([])
  await seconds(1)
  expect(await receive({ AttributeNames: ['All'] })).toMatchObject([{ Attributes: { ApproximateReceiveCount: '3' } }])
})

it('a message is deleted only by its latest handle, and not by an invalid one', async () => {
  const { send, receive, remove, hide, count, seconds } = await open({ VisibilityTimeout: '1' })
  await send('a')
  const [first] = await receive()
  await seconds(1)
  const [second] = await receive()
  await remove(first?.ReceiptHandle)
  expect(await count()).toEqual([0, 1])
  await seconds(1)
  await expect(hide(5, second?.ReceiptHandle)).rejects.toMatchObject({ name: 'MessageNotInflight' })
  await remove(second?.ReceiptHandle)
  await remove(second?.ReceiptHandle)
  expect(await count()).toEqual([0, 0])
  await expect(remove('nothing')).rejects.toMatchObject({ name: 'ReceiptHandleIsInvalid' })
})

it('at most ten are received at once, and none twice; purging removes all, once a minute', async () => {
  const { client, QueueUrl, send, receive, count } = await open()
  for (let n = 0; n < 12; n++) await send(String(n))
  const bodies = [await receive(), await receive()].map((batch) => batch.map(({ Body }) => Body))
  expect(bodies.map(({ length }) => length)).toEqual([10, 2])
  expect(new Set(bodies.flat()).size).toBe(12)
  await client.send(new PurgeQueueCommand({ QueueUrl }))
  expect(await count()).toEqual([0, 0])
  await expect(client.send(new PurgeQueueCommand({ QueueUrl }))).rejects.toMatchObject({ name: 'PurgeQueueInProgress' })
})

it('a message is gone after its retention period', async () => {
  const { send, count, seconds } = await open({ MessageRetentionPeriod: '60' })
  await send('a')
  await seconds(59)
  expect(await count()).toEqual([1, 0])
  await seconds(1)
  expect(await count()).toEqual([0, 0])
})

it('metrics start a minute after the first use, count what waits, and end six hours after the last use', async () => {
  const { points, send, receive, remove, seconds } = await open()
  await seconds(3600)
  expect(points).toEqual([])
  await send('a')
  await seconds(60)
  expect(points).toEqual(['ApproximateNumberOfMessagesVisible 1 lost', 'ApproximateAgeOfOldestMessage 60 lost'])
  const [message] = await receive()
  await remove(message?.ReceiptHandle)
  points.length = 0
  await seconds(24 * 3600)
  expect(new Set(points)).toEqual(new Set(['ApproximateNumberOfMessagesVisible 0 lost']))
  expect(points).toHaveLength(360)
})

it('queues are found by name, and errors are those of SQS', async () => {
  const { client, QueueUrl, send, receive } = await open()
  expect((await client.send(new GetQueueUrlCommand({ QueueName: 'lost' }))).QueueUrl).toBe(QueueUrl)
  expect((await client.send(new ListQueuesCommand({ QueueNamePrefix: 'l' }))).QueueUrls).toEqual([QueueUrl])
  await expect(client.send(new GetQueueUrlCommand({ QueueName: 'none' }))).rejects.toMatchObject({
    name: 'QueueDoesNotExist',
    $metadata: { httpStatusCode: 400 },
  })
  const other = { QueueName: 'lost', Attributes: { VisibilityTimeout: '7' } }
  await expect(client.send(new CreateQueueCommand(other))).rejects.toMatchObject({ name: 'QueueNameExists' })
  await expect(send('\u0001')).rejects.toMatchObject({ name: 'InvalidMessageContents' })
  await expect(send('x'.repeat(1_048_577))).rejects.toMatchObject({ name: 'InvalidParameterValue' })
  await expect(receive({ MaxNumberOfMessages: 11 })).rejects.toMatchObject({ name: 'InvalidParameterValue' })
  await expect(receive({ WaitTimeSeconds: 20 })).resolves.toEqual([])
})
