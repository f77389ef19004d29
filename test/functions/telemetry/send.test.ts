// What receivers get of a release, under the stack's policies, from announcements as the bus brings them: its numbers, its trace
// and its annotation; once, whatever comes twice; and nothing that they refuse is lost or holds up the rest.
import { PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import { CreateFunctionCommand } from '@aws-sdk/client-lambda'
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { Match } from 'aws-cdk-lib/assertions'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { awsSecret } from '../../../cloud/aws/secrets.ts'
import { receiversOf } from '../../../cloud/receivers/receivers.ts'
import { traceIdOf } from '../../../cloud/receivers/otlp.ts'
import { sendTelemetryHandler } from '../../../functions/listeners/send-telemetry.ts'
import { timeoutSeconds, toldToReceivers } from '../../../functions/rules.ts'
import type { Handler } from '../../../functions/steps/world.ts'
import { functionName } from '../../../local/installation.ts'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { worldOn } from '../../../local/world.ts'
import { enforcing } from '../../lib/policies.ts'
import { grafanaApi } from './grafana.ts'
import { headersArn, policiesWithTelemetry, stackWithTelemetry, telemetryOutOf, tokenArn } from './policies.ts'
import { openReceiver } from './receiver.ts'

type Announced = { readonly 'detail-type': string; readonly detail: Record<string, unknown> }
const { authorize, used } = enforcing(policiesWithTelemetry)
const announced: Announced[] = []
const grafana = grafanaApi('glsa_of-the-test')
let status = 200
let otlp: Awaited<ReturnType<typeof openReceiver>>
let annotations: Awaited<ReturnType<typeof openReceiver>>
let sandbox: Sandbox
let release: string
let handler: Handler
const lines: Readonly<Record<string, unknown>>[] = []

const role = functionName('sendTelemetry')
const call = { awsRequestId: 'x', functionName: role }
const messageOf = (event: unknown, index = 0) => ({ messageId: `m${index}`, body: JSON.stringify(event) })
const deliver = (events: readonly unknown[]) => handler({ Records: events.map(messageOf) }, call)
const of = (detailType: string): readonly Announced[] =>
  announced.filter((one) => one['detail-type'] === detailType && JSON.stringify(one.detail).includes(release))
const bodies = (path: string): readonly Buffer[] => otlp.got.filter((one) => one.path === path).map(({ body }) => body)

beforeAll(async () => {
  otlp = await openReceiver(() => ({ status }))
  annotations = await openReceiver(grafana.answer)
  sandbox = await openSandbox({
    ...{ authorize, perMinute: 200 },
    functions: { tap: (event) => void announced.push(event as Announced) },
  })
  const { clients, clock, clientsFor } = sandbox
  const FunctionName = 'tap'
  const Code = { ZipFile: new TextEncoder().encode('tap') }
  const { FunctionArn } = await clients.lambda.send(
    new CreateFunctionCommand({ FunctionName, Role: 'arn:aws:iam::000000000000:role/tap', Code }),
  )
  const EventPattern = JSON.stringify(toldToReceivers('000000000000'))
  await clients.events.send(new PutRuleCommand({ Name: 'telemetry', EventPattern }))
  await clients.events.send(new PutTargetsCommand({ Rule: 'telemetry', Targets: [{ Id: 'tap', Arn: FunctionArn }] }))
  const operator = new SecretsManagerClient(clients.place)
  const header = { Name: 'otlp-headers', SecretString: 'authorization=Bearer%20otlp-of-the-test' }
  await operator.send(new CreateSecretCommand(header))
  await operator.send(new CreateSecretCommand({ Name: 'grafana-token', SecretString: 'glsa_of-the-test\n' }))
  const own = clientsFor(`role.${role}`)
  const tell = { log: (line: (typeof lines)[number]) => void lines.push(line), emit: () => undefined }
  handler = sendTelemetryHandler({
    ...worldOn(own, clock, tell),
    receivers: receiversOf(
      {
        otlp: { url: otlp.url, secret: headersArn },
        grafana: { url: `${annotations.url}/`, secret: tokenArn },
      },
      awsSecret(new SecretsManagerClient(own.place)),
    ),
  })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
  release = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.minutes(4)
  await sandbox.orderAs('ann')('roll-back', 'checkout', { releaseId: release, reason: '<b>orders</b>\u001b[2J "drop"' })
  await sandbox.finish(release)
  await sandbox.minutes(1)
}, 30_000)
beforeEach(() => {
  status = 200
  otlp.got.length = 0
  annotations.got.length = 0
  lines.length = 0
})
afterAll(async () => {
  sandbox.close()
  await Promise.all([otlp.close(), annotations.close()])
})

describe('a release', () => {
  it('that has settled is a trace and a region on graphs, and its events are points', async () => {
    expect(await deliver(announced)).toEqual({ batchItemFailures: [] })
    const points = Buffer.concat([...bodies('/v1/metrics')])
    for (const name of ['weight', 'duration', 'way_back_time'])
      expect(points.includes(`tidegate.release.${name}`), name).toBe(true)
    expect(points.includes('tidegate.verdict.evidence')).toBe(true)
    expect(points.includes('rolledBack')).toBe(true)
    // An id would make a series of its own of each release.
    expect(points.includes(release)).toBe(false)
    const [trace, ...more] = bodies('/v1/traces')
    expect(more).toEqual([])
    expect(trace?.includes(Buffer.from(traceIdOf(release), 'hex'))).toBe(true)
    expect(otlp.got.every(({ authorization }) => authorization === 'Bearer otlp-of-the-test')).toBe(true)
    const { requestedAtMs } = await sandbox.release(release)
    const settledAtMs = (await sandbox.events(release)).find(({ type }) => type === 'settled')?.atMs
    expect([...grafana.kept.values()]).toEqual([
      {
        time: requestedAtMs,
        timeEnd: settledAtMs,
        text: expect.stringContaining('&lt;b&gt;orders&lt;/b&gt;\\u{1b}[2J') as string,
        tags: ['tidegate', `release:${release}`, 'service:checkout', 'outcome:rolledBack'],
      },
    ])
  })

  it('that is told twice is the same trace and one annotation, by any order of its events', async () => {
    await deliver(of('Release Settled'))
    await deliver([...of('Release Settled'), ...of('Release Settled')].reverse())
    const [first, ...again] = bodies('/v1/traces')
    expect(again.map((one) => one.equals(first ?? Buffer.alloc(0)))).toEqual([true, true])
    const [once, ...points] = bodies('/v1/metrics')
    expect(points.map((one) => one.equals(once ?? Buffer.alloc(0)))).toEqual([true, true])
    expect(grafana.kept.size).toBe(1)
    expect(annotations.got.map(({ method }) => method)).toEqual(['GET', 'PATCH', 'GET', 'PATCH', 'GET', 'PATCH'])
    expect(await deliver([...announced].reverse())).toEqual({ batchItemFailures: [] })
  })

  it('takes the rights that are granted, and no other', () => {
    const asked = [...used.values()].filter((one) => one.role === role)
    expect(asked.filter((one) => !one.allowed)).toEqual([])
    expect(new Set(asked.map(({ action }) => action))).toEqual(
      new Set(['dynamodb:Query', 'secretsmanager:GetSecretValue']),
    )
    const actions = policiesWithTelemetry[role]?.statements.flatMap((one) => one.actions) ?? []
    expect(actions.filter((one) => /Put|Update|Invoke|SendMessage|kms/.test(one))).toEqual([
      'logs:PutLogEvents',
      'xray:PutTraceSegments',
      'xray:PutTelemetryRecords',
    ])
  })

  it('says nothing of tokens, whatever goes wrong', async () => {
    status = 401
    await deliver(announced)
    const said = JSON.stringify([lines, [...grafana.kept.values()]])
    expect(lines.length).toBeGreaterThan(0)
    expect(said).not.toMatch(/of-the-test/)
  })
})

describe('the stack', () => {
  const resources = (type: string) =>
    Object.values(stackWithTelemetry.findResources(type)).map((one) => JSON.stringify(one))

  it('gives announcements to a queue, keeps what no receiver takes, and then tells a person', () => {
    stackWithTelemetry.hasResourceProperties('AWS::Events::Rule', { EventPattern: toldToReceivers('000000000000') })
    stackWithTelemetry.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: 'tidegate-telemetry',
      VisibilityTimeout: 6 * timeoutSeconds('sendTelemetry'),
      RedrivePolicy: Match.objectLike({ maxReceiveCount: 240 }),
    })
    stackWithTelemetry.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
    })
    expect(resources('AWS::CloudWatch::Alarm').filter((one) => one.includes('sendTelemetry'))).toHaveLength(1)
  })

  it('has no secret in it, only where it is', () => {
    const [fn] = resources('AWS::Lambda::Function').filter((one) => one.includes('TIDEGATE_OTLP_URL'))
    expect(fn).toContain(headersArn)
    expect(fn).not.toContain('resolve:secretsmanager')
  })

  it('takes no address that is not https, or has a password or a query in it', () => {
    for (const url of ['http://a.b', 'https://a:b@c.d', 'https://a.b?key=c', 'https://a.b#c', 'a.b', ''])
      expect(() => telemetryOutOf({ otlp: { url } }), url).toThrow(/begins with https/)
    expect(() => telemetryOutOf({ otlp: { url: 'https://a.b/c' } })).toThrow('it was let through')
    expect(() => telemetryOutOf({})).toThrow(/`otlp`, `grafana` or both/)
  })
})

