// Incidents out, end to end: the stack's rules, templates, connections and destinations, made on the embedded cloud, against a
// real HTTP server. What arrives is compared with the form that each platform takes.
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  CreateApiDestinationCommand,
  CreateConnectionCommand,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge'
import { CreateStateMachineCommand } from '@aws-sdk/client-sfn'
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { localCloud } from '../../../cloud/local/cloud.ts'
import { inProcessRuntime } from '../../../cloud/local/runtime/in-process-runtime.ts'
import { steppedClock } from '../../../cloud/local/time/clock.ts'
import { repeats } from '../../repeats.ts'
import { IncidentWords } from '../../../core/incident/words.ts'
import { incidentWords } from '../../../core/release/announcement.ts'
import { lateDetail, lateIncident } from '../../../core/release/late.ts'
import { clientsAt, placeOf } from '../../../local/clients.ts'
import { hostile } from '../../core/hostile.ts'
import { prepared } from '../../core/sample.ts'
import { all, consoleUrl, JiraAlert, PagerDutyEvent, type Resources, synthesised } from './incidents.ts'

type Got = {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}
let server: Server
let got: Got[]
let answers: number[]
let origin: string
beforeAll(async () => {
  server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      got.push({ method, url, headers, body: JSON.parse(text) as unknown })
      response.writeHead(answers.shift() ?? 202).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

const startMs = Date.UTC(2026, 0, 1)
const minuteMs = 60_000
/** An embedded cloud in which nothing else is. */
function openCloud() {
  const clock = steppedClock(startMs)
  const cloud = localCloud({ clock, runtime: inProcessRuntime({}, clock) })
  const minutes = (count: number) => clock.advanceTo(clock.nowMs() + count * minuteMs)
  return { clock, cloud, minutes, clients: clientsAt(placeOf(cloud.handler, 'operator')), close: () => cloud.close() }
}
let sandbox: ReturnType<typeof openCloud>
const unsent = 'https://sqs.us-east-1.amazonaws.com/000000000000/unsent'
const unsentArn = 'arn:aws:sqs:us-east-1:000000000000:unsent'
beforeEach(() => {
  got = []
  answers = []
})
afterEach(() => sandbox.close())

/** Makes what the stack has, through the API. Secrets are replaced by their names, hosts by the server. */
async function installed(resources: Resources): Promise<void> {
  sandbox = openCloud()
  const { events, sqs, sfn } = sandbox.clients
  await sqs.send(new CreateQueueCommand({ QueueName: 'unsent' }))
  const arns = new Map<string, string>()
  const of = (type: string) => Object.entries(resources).filter(([, { Type }]) => Type === type)
  const key = (text: string): string =>
    text.replaceAll(/\{\{resolve:secretsmanager:.*?:secret:([a-z-]+):.*?\}\}/g, 'the $1')
  for (const [id, { Properties }] of of('AWS::Events::Connection')) {
    const flat = JSON.parse(key(joined(JSON.stringify(Properties['AuthParameters'])))) as never
    const command = new CreateConnectionCommand({ Name: id, AuthorizationType: 'API_KEY', AuthParameters: flat })
    arns.set(id, (await events.send(command)).ConnectionArn ?? '')
  }
  for (const [id, { Properties }] of of('AWS::Events::ApiDestination')) {
    const connection = (Properties['ConnectionArn'] as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0]
    const { ApiDestinationArn } = await events.send(
      new CreateApiDestinationCommand({
        ...{ Name: id, ConnectionArn: arns.get(connection), HttpMethod: Properties['HttpMethod'] as 'POST' },
        InvocationEndpoint: String(Properties['InvocationEndpoint']).replace(/^https:\/\/[^/]+/, origin),
      }),
    )
    arns.set(id, ApiDestinationArn ?? '')
  }
  for (const [id, { Properties }] of of('AWS::StepFunctions::StateMachine').filter(([one]) =>
    /IncidentsOut/.test(one),
  )) {
    const { StateMachineName: name, ...machine } = Properties as Readonly<Record<string, unknown>> & {
      readonly StateMachineName: string
      readonly DefinitionString: string
      readonly DefinitionSubstitutions: Readonly<Record<string, string>>
    }
    const definition = Object.entries({ ...machine.DefinitionSubstitutions, Partition: 'aws' }).reduce(
      (text, [word, value]) => text.replaceAll(`\${${word}}`, value),
      machine.DefinitionString,
    )
    const roleArn = 'arn:aws:iam::000000000000:role/over'
    const { stateMachineArn } = await sfn.send(new CreateStateMachineCommand({ name, definition, roleArn }))
    arns.set(id, stateMachineArn ?? '')
  }
  for (const [, { Properties }] of of('AWS::Events::Rule')) {
    const {
      Name = '',
      EventPattern,
      Targets,
    } = Properties as {
      Name?: string
      EventPattern: unknown
      Targets: readonly Record<string, unknown>[]
    }
    if (!Name.includes('-incident-')) continue
    await events.send(new PutRuleCommand({ Name, EventPattern: JSON.stringify(EventPattern) }))
    for (const target of Targets) {
      const { 'Fn::GetAtt': [id] = [], Ref = id ?? '' } = target['Arn'] as { 'Fn::GetAtt'?: string[]; Ref?: string }
      const Arn = arns.get(Ref) ?? 'arn:aws:ssm:us-east-1:000000000000:opsitem'
      if (Ref === '') expect(JSON.stringify(target['Arn'])).toContain(':opsitem')
      const { InputTransformer } = target as { InputTransformer: undefined }
      const Targets = [
        {
          ...{ Id: String(target['Id']), Arn, RoleArn: 'arn:aws:iam::000000000000:role/incidents' },
          ...{ InputTransformer, DeadLetterConfig: { Arn: unsentArn } },
          ...(target['HttpParameters'] === undefined ? {} : { HttpParameters: target['HttpParameters'] as never }),
          RetryPolicy: { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 },
        },
      ]
      await events.send(new PutTargetsCommand({ Rule: Name, Targets }))
    }
  }
}
/** CloudFormation's joins, with placeholders for references. */
const joined = (json: string): string =>
  json
    .replaceAll(/\{"Ref":"AWS::(\w+)"\}/g, '"$1"')
    .replaceAll(/\{"Fn::Join":\["",(\[[^\]]*\])\]\}/g, (_, parts: string) =>
      JSON.stringify((JSON.parse(parts) as string[]).join('')),
    )

const header = (releaseId = 'checkout-1') => ({
  schemaVersion: 1,
  metadata: { eventId: 'e', releaseId, sequence: 9, occurredAt: '2026-01-01T02:00:00.000Z' },
  service: 'checkout',
})
const owner = { name: 'Team "Shop"', contact: '+49 30 1234' }
const release = {
  ...prepared({ owner }),
  ending: { outcome: 'rolledBack' as const, because: 'errors: 5 of 9.', by: 'verdict' },
}

const watchEnd = { seenMinutes: 60, minutes: 60, invocations: 9, bad: 9, expected: 0 }
const excess = { kind: 'counted' as const, fromMs: startMs, all: 1000, failed: 91, bad: 90, error: 9 }
const lateCharge = { excess, toMs: startMs + 20 * minuteMs, charges: [] }

async function put(DetailType: string, detail: object): Promise<void> {
  const entry = { Source: 'tidegate.release', DetailType, Detail: JSON.stringify(detail) }
  await sandbox.clients.events.send(new PutEventsCommand({ Entries: [entry] }))
  await sandbox.clock.settle()
}

function announce(detailType: string, incident: unknown = incidentWords(release), id?: string): Promise<void> {
  const outcome = detailType === 'Release Promoted' ? 'promoted' : 'rolledBack'
  return put(detailType, { ...header(id), outcome, incident })
}

const pagerDuty = () => got.filter(({ url }) => url === '/v2/enqueue').map(({ body }) => PagerDutyEvent.parse(body))
const jira = () => got.filter(({ url }) => url.startsWith('/jsm/'))

describe('an incident', () => {
  let resources: Resources
  beforeAll(() => {
    resources = synthesised(all)
  })
  beforeEach(() => installed(resources))

  it('is opened at the rollback with the reason, owner and page, and resolved when the release is settled', async () => {
    await announce('Release Rolled Back')
    await announce('Release Settled')
    const [opened, resolved, ...none] = pagerDuty()
    expect(none).toEqual([])
    expect(opened).toMatchObject({
      event_action: 'trigger',
      dedup_key: 'checkout-1',
      payload: {
        summary: 'Release checkout-1 of checkout was rolled back: errors: 5 of 9.',
        severity: 'error',
        timestamp: '2026-01-01T02:00:00.000Z',
        component: 'checkout',
        class: 'Release Rolled Back',
        custom_details: { release: 'checkout-1', owner: `'Team 'Shop'', '+49 30 1234'`, decidedBy: 'verdict' },
      },
      client_url: `${consoleUrl}/release/checkout-1`,
      links: [{ href: `${consoleUrl}/release/checkout-1` }],
    })
    expect(resolved).toMatchObject({ event_action: 'resolve', dedup_key: 'checkout-1' })

    const [alert, closed] = jira()
    expect(alert).toMatchObject({ method: 'POST', url: '/jsm/ops/integration/v2/alerts' })
    expect(alert?.headers).toMatchObject({ authorization: 'GenieKey the jira-key' })
    expect(JiraAlert.parse(alert?.body)).toMatchObject({ alias: 'checkout-1', priority: 'P2', entity: 'checkout' })
    expect(closed?.url).toBe('/jsm/ops/integration/v2/alerts/checkout-1/close?identifierType=alias')
    expect(got.every(({ headers }) => headers['user-agent'] === 'Amazon/EventBridge/ApiDestinations')).toBe(true)
  })

  it('is critical when the traffic could not be put back, and says by which command it can', async () => {
    await announce('Release Return Failed', incidentWords(release, 'Lambda.AccessDenied: "no"'))
    const [opened] = pagerDuty()
    expect(opened).toMatchObject({ payload: { severity: 'critical' } })
    expect(JSON.stringify(opened)).toContain('aws lambda update-alias')
  })

  it('is not opened by a promoted release, a forged form, or an event from before the words existed', async () => {
    await announce('Release Promoted')
    await announce('Release Rolled Back', null)
    await announce('Release Rolled Back', {})
    expect(got).toEqual([])
  })

  it('is of the right form whatever others wrote', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, hostile, fc.string({ unit: 'binary', maxLength: 2000 }), async (text, by, name) => {
        got = []
        const plain = prepared()
        const contact = text.slice(0, 200) || 'x'
        const own = { name: name.slice(0, 80) || 'x', contact }
        const words = incidentWords(
          { ...plain, service: { ...plain.service, owner: own }, ending: { outcome: 'rolledBack', because: text, by } },
          `${name}", "event_action": "resolve`,
        )
        expect(IncidentWords.safeParse(words).success).toBe(true)
        await announce('Release Return Failed', words)
        const [opened] = pagerDuty()
        expect(opened).toMatchObject({
          event_action: 'trigger',
          dedup_key: 'checkout-1',
          payload: { summary: words.summary },
        })
        expect(JiraAlert.parse(jira()[0]?.body).message).toBe(words.title)
        const [item] = sandbox.cloud.opsCenter.items()
        expect(item).toMatchObject({ Source: 'tidegate', OperationalData: { release: { Value: 'checkout-1' } } })
      }),
      { numRuns: repeats(40, 12) },
    )
  })

  type Announced = readonly (readonly [detailType: string, minute: number])[]
  it.each<readonly [string, Announced]>([
    [
      'in order',
      [
        ['Release Rolled Back', 0],
        ['Release Settled', 1],
      ],
    ],
    [
      'the end first',
      [
        ['Release Settled', 0],
        ['Release Rolled Back', 1],
      ],
    ],
    [
      'the beginning four minutes late',
      [
        ['Release Settled', 0],
        ['Release Interrupted', 4],
      ],
    ],
    [
      'the beginning an hour late',
      [
        ['Release Settled', 0],
        ['Release Rolled Back', 55],
      ],
    ],
    [
      'the beginning almost a day late',
      [
        ['Release Settled', 0],
        ['Release Return Failed', 24 * 60 - 1],
      ],
    ],
    [
      'the end first, and all of it twice',
      [
        ['Release Settled', 0],
        ['Release Rolled Back', 2],
        ['Release Settled', 3],
      ],
    ],
  ])('stays open nowhere, whatever order EventBridge keeps: %s', async (_, announced) => {
    await announce('Release Rolled Back', incidentWords(release), 'other-1')
    for (const [detailType, minute] of announced) {
      await sandbox.clock.advanceTo(startMs + minute * minuteMs)
      await announce(detailType)
    }
    await sandbox.clock.advanceTo(startMs + 26 * 60 * minuteMs)
    // As PagerDuty documents it: a trigger opens, or belongs to what is open; what ends nothing is dropped.
    const open = new Set<string>()
    for (const { event_action, dedup_key } of pagerDuty())
      if (event_action === 'trigger') open.add(dedup_key)
      else open.delete(dedup_key)
    expect([...open]).toEqual(['other-1'])
    const alerts = new Set<string>()
    for (const { url, body } of jira()) {
      const closed = /alerts\/([^/]+)\/close/.exec(url)?.[1]
      if (closed === undefined) alerts.add(JiraAlert.parse(body).alias)
      else alerts.delete(closed)
    }
    expect([...alerts]).toEqual(['other-1'])
    const items = sandbox.cloud.opsCenter
      .items()
      .map(({ OperationalData, Status }) => [OperationalData['release']?.Value, Status])
    expect(items.filter(([, status]) => status !== 'Resolved')).toEqual([['other-1', 'Open']])
    expect(items.some(([id]) => id === 'checkout-1')).toBe(true)
  })

  it('is not ended where none was opened: a promoted release says nothing to anybody', async () => {
    await put('Release Settled', { ...header(), outcome: 'promoted', incident: incidentWords(release) })
    await sandbox.minutes(60)
    const started = sandbox.cloud.states.executions().map(({ machineArn }) => machineArn)
    expect([got, started.filter((arn) => arn.includes('incident-over'))]).toEqual([[], []])
  })

  const settled = (id: string, more: object) =>
    put('Release Settled', { ...header(id), incident: incidentWords(release), ...more })
  const resolvedOnes = () =>
    pagerDuty().flatMap(({ event_action, dedup_key }) => (event_action === 'resolve' ? [dedup_key] : []))

  it('of a frozen release stays open until its forward fix has all traffic', async () => {
    const freeze = { by: 'verdict', because: 'errors: 5 of 9.', atMs: 0, kind: 'oneWay' } as const
    const oneWay = { reason: 'the column goes', atMs: 0, weightBp: 5000 }
    const { ending: _, ...live } = { ...release, frozen: freeze, hasFrozen: true as const, oneWay }
    await announce('Release Frozen', incidentWords(live), 'frozen-1')
    const [opened] = pagerDuty()
    expect(opened).toMatchObject({ event_action: 'trigger', dedup_key: 'frozen-1', payload: { severity: 'critical' } })
    expect(JSON.stringify(opened)).toMatch(/is frozen: errors: 5 of 9\..*What helps is a forward fix\./)
    await settled('frozen-1', { outcome: 'superseded', frozen: 'taken' })
    await sandbox.minutes(60)
    expect(resolvedOnes()).toEqual([])
    // The fix has frozen as well, and has been fixed.
    await settled('fix-1', { outcome: 'superseded', frozen: 'taken', fixed: 'frozen-1' })
    await sandbox.minutes(1)
    expect(resolvedOnes()).toEqual(['frozen-1'])
    expect(sandbox.cloud.opsCenter.items()).toMatchObject([{ Status: 'Resolved' }])
    expect(jira().at(-1)?.url).toContain('/frozen-1/close')
    await settled('fix-2', { outcome: 'promoted', fixed: 'fix-1' })
    await sandbox.minutes(26 * 60)
    expect(new Set(resolvedOnes())).toEqual(new Set(['frozen-1', 'fix-1']))
    expect(resolvedOnes()).toHaveLength(8)
  })

  it('of a late fault is open until it has been put back or replaced, and then has the numbers', async () => {
    const found = { ...release, watched: { ...watchEnd, how: 'fault' as const, because: 'errors', atMs: 0 } }
    await put('Release Watched', { ...header(), ...lateIncident(found) })
    expect(pagerDuty()).toMatchObject([{ event_action: 'trigger', payload: { severity: 'critical' } }])
    for (const until of ['time', 'back'] as const) {
      expect(resolvedOnes()).toEqual([])
      const late = { ...lateCharge, until, atMs: 0 }
      await put('Release Charged Late', { ...header(), ...lateDetail(late, { ...found, late }) })
    }
    expect(resolvedOnes()).toEqual(['checkout-1'])
    expect(JSON.stringify([jira().at(-1), sandbox.cloud.opsCenter.items()]).match(/90 more than/g)).toHaveLength(2)
  })

  it('of a freeze that a person let go on is over when that release is promoted', async () => {
    await settled('held-1', { outcome: 'promoted', frozen: 'over' })
    await sandbox.minutes(1)
    expect(resolvedOnes()).toEqual(['held-1'])
  })

  it('is tried again while the platform is down, and kept when it refuses', async () => {
    answers = [503, 429, 202, 202]
    await announce('Release Rolled Back')
    await sandbox.minutes(5)
    expect(new Set(pagerDuty().map((event) => event.dedup_key))).toEqual(new Set(['checkout-1']))
    expect(got.length).toBe(4)
    got = []
    answers = [400, 403]
    await announce('Release Rolled Back', incidentWords(release), 'checkout-2')
    await sandbox.minutes(5)
    expect(got).toHaveLength(2)
    const { Messages = [] } = await sandbox.clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: unsent, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
    )
    expect(Messages.map(({ MessageAttributes }) => MessageAttributes?.['ERROR_MESSAGE']?.StringValue).sort()).toEqual([
      'The endpoint answered 400.',
      'The endpoint answered 403.',
    ])
  })
})
