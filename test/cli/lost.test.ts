// No event is lost. For each way in which a function is called asynchronously: after three failures in a row the event is kept,
// an alarm fires, and `tidegate lost retry` finishes the work. The ways are read from the code that wires the stack.
import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch'
import { DeleteFunctionCommand } from '@aws-sdk/client-lambda'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { Command } from 'commander'
import { afterEach, describe, expect, it } from 'vitest'
import { lostBackendOnAws } from '../../cli/backend/lost-backend.ts'
import { addLost } from '../../cli/spelling/lost.ts'
import { exitCodes, screenOn } from '../../cli/backend/screen.ts'
import type { BusEvent } from '../../cloud/local/protocol/service.ts'
import { Problem } from '../../core/problem.ts'
import type { Verb } from '../../functions/handlers.ts'
import { everything } from '../../functions/heard.ts'
import { calledByEvents, rulesOf, scheduledVerbs } from '../../functions/rules.ts'
import { type Sandbox, type SandboxOptions, openSandbox } from '../../local/sandbox.ts'
import { functionName } from '../../local/installation.ts'
import { sampleService } from '../../local/sample-service.ts'
import { installAlarms } from './installed-alarms.ts'
import { refusing } from '../scenarios/refusing.ts'

let sandbox: Sandbox | undefined
afterEach(() => {
  sandbox?.close()
  sandbox = undefined
})

const open = async (options: SandboxOptions): Promise<Sandbox> =>
  (sandbox = await openSandbox({ perMinute: 5, ...options }))

/** Runs one command as typed. */
async function type({ clients }: Sandbox, ...words: readonly string[]): Promise<{ code: number; said: string }> {
  const lines: string[] = []
  let code: number = exitCodes.done
  const program = new Command('tidegate').exitOverride().configureOutput({ writeErr: () => undefined })
  addLost(program, {
    lostBackend: () => Promise.resolve(lostBackendOnAws({}, clients.place)),
    screen: ({ json = false }) => screenOn((line) => lines.push(line), json),
    positive: Number,
    run:
      (action) =>
      async (...args) => {
        code = await action(...args)
      },
  })
  await program.parseAsync(['node', 'tidegate', 'lost', ...words])
  return { code, said: lines.join('\n') }
}

const digest = `sha256:${'a'.repeat(64)}`
const stackId = 'arn:aws:cloudformation:us-east-1:000000000000:stack/shop/1'
const time = '2026-01-01T00:10:00Z'
const bus = (source: string, detailType: string, detail: object): BusEvent => ({ source, detailType, detail })

