// What a pipeline gets: an action whose input the controller accepts once its variables are filled in, and a rule that the
// controller answers. Both as synthesised, on the embedded cloud.
import { App, Stack } from 'aws-cdk-lib'
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline'
import { ManualApprovalAction, S3SourceAction } from 'aws-cdk-lib/aws-codepipeline-actions'
import { Template } from 'aws-cdk-lib/assertions'
import * as s3 from 'aws-cdk-lib/aws-s3'
import fc from 'fast-check'
import { StartExecutionCommand } from '@aws-sdk/client-sfn'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ReleaseController } from '../../lib/controller.ts'
import { mayReleaseRule, type PipelineRelease, releaseAction } from '../../lib/pipeline.ts'
import { type Sandbox, openSandbox } from '../../local/sandbox.ts'
import { environment, functionName } from '../../local/installation.ts'
import { sampleService } from '../../local/sample-service.ts'
import { authorize, sampleDefinition } from '../scenarios/least-privilege.ts'
import { usesItsRights } from './used-rights.ts'

usesItsRights()

type Configured = { readonly Configuration: Readonly<Record<string, string>> }
type Stage = { readonly Name: string; readonly Actions: readonly Configured[] } & {
  readonly BeforeEntry?: { readonly Conditions: readonly { readonly Rules: readonly Configured[] }[] }
}

const stack = new Stack(new App(), 'Shop')
const controller = new ReleaseController(stack, 'Tidegate', { services: [sampleDefinition] })
const release: PipelineRelease = {
  service: 'checkout',
  versions: { checkout: '#{Build.VERSION}' },
  commit: '#{Source.CommitId}',
}
const action = (more: object = {}, prefix?: string) =>
  releaseAction(controller, {
    actionName: 'Release',
    release: { ...release, ...more },
    ...(prefix === undefined ? {} : { executionNamePrefix: prefix }),
  })

let stage: Stage | undefined
beforeAll(() => {
  const output = new codepipeline.Artifact('Source')
  const bucket = s3.Bucket.fromBucketName(stack, 'Artifacts', 'artifacts')
  new codepipeline.Pipeline(stack, 'Pipeline', {
    pipelineType: codepipeline.PipelineType.V2,
    stages: [
      { stageName: 'Source', actions: [new S3SourceAction({ actionName: 'S', bucket, bucketKey: 'x', output })] },
      { stageName: 'Look', actions: [new ManualApprovalAction({ actionName: 'Look' })] },
      {
        stageName: 'Release',
        beforeEntry: { conditions: [{ rules: [mayReleaseRule(controller, 'checkout')] }] },
        actions: [action()],
      },
    ],
  })
  const [pipeline] = Object.values(Template.fromStack(stack).findResources('AWS::CodePipeline::Pipeline'))
  stage = (pipeline?.['Properties'] as { Stages: readonly Stage[] }).Stages.find((one) => one.Name === 'Release')
})

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await openSandbox({ authorize, perMinute: 120 })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
})
afterEach(() => sandbox.close())

