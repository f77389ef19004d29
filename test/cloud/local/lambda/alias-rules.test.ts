// Lambda's aliases, against AWS's recorded answers (docs/aws.md §1.1), through the real SDK client.
import type { LambdaClient } from '@aws-sdk/client-lambda'
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetAliasCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { steppedClock } from '../../../../cloud/local/time/clock.ts'
import { type LocalCloud, localCloud } from '../../../../cloud/local/cloud.ts'
import { inProcessRuntime } from '../../../../cloud/local/runtime/in-process-runtime.ts'
import { clientsAt, placeOf } from '../../../../local/clients.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
let cloud: LocalCloud
let lambda: LambdaClient
const clock = steppedClock(Date.UTC(2026, 0, 1))

/** Function fn with versions 1 and 2 (one role), 3 (another role), 4 (a dead letter queue), and the alias live on 1. */
beforeEach(async () => {
  cloud = localCloud({ clock, runtime: inProcessRuntime({ one: () => 1, two: () => 2 }, clock), seed: 5 })
  lambda = clientsAt(placeOf(cloud.handler, 'ann')).lambda
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: 'fn',
      Role: 'arn:aws:iam::000000000000:role/a',
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Code: { ZipFile: bytes('one') },
      Publish: true,
    }),
  )
  await publish('two')
  await lambda.send(
    new UpdateFunctionConfigurationCommand({ FunctionName: 'fn', Role: 'arn:aws:iam::000000000000:role/b' }),
  )
  await lambda.send(new PublishVersionCommand({ FunctionName: 'fn' }))
  await lambda.send(
    new UpdateFunctionConfigurationCommand({
      FunctionName: 'fn',
      Role: 'arn:aws:iam::000000000000:role/a',
      DeadLetterConfig: { TargetArn: 'arn:aws:sqs:us-east-1:000000000000:q' },
    }),
  )
  await lambda.send(new PublishVersionCommand({ FunctionName: 'fn' }))
  await lambda.send(new CreateAliasCommand({ FunctionName: 'fn', Name: 'live', FunctionVersion: '1' }))
})
afterEach(() => cloud.close())

async function publish(code: string): Promise<void> {
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'fn', ZipFile: bytes(code) }))
  await lambda.send(new PublishVersionCommand({ FunctionName: 'fn' }))
}
const update = (FunctionVersion: string, weights?: Record<string, number>, RevisionId?: string) =>
  lambda.send(
    new UpdateAliasCommand({
      FunctionName: 'fn',
      Name: 'live',
      FunctionVersion,
      ...(weights === undefined ? {} : { RoutingConfig: { AdditionalVersionWeights: weights } }),
      ...(RevisionId === undefined ? {} : { RevisionId }),
    }),
  )
const get = () => lambda.send(new GetAliasCommand({ FunctionName: 'fn', Name: 'live' }))