/** An event for each rule, by the rule's name, and what the list prints about it. */
const events: Readonly<Record<string, readonly [event: BusEvent, said: string]>> = {
  s3: [
    bus('aws.s3', 'Object Created', {
      bucket: { name: 'artifacts' },
      object: { key: 'checkout.zip', 'version-id': 'v7', etag: 'e' },
    }),
    'object artifacts/checkout.zip was written',
  ],
  ecr: [
    bus('aws.ecr', 'ECR Image Action', {
      ...{ 'action-type': 'PUSH', result: 'SUCCESS', 'repository-name': 'shop', 'image-tag': 'v2' },
      'image-digest': digest,
    }),
    'image shop:v2 was pushed',
  ],
  'ecr-scan': [
    bus('aws.ecr', 'ECR Image Scan', {
      ...{ 'scan-status': 'COMPLETE', 'repository-name': 'shop', 'image-digest': digest },
      'finding-severity-counts': { HIGH: 1 },
    }),
    'image shop was scanned',
  ],
  cloudformation: [
    bus('aws.cloudformation', 'CloudFormation Resource Status Change', {
      'stack-id': stackId,
      'physical-resource-id': 'arn:aws:lambda:us-east-1:000000000000:function:checkout:9',
      'resource-type': 'AWS::Lambda::Version',
      'status-details': { status: 'CREATE_COMPLETE' },
    }),
    'stack shop',
  ],
  'stack-rollback': [
    bus('aws.cloudformation', 'CloudFormation Stack Status Change', {
      'stack-id': stackId,
      'status-details': { status: 'UPDATE_ROLLBACK_IN_PROGRESS' },
    }),
    'UPDATE_ROLLBACK_IN_PROGRESS',
  ],
  incident: [
    bus('tidegate.incident', 'Incident', { id: 'i1', service: 'checkout', openedAt: time, source: 'statuspage' }),
    'Incident from tidegate.incident, service checkout',
  ],
  'incident-manager': [
    bus('aws.ssm-incidents', 'AWS API Call via CloudTrail', {
      eventName: 'UpdateIncidentRecord',
      eventTime: time,
      requestParameters: { arn: 'arn:aws:ssm-incidents::000000000000:incident-record/shop/1', status: 'RESOLVED' },
      responseElements: null,
    }),
    'from aws.ssm-incidents',
  ],
  alarm: [
    bus('aws.cloudwatch', 'CloudWatch Alarm State Change', {
      alarmName: 'checkout-errors',
      state: { value: 'ALARM', reason: 'errors', timestamp: '2026-01-01T00:30:00.000+0000' },
    }),
    'alarm checkout-errors went to ALARM',
  ],
  execution: [
    bus('aws.states', 'Step Functions Execution Status Change', {
      stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:tidegate-release',
      executionArn: 'arn:aws:states:us-east-1:000000000000:execution:tidegate-release:checkout-0123456789-2',
      status: 'TIMED_OUT',
    }),
    'execution checkout-0123456789-2 ended as TIMED_OUT, release checkout-0123456789',
  ],
  look: [
    bus('tidegate.release', 'Release Judged', { service: 'checkout', metadata: { releaseId: 'checkout-1' } }),
    'a look at a live release, after which budgets are counted, service checkout, release checkout-1',
  ],
  alias: [
    bus('aws.lambda', 'AWS API Call via CloudTrail', {
      ...{ eventName: 'UpdateAlias20150331', eventTime: time },
      userIdentity: { arn: 'arn:aws:iam::000000000000:user/sam' },
      requestParameters: { functionName: 'checkout', name: 'live' },
    }),
    'UpdateAlias of checkout:live',
  ],
  'observed-alias': [
    bus('aws.lambda', 'AWS API Call via CloudTrail', {
      ...{ eventName: 'UpdateAlias20150331', eventTime: time },
      userIdentity: { arn: 'arn:aws:iam::000000000000:user/sam' },
      requestParameters: { functionName: 'cart', name: 'live' },
    }),
    'UpdateAlias of cart:live',
  ],
}
const saysOfTicks: Readonly<Record<string, string>> = {
  sweep: 'the sweep',
  measures: 'the daily measures',
  reports: 'budget reports',
  budgets: 'the counting of error budgets',
  prunes: 'the daily deletion of old versions',
  observed: 'a look at the aliases that others move',
  watches: 'a look at promoted versions',
}

const rules = rulesOf(everything({ account: '000000000000', region: 'us-east-1' }, 'arn:machine', []))

it('every rule and every schedule has an event here, and the failures of every function that they call are kept', () => {
  expect(Object.keys(events).sort()).toEqual(rules.map(({ name }) => name).sort())
  expect(Object.keys(saysOfTicks).sort()).toEqual(Object.keys(scheduledVerbs).sort())
  expect([...calledByEvents].sort()).toEqual(
    [...new Set([...rules.map(({ verb }) => verb), ...Object.values(scheduledVerbs), 'pipeline', 'announce'])].sort(),
  )
})