describe('a receiver that', () => {
  it('is away keeps its own message waiting, and no other receiver', async () => {
    status = 400
    const [settled] = of('Release Settled')
    expect(await deliver([settled])).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] })
    expect(annotations.got).toHaveLength(2)
    expect(lines).toContainEqual(expect.objectContaining({ code: 'telemetry_refused', level: 'error' }))
    status = 200
    expect(await deliver([settled])).toEqual({ batchItemFailures: [] })
  })

  it('is slow gets what it has time for, and the rest again', async () => {
    let nowMs = 0
    const slow = sendTelemetryHandler({ ...sandbox.world, receivers: {}, clock: { nowMs: () => (nowMs += 7_000) } })
    const all = announced.slice(0, 5).map(messageOf)
    const { batchItemFailures } = await slow({ Records: all })
    expect(batchItemFailures).toEqual(all.slice(2).map(({ messageId }) => ({ itemIdentifier: messageId })))
  })

  it('sends elsewhere is not followed: the token stays', async () => {
    const other = await openReceiver(() => ({ status: 200, body: '[]' }))
    const moved = await openReceiver(() => ({ status: 307, location: other.url }))
    const receivers = receiversOf(
      { otlp: { url: moved.url, secret: headersArn }, grafana: { url: moved.url, secret: tokenArn } },
      () => Promise.resolve('authorization=x'),
    )
    await expect(receivers.otlp?.spans(release, [])).resolves.toBeUndefined()
    const point = { name: 'tidegate.release.weight', value: 1, atMs: 1, attributes: {} } as const
    await expect(receivers.otlp?.points([point])).rejects.toMatchObject({ code: 'telemetry_refused' })
    const annotation = { startMs: 1, endMs: 2, text: 'x', tags: ['a'], found: ['a'] }
    await expect(receivers.grafana?.annotate(annotation)).rejects.toMatchObject({ code: 'telemetry_refused' })
    expect(other.got).toEqual([])
    await Promise.all([other.close(), moved.close()])
  })

  it('gets a new token gets it without a deploy', async () => {
    const operator = new SecretsManagerClient(sandbox.clients.place)
    const change = (SecretString: string) =>
      operator.send(new PutSecretValueCommand({ SecretId: 'grafana-token', SecretString }))
    const settled = of('Release Settled')
    await change('glsa_another')
    status = 400
    // Whatever a receiver refuses, secrets are read again for the next event.
    await deliver(settled)
    status = 200
    expect(await deliver(settled)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] })
    await change('glsa_of-the-test')
    expect(await deliver(settled)).toEqual({ batchItemFailures: [] })
  })
})

