// The event bus: which events it accepts, who gets them, and how often delivery is retried.
import {
  CreateEventBusCommand,
  DeleteRuleCommand,
  DescribeRuleCommand,
  DisableRuleCommand,
  EnableRuleCommand,
  EventBridgeClient,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge'
import type { PutEventsRequestEntry, Target } from '@aws-sdk/client-eventbridge'
import { describe, expect, it } from 'vitest'
import { AwsError } from '../../../../cloud/local/protocol/aws-error.ts'
import { chance, idsFrom } from '../../../../cloud/local/time/chance.ts'
import { steppedClock } from '../../../../cloud/local/time/clock.ts'
import { localHandler } from '../../../../cloud/local/dispatch.ts'
import type { Envelope } from '../../../../cloud/local/eventbridge/envelope.ts'
import { type DeliveryFaults, localEventBridge } from '../../../../cloud/local/eventbridge/eventbridge.ts'
import { localTransport } from '../../../../cloud/local/transport.ts'
import { credentials, startMs } from '../stepfunctions/states.ts'

type Got = { readonly target: string; readonly atSeconds: number; readonly event: Envelope }
type Answer = 'done' | AwsError
type Letter = {
  readonly queueArn: string
  readonly body: string
  readonly attributes?: Readonly<Record<string, string>>
}

function bus(answer: (count: number) => Answer = () => 'done', faults?: DeliveryFaults) {
  const clock = steppedClock(startMs)
  const got: Got[] = []
  const letters: Letter[] = []
  const counted: string[] = []
  const take = (target: string, text: string): Answer => {
    got.push({ target, atSeconds: (clock.nowMs() - startMs) / 1000, event: JSON.parse(text) as Envelope })
    const said = answer(got.length)
    if (said instanceof AwsError) throw said
    return said
  }
  const service = localEventBridge({
    clock,
    invoker: { take: (functionName, _, payload) => void take(functionName, Buffer.from(payload).toString()) },
    queues: {
      send: (queueArn, { body, attributes }) => {
        if (queueArn.endsWith('missing')) throw new AwsError('QueueDoesNotExist', 'gone')
        letters.push({ queueArn, body, ...(attributes === undefined ? {} : { attributes }) })
      },
    },
    metrics: { record: ({ name }) => void counted.push(name) },
    startExecution: (arn, name, input) => Promise.resolve().then(() => void take(`${arn} ${String(name)}`, input)),
    openOpsItem: () => undefined,
    ids: idsFrom(chance(1, 'ids')),
    faults,
  })
  const requestHandler = localTransport(localHandler(() => ({ events: service })))
  const client = new EventBridgeClient({ region: 'us-east-1', credentials, requestHandler, maxAttempts: 1 })
  const rule = async (EventPattern: object, target: Partial<Target> = {}, Name = 'rule') => {
    await client.send(new PutRuleCommand({ Name, EventPattern: JSON.stringify(EventPattern) }))
    await client.send(new PutTargetsCommand({ Rule: Name, Targets: [{ Id: '1', Arn: functionArn, ...target }] }))
  }
  const put = (entry: PutEventsRequestEntry = {}) =>
    client.send(
      new PutEventsCommand({ Entries: [{ Source: 'shop', DetailType: 'Sold', Detail: '{"n":1}', ...entry }] }),
    )
  return { clock, got, letters, counted, service, client, rule, put }
}

const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:hear'

describe('the event bus', () => {
  it("delivers an event in AWS's shape, to the targets of the rules that match", async () => {
    const { put, rule, got, clock, service } = bus()
    await rule({ source: ['shop'] })
    await rule({ source: ['bank'] }, {}, 'other')
    const { Entries } = await put({ Resources: ['arn:x'], Time: new Date(startMs + 1000) })
    await clock.settle()
    const event = {
      version: '0',
      id: Entries![0]!.EventId,
      'detail-type': 'Sold',
      source: 'shop',
      account: '000000000000',
      time: '2026-01-01T00:00:01Z',
      region: 'us-east-1',
      resources: ['arn:x'],
      detail: { n: 1 },
    }
    expect(got).toEqual([{ target: functionArn, atSeconds: 0, event }])
    expect(service.recorded()).toEqual([event])
  })

  it('carries the events of other services, to Lambda and to state machines', async () => {
    const { service, rule, got, clock } = bus()
    const machine = 'arn:aws:states:us-east-1:000000000000:stateMachine:m'
    await rule({ source: ['aws.states'] }, { Arn: machine, RoleArn: 'arn:aws:iam::000000000000:role/r' })
    service.emit({ source: 'aws.states', detailType: 'Change', detail: { status: 'FAILED' } })
    expect(got).toEqual([])
    await clock.settle()
    expect(got).toMatchObject([{ target: `${machine} undefined`, event: { detail: { status: 'FAILED' } } }])
  })

  it.each([
    ['Input', { Input: '{"detail":"mine"}' }, { detail: 'mine' }],
    ['InputPath', { InputPath: '$.detail' }, { n: 1 }],
  ])('gives a target its %s instead of the event', async (_, target, expected) => {
    const { put, rule, got, clock } = bus()
    await rule({ source: ['shop'] }, target)
    await put()
    await clock.settle()
    expect(got[0]?.event).toEqual(expected)
  })

  it('refuses entries individually, and says how many', async () => {
    const { client } = bus()
    const entry = { Source: 'shop', DetailType: 'Sold', Detail: '{}' }
    const bad: PutEventsRequestEntry[] = [
      { ...entry, Source: undefined },
      { ...entry, Detail: 'no' },
      { ...entry, Detail: '[]' },
      { ...entry, Source: 'aws.ec2' },
      { ...entry, DetailType: 'x'.repeat(129) },
    ]
    const { FailedEntryCount, Entries } = await client.send(new PutEventsCommand({ Entries: [entry, ...bad] }))
    expect(FailedEntryCount).toBe(5)
    expect(Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      undefined,
      'InvalidArgument',
      'MalformedDetail',
      'MalformedDetail',
      'NotAuthorizedForSourceException',
      'InvalidArgument',
    ])
    await expect(
      client.send(new PutEventsCommand({ Entries: Array.from({ length: 11 }, () => entry) })),
    ).rejects.toMatchObject({ name: 'ValidationException' })
  })

  it('keeps buses apart', async () => {
    const { client, put, got, clock } = bus()
    await client.send(new CreateEventBusCommand({ Name: 'mine' }))
    await client.send(new PutRuleCommand({ Name: 'r', EventBusName: 'mine', EventPattern: '{"source":["shop"]}' }))
    await client.send(
      new PutTargetsCommand({ Rule: 'r', EventBusName: 'mine', Targets: [{ Id: '1', Arn: functionArn }] }),
    )
    await put()
    await put({ EventBusName: 'mine', Detail: '{"n":2}' })
    await clock.settle()
    expect(got.map(({ event }) => event.detail)).toEqual([{ n: 2 }])
    // AWS accepts an event to a bus that does not exist; nobody ever gets it.
    expect(await put({ EventBusName: 'nobodys' })).toMatchObject({
      FailedEntryCount: 0,
      Entries: [{ EventId: expect.any(String) as string }],
    })
  })
})

