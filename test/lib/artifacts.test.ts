// A start can start only what the definition says, by every way to start: a call, an urgent one, an execution. And the role that
// makes versions reads nothing else: asked of the IAM simulator, under the synthesised policies.
import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { GetFunctionConfigurationCommand, ListVersionsByFunctionCommand } from '@aws-sdk/client-lambda'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { homeOf } from '../../core/origin.ts'
import { callableOf, isFrom } from '../../core/service/artifacts.ts'
import type { ReleaseEvent } from '../../core/release/event.ts'
import { functionName } from '../../local/installation.ts'
import { openSandbox, type Sandbox } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'
import { sampleDefinition } from '../scenarios/least-privilege.ts'
import { enforcing, synthesised } from './policies.ts'
import { usesItsRights } from './used-rights.ts'

usesItsRights()

const registry = '000000000000.dkr.ecr.us-east-1.amazonaws.com'
const digest = `sha256:${'a'.repeat(64)}`
const uri = `${registry}/shop/checkout@${digest}`
const kmsKey = 'arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const allowedArtifacts = {
  s3: [
    { bucket: 'artifacts', prefix: 'releases/' },
    { bucket: 'art', key: 'x$y.zip', kmsKey },
  ],
  ecr: [{ repository: 'shop/checkout' }, { repository: 'app', registry: '111122223333' }],
}
// A key that IAM would read as a pattern.
const triggers = { s3: { bucket: 'artifacts', key: 'a*?.zip' } }
const definition = { ...sampleDefinition, triggers, allowedArtifacts }
const changes = { slos: [], hooks: [], triggers, allowedArtifacts }
const policies = synthesised([definition])
const { authorize } = enforcing(policies)

let sandbox: Sandbox
const open = async (more: object = {}): Promise<void> => {
  sandbox = await openSandbox({ authorize, perMinute: 60 })
  await sandbox.world.services.put(sampleService({ ...changes, ...more }))
  await sandbox.upload('v1')
}
afterEach(() => sandbox.close())

/** @returns the object's version */
async function put(Key: string, code: string, Bucket = 'artifacts'): Promise<string> {
  const command = new PutObjectCommand({ Bucket, Key, Body: new TextEncoder().encode(code) })
  return (await sandbox.clients.s3.send(command)).VersionId ?? ''
}

/** Everything that is stored or was ever made. */
async function everything(): Promise<unknown> {
  const { Items } = await sandbox.clients.dynamodb.send(new ScanCommand({ TableName: 'tidegate' }))
  const of = { FunctionName: 'checkout' }
  const { CodeSha256 } = await sandbox.clients.lambda.send(new GetFunctionConfigurationCommand(of))
  const { Versions } = await sandbox.clients.lambda.send(new ListVersionsByFunctionCommand(of))
  return {
    items: Items?.map((item) => JSON.stringify(item)).sort(),
    alias: await sandbox.alias(),
    code: [CodeSha256, Versions?.length],
  }
}

const machine = 'arn:aws:states:us-east-1:000000000000:stateMachine:tidegate-release'
/** What the execution fails with, which CodePipeline shows. */
async function execute(input: unknown): Promise<{ readonly error: unknown; readonly cause: unknown }> {
  const arn = sandbox.cloud.states.start(
    machine,
    `pipe-${sandbox.cloud.states.executions().length}`,
    JSON.stringify(input),
  )
  await sandbox.clock.settle()
  const { error, cause } = sandbox.cloud.states.executions().find((one) => one.arn === arn) ?? {}
  return { error, cause }
}

const call = (artifact: object) => ({ service: 'checkout', artifact })
const object = (key: string, versionId = 'v', bucket = 'artifacts') => ({ kind: 's3', bucket, key, versionId })
const image = (uri: string) => ({ kind: 'image', uri })

const refused: readonly (readonly [string, object])[] = [
  ['an object of another key', object('secret/customers.zip')],
  ['an object above the prefix', object('releases/../secret.zip')],
  ['an object that IAM would take for the trigger', object('aXY.zip')],
  ['an object of a bucket that begins alike', object('releases/x.zip', 'v', 'artifacts-evil')],
  ['an image of a repository that begins alike', image(`${registry}/shop/checkout/evil@${digest}`)],
  ['an image of another account', image(`666666666666.dkr.ecr.us-east-1.amazonaws.com/shop/checkout@${digest}`)],
  ['an image of the repository of another account, from here', image(`${registry}/app@${digest}`)],
]

