// Experiments on events: of a function that fails, and of a bucket whose notifications were just enabled.
import { PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import { InvokeCommand, PutFunctionEventInvokeConfigCommand, UpdateFunctionCodeCommand } from '@aws-sdk/client-lambda'
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs'
import { denialIn } from './errors.ts'
import { compared, type Experiment, notAsked } from './experiment.ts'
import { type Lab, packageOf } from './lab.ts'
import { checked, unsettled } from './rights.ts'

type Queue = { readonly url: string; readonly arn: string }

async function queue(lab: Lab, name: string): Promise<Queue> {
  const QueueName = `${lab.prefix}-${name}`
  const tags = Object.fromEntries(lab.tags.map(({ Key, Value }) => [Key, Value]))
  const { QueueUrl: url = '' } = await lab.belongings.make('queue', QueueName, () =>
    lab.clients.sqs.send(new CreateQueueCommand({ QueueName, tags })),
  )
  const { Attributes } = await lab.clients.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
  )
  return { url, arn: Attributes?.['QueueArn'] ?? '' }
}

/** Receives and deletes one message. */
async function received({ clients: { sqs } }: Lab, { url }: Queue): Promise<string | undefined> {
  const { Messages: [message] = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 1 }))
  if (message?.ReceiptHandle === undefined) return undefined
  await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: message.ReceiptHandle }))
  return message.Body
}

type Kept = {
  readonly requestContext?: { readonly condition?: string; readonly approximateInvokeCount?: number }
  readonly requestPayload?: unknown
  readonly responsePayload?: { readonly errorMessage?: string }
}

const asyncFailure: Experiment = {
  id: 'async-failure',
  question: "Does an event that failed three times reach the function's on-failure queue, and with which words?",
  place: '§4.7',
  expectation: 'yes, after one and two minutes: RetriesExhausted, three invocations, and the whole event',
  source: 'Lambda developer guide, asynchronous invocation',
  makes: ['queue kept'],
  makesRoles: true,
  minutes: 10,
  begin: async (lab) => {
    const FunctionName = await lab.fn()
    const { arn } = await queue(lab, 'kept')
    await lab.until('the right to send to the queue', 60_000, async () => {
      try {
        return await lab.clients.lambda.send(
          new PutFunctionEventInvokeConfigCommand({
            FunctionName,
            DestinationConfig: { OnFailure: { Destination: arn } },
          }),
        )
      } catch (error) {
        if (
          error instanceof Error &&
          /does not have permissions|InvalidParameterValue/.test(`${error.name} ${error.message}`)
        )
          return undefined
        throw error
      }
    })
    const Payload = JSON.stringify({ fail: true, mark: lab.prefix })
    await lab.clients.lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload }))
  },
  async ask(lab) {
    const place = { url: await urlOf(lab, 'kept'), arn: '' }
    const body = await lab.until('the event in the on-failure queue', 9 * 60_000, () => received(lab, place))
    if (body === undefined) return compared(false, 'No: after nine minutes the queue was empty.')
    const { requestContext = {}, requestPayload, responsePayload } = JSON.parse(body) as Kept
    const { condition, approximateInvokeCount: count } = requestContext
    const isWhole = (requestPayload as { mark?: string } | undefined)?.mark === lab.prefix
    const says = `Yes: ${condition}, ${count} invocations, the event ${isWhole ? 'whole' : 'not whole'}, "${responsePayload?.errorMessage}".`
    return compared(condition === 'RetriesExhausted' && count === 3 && isWhole, says, { condition, count, isWhole })
  },
}

/** CreateQueue returns the existing queue when it is called again. */
const urlOf = async (lab: Lab, name: string): Promise<string> =>
  (await lab.clients.sqs.send(new CreateQueueCommand({ QueueName: `${lab.prefix}-${name}` }))).QueueUrl ?? ''

/** An artifact bucket as docs/deploy.md requires it. */
async function bucket(lab: Lab, name: string): Promise<string> {
  const Bucket = `${lab.prefix}-${name}`
  const place =
    lab.region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: lab.region as 'eu-west-1' } }
  const { s3 } = lab.clients
  await lab.belongings.make('bucket', Bucket, async () => {
    await s3.send(new CreateBucketCommand({ Bucket, ...place }))
    await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [...lab.tags] } }))
  })
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
  return Bucket
}

