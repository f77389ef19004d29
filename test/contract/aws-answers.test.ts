// What AWS may answer and the embedded cloud does not: faults, partial data, races, lost answers. The clients, their
// commands and their errors are the real ones; only the wire is replaced, by a list of answers.
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { SFNClient } from '@aws-sdk/client-sfn'
import { SNSClient } from '@aws-sdk/client-sns'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { awsExecutions } from '../../cloud/aws/executions.ts'
import { awsHooks } from '../../cloud/aws/hooks.ts'
import { awsJournal } from '../../cloud/aws/journal.ts'
import { awsLeases } from '../../cloud/aws/leases.ts'
import { awsOutbox, subjectLine } from '../../cloud/aws/outbox.ts'
import { bodyOf } from '../../cloud/aws/table.ts'
import { awsTelemetry } from '../../cloud/aws/telemetry.ts'
import { awsTraffic, routingOf, weightsOf } from '../../cloud/aws/traffic.ts'
import { awsVersions } from '../../cloud/aws/versions.ts'
import type { CountQuery } from '../../cloud/ports.ts'
import type { Artifact } from '../../core/candidate.ts'
import { split } from '../../core/routing.ts'
import { expectNoToken } from './executions.ts'
import { expectProblem, paused, requested, t0Ms } from './samples.ts'

type Sent = { readonly command: string; readonly input: Record<string, unknown> }
type Stack = {
  add(
    middleware: (next: unknown, context: { commandName?: string }) => (args: { input: object }) => Promise<unknown>,
    options: { step: 'initialize'; priority: 'low' },
  ): void
}

/** Answers one call after the other; an Error is thrown. What was sent is kept. */
function canned<C extends { middlewareStack: unknown }>(client: C, answers: readonly unknown[]): [C, Sent[]] {
  const sent: Sent[] = []
  const left = [...answers]
  const stack = client.middlewareStack as Stack
  stack.add(
    (_, context) => (args) => {
      sent.push({ command: context.commandName ?? '', input: { ...args.input } })
      if (left.length === 0) throw new Error(`no answer is left for ${context.commandName ?? ''}`)
      const answer = left.shift()
      if (answer instanceof Error) return Promise.reject(answer)
      return Promise.resolve({ output: { $metadata: {}, ...(answer as object) }, response: {} })
    },
    { step: 'initialize', priority: 'low' },
  )
  return [client, sent]
}

const config = { region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, maxAttempts: 1 }
const failure = (name: string, message = name): Error => Object.assign(new Error(message), { name })
const lambda = (...answers: unknown[]) => canned(new LambdaClient(config), answers)
const target = { functionName: 'orders-api', alias: 'live' }

describe('failures of AWS', () => {
  const read = (error: Error) => awsTraffic(lambda(error)[0]).read(target)

  it('name the action that was denied', async () => {
    const message =
      'User: arn:aws:sts::111122223333:assumed-role/x/y is not authorized to perform: lambda:GetAlias on resource: z'
    const problem = await expectProblem(
      'permission_denied',
      read(failure('AccessDeniedException', message)),
      /lambda:GetAlias/,
    )
    expect(problem.cause).toMatchObject({ name: 'AccessDeniedException' })
    await expectProblem('permission_denied', read(failure('AccessDenied', 'no')), /lambda:GetAlias/)
  })

  it('tell throttling from the rest', async () => {
    for (const name of ['TooManyRequestsException', 'ThrottlingException', 'Throttling', 'RequestLimitExceeded']) {
      await expectProblem('aws_throttled', read(failure(name)))
    }
    const status429 = Object.assign(failure('Whatever'), { $metadata: { httpStatusCode: 429 } })
    await expectProblem('aws_throttled', read(status429))
    const problem = await expectProblem('aws_unavailable', read(failure('ServiceException', 'oops')), /oops/)
    expect(problem.cause).toMatchObject({ name: 'ServiceException' })
  })

  it('include an alias without a revision', async () => {
    await expectProblem('aws_unavailable', awsTraffic(lambda({ FunctionVersion: '1' })[0]).read(target), /RevisionId/)
  })
})

describe('weights', () => {
  it('come back from fractions as the basis points that they were', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), (weightBp) => {
        const routing = split('1', '2', weightBp)
        expect(routingOf('1', weightsOf(routing))).toEqual(routing)
      }),
      { numRuns: 2000 },
    )
  })

  it('of zero are none, and of less than a basis point are not nothing', () => {
    expect(routingOf('1', { '2': 0 })).toEqual({ version: '1' })
    expect(routingOf('1', undefined)).toEqual({ version: '1' })
    expect(routingOf('1', { '2': 0.00001 })).toEqual(split('1', '2', 1))
  })

  it('are always sent, with version and revision', async () => {
    const [client, sent] = lambda({ FunctionVersion: '1', RevisionId: 'b' })
    await awsTraffic(client).write(target, { version: '1' }, 'a')
    expect(sent[0]?.input).toEqual({
      FunctionName: 'orders-api',
      Name: 'live',
      FunctionVersion: '1',
      RoutingConfig: { AdditionalVersionWeights: {} },
      RevisionId: 'a',
    })
  })
})