describe('bad input', () => {
  const refused = async (event: unknown) => {
    const before = [otlp.got.length, annotations.got.length]
    expect(await deliver([event])).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] })
    expect([otlp.got.length, annotations.got.length]).toEqual(before)
    return lines.at(-1)?.['code']
  }

  it('is refused with a code, and the next message is handled', async () => {
    const [settled] = of('Release Settled')
    const changed = (more: object) => ({ ...settled, detail: { ...settled?.detail, ...more } })
    for (const [event, code] of [
      [{}, 'event_invalid'],
      [{ ...settled, detail: {} }, 'event_invalid'],
      [changed({ metadata: { releaseId: 'x'.repeat(65), sequence: 1 } }), 'event_invalid'],
      [changed({ metadata: { releaseId: release, sequence: 0 } }), 'event_invalid'],
      [changed({ metadata: { releaseId: release, sequence: 9999 } }), 'item_unreadable'],
      [changed({ metadata: { releaseId: 'nobody', sequence: 1 } }), 'item_unreadable'],
      [{ ...settled, source: 'tidegate.budget', 'detail-type': 'Budget Changed' }, 'event_invalid'],
      [{ ...settled, source: 'tidegate.budget', 'detail-type': 'Budget Burning' }, 'event_invalid'],
    ] as const)
      expect(await refused(event), JSON.stringify(event)).toBe(code)
    const broken = {
      Records: [
        { messageId: 'a', body: '{' },
        { ...messageOf(settled), messageId: 'b' },
      ],
    }
    expect(await handler(broken, call)).toEqual({ batchItemFailures: [{ itemIdentifier: 'a' }] })
    await expect(handler({}, call)).rejects.toMatchObject({ code: 'event_invalid' })
  })

  it('from another account is nobody’s', async () => {
    expect(await deliver([{ ...of('Release Settled')[0], account: '999999999999' }])).toEqual({ batchItemFailures: [] })
    expect([...otlp.got, ...annotations.got]).toEqual([])
  })

  it.each(['', 'nonsense', 'a b=c', 'authorization=%0d%0aevil: 1'])(
    'a secret like %j is told apart, and not told',
    async (text) => {
      const receivers = receiversOf({ otlp: { url: otlp.url, secret: headersArn } }, () => Promise.resolve(text))
      const point = { name: 'tidegate.release.weight', value: 1, atMs: 1, attributes: {} } as const
      await expect(receivers.otlp?.points([point])).rejects.toThrow(/headers is not like/)
      const bad = receiversOf({ grafana: { url: annotations.url, secret: tokenArn } }, () =>
        Promise.resolve(`${text} x`),
      )
      const annotation = { startMs: 1, endMs: 2, text: 'x', tags: [], found: [] }
      await expect(bad.grafana?.annotate(annotation)).rejects.toMatchObject({ code: 'telemetry_refused' })
    },
  )
})

it('a budget’s numbers are told', async () => {
  const [settled] = of('Release Settled')
  const metadata = { eventId: 'a', occurredAt: '2026-01-01T00:00:00.000Z' }
  const detail = { schemaVersion: 1, metadata, service: 'checkout', slo: 'available', leftPercent: 12.5, leftStep: 10 }
  const left = { ...settled, source: 'tidegate.budget', 'detail-type': 'Budget Changed', detail }
  expect(await deliver([left])).toEqual({ batchItemFailures: [] })
  expect(Buffer.concat([...bodies('/v1/metrics')]).includes('tidegate.budget.left')).toBe(true)
})
