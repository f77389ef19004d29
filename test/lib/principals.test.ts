// Who may do what: the embedded cloud enforces the construct's grants, on the calls of the command line.
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import * as iam from 'aws-cdk-lib/aws-iam'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lostBackendOnAws } from '../../cli/backend/lost-backend.ts'
import { listLost, retryLost } from '../../cli/commands/lost.ts'
import { screenOn } from '../../cli/backend/screen.ts'
import { awsHistory } from '../../cloud/aws/dynamodb/history.ts'
import type { ReleaseController } from '../../lib/controller.ts'
import { type Sandbox, openSandbox } from '../../local/sandbox.ts'
import { Problem } from '../../core/problem.ts'
import { type RouteName, routeOf, routePath } from '../../functions/routes.ts'
import { environment } from '../../local/installation.ts'
import { sampleService } from '../../local/sample-service.ts'
import { sampleDefinition } from '../scenarios/least-privilege.ts'
import { apiId, enforcing, synthesised } from './policies.ts'

type Right =
  | 'grantStart'
  | 'grantStartBolder'
  | 'grantPause'
  | 'grantPromote'
  | 'grantRollBack'
  | 'grantAnswer'
  | 'grantRead'
  | 'grantAttest'
  | 'grantIncident'
  | 'grantApply'
  | 'grantUrgent'
  | 'grantDrill'
  | 'grantApprove'
  | 'grantOverride'
  | 'grantStopLine'
  | 'grantStartLine'
  | 'grantAsk'
  | 'grantOldVersions'
  | 'grantPipeline'
  | 'grantLost'
  | 'grantAgent'
const rights: Readonly<Record<string, readonly Right[]>> = {
  nobody: ['grantRead'],
  starter: ['grantStart'],
  bold: ['grantStartBolder'],
  pauser: ['grantPause'],
  promoter: ['grantPromote'],
  oncall: ['grantRollBack'],
  hooks: ['grantAnswer'],
  ci: ['grantAttest'],
  platform: ['grantIncident'],
  gitops: ['grantApply'],
  security: ['grantUrgent'],
  rehearser: ['grantDrill'],
  lead: ['grantApprove'],
  manager: ['grantOverride'],
  anybody: ['grantStopLine'],
  chief: ['grantStartLine'],
  asker: ['grantAsk'],
  keeper: ['grantOldVersions'],
  delivery: ['grantPipeline'],
  night: ['grantLost'],
  agent: ['grantAgent'],
}

const attesters = { tester: 'tests', scanner: 'scan', builder: 'binding', flagger: 'flags', courier: 'bundle' } as const

const { authorize } = enforcing(
  synthesised([sampleDefinition], (controller: ReleaseController, stack) => {
    for (const [description, granted] of Object.entries(rights)) {
      const role = new iam.Role(stack, description, { assumedBy: new iam.AccountRootPrincipal(), description })
      for (const right of granted) controller[right](role)
    }
    for (const [description, what] of Object.entries(attesters))
      controller.grantAttest(
        new iam.Role(stack, description, { assumedBy: new iam.AccountRootPrincipal(), description }),
        undefined,
        [what],
      )
    const cart = new iam.Role(stack, 'Cart', { assumedBy: new iam.AccountRootPrincipal(), description: 'cart' })
    controller.grantPause(cart, 'cart')
    controller.grantStopLine(cart, 'cart')
  }),
)

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await openSandbox({ authorize, perMinute: 60, functions: { later: () => ({ result: 'later' }) } })
  const gates = { approvals: [{ before: 100 }] }
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [], gates }))
})
afterEach(() => sandbox.close())

/** What API Gateway does with a request of a role: it asks IAM for the route, and then calls the function. */
const order =
  (who: string) =>
  async (route: RouteName, body: Readonly<Record<string, unknown>> = {}): Promise<unknown> => {
    const arn = `arn:aws:sts::000000000000:assumed-role/${who}/session`
    const service = routeOf(route).everywhere === true ? undefined : 'checkout'
    const path = routePath(route).replace('{service}', service ?? '')
    const resource = `arn:aws:execute-api:us-east-1:000000000000:${apiId}/$default/POST${path}`
    if (!(await authorize({ action: 'execute-api:Invoke', resource, caller: { arn, accessKeyId: '' } })))
      throw new Problem('route_refused', path)
    return sandbox.orderAs(arn)(route, service, body)
  }