describe('an artifact that the definition does not name', () => {
  it('is refused by every start, and nothing is begun', async () => {
    await open()
    const before = await everything()
    const code = { code: 'artifact_not_allowed' }
    const user = sandbox.orderAs('arn:aws:iam::000000000000:user/ann')
    for (const [what, artifact] of refused) {
      await expect(user('start', 'checkout', { artifact }), what).rejects.toMatchObject(code)
      const bold = { artifact, plan: 'AllAtOnce' }
      await expect(user('start-bolder', 'checkout', bold), what).rejects.toMatchObject(code)
      await expect(user('start-urgent', 'checkout', { artifact, reason: 'CVE' }), what).rejects.toMatchObject(code)
      const { error, cause } = await execute({ ...call(artifact), source: 'codepipeline' })
      expect([what, error]).toEqual([what, 'Tidegate.artifact_not_allowed'])
      expect(cause).toMatch(
        /^A call may not release ".+" as checkout: it may name .*s3:\/\/artifacts\/releases\/.*\. Release an artifact that the message names, /,
      )
    }
    expect(await everything()).toEqual(before)
  })

  it('is shown as text of others', async () => {
    await open()
    const artifact = object('x" for you. Run: rm -rf /')
    await expect(sandbox.ask('start', call(artifact))).rejects.toThrow(
      `A call may not release "s3://artifacts/x' for you. Run: rm -rf / (object version v)" as checkout`,
    )
  })

  it('is any, where the definition names none; a version can be released', async () => {
    await open({ triggers: {}, allowedArtifacts: undefined })
    await expect(sandbox.ask('start', call(object('releases/x.zip')))).rejects.toThrow('it may name no artifact.')
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    expect((await sandbox.release(id)).state.phase).not.toBe('settled')
  })
})

describe('an execution that somebody starts', () => {
  it('takes no plan that is bolder', async () => {
    await open()
    const version = await sandbox.publish('v2')
    const before = await everything()
    for (const plan of ['AllAtOnce', { steps: [{ weight: 0.01, bake: '7d' }] }])
      expect(await execute({ service: 'checkout', version, plan })).toMatchObject({ error: 'Tidegate.plan_bolder' })
    expect(await everything()).toEqual(before)
  })

  it('takes no event for one of AWS', async () => {
    await open()
    const before = await everything()
    const detail = { bucket: { name: 'artifacts' }, object: { key: triggers.s3.key, 'version-id': '1' } }
    const event = { ...sandbox.world.home, source: 'aws.s3', 'detail-type': 'Object Created', detail }
    expect(await execute(event)).toMatchObject({ error: 'Tidegate.call_invalid' })
    expect(await everything()).toEqual(before)
  })

  it('takes no version of a function that is no target, however it is named', async () => {
    await open()
    const before = await everything()
    for (const name of [
      'cart',
      'checkout-smoke',
      'arn:aws:lambda:us-east-1:000000000000:function:checkout',
      'arn:aws:lambda:eu-west-1:111122223333:function:checkout',
    ])
      expect(await execute({ service: 'checkout', versions: { [name]: '1' } })).toMatchObject({
        error: 'Tidegate.target_unknown',
      })
    for (const version of ['$LATEST', 'live', '0', '1:2', 'arn:aws:lambda:us-east-1:000000000000:function:cart:1'])
      expect(await execute({ service: 'checkout', version })).toMatchObject({ error: 'Tidegate.call_invalid' })
    expect(await everything()).toEqual(before)
  })
})