describe('publishing', () => {
  const artifact: Artifact = { kind: 's3', bucket: 'artifacts', key: 'orders.zip', versionId: 'v1' }
  const settled = { CodeSha256: 'old', RevisionId: 'r1', State: 'Active', LastUpdateStatus: 'Successful' }
  const uploaded = { ...settled, CodeSha256: 'new', LastUpdateStatus: 'InProgress' }
  const publish = (client: LambdaClient) => awsVersions(client).publish('orders-api', artifact, 'tidegate r1')

  it('uploads, comes back, and publishes what it uploaded', async () => {
    const [first, uploads] = lambda(settled, { CodeSha256: 'new' }, uploaded)
    expect(await publish(first)).toBeUndefined()
    expect(uploads.map((one) => one.input['DryRun'] ?? one.command)).toEqual([
      'GetFunctionConfigurationCommand',
      true,
      'UpdateFunctionCodeCommand',
    ])
    expect(uploads[2]?.input).toMatchObject({ RevisionId: 'r1', S3ObjectVersion: 'v1' })
    const [busy] = lambda(uploaded)
    expect(await publish(busy)).toBeUndefined()
    const [second, published] = lambda(
      { ...uploaded, LastUpdateStatus: 'Successful' },
      { CodeSha256: 'new' },
      { Version: '7' },
    )
    expect(await publish(second)).toBe('7')
    expect(published[2]).toEqual({
      command: 'PublishVersionCommand',
      input: { FunctionName: 'orders-api', CodeSha256: 'new', Description: 'tidegate r1' },
    })
  })

  it('sees that a failed guard was its own lost answer, or another publisher', async () => {
    const lost = lambda(settled, { CodeSha256: 'new' }, failure('PreconditionFailedException'), uploaded)[0]
    expect(await publish(lost)).toBeUndefined()
    const theirs = { ...uploaded, CodeSha256: 'theirs' }
    const raced = lambda(settled, { CodeSha256: 'new' }, failure('PreconditionFailedException'), theirs)[0]
    await expectProblem('code_changed', publish(raced))
  })

  it('does not publish code that replaced its own', async () => {
    const message = 'CodeSHA256 (new) is different from current CodeSHA256 in $LATEST (theirs).'
    const answers = [{ ...settled, CodeSha256: 'new' }, { CodeSha256: 'new' }]
    const raced = lambda(...answers, failure('InvalidParameterValueException', message))[0]
    await expectProblem('code_changed', publish(raced))
    const busy = lambda(...answers, failure('ResourceConflictException'))[0]
    expect(await publish(busy)).toBeUndefined()
  })

  it('uploads again what Lambda failed to take', async () => {
    const failed = { ...settled, CodeSha256: 'new', LastUpdateStatus: 'Failed' }
    const [client, sent] = lambda(failed, { CodeSha256: 'new' }, uploaded)
    expect(await publish(client)).toBeUndefined()
    expect(sent).toHaveLength(3)
  })

  it('says that the artifact is gone', async () => {
    const message = 'Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: no.'
    const [client] = lambda(settled, failure('InvalidParameterValueException', message))
    await expectProblem('artifact_missing', publish(client), /orders\.zip.*NoSuchKey/)
  })

  it('takes states that do not run for failed', async () => {
    const version = { State: 'Deactivated', Role: 'r', CodeSha256: 'c', Version: '3' }
    expect(await awsVersions(lambda(version)[0]).describe('orders-api', '3')).toMatchObject({ state: 'failed' })
    const sleeping = { ...version, State: 'Inactive', StateReason: 'idle' }
    expect(await awsVersions(lambda(sleeping)[0]).describe('orders-api', '3')).toMatchObject({
      state: 'sleeping',
      stateReason: 'idle',
    })
  })
})