const why = { reason: 'the test' }
const envelope = { payloadType: 'application/vnd.in-toto+json', payload: 'e30=', signatures: [{ sig: 'AAAA' }] }
const bolder = 'AllAtOnce'
const orders = {
  start: (who: string, version: string) => order(who)('start', { version }),
  startBolder: (who: string, version: string) => order(who)('start-bolder', { version, plan: bolder }),
  pause: (who: string) => order(who)('pause', why),
  resume: (who: string) => order(who)('resume'),
  promote: (who: string) => order(who)('promote', why),
  attestTests: (who: string) =>
    order(who)('attest-tests', { version: '1', tests: { passed: 1, failed: 0, skipped: 0 } }),
  attestScan: (who: string) =>
    order(who)('attest-scan-of-subject', {
      subject: 'version/checkout:1',
      scan: { critical: 0, high: 0, medium: 0, low: 0 },
    }),
  attestBinding: (who: string) => order(who)('attest-binding', { version: '1', commit: '4f2a' }),
  // Whoever may hand it in hears that nobody is trusted to have signed it.
  attestBundle: (who: string) =>
    order(who)('attest-bundle', { subject: `sha256/${'a'.repeat(64)}`, bundle: envelope }).catch((error: unknown) => {
      if ((error as Problem).code !== 'signer_unknown') throw error
    }),
  attestFlags: (who: string) => order(who)('attest-flags-of-subject', { subject: 'commit/4f2', flags: [] }),
  incident: (who: string) => order(who)('incident', { id: '1', source: 'x', openedAt: '2026-01-01T00:00:00Z' }),
  apply: (who: string) => order(who)('apply', { definition: sampleDefinition }),
  rollBack: (who: string) => order(who)('roll-back', why),
  urgent: (who: string, version: string) => order(who)('start-urgent', { version, reason: 'CVE' }),
  drill: (who: string, version: string) => order(who)('drill', { version }),
  approve: (who: string) => order(who)('approve'),
  override: (who: string) => order(who)('override', why),
  stopLine: (who: string) => order(who)('stop-line', why),
  startLine: (who: string) => order(who)('start-line'),
  ask: (who: string) => order(who)('ask'),
  oldVersions: (who: string) => order(who)('old-versions'),
}
const denied = { code: 'route_refused' }

it.each([
  ['starter', 'start'],
  ['bold', 'startBolder'],
  ['pauser', 'pause'],
  ['promoter', 'promote'],
  ['oncall', 'rollBack'],
  ['tester', 'attestTests'],
  ['scanner', 'attestScan'],
  ['builder', 'attestBinding'],
  ['flagger', 'attestFlags'],
  ['courier', 'attestBundle'],
  ['platform', 'incident'],
  ['gitops', 'apply'],
  ['security', 'urgent'],
  ['rehearser', 'drill'],
  ['lead', 'approve'],
  ['manager', 'override'],
  ['anybody', 'stopLine'],
  ['chief', 'startLine'],
  ['asker', 'ask'],
  ['keeper', 'oldVersions'],
] as const)('a %s may %s, and nothing else', async (who, allowed) => {
  const [second, third] = [await sandbox.publish('v2'), await sandbox.publish('v4')]
  await orders.start(allowed === 'start' ? who : 'operator', second)
  await sandbox.clock.settle()
  for (const [name, order] of Object.entries(orders)) {
    const isOwn =
      name === allowed || (allowed === 'pause' && name === 'resume') || (allowed === 'drill' && name === 'ask')
    if (!isOwn) await expect(order(who, third), name).rejects.toMatchObject(denied)
  }
  if (allowed !== 'start') await orders[allowed](who, third)
  await sandbox.clock.settle()
  // A promotion waits for its approval like any step.
  if (allowed === 'promote') await orders.approve('lead')
  await sandbox.clock.settle()
  const weights: Readonly<Record<string, object>> = { promote: {}, rollBack: {}, urgent: { '3': 0.1 } }
  const expected = weights[allowed] ?? { '2': 0.1 }
  expect(await sandbox.alias()).toMatchObject({ version: allowed === 'promote' ? '2' : '1', weights: expected })
})

it('an agent may ask, pause and put back, and nothing else: not resume, and not abort', async () => {
  const [second, third] = [await sandbox.publish('v2'), await sandbox.publish('v4')]
  await orders.start('operator', second)
  await sandbox.clock.settle()
  for (const [name, give] of Object.entries(orders))
    if (!['ask', 'pause', 'rollBack'].includes(name))
      await expect(give('agent', third), name).rejects.toMatchObject(denied)
  await expect(order('agent')('abort', why)).rejects.toMatchObject(denied)
  await orders.ask('agent')
  await orders.pause('agent')
  await orders.rollBack('agent')
  await sandbox.clock.settle()
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
})

it('a body that looks like an event is a call that is not valid', async () => {
  const event = { source: 'aws.ecr', 'detail-type': 'ECR Image Action', detail: {} }
  await expect(order('starter')('start', event)).rejects.toMatchObject({ code: 'call_invalid' })
})