describe('an artifact that the definition names', () => {
  it('is released as it was when it was named, whatever its key holds later', async () => {
    await open({ plan: 'AllAtOnce' })
    const versionId = await put('releases/checkout.zip', 'v2')
    const id = await sandbox.start(call(object('releases/checkout.zip', versionId)))
    await put('releases/checkout.zip', 'v3')
    expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
    const { CodeSha256 } = await sandbox.clients.lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: 'checkout:2' }),
    )
    const { createHash } = await import('node:crypto')
    expect(CodeSha256).toBe(createHash('sha256').update('v2').digest('base64'))
  })

  it('is an image by its digest', async () => {
    await open({ plan: 'AllAtOnce' })
    sandbox.cloud.objects.putImage(uri, new TextEncoder().encode('v2'))
    const id = await sandbox.start(call(image(uri)))
    expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  })

  // As a definition that `tidegate apply` wrote after the deploy.
  it.each([
    ['an object', { s3: [{ bucket: 'artifacts', prefix: 'later/' }] }, () => object('later/x.zip', 'made')],
    ['an image', { ecr: [{ repository: 'later' }] }, () => image(`${registry}/later@${digest}`)],
  ])('and the role may not read is a problem, and never half a version: %s', async (_, later, artifact) => {
    await open({ allowedArtifacts: later })
    const made = await put('later/x.zip', 'v2')
    const before = (await everything()) as { readonly alias: object; readonly code: unknown }
    const id = await sandbox.start(call({ ...artifact(), ...(artifact().kind === 's3' ? { versionId: made } : {}) }))
    const { ending } = await sandbox.finish(id)
    expect(ending).toMatchObject({ outcome: 'rejected' })
    expect(ending?.because).toMatch(/(cannot be read: S3 answered AccessDenied|Lambda could not read .*permission)/)
    expect(ending?.because).toContain('check who may read it')
    const after = (await everything()) as typeof before
    expect(after.code).toEqual(before.code)
    expect(after.alias).toMatchObject({ version: '1', weights: {} })
  })

  it('is looked up again before it becomes a version: a log of others is not believed', async () => {
    await open()
    const id = await sandbox.start(call(object('releases/x.zip', await put('releases/x.zip', 'v2'))))
    const [first] = await sandbox.events(id)
    const forged = {
      ...first,
      releaseId: 'checkout-forged',
      candidate: object('secret.zip', await put('secret.zip', 'v3')),
    }
    await sandbox.world.journal.append('checkout-forged', forged as ReleaseEvent)
    await sandbox.ask('orderRollback', { verb: 'abort', service: 'checkout', by: 'ann', reason: 'x' })
    await sandbox.finish(id)
    await execute({ releaseId: 'checkout-forged' })
    const { ending } = await sandbox.finish('checkout-forged')
    expect(ending).toMatchObject({ outcome: 'rejected', because: expect.stringContaining('does not name') as string })
  })
})

describe('the role that makes versions', () => {
  const service = sampleService(changes)
  const caller = { accessKeyId: '', arn: `arn:aws:sts::000000000000:assumed-role/${functionName('prepare')}/x` }
  const mayRead = (bucket: string, key: string) =>
    authorize({ action: 's3:GetObjectVersion', resource: `arn:aws:s3:::${bucket}/${key}`, caller })

  it('reads exactly the objects that a call may name, but for relative parts', async () => {
    const bucket = fc.constantFrom('artifacts', 'artifacts-evil', 'art', 'artifact')
    // The simulator takes a `*` in the name of an object for a pattern, so none is asked for.
    const part = fc.constantFrom('releases/', 'release', 'x', '$', 'y.zip', 'a', '?', '.zip', '/', 'prepare', '{x}')
    const key = fc.oneof(
      fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('')),
      fc.constantFrom('aX?.zip', 'aXY.zip', 'x$y.zip', 'releases/', 'releases/a/b.zip'),
    )
    const home = homeOf(machine)
    await fc.assert(
      fc.asyncProperty(bucket, key, async (name, asked) => {
        const named = isFrom(callableOf(service), { kind: 's3', bucket: name, key: asked, versionId: 'v' }, home)
        expect([name, asked, await mayRead(name, asked)]).toEqual([name, asked, named])
      }),
      { numRuns: 400 },
    )
  })

  it.each([
    ['shop/checkout', '000000000000', 'us-east-1', true],
    ['app', '000000000000', 'us-east-1', false],
    ['shop/checkout/evil', '000000000000', 'us-east-1', false],
    ['shop/checkout', '000000000000', 'eu-west-1', false],
    ['shop/checkou', '000000000000', 'us-east-1', false],
  ])('pulls images of %s in %s, %s: %s', async (name, account, region, may) => {
    const resource = `arn:aws:ecr:${region}:${account}:repository/${name}`
    for (const action of ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'])
      expect(await authorize({ action, resource, caller })).toBe(may)
    for (const action of ['ecr:SetRepositoryPolicy', 'ecr:PutImage'])
      expect(await authorize({ action, resource, caller })).toBe(false)
  })

  it('pulls images of another account where the definition names it, which has to allow it too', () => {
    const pulls = policies[functionName('prepare')]?.statements.filter(({ actions }) =>
      actions.includes('ecr:BatchGetImage'),
    )
    expect(pulls?.map(({ resources }) => resources)).toEqual([
      [
        'arn:aws:ecr:us-east-1:000000000000:repository/shop/checkout',
        'arn:aws:ecr:us-east-1:111122223333:repository/app',
      ],
    ])
  })

  it('uses the keys that the definition names, and no other', async () => {
    const mayDecrypt = (resource: string) => authorize({ action: 'kms:Decrypt', resource, caller })
    expect([await mayDecrypt(kmsKey), await mayDecrypt(kmsKey.replace('1234', '4321'))]).toEqual([true, false])
  })
})
