// Answers that Lambda may give and the embedded cloud does not: failures of every kind, races between publishers, lost answers.
import { LambdaClient } from '@aws-sdk/client-lambda'
import { describe, expect, it } from 'vitest'
import { awsHooks } from '../../cloud/aws/hooks.ts'
import { awsTraffic } from '../../cloud/aws/traffic.ts'
import { awsVersions } from '../../cloud/aws/versions.ts'
import type { Artifact } from '../../core/service/candidate.ts'
import { split } from '../../core/service/routing.ts'
import { canned, config, failure } from './canned.ts'
import { expectProblem } from './samples.ts'

const lambda = (...answers: unknown[]) => canned(new LambdaClient(config), answers)
const target = { functionName: 'orders-api', alias: 'live', service: 'orders' }

describe('failures of AWS', () => {
  const read = (error: Error) => awsTraffic(() => lambda(error)[0]).read(target)

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

  it('distinguish throttling from other errors', async () => {
    for (const name of ['TooManyRequestsException', 'ThrottlingException', 'Throttling', 'RequestLimitExceeded']) {
      await expectProblem('aws_throttled', read(failure(name)))
    }
    const status429 = Object.assign(failure('Whatever'), { $metadata: { httpStatusCode: 429 } })
    await expectProblem('aws_throttled', read(status429))
    const problem = await expectProblem('aws_unavailable', read(failure('ServiceException', 'oops')), /oops/)
    expect(problem.cause).toMatchObject({ name: 'ServiceException' })
  })

  it('include an alias without a revision', async () => {
    await expectProblem(
      'aws_unavailable',
      awsTraffic(() => lambda({ FunctionVersion: '1' })[0]).read(target),
      /RevisionId/,
    )
  })
})