const bucketEvents: Experiment = {
  id: 'bucket-events',
  question: 'How soon does a bucket that was just told to tell EventBridge of its objects?',
  place: '§4.2',
  expectation: 'within about five minutes; the event names the version',
  source: 'Amazon S3 user guide',
  makes: ['queue told', 'bucket told', 'rule told'],
  minutes: 12,
  async ask(lab) {
    const { url, arn } = await queue(lab, 'told')
    const Bucket = await bucket(lab, 'told')
    const Name = `${lab.prefix}-told`
    const { events, s3, sqs } = lab.clients
    const pattern = { source: ['aws.s3'], 'detail-type': ['Object Created'], detail: { bucket: { name: [Bucket] } } }
    const { RuleArn = '' } = await lab.belongings.make('rule', Name, () =>
      events.send(new PutRuleCommand({ Name, EventPattern: JSON.stringify(pattern), Tags: [...lab.tags] })),
    )
    const statement = {
      ...{ Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: arn },
      Condition: { ArnEquals: { 'aws:SourceArn': RuleArn } },
    }
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { Policy } }))
    await events.send(new PutTargetsCommand({ Rule: Name, Targets: [{ Id: 'queue', Arn: arn }] }))
    const told = { Bucket, NotificationConfiguration: { EventBridgeConfiguration: {} } }
    await s3.send(new PutBucketNotificationConfigurationCommand(told))
    const startMs = lab.nowMs()
    let objects = 0
    const body = await lab.until('the event of an object', 10 * 60_000, async () => {
      if (lab.nowMs() - startMs >= objects * 15_000)
        await s3.send(new PutObjectCommand({ Bucket, Key: `object-${objects++}`, Body: 'x' }))
      return received(lab, { url, arn })
    })
    if (body === undefined) return compared(false, 'No event had come after ten minutes.')
    const seconds = Math.round((lab.nowMs() - startMs) / 1000)
    const { detail } = JSON.parse(body) as { detail?: { object?: Record<string, unknown> } }
    const fields = Object.keys(detail?.object ?? {}).sort()
    const says = `The first event came after ${seconds} s, of ${objects} objects; it has ${fields.join(', ')}.`
    return compared(fields.includes('version-id') && seconds <= 360, says, { seconds, objects, fields })
  },
}

const artifact: Experiment = {
  id: 'right-artifact',
  question: 'Which right does UpdateFunctionCode need on an object that is named with its version?',
  place: '§9',
  expectation: 's3:GetObjectVersion is enough; the controller has s3:GetObject too',
  source: 'Amazon S3: a GetObject that names a version is checked as GetObjectVersion',
  makes: ['role nobody', 'role code-both', 'role code-version', 'role code-object', 'bucket code'],
  makesRoles: true,
  minutes: 4,
  ask: checked(async (lab, FunctionName) => {
    const Bucket = await bucket(lab, 'code')
    const Key = 'code.zip'
    const { VersionId } = await lab.clients.s3.send(new PutObjectCommand({ Bucket, Key, Body: packageOf('artifact') }))
    if (VersionId === undefined) return notAsked('This endpoint keeps no versions of objects.')
    const code = new UpdateFunctionCodeCommand({
      FunctionName,
      S3Bucket: Bucket,
      S3Key: Key,
      S3ObjectVersion: VersionId,
      DryRun: true,
    })
    const update = {
      actions: ['lambda:UpdateFunctionCode'],
      resources: [lab.arn('lambda', `function:${FunctionName}`)],
    }
    const result: Record<string, string> = {}
    const tries = [
      ['both', ['s3:GetObject', 's3:GetObjectVersion']],
      ['version', ['s3:GetObjectVersion']],
      ['object', ['s3:GetObject']],
    ] as const
    for (const [name, actions] of tries) {
      const { lambda } = await lab.as(`code-${name}`, [
        update,
        { actions, resources: [`arn:aws:s3:::${Bucket}/${Key}`] },
      ])
      const longestMs = name === 'both' ? 90_000 : 20_000
      const allowed = await lab.until('a policy to be known', longestMs, async () => {
        try {
          return await lambda.send(code)
        } catch (error) {
          if (denialIn(error) === undefined && !/access has been denied by S3/.test(String(error))) throw error
          return undefined
        }
      })
      result[name] = allowed === undefined ? 'denied' : 'allowed'
      if (result['both'] === 'denied') return unsettled
    }
    return compared(
      result['version'] === 'allowed',
      `GetObjectVersion alone: ${result['version']}; GetObject alone: ${result['object']}.`,
      result,
    )
  }),
}

export const eventExperiments: readonly Experiment[] = [asyncFailure, bucketEvents, artifact]