describe('the action', () => {
  /** As CodePipeline fills in variables, and names the execution. */
  const run = async (variables: Readonly<Record<string, string>>) => {
    const { Input = '', ExecutionNamePrefix = '' } = stage?.Actions[0]?.Configuration ?? {}
    const input = Input.replaceAll(/#\{([^}]+)\}/g, (_, name: string) => variables[name] ?? '')
    const name = `${ExecutionNamePrefix}-0b6f3a2e-6a63-4d0e-9d6a-c1d2e3f40506`
    expect(name.length).toBeLessThanOrEqual(80)
    const stateMachineArn = environment.TIDEGATE_STATE_MACHINE_ARN
    await sandbox.clients.sfn.send(new StartExecutionCommand({ stateMachineArn, name, input }))
    await sandbox.clock.settle()
  }

  it('releases what the build published, and ends as the release ends', async () => {
    await run({ 'Build.VERSION': await sandbox.publish('v2'), 'Source.CommitId': 'abc123' })
    const [open] = (await sandbox.world.openReleases.list('checkout')).items
    const ended = await sandbox.finish(open?.releaseId ?? '')
    expect(ended).toMatchObject({
      provenance: { source: 'codepipeline', commit: 'abc123' },
      ending: { outcome: 'promoted' },
    })
    expect(sandbox.cloud.states.executions()[0]?.status).toBe('SUCCEEDED')
  })

  it('fails with a sentence if a variable is empty', async () => {
    await run({ 'Source.CommitId': 'abc123' })
    expect(sandbox.cloud.states.executions()[0]).toMatchObject({ status: 'FAILED', error: 'Tidegate.call_invalid' })
  })

  it('is refused at synthesis if it could not work', () => {
    const refused = (code: string): unknown => expect.objectContaining({ code })
    expect(() => action({ service: 'nonesuch' })).toThrow(refused('service_missing'))
    expect(() => action({ version: '#{Build.VERSION}' })).toThrow(refused('call_invalid'))
    expect(() => action({ reason: 'x'.repeat(501) })).toThrow(/reason/)
    expect(() => action({ reason: 'x'.repeat(480), author: 'y'.repeat(480) })).toThrow(/CodePipeline takes 1000/)
    expect(() => action({}, 'p'.repeat(44))).toThrow(/43/)
    expect(() => action({}, 'a b')).toThrow(/43/)
    expect(() => mayReleaseRule(controller, 'nonesuch')).toThrow(refused('service_missing'))
  })
})

describe('the rule', () => {
  const asked = async (userParameters?: string, by: { name?: string; account?: string } = {}) => {
    const { FunctionName, UserParameters = '' } = stage?.BeforeEntry?.Conditions[0]?.Rules[0]?.Configuration ?? {}
    expect(FunctionName).toEqual({ Ref: expect.stringMatching(/^TidegatePipeline/) as string })
    const id = sandbox.cloud.codepipeline.invoke(functionName('pipeline'), userParameters ?? UserParameters, by)
    await sandbox.clock.settle()
    return sandbox.cloud.codepipeline.job(id)
  }
  /** Whoever may invoke the function, and what it answers. */
  const forged = (job: unknown) =>
    sandbox.world.hooks.call(functionName('pipeline'), { 'CodePipeline.job': job }).then((reply) => {
      expect(reply).toMatchObject({ kind: 'answered', payload: { may: false } })
      return JSON.stringify(reply)
    })

  it('lets a stage begin if nothing blocks it', async () => {
    expect(await asked()).toMatchObject({
      status: 'Succeeded',
      summary: 'Nothing is live, and every alias of checkout has one version.',
    })
    expect(await sandbox.ask('ask', { service: 'checkout' })).toMatchObject({ may: true })
  })

  it.each([
    ['queue', 'Succeeded', 'a new one would wait'],
    ['supersede', 'Succeeded', 'a new one would replace it'],
    ['refuse', 'Failed', 'no other may begin'],
  ] as const)('answers while another release is live: policy %s', async (whileLive, status, words) => {
    await sandbox.world.services.put(sampleService({ slos: [], hooks: [], policy: { whileLive } }))
    await sandbox.start({ version: await sandbox.publish('v2') })
    const job = await asked()
    expect(job).toMatchObject({ status })
    expect(job?.summary).toContain(words)
  })

  it('says no to an alias that somebody split or deleted, and to what it cannot inspect', async () => {
    await sandbox.publish('v2')
    await sandbox.moveByHand('1', { '2': 0.5 })
    expect(await asked()).toMatchObject({
      status: 'Failed',
      summary: expect.stringContaining('already split') as string,
    })
    await sandbox.world.services.put(
      sampleService({ slos: [], hooks: [], targets: [{ function: 'nonesuch', alias: 'live' }] }),
    )
    expect(await asked()).toMatchObject({ status: 'Failed' })
    // Targets that the policies do not cover cannot be inspected.
    expect(await sandbox.ask('ask', { service: 'checkout' })).toMatchObject({
      may: false,
      because: expect.stringContaining('lambda:GetAlias') as string,
    })
  })

  it('answers an invalid question, so that no stage waits for hours, and never logs the credentials', async () => {
    expect(await asked('checkout')).toMatchObject({
      status: 'Failed',
      summary: expect.stringContaining('UserParameters') as string,
    })
    expect(await asked('{"service":"nonesuch"}')).toMatchObject({ status: 'Failed' })
    expect(await asked('{"service":"checkout","force":true}')).toMatchObject({ status: 'Failed' })
    expect(JSON.stringify(sandbox.logged)).not.toContain('of the job')
  })

  it('accepts only a job, and `ask` only a call of the API', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (event) => {
        const reply = await sandbox.world.hooks.call(functionName('pipeline'), event)
        expect(reply).toMatchObject({ kind: 'broken', errorType: 'Tidegate.event_invalid' })
      }),
      { numRuns: 50, seed: 17 },
    )
    const job = { 'CodePipeline.job': { id: '1', data: {} } }
    expect(await sandbox.world.hooks.call(functionName('ask'), job)).toMatchObject({ errorType: 'Tidegate.door_only' })
  })

  it("leaves another function's job alone, whatever the event says of it", async () => {
    await sandbox.publish('v1', 'checkout-smoke')
    await sandbox.addFunction(`x${functionName('pipeline')}`)
    for (const other of ['checkout-smoke', functionName('ask'), `x${functionName('pipeline')}`]) {
      const id = sandbox.cloud.codepipeline.invoke(other, '{"service":"checkout"}')
      const configuration = { FunctionName: functionName('pipeline'), UserParameters: '{"service":"checkout"}' }
      expect(await forged({ id, data: { actionConfiguration: { configuration } } })).toContain('knows no job')
      expect(sandbox.cloud.codepipeline.job(id)?.status).toBe('InProgress')
    }
    expect(sandbox.logged).toContainEqual(expect.objectContaining({ level: 'error', code: 'job_foreign' }))
  })

  it('asks what CodePipeline says the job asks, and not what the event says', async () => {
    const id = sandbox.cloud.codepipeline.invoke(functionName('pipeline'), '{"service":"nonesuch"}')
    const configuration = { FunctionName: functionName('pipeline'), UserParameters: '{"service":"checkout"}' }
    expect(await forged({ id, data: { actionConfiguration: { configuration } } })).toContain('nonesuch')
    expect(sandbox.cloud.codepipeline.job(id)).toMatchObject({ status: 'Failed' })
  })

  it('knows no job that CodePipeline does not know, and no id that is none', async () => {
    for (const id of ['0b6f3a2e-6a63-4d0e-9d6a-c1d2e3f40506', 'x', '../..', '\n'])
      expect(await forged({ id })).toContain('knows no job')
  })

  it('is for the pipelines that the service names, of its own account', async () => {
    await sandbox.world.services.put(sampleService({ slos: [], hooks: [], pipelines: ['delivery', 'nightly'] }))
    expect(await asked(undefined, { name: 'delivery' })).toMatchObject({ status: 'Succeeded' })
    for (const by of [
      { name: 'other' },
      { name: 'Delivery' },
      { name: 'delivery', account: '111122223333' },
      { name: '' },
    ])
      expect(await asked(undefined, by)).toMatchObject({
        status: 'Failed',
        summary: expect.stringContaining("none of the service's `pipelines`") as string,
      })
    await sandbox.world.services.put(sampleService({ slos: [], hooks: [], pipelines: [] }))
    expect(await asked()).toMatchObject({ status: 'Failed' })
  })
})