describe('weights', () => {
  const alias = (RoutingConfig: unknown) => ({ FunctionVersion: '1', RevisionId: 'a', RoutingConfig })
  const read = async (weights: Readonly<Record<string, number>> | undefined) => {
    const [client] = lambda(alias(weights && { AdditionalVersionWeights: weights }))
    return (await awsTraffic(() => client).read(target)).routing
  }

  it('come back from fractions as the basis points that they were', async () => {
    const every = Array.from({ length: 10_000 }, (_, index) => split('1', '2', index + 1))
    const [client, sent] = lambda(...every.map(() => alias(undefined)))
    const traffic = awsTraffic(() => client)
    for (const routing of every) await traffic.write(target, routing, 'a')
    const [later] = lambda(...sent.map(({ input }) => alias(input['RoutingConfig'])))
    const reader = awsTraffic(() => later)
    for (const routing of every) expect((await reader.read(target)).routing).toEqual(routing)
  })

  it('of zero are none, and of less than a basis point are not nothing', async () => {
    expect(await read({ '2': 0 })).toEqual({ version: '1' })
    expect(await read(undefined)).toEqual({ version: '1' })
    expect(await read({ '2': 0.00001 })).toEqual(split('1', '2', 1))
  })

  it('are always sent, with version and revision', async () => {
    const [client, sent] = lambda({ FunctionVersion: '1', RevisionId: 'b' })
    await awsTraffic(() => client).write(target, { version: '1' }, 'a')
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
  const publish = (client: LambdaClient) =>
    awsVersions(
      () => client,
      () => Promise.resolve('new'),
    ).publish('orders-api', artifact, 'tidegate r1')

  it('uploads, comes back, and publishes what it uploaded', async () => {
    const [first, uploads] = lambda(settled, uploaded)
    expect(await publish(first)).toBeUndefined()
    expect(uploads.map((one) => one.command)).toEqual(['GetFunctionConfigurationCommand', 'UpdateFunctionCodeCommand'])
    expect(uploads[1]?.input).toMatchObject({ RevisionId: 'r1', S3ObjectVersion: 'v1' })
    const [busy] = lambda(uploaded)
    expect(await publish(busy)).toBeUndefined()
    const [second, published] = lambda({ ...uploaded, LastUpdateStatus: 'Successful' }, { Version: '7' })
    expect(await publish(second)).toBe('7')
    expect(published[1]).toEqual({
      command: 'PublishVersionCommand',
      input: { FunctionName: 'orders-api', CodeSha256: 'new', Description: 'tidegate r1' },
    })
  })

  it('after a failed guard, tells its own lost answer from another publisher', async () => {
    const lost = lambda(settled, failure('PreconditionFailedException'), uploaded)[0]
    expect(await publish(lost)).toBeUndefined()
    const theirs = { ...uploaded, CodeSha256: 'theirs' }
    const raced = lambda(settled, failure('PreconditionFailedException'), theirs)[0]
    await expectProblem('code_changed', publish(raced))
  })

  it('does not publish code that replaced its own', async () => {
    const message = 'CodeSHA256 (new) is different from current CodeSHA256 in $LATEST (theirs).'
    const answers = [{ ...settled, CodeSha256: 'new' }]
    const raced = lambda(...answers, failure('InvalidParameterValueException', message))[0]
    await expectProblem('code_changed', publish(raced))
    const busy = lambda(...answers, failure('ResourceConflictException'))[0]
    expect(await publish(busy)).toBeUndefined()
  })

  it('uploads again if Lambda failed to update the code', async () => {
    const failed = { ...settled, CodeSha256: 'new', LastUpdateStatus: 'Failed' }
    const [client, sent] = lambda(failed, uploaded)
    expect(await publish(client)).toBeUndefined()
    expect(sent).toHaveLength(2)
  })

  it('reports that the artifact is gone', async () => {
    const message = 'Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: no.'
    const [client] = lambda(settled, failure('InvalidParameterValueException', message))
    await expectProblem('artifact_missing', publish(client), /orders\.zip.*NoSuchKey/)
  })

  it('considers code signed only if Lambda names the signing job', async () => {
    const version = { State: 'Active', Role: 'r', CodeSha256: 'c', Version: '3' }
    const described = (more: object) => awsVersions(() => lambda({ ...version, ...more })[0]).describe(target, '3')
    expect(await described({})).toMatchObject({ isSigned: false })
    const SigningJobArn = 'arn:aws:signer:eu-west-1:111122223333:/signing-jobs/1'
    expect(await described({ SigningJobArn })).toMatchObject({ isSigned: true })
  })

  it('considers states that do not run as failed', async () => {
    const version = { State: 'Deactivated', Role: 'r', CodeSha256: 'c', Version: '3' }
    expect(await awsVersions(() => lambda(version)[0]).describe(target, '3')).toMatchObject({
      state: 'failed',
    })
    const sleeping = { ...version, State: 'Inactive', StateReason: 'idle' }
    expect(await awsVersions(() => lambda(sleeping)[0]).describe(target, '3')).toMatchObject({
      state: 'sleeping',
      stateReason: 'idle',
    })
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

  const failed = (payload: object) => ({ ...bytes(JSON.stringify(payload)), FunctionError: 'Unhandled' })
  const id = '160788cd-45ff-4583-809f-c7e31127cb95'
  it.each([
    { errorType: 'Sandbox.Timedout', errorMessage: `RequestId: ${id} Error: Task timed out after 1.00 seconds` },
    { errorMessage: `2020-11-10T05:46:57.874Z ${id} Task timed out after 3.07 seconds` },
  ])('have not answered if Lambda reports a timeout, as recorded: %j', async (payload) => {
    expect(await awsHooks(lambda(failed(payload))[0]).call('hook', {})).toMatchObject({ kind: 'timedOut' })
  })

  it.each([
    { errorType: 'Error', errorMessage: `2020-11-10T05:46:57.874Z ${id} Task timed out after 3.07 seconds` },
    { errorType: 'ReadTimeout', errorMessage: 'Read timed out. (read timeout=5)' },
    { errorMessage: 'my step timed out: Task timed out after 3.00 seconds' },
    {
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${id} Error: Runtime exited with error: signal: killed`,
    },
  ])('have failed if their own code says so: %j', async (payload) => {
    expect(await awsHooks(lambda(failed(payload))[0]).call('hook', {})).toMatchObject({ kind: 'broken' })
  })
})
