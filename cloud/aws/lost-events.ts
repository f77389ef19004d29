// The queue of events that were not handled, and how they are sent to the functions again. A received message is hidden from
// other consumers for a while, and is released unless it was removed.
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda'
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { Problem } from '../../core/problem.ts'
import type { KeptEvents } from '../ports.ts'
import { isNamed, present, translated } from './failure.ts'

/** Long enough to go through a queue of thousands, and short enough that a consumer that crashes does not hide them for long. */
const hiddenSeconds = 300

type Clients = { readonly sqs: SQSClient; readonly lambda: LambdaClient }

export function awsKeptEvents({ sqs, lambda }: Clients, queueName: string): KeptEvents {
  const urlOf = async (): Promise<string> => {
    const call = `sqs:GetQueueUrl of ${queueName}`
    try {
      const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: queueName }))
      return present(QueueUrl, 'QueueUrl', call)
    } catch (error) {
      if (!isNamed(error, 'QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'))
        return translated(call, Promise.reject(error as Error))
      throw new Problem('queue_missing', `There is no queue ${queueName} in this account and region.`, { cause: error })
    }
  }
  return {
    async owner() {
      const call = `sqs:GetQueueAttributes of ${queueName}`
      const asked = new GetQueueAttributesCommand({ QueueUrl: await urlOf(), AttributeNames: ['QueueArn'] })
      const { Attributes } = await translated(call, sqs.send(asked))
      const [, , , region = '', account = ''] = present(Attributes?.['QueueArn'], 'QueueArn', call).split(':')
      return { region, account }
    },
    async receive(atMost) {
      const QueueUrl = await urlOf()
      const found = new Map<string, ReturnType<typeof kept>>()
      while (found.size < atMost) {
        const asked = new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: Math.min(10, atMost - found.size),
          VisibilityTimeout: hiddenSeconds,
          // Without long polling, SQS asks only some of its servers and may miss messages.
          WaitTimeSeconds: 2,
          MessageSystemAttributeNames: ['SentTimestamp'],
          MessageAttributeNames: ['All'],
        })
        const { Messages = [] } = await translated(`sqs:ReceiveMessage of ${queueName}`, sqs.send(asked))
        if (Messages.length === 0) break
        for (const message of Messages.map(kept)) found.set(message.id, message)
      }
      return [...found.values()]
    },
    async giveBack({ handle }) {
      const command = new ChangeMessageVisibilityCommand({
        QueueUrl: await urlOf(),
        ReceiptHandle: handle,
        VisibilityTimeout: 0,
      })
      await translated(`sqs:ChangeMessageVisibility of ${queueName}`, sqs.send(command))
    },
    async remove({ handle }) {
      const command = new DeleteMessageCommand({ QueueUrl: await urlOf(), ReceiptHandle: handle })
      await translated(`sqs:DeleteMessage of ${queueName}`, sqs.send(command))
    },
    send: (functionName, payload) => send(lambda, functionName, payload),
  }
}

async function send(lambda: LambdaClient, functionName: string, payload: unknown): Promise<void> {
  const call = `lambda:InvokeFunction of ${functionName}`
  const command = new InvokeCommand({
    FunctionName: functionName,
    InvocationType: 'Event',
    Payload: new TextEncoder().encode(JSON.stringify(payload)),
  })
  const { StatusCode } = await translated(call, lambda.send(command))
  if (StatusCode !== 202) throw new Problem('aws_unavailable', `AWS answered ${call} with ${StatusCode ?? 'nothing'}.`)
}

const kept = ({ MessageId = '', ReceiptHandle = '', Body = '', Attributes = {}, MessageAttributes = {} }: Message) => ({
  id: MessageId,
  handle: ReceiptHandle,
  body: Body,
  keptAtMs: Number(Attributes.SentTimestamp ?? 0),
  attributes: Object.fromEntries(
    Object.entries(MessageAttributes).map(([name, { StringValue = '' }]) => [name, StringValue]),
  ),
})