describe('a rule', () => {
  it('can be listed, described, disabled and enabled, and deleted only without targets', async () => {
    const { client, rule, put, got, clock } = bus()
    await rule({ source: ['shop'] })
    expect((await client.send(new ListRulesCommand({ NamePrefix: 'ru' }))).Rules).toMatchObject([
      { Name: 'rule', State: 'ENABLED' },
    ])
    expect((await client.send(new ListTargetsByRuleCommand({ Rule: 'rule' }))).Targets).toEqual([
      { Id: '1', Arn: functionArn },
    ])
    await client.send(new DisableRuleCommand({ Name: 'rule' }))
    expect(await client.send(new DescribeRuleCommand({ Name: 'rule' }))).toMatchObject({
      State: 'DISABLED',
      EventPattern: '{"source":["shop"]}',
    })
    await put()
    await client.send(new EnableRuleCommand({ Name: 'rule' }))
    await put({ Detail: '{"n":2}' })
    await clock.settle()
    expect(got.map(({ event }) => event.detail)).toEqual([{ n: 2 }])
    await expect(client.send(new DeleteRuleCommand({ Name: 'rule' }))).rejects.toMatchObject({
      name: 'ValidationException',
    })
    await client.send(new RemoveTargetsCommand({ Rule: 'rule', Ids: ['1'] }))
    await client.send(new DeleteRuleCommand({ Name: 'rule' }))
    await expect(client.send(new DescribeRuleCommand({ Name: 'rule' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
  })

  it('with a schedule fires at every interval until it is disabled', async () => {
    const { client, got, clock } = bus()
    await client.send(new PutRuleCommand({ Name: 'sweep', ScheduleExpression: 'rate(5 minutes)' }))
    await client.send(new PutTargetsCommand({ Rule: 'sweep', Targets: [{ Id: '1', Arn: functionArn }] }))
    await clock.advanceTo(startMs + 11 * 60_000)
    expect(got.map(({ atSeconds }) => atSeconds)).toEqual([300, 600])
    expect(got[0]?.event).toMatchObject({
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      resources: ['arn:aws:events:us-east-1:000000000000:rule/sweep'],
    })
    await client.send(new DisableRuleCommand({ Name: 'sweep' }))
    await clock.advanceTo(startMs + 60 * 60_000)
    expect(got).toHaveLength(2)
  })

  it.each(['rate(1 minutes)', 'rate(5 minute)', 'rate(0 minutes)', 'every day'])(
    'cannot have the schedule %s',
    async (ScheduleExpression) => {
      await expect(bus().client.send(new PutRuleCommand({ Name: 'r', ScheduleExpression }))).rejects.toMatchObject({
        name: 'ValidationException',
      })
    },
  )
})

describe('a delivery', () => {
  const pattern = { source: ['shop'] }

  const deadArn = 'arn:aws:sqs:us-east-1:000000000000:dead'
  const dead = { DeadLetterConfig: { Arn: deadArn } }

  it('that is throttled is retried until it gets through', async () => {
    const { put, rule, got, clock, letters } = bus((count) =>
      count < 5 ? new AwsError('TooManyRequestsException', 'slow', 429) : 'done',
    )
    await rule(pattern, dead)
    await put()
    await clock.advanceTo(startMs + 3_600_000)
    expect(got.map(({ atSeconds }) => atSeconds)).toEqual([0, 1, 3, 7, 15])
    expect(letters).toEqual([])
  })

  it.each([
    ['NO_RESOURCE', new AwsError('ResourceNotFoundException', 'gone', 404)],
    ['NO_PERMISSIONS', new AwsError('AccessDeniedException', 'no', 403)],
  ])('that can never succeed goes to the dead-letter queue at once: %s', async (code, error) => {
    const { put, rule, got, clock, letters, counted } = bus(() => error)
    await rule(pattern, dead)
    const { Entries } = await put()
    await clock.advanceTo(startMs + 3_600_000)
    expect(got).toHaveLength(1)
    expect(letters).toMatchObject([{ queueArn: deadArn }])
    expect(letters[0]?.attributes).toEqual({
      RULE_ARN: 'arn:aws:events:us-east-1:000000000000:rule/rule',
      TARGET_ARN: functionArn,
      ERROR_CODE: code,
      ERROR_MESSAGE: error.message,
      RETRY_ATTEMPTS: '0',
    })
    expect(JSON.parse(letters[0]?.body ?? '')).toMatchObject({ id: Entries![0]!.EventId, detail: { n: 1 } })
    expect(counted).toEqual(['FailedInvocations', 'InvocationsSentToDLQ'])
  })

  it.each([
    ['MaximumRetryAttempts', { MaximumRetryAttempts: 2 }, 3],
    ['MaximumEventAgeInSeconds', { MaximumEventAgeInSeconds: 60 }, 6],
  ] as const)('is retried as often and as long as the target says: %s', async (condition, RetryPolicy, times) => {
    const { put, rule, got, clock, letters } = bus(() => new AwsError('TooManyRequestsException', 'slow', 429))
    await rule(pattern, { ...dead, RetryPolicy })
    await put()
    await clock.advanceTo(startMs + 3_600_000)
    expect(got).toHaveLength(times)
    expect(letters[0]?.attributes).toMatchObject({
      ERROR_CODE: 'THROTTLING',
      EXHAUSTED_RETRY_CONDITION: condition,
      RETRY_ATTEMPTS: String(times - 1),
    })
  })

  it('is lost without a queue, or if the queue is gone, and is counted', async () => {
    const gone = new AwsError('ResourceNotFoundException', 'gone', 404)
    const { put, rule, clock, letters, counted } = bus(() => gone)
    await rule(pattern)
    await rule(pattern, { DeadLetterConfig: { Arn: 'arn:aws:sqs:us-east-1:000000000000:missing' } }, 'other')
    await put()
    await clock.settle()
    expect(letters).toEqual([])
    expect(counted).toEqual(['FailedInvocations', 'FailedInvocations', 'InvocationsFailedToBeSentToDLQ'])
  })

  it('can be lost, duplicated and delayed on request', async () => {
    const faults: DeliveryFaults = {
      copies: ({ detail }) => (detail as { n: number }).n,
      delayMs: ({ detail }) => (detail as { n: number }).n * 1000,
    }
    const { put, rule, got, clock } = bus(undefined, faults)
    await rule(pattern)
    for (const n of [2, 0, 1]) await put({ Detail: JSON.stringify({ n }) })
    await clock.advanceTo(startMs + 10_000)
    expect(got.map(({ event, atSeconds }) => [(event.detail as { n: number }).n, atSeconds])).toEqual([
      [1, 1],
      [2, 2],
      [2, 2],
    ])
  })
})