it('a body cannot say what another route says', async () => {
  const version = await sandbox.publish('v2')
  const invalid = { code: 'call_invalid' }
  await expect(order('starter')('start', { version, urgent: true, reason: 'x' })).rejects.toMatchObject(invalid)
  await expect(order('bold')('start-bolder', { version, urgent: true, reason: 'x' })).rejects.toMatchObject(invalid)
  for (const bolder of [true, false, 'yes'])
    await expect(
      order('security')('start-urgent', { version, bolder, reason: 'x' }),
      String(bolder),
    ).rejects.toMatchObject(invalid)
  expect((await sandbox.world.openReleases.list('checkout')).items).toEqual([])
})

it("no plan of a call is bolder than the service's without a right", async () => {
  const version = await sandbox.publish('v2')
  const careful = { steps: [5, 40, 80].map((weight) => ({ weight, bake: '1h' })) }
  const skipping = { steps: [{ weight: 0.01, bake: '7d' }] }
  for (const plan of [bolder, skipping])
    await expect(order('starter')('start', { version, plan })).rejects.toMatchObject({ code: 'plan_bolder' })
  await expect(order('starter')('start', { version, bolder: true, plan: bolder })).rejects.toMatchObject({
    code: 'call_invalid',
  })
  await order('bold')('start-bolder', { version, plan: bolder })
  await sandbox.clock.settle()
  await order('oncall')('abort', why)
  const more = await sandbox.publish('v4')
  expect(await order('starter')('start', { version: more, plan: careful })).toMatchObject({ releases: [{}] })
})

it('a principal that may resend lost events needs nothing else; the queue refuses everyone else', async () => {
  const MessageBody = JSON.stringify({
    version: '1.0',
    requestContext: {
      functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:tidegate-reconcile:$LATEST',
      condition: 'RetriesExhausted',
    },
    requestPayload: { sweep: true },
  })
  const QueueUrl = 'http://local/000000000000/tidegate-lost'
  await sandbox.clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))
  const lines: string[] = []
  const as = (who: string) => ({
    backend: lostBackendOnAws({}, sandbox.clientsFor(`role.${who}`).place),
    screen: screenOn((line) => lines.push(line), false),
  })
  await expect(listLost(as('oncall'), 10)).rejects.toMatchObject({ code: 'permission_denied' })
  expect(await listLost(as('night'), 10)).toBe(1)
  expect(await retryLost(as('night'), 'all', 10)).toBe(0)
  expect(await listLost(as('night'), 10)).toBe(0)
  await expect(orders.promote('night')).rejects.toMatchObject(denied)
})

it('a principal with read access may read, and change nothing', async () => {
  const { dynamodb } = sandbox.clientsFor('role.nobody')
  const history = awsHistory({ client: dynamodb, name: environment.TIDEGATE_TABLE })
  expect((await history.list('checkout', 5)).items).toEqual([])
  await expect(orders.rollBack('nobody')).rejects.toMatchObject(denied)
})

it('a principal that may roll back may put a release back, once: a second order moves nothing', async () => {
  await orders.start('operator', await sandbox.publish('v2'))
  await sandbox.clock.settle()
  await orders.promote('operator')
  await sandbox.minutes(1)
  const [first, second] = await Promise.allSettled([orders.rollBack('oncall'), orders.rollBack('oncall')])
  expect(first).toMatchObject({ status: 'fulfilled' })
  // Two orders at the same moment count as the same wish.
  expect(second).toEqual(first)
  await sandbox.minutes(1)
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
  const note = 'This release had gone back already. Nothing was moved.'
  expect(await orders.rollBack('oncall')).toMatchObject({ outcome: 'rolledBack', note })
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
})

it('ordering again while the way back is in progress means the same', async () => {
  await sandbox.world.services.put(
    sampleService({ slos: [], hooks: [{ at: 'beforeTraffic', function: 'checkout-smoke' }] }),
  )
  await orders.start('operator', await sandbox.publish('v2'))
  await sandbox.clock.settle()
  await orders.promote('operator')
  await sandbox.minutes(1)
  await sandbox.publish('later', 'checkout-smoke')
  const { releaseId } = (await orders.rollBack('oncall')) as { releaseId: string }
  await sandbox.clock.settle()
  expect(await sandbox.world.leases.holder('checkout')).toBe(releaseId)
  expect(await orders.rollBack('oncall')).toMatchObject({ releaseId, phase: 'hooks' })
  expect((await sandbox.events(releaseId)).map((event) => event.type)).not.toContain('returnOrdered')
})