describe('UpdateAlias', () => {
  it.each<[string, () => Promise<unknown>, string, string | RegExp]>([
    [
      'a stale revision',
      () => update('2', {}, 'stale'),
      'PreconditionFailedException',
      'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
    ],
    [
      'two weights',
      () => update('1', { 2: 0.1, 3: 0.1 }),
      'InvalidParameterValueException',
      'Number of items in AdditionalVersionWeights cannot be greater than 1',
    ],
    [
      'a weight above 1',
      () => update('1', { 2: 1.1 }),
      'ValidationException',
      /Member must have value less than or equal to 1\.0, Member must have value greater than or equal to 0\.0/,
    ],
    [
      'a weight below 0',
      () => update('1', { 2: -0.1 }),
      'ValidationException',
      /Member must have value greater than or equal to 0\.0/,
    ],
    [
      'a weight for the primary',
      () => update('1', { 1: 0.1 }),
      'InvalidParameterValueException',
      'Invalid function version 1. Function version 1 is already included in routing configuration.',
    ],
    [
      'weights beside $LATEST',
      () => update('$LATEST', { 2: 0.1 }),
      'InvalidParameterValueException',
      '$LATEST is not supported for an alias pointing to more than 1 version',
    ],
    [
      'a version that is missing',
      () => update('10', {}),
      'ResourceNotFoundException',
      'Function not found: arn:aws:lambda:us-east-1:000000000000:function:fn:10',
    ],
    [
      'a weight for a version that is missing',
      () => update('1', { 10: 0.1 }),
      'ResourceNotFoundException',
      /function:fn:10$/,
    ],
    [
      'another role',
      () => update('1', { 3: 0.1 }),
      'InvalidParameterValueException',
      'Specified versions must be associated with the same execution role',
    ],
    ['another dead letter queue', () => update('1', { 4: 0.1 }), 'InvalidParameterValueException', /dead letter/],
    [
      'an alias that is missing',
      () => lambda.send(new UpdateAliasCommand({ FunctionName: 'fn', Name: 'blue' })),
      'ResourceNotFoundException',
      'Alias not found: arn:aws:lambda:us-east-1:000000000000:function:fn:blue',
    ],
    [
      'a second alias of a name',
      () => lambda.send(new CreateAliasCommand({ FunctionName: 'fn', Name: 'live', FunctionVersion: '1' })),
      'ResourceConflictException',
      'Alias already exists: arn:aws:lambda:us-east-1:000000000000:function:fn:live',
    ],
    [
      'an alias of digits',
      () => lambda.send(new CreateAliasCommand({ FunctionName: 'fn', Name: '42', FunctionVersion: '1' })),
      'ValidationException',
      /\(\?!\^\[0-9\]\+\$\)/,
    ],
    [
      'deleting a version that an alias names',
      () => lambda.send(new DeleteFunctionCommand({ FunctionName: 'fn', Qualifier: '1' })),
      'ResourceConflictException',
      'Unable to delete version because the following aliases reference it: [live]',
    ],
  ])("refuses %s in AWS's words, and changes nothing", async (_, act, name, message) => {
    const before = await get()
    await expect(act()).rejects.toMatchObject({
      name,
      message: expect.stringMatching(
        message instanceof RegExp ? message : new RegExp(`^${message.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`),
      ) as string,
    })
    const after = await get()
    expect({ ...after, $metadata: null }).toEqual({ ...before, $metadata: null })
  })

  it('always gives the alias a new revision, even if nothing changes, and never the function', async () => {
    const functionRevision = async () =>
      (await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'fn' }))).RevisionId
    const before = await functionRevision()
    const first = await get()
    const second = await update('1', {}, first.RevisionId)
    expect(second.RevisionId).not.toBe(first.RevisionId)
    expect((await get()).RevisionId).toBe(second.RevisionId)
    expect(await functionRevision()).toBe(before)
    await publish('one')
    expect(await functionRevision()).not.toBe(before)
    expect((await get()).RevisionId).toBe(second.RevisionId)
  })

  it('keeps the weights if the request has none, and clears them if it sends an empty map', async () => {
    await update('1', { 2: 0.25 })
    expect((await update('1')).RoutingConfig?.AdditionalVersionWeights).toEqual({ 2: 0.25 })
    expect((await update('1', {})).RoutingConfig).toBeUndefined()
  })

  it('routes by weight, and says which version ran', async () => {
    await update('1', { 2: 0.25 })
    const versions: (string | undefined)[] = []
    for (let count = 0; count < 400; count++) {
      versions.push(
        (await lambda.send(new InvokeCommand({ FunctionName: 'fn', Qualifier: 'live', Payload: bytes('{}') })))
          .ExecutedVersion,
      )
    }
    const share = versions.filter((version) => version === '2').length / versions.length
    // Four standard errors of a share of a quarter in 400.
    expect(Math.abs(share - 0.25)).toBeLessThan(0.09)
    await update('1', { 2: 1 })
    expect(
      (await lambda.send(new InvokeCommand({ FunctionName: 'fn:live', Payload: bytes('{}') }))).ExecutedVersion,
    ).toBe('2')
  })
})

describe('PublishVersion', () => {
  it('returns the last version if nothing has changed, and refuses code with a different hash', async () => {
    await publish('one')
    const again = await lambda.send(new PublishVersionCommand({ FunctionName: 'fn' }))
    expect(again.Version).toBe('5')
    await expect(lambda.send(new PublishVersionCommand({ FunctionName: 'fn', CodeSha256: 'x' }))).rejects.toMatchObject(
      { name: 'InvalidParameterValueException' },
    )
  })
})