describe('an event whose function fails three times in a row', () => {
  it('is kept and listed, whatever its kind; an alarm fires, and retry finishes the work', async () => {
    let broken = false
    const handled: string[] = []
    const key = (verb: Verb, event: unknown): string =>
      `${verb} ${JSON.stringify((event as { detail?: unknown }).detail ?? event)}`
    const at = await open({
      budgetMinutes: 5,
      observes: true,
      around: async (verb, event, run) => {
        if (broken && calledByEvents.includes(verb) && verb !== 'announce') throw new Error('killed')
        const answer = await run()
        handled.push(key(verb, event))
        return answer
      },
    })
    await installAlarms(at.clients.cloudwatch)
    const triggers = {
      s3: { bucket: 'artifacts', key: 'checkout.zip' },
      ecr: { repository: 'shop' },
      cloudFormation: true,
    }
    const signals = { alarms: ['checkout-errors'] }
    await at.world.services.put(sampleService({ hooks: [], triggers, signals }))
    await at.minutes(6)
    const live = await at.start({ version: await at.publish('v2') })
    await at.minutes(3)
    broken = true
    for (const [event] of Object.values(events)) at.cloud.events.emit(event)
    const tick = (name: string) => ({ [name]: true })
    for (const [name, verb] of Object.entries(scheduledVerbs))
      at.cloud.lambda.take(functionName(verb), undefined, Buffer.from(JSON.stringify(tick(name))))
    const job = at.cloud.codepipeline.invoke(functionName('pipeline'), '{"service":"checkout"}')
    handled.length = 0
    await at.minutes(10)

    const listed = await type(at, 'list')
    expect(listed.code).toBe(exitCodes.different)
    for (const said of [...Object.values(events).map(([, words]) => words), ...Object.values(saysOfTicks)])
      expect(listed.said).toContain(said)
    expect(listed.said).toMatch(
      /pipeline\n +job \S+ of a pipeline, which asks whether it may release, service checkout\n/,
    )
    expect(listed.said).toContain('failed (tried 3 times): Error: killed')
    // CodePipeline passes credentials with a job.
    for (const format of [[], ['--json']])
      expect((await type(at, 'list', ...format)).said).not.toContain('secret of the job')
    const alarms = async () =>
      (await at.clients.cloudwatch.send(new DescribeAlarmsCommand({ StateValue: 'ALARM' }))).MetricAlarms?.map(
        ({ AlarmName }) => AlarmName,
      )
    expect(await alarms()).toEqual(
      expect.arrayContaining(['tidegate-LostEvents', 'tidegate-EventsDropped-tidegate-alarm']),
    )

    broken = false
    const retried = await type(at, 'retry', '--all')
    expect(retried.code).toBe(exitCodes.done)
    await at.minutes(1)
    for (const { name, verb } of rules) expect(handled).toContain(key(verb, events[name]?.[0]))
    for (const [name, verb] of Object.entries(scheduledVerbs)) expect(handled).toContain(key(verb, tick(name)))
    expect((await at.release(live)).ending).toMatchObject({ outcome: 'rolledBack', by: 'alarm checkout-errors' })
    expect(at.cloud.codepipeline.job(job)?.status).not.toBe('InProgress')
    const said = await at.world.attestations.of([`ecr/shop@${digest}`])
    expect(said.items).toMatchObject([{ scan: { high: 1 } }])
    await at.minutes(10)
    expect(await type(at, 'list')).toEqual({ code: exitCodes.done, said: 'No event is lost.' })
    expect(await alarms()).not.toContain('tidegate-LostEvents')
  })

  it('comes back if it fails again, as the same event', async () => {
    const at = await open({
      around: (verb, _, run) => (verb === 'hear' ? Promise.reject(new Error('killed')) : run()),
    })
    at.cloud.events.emit(events['ecr-scan']![0])
    await at.minutes(4)
    const id = /^(\w{8}) /.exec((await type(at, 'list')).said)?.[1] ?? ''
    expect((await type(at, 'retry', id)).code).toBe(exitCodes.done)
    expect((await type(at, 'list')).said).toBe('No event is lost.')
    await at.minutes(4)
    expect((await type(at, 'list')).said).toMatch(new RegExp(`^${id} `))
    expect((await type(at, 'drop', id)).code).toBe(exitCodes.done)
    expect((await type(at, 'list')).said).toBe('No event is lost.')
  })

  it('from the stream: what was not announced before the retries ended is announced from the log', async () => {
    let deaf = false
    const at = await open({ ...refusing('PutEvents', () => deaf), streamAgeSeconds: 3600 })
    await at.world.services.put(sampleService({ slos: [], hooks: [] }))
    deaf = true
    const id = await at.start({ version: await at.publish('v2'), plan: 'AllAtOnce' })
    await at.finish(id)
    await at.minutes(65)
    const { said, code } = await type(at, 'list')
    expect(code).toBe(exitCodes.different)
    expect(said).toMatch(/announce\n +\d+ event\(s\) of releases, written .* that were not announced\n/)
    const heard = () =>
      at.cloud.events
        .recorded()
        .filter((event) => event.source === 'tidegate.release')
        .map((event) => (event.detail as { metadata: { sequence: number } }).metadata.sequence)
    expect(heard()).toEqual([])
    deaf = false
    expect((await type(at, 'retry', '--all')).code).toBe(exitCodes.done)
    await at.minutes(5)
    const told = (await at.events(id)).filter(({ type }) => ['prepared', 'moved', 'judged', 'settled'].includes(type))
    expect([...new Set(heard())].toSorted((a, b) => a - b)).toEqual(told.map(({ seq }) => seq))
    expect((await type(at, 'list')).said).toBe('No event is lost.')
  })
})