describe('counts', () => {
  const query: CountQuery = { ...target, version: '2' }
  const at = (minute: number): Date => new Date(t0Ms + minute * 60_000)
  const series = (Id: string, StatusCode: string, points: readonly (readonly [number, number])[]) => {
    return {
      Id,
      StatusCode,
      Timestamps: points.map(([minute]) => at(minute)),
      Values: points.map(([, value]) => value),
    }
  }
  const counts = (...pages: unknown[]) => {
    const [client, sent] = canned(new CloudWatchClient(config), pages)
    return { sent, read: () => awsTelemetry(client).counts([query], t0Ms, t0Ms + 600_000) }
  }
  const page = (...results: unknown[]) => ({ MetricDataResults: results })
  const good = series('errors0', 'Complete', [])

  it('join pages, in order, with no errors where there is no point', async () => {
    const { read, sent } = counts(
      {
        ...page(
          series('invocations0', 'PartialData', [
            [3, 30],
            [2, 20],
          ]),
          good,
        ),
        NextToken: 'more',
      },
      page(series('invocations0', 'Complete', [[0, 5]]), series('errors0', 'Complete', [[2, 1]])),
    )
    expect(await read()).toEqual([
      {
        kind: 'counts',
        minutes: [
          { minuteMs: t0Ms, invocations: 5, errors: 0 },
          { minuteMs: t0Ms + 120_000, invocations: 20, errors: 1 },
          { minuteMs: t0Ms + 180_000, invocations: 30, errors: 0 },
        ],
      },
    ])
    expect(sent[1]?.input['NextToken']).toBe('more')
  })

  it.each([
    [
      'partial data',
      page(series('invocations0', 'PartialData', [[0, 5]]), good),
      /Invocations.*version 2.*PartialData/,
    ],
    [
      'an internal error',
      page(series('invocations0', 'Complete', [[0, 5]]), series('errors0', 'InternalError', [])),
      /Errors.*InternalError/,
    ],
    ['a refusal', page(series('invocations0', 'Forbidden', []), good), /Forbidden/],
    ['no result', page(series('invocations0', 'Complete', [[0, 5]])), /Errors.*no result/],
    ['nothing at all', {}, /no result/],
    ['a negative count', page(series('invocations0', 'Complete', [[0, -1]]), good), /-1/],
    ['a count that is no number', page(series('invocations0', 'Complete', [[0, NaN]]), good), /NaN/],
    [
      'an infinite count',
      page(series('invocations0', 'Complete', [[0, 5]]), series('errors0', 'Complete', [[0, Infinity]])),
      /Infinity/,
    ],
    [
      'two points in a minute',
      page(
        series('invocations0', 'Complete', [
          [0, 5],
          [0, 5],
        ]),
        good,
      ),
      /two points/,
    ],
    ['a point outside the window', page(series('invocations0', 'Complete', [[10, 5]]), good), /unexpected/],
    ['times without values', page({ ...series('invocations0', 'Complete', [[0, 5]]), Values: [] }, good), /NaN/],
    [
      'errors without invocations',
      page(series('invocations0', 'Complete', []), series('errors0', 'Complete', [[0, 2]])),
      /without any/,
    ],
  ])('are no evidence with %s', async (_, answer, because) => {
    const [read] = await counts(answer).read()
    expect(read).toMatchObject({ kind: 'unread', because: expect.stringMatching(because) as string })
  })

  it('stay refused when a later page is complete', async () => {
    const first = { ...page(series('invocations0', 'Forbidden', [])), NextToken: 'more' }
    const [read] = await counts(first, page(series('invocations0', 'Complete', [[0, 5]]), good)).read()
    expect(read).toMatchObject({ kind: 'unread' })
  })

  it('are asked for in calls of at most 500 queries', async () => {
    const queries = Array.from({ length: 260 }, (_, index) => ({ ...query, version: String(index + 1) }))
    const [client, sent] = canned(new CloudWatchClient(config), [{}, {}])
    const answers = await awsTelemetry(client).counts(queries, t0Ms, t0Ms + 60_000)
    expect(answers).toHaveLength(260)
    expect(sent.map((one) => (one.input['MetricDataQueries'] as unknown[]).length)).toEqual([500, 20])
  })
})

describe('alarms', () => {
  it('are unclear when their evaluation had trouble, or their state has no name', async () => {
    const alarms = [
      { AlarmName: 'a', StateValue: 'OK', EvaluationState: 'PARTIAL_DATA', StateReason: 'why' },
      { AlarmName: 'b', StateValue: 'NEW' },
    ]
    const [client, sent] = canned(new CloudWatchClient(config), [
      { MetricAlarms: alarms, NextToken: 'more' },
      { CompositeAlarms: [{ AlarmName: 'c', StateValue: 'ALARM', StateReason: 'x'.repeat(2000) }] },
    ])
    const [a, b, c] = await awsTelemetry(client).alarms(['a', 'b', 'c'])
    expect(a).toMatchObject({ state: 'unclear', reason: expect.stringContaining('PARTIAL_DATA') as string })
    expect(b).toMatchObject({ state: 'unclear' })
    expect(c).toEqual({ name: 'c', state: 'alarm', reason: 'x'.repeat(1024) })
    expect(sent[0]?.input['AlarmTypes']).toEqual(['MetricAlarm', 'CompositeAlarm'])
  })
})

