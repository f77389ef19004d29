// Answers that Step Functions, EventBridge, SNS and DynamoDB may give and the embedded cloud does not.
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { SFNClient } from '@aws-sdk/client-sfn'
import { SNSClient } from '@aws-sdk/client-sns'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { awsExecutions } from '../../cloud/aws/executions.ts'
import { awsJournal } from '../../cloud/aws/dynamodb/journal.ts'
import { awsLeases } from '../../cloud/aws/dynamodb/leases.ts'
import { awsOutbox } from '../../cloud/aws/dynamodb/outbox.ts'
import { awsPager } from '../../cloud/aws/pager.ts'
import { bodyOf } from '../../cloud/aws/dynamodb/table.ts'
import { canned, config, failure } from './canned.ts'
import { expectNoToken } from './ports/executions.ts'
import { expectProblem, paused, requested } from './samples.ts'

describe('executions', () => {
  const machine = 'arn:aws:states:eu-west-1:111122223333:stateMachine:tidegate'
  const executions = (...answers: unknown[]) => awsExecutions(canned(new SFNClient(config), answers)[0], machine)

  it('are found by name if they were started before', async () => {
    expect(await executions(failure('ExecutionAlreadyExists')).start('orders-1', {})).toBe(
      'arn:aws:states:eu-west-1:111122223333:execution:tidegate:orders-1',
    )
  })

  it.each(['FAILED', 'TIMED_OUT', 'ABORTED'])('have failed when they are %s', async (status) => {
    expect(await executions({ status }).status('arn')).toBe('failed')
  })

  it('throw on an unknown status', async () => {
    await expectProblem('aws_unavailable', executions({ status: 'NEW' }).status('arn'), /NEW/)
  })

  it('never reveal a token', async () => {
    const token = 'AQCEAAAAKgAAAAMAAAAA-secret'
    const quoting = failure('ValidationException', `Value '${token}' at 'taskToken' failed`)
    await expectNoToken(executions(quoting).wake(token, {}), token)
    await expectNoToken(executions(quoting).fail(token, 'E', 'c'), token)
  })

  it.each(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'])(
    'treat %s as a task that no longer waits',
    async (name) => {
      expect(await executions(failure(name)).wake('token', {})).toBe(false)
    },
  )
})

describe('the outbox', () => {
  const announce = (answer: unknown) =>
    awsOutbox(canned(new EventBridgeClient(config), [answer])[0]).announce({
      detailType: 'Release Settled',
      detail: {},
    })

  it('throws when EventBridge refuses the entry', async () => {
    const refused = (ErrorCode: string) => ({ FailedEntryCount: 1, Entries: [{ ErrorCode, ErrorMessage: 'no' }] })
    await expectProblem('aws_throttled', announce(refused('ThrottlingException')))
    await expectProblem('aws_unavailable', announce(refused('InternalFailure')), /InternalFailure/)
    await expectProblem('permission_denied', announce(refused('NotAuthorizedForSourceException')), /events:PutEvents/)
    await expectProblem('aws_unavailable', announce({ FailedEntryCount: 1, Entries: [{}] }))
    await expectProblem('aws_unavailable', announce({ FailedEntryCount: 0 }))
  })

  it('throws when SNS does', async () => {
    const [client] = canned(new SNSClient(config), [failure('AuthorizationError')])
    const pager = awsPager(client, 'arn:aws:sns:eu-west-1:111122223333:pages')
    await expectProblem('permission_denied', pager.page({ kind: 'rolledBack', subject: 's', text: 't' }))
  })

  it('makes any subject one that SNS takes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (subject) => {
        const [client, sent] = canned(new SNSClient(config), [{}])
        await awsPager(client, 'arn:aws:sns:eu-west-1:111122223333:pages').page({
          kind: 'rolledBack',
          subject,
          text: 't',
        })
        expect(sent[0]?.input['Subject']).toMatch(/^[\x21-\x7e][\x20-\x7e]{0,98}$/)
      }),
    )
  })
})

describe('the table', () => {
  const inTheWay = (Item: Record<string, unknown>) =>
    new ConditionalCheckFailedException({ message: 'no', $metadata: {}, Item: Item as never })
  const table = (...answers: unknown[]) => ({
    client: canned(new DynamoDBClient(config), answers)[0],
    name: 'tidegate',
  })

  it('recognises its own event in the way without another read', async () => {
    const event = requested('r1')
    expect(await awsJournal(table(inTheWay(bodyOf(event)))).append('r1', event)).toBeTruthy()
    expect(await awsJournal(table(inTheWay(bodyOf(paused(1))))).append('r1', event)).toBeUndefined()
  })

  it('is read consistently, page by page', async () => {
    const from = { pk: { S: 'RELEASE#r1' }, sk: { S: 'EVENT#000001' } }
    const pages = [{ Items: [{ ...from, ...bodyOf(requested('r1')) }], LastEvaluatedKey: from }, {}, {}]
    const [client, sent] = canned(new DynamoDBClient(config), pages)
    expect((await awsJournal({ client, name: 'tidegate' }).read('r1')).events).toHaveLength(1)
    expect(await awsLeases({ client, name: 'tidegate' }).holder('orders')).toBeUndefined()
    expect(sent.map((one) => one.input['ConsistentRead'])).toEqual([true, true, true])
    expect(sent[1]?.input['ExclusiveStartKey']).toEqual(from)
  })

  it('learns the holder of a lease from the refusal', async () => {
    expect(await awsLeases(table(inTheWay({ holder: { S: 'r9' } }))).take('orders', 'r1')).toBe('r9')
  })

  it('takes a lease that was dropped right after the refusal', async () => {
    const gone = new ConditionalCheckFailedException({ message: 'no', $metadata: {} })
    expect(await awsLeases(table(gone, {}, {})).take('orders', 'r1')).toBe('r1')
  })
})