describe('what cannot be sent again', () => {
  const record = (functionArn: string, requestPayload: unknown = { sweep: true }) =>
    JSON.stringify({
      version: '1.0',
      timestamp: time,
      requestContext: { requestId: 'r', functionArn, condition: 'RetriesExhausted', approximateInvokeCount: 3 },
      requestPayload,
      responsePayload: { errorType: 'Error', errorMessage: 'red \u001b[31m\u202eevil\nline' },
    })
  const own = 'arn:aws:lambda:us-east-1:000000000000:function:tidegate'

  it('is listed as it is, is never sent, and blocks nothing', async () => {
    const handled: Verb[] = []
    const at = await open({
      around: (verb, _, run) => {
        handled.push(verb)
        return run()
      },
    })
    const QueueUrl = 'http://local/000000000000/tidegate-lost'
    const bodies = [
      'not json',
      '{"a":1}',
      record('arn:aws:lambda:us-east-1:000000000000:function:checkout:$LATEST'),
      record(`${own.replace('000000000000', '999999999999')}-reconcile`),
      record(`${own.replace('us-east-1', 'eu-west-1')}-reconcile`),
      // A function of the controller, but not one for events.
      record(`${own}-promote`, { service: 'checkout' }),
      record(`${own}-reconcile:$LATEST`),
    ]
    for (const MessageBody of bodies) await at.clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))
    const { said } = await type(at, 'list')
    expect(said.match(/unreadable\n/g)).toHaveLength(6)
    expect(said).toContain('it is not JSON')
    expect(said).toContain('function:checkout:$LATEST, which is not a function of this controller that events call')
    expect(said).toContain(String.raw`Error: red \u{1b}[31m\u{202e}evil\nline`)
    handled.length = 0
    expect((await type(at, 'retry', '--all')).code).toBe(exitCodes.done)
    await at.clock.settle()
    expect(handled).toEqual(['reconcile'])
    const left = (await type(at, 'list', '--json')).said
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; kind: string })
    expect(left.map(({ kind }) => kind)).toEqual(Array.from({ length: 6 }, () => 'unreadable'))
    const first = left[0]?.id ?? ''
    expect((await type(at, 'retry', first)).code).toBe(exitCodes.refused)
    expect((await type(at, 'retry', 'none')).code).toBe(exitCodes.refused)
    await expect(type(at, 'retry')).rejects.toBeInstanceOf(Problem)
    expect((await type(at, 'drop', ...left.map(({ id }) => id))).code).toBe(exitCodes.done)
    expect((await type(at, 'list')).said).toBe('No event is lost.')
  })

  it('because Lambda does not accept it stays, with the reason, and the others are sent', async () => {
    const at = await open({})
    const QueueUrl = 'http://local/000000000000/tidegate-lost'
    for (const verb of ['measure', 'reconcile']) {
      const MessageBody = record(`${own}-${verb}`, { [verb === 'measure' ? 'measures' : 'sweep']: true })
      await at.clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))
    }
    await at.clients.lambda.send(new DeleteFunctionCommand({ FunctionName: functionName('measure') }))
    const { code, said } = await type(at, 'retry', '--all')
    expect(code).toBe(exitCodes.aws)
    expect(said).toMatch(/stays: AWS failed lambda:InvokeFunction of tidegate-measure/)
    expect(said).toMatch(/sent again to tidegate-reconcile: the sweep/)
    expect((await type(at, 'list')).said).toContain('the daily measures')
  })
})