describe('alarms that nobody described', () => {
  it('are missing, and nobody is asked about no alarms', async () => {
    const [client, sent] = canned(new CloudWatchClient(config), [{ MetricAlarms: [] }])
    const telemetry = awsTelemetry(client)
    expect(await telemetry.alarms([])).toEqual([])
    expect(await telemetry.alarms(['nobody'])).toEqual([{ name: 'nobody', state: 'missing' }])
    expect(sent).toHaveLength(1)
  })
})

describe('executions', () => {
  const machine = 'arn:aws:states:eu-west-1:111122223333:stateMachine:tidegate'
  const executions = (...answers: unknown[]) => awsExecutions(canned(new SFNClient(config), answers)[0], machine)

  it('are known by name when they were started before', async () => {
    expect(await executions(failure('ExecutionAlreadyExists')).start('orders-1', {})).toBe(
      'arn:aws:states:eu-west-1:111122223333:execution:tidegate:orders-1',
    )
  })

  it.each(['FAILED', 'TIMED_OUT', 'ABORTED'])('have failed when they are %s', async (status) => {
    expect(await executions({ status }).status('arn')).toBe('failed')
  })

  it('do not guess at a status', async () => {
    await expectProblem('aws_unavailable', executions({ status: 'NEW' }).status('arn'), /NEW/)
  })

  it('never tell a token', async () => {
    const token = 'AQCEAAAAKgAAAAMAAAAA-secret'
    const quoting = failure('ValidationException', `Value '${token}' at 'taskToken' failed`)
    await expectNoToken(executions(quoting).wake(token, {}), token)
    await expectNoToken(executions(quoting).fail(token, 'E', 'c'), token)
  })

  it.each(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'])('take %s for nobody waiting', async (name) => {
    expect(await executions(failure(name)).wake('token', {})).toBe(false)
  })
})

describe('hooks', () => {
  const bytes = (text: string) => ({ Payload: new TextEncoder().encode(text) })
  it.each([
    ['what is not JSON', bytes('<html>')],
    ['nothing', {}],
    ['an error', { ...bytes('{"errorType":"E","errorMessage":"no luck"}'), FunctionError: 'Unhandled' }],
    ['an error that is not JSON', { ...bytes('killed'), FunctionError: 'Unhandled' }],
  ])('are broken when they answer %s', async (_, answer) => {
    expect(await awsHooks(lambda(answer)[0]).call('hook', {})).toMatchObject({ kind: 'broken' })
  })
})

describe('the outbox', () => {
  const outbox = (events: readonly unknown[], pages: readonly unknown[] = []) =>
    awsOutbox({
      events: canned(new EventBridgeClient(config), events)[0],
      pages: canned(new SNSClient(config), pages)[0],
      topicArn: 'arn:aws:sns:eu-west-1:111122223333:pages',
    })
  const announce = (answer: unknown) => outbox([answer]).announce({ detailType: 'Release Settled', detail: {} })

  it('throws when EventBridge refuses the entry', async () => {
    const refused = (ErrorCode: string) => ({ FailedEntryCount: 1, Entries: [{ ErrorCode, ErrorMessage: 'no' }] })
    await expectProblem('aws_throttled', announce(refused('ThrottlingException')))
    await expectProblem('aws_unavailable', announce(refused('InternalFailure')), /InternalFailure/)
    await expectProblem('permission_denied', announce(refused('NotAuthorizedForSourceException')), /events:PutEvents/)
    await expectProblem('aws_unavailable', announce({ FailedEntryCount: 1, Entries: [{}] }))
    await expectProblem('aws_unavailable', announce({ FailedEntryCount: 0 }))
  })

  it('throws when SNS does', async () => {
    await expectProblem(
      'permission_denied',
      outbox([], [failure('AuthorizationError')]).page({ subject: 's', text: 't' }),
    )
  })

  it('makes any subject one that SNS takes', () => {
    fc.assert(
      fc.property(fc.string(), (subject) => {
        expect(subjectLine(subject)).toMatch(/^[\x21-\x7e][\x20-\x7e]{0,99}$/)
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

  it('recognises its own event in the way without reading again', async () => {
    const event = requested('r1')
    expect(await awsJournal(table(inTheWay(bodyOf(event)))).append('r1', event)).toBe(true)
    expect(await awsJournal(table(inTheWay(bodyOf(paused(1))))).append('r1', event)).toBe(false)
  })

  it('learns the holder of a lease from the refusal', async () => {
    expect(await awsLeases(table(inTheWay({ holder: { S: 'r9' } }))).take('orders', 'r1')).toBe('r9')
  })

  it('takes a lease that was dropped in the moment of its refusal', async () => {
    const gone = new ConditionalCheckFailedException({ message: 'no', $metadata: {} })
    expect(await awsLeases(table(gone, {}, {})).take('orders', 'r1')).toBe('r1')
  })
})
