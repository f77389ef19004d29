// `tidegate doctor --readiness`: each thing that a service lacks is named, and is no longer once the service has it. And whether
// the queues of consumers are there.
import {
  DeregisterScalableTargetCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling'
import { CreateQueueCommand } from '@aws-sdk/client-sqs'
import { beforeEach, expect, it } from 'vitest'
import { backendOnAws } from '../../../cli/backend/aws-backend.ts'
import { screenOn } from '../../../cli/backend/screen.ts'
import { accountOf } from '../../../cli/doctor/account.ts'
import { chosen } from '../../../cli/doctor/checks.ts'
import { examine } from '../../../cli/doctor/doctor.ts'
import { readinessChecks } from '../../../cli/doctor/readiness.ts'
import { type Sandbox, openSandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'
import type { Authorize } from '../../../cloud/local/protocol/rights.ts'

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await openSandbox({ perMinute: 0 })
  return () => sandbox.close()
})

async function ask(...ids: readonly string[]) {
  const lines: string[] = []
  const backend = { ...backendOnAws({}, sandbox.clients.place), clock: sandbox.clock }
  const checks = ids.length === 0 ? readinessChecks : chosen(ids)
  const screen = screenOn((line) => lines.push(line), false)
  return {
    code: await examine(screen, accountOf(backend, 'tidegate', sandbox.clients.place), checks),
    text: lines.join('\n'),
  }
}

const without = { slos: [], hooks: [], signals: {}, runbook: undefined, owner: undefined }

it.each([
  ['runbooks', { runbook: 'https://example.com/r' }],
  ['owners', { owner: { name: 'shop', contact: 'shop@example.com' } }],
  ['objectives', { slos: [{ name: 'available', objective: 99 }] }],
  ['guards', { signals: { alarms: ['checkout-errors'] } }],
  ['smoke-tests', { hooks: [{ at: 'beforeTraffic', function: 'checkout-smoke' }] }],
] as const)('%s: missing, and there', async (id, has) => {
  await sandbox.world.services.put(sampleService(without))
  expect(await ask(id)).toMatchObject({ code: 1, text: expect.stringContaining(`problem  ${id}: checkout`) as string })
  await sandbox.world.services.put(sampleService({ ...without, ...has }))
  expect(await ask(id)).toMatchObject({ code: 0 })
})

it('way-back: never tried, tried, and too long ago', async () => {
  await sandbox.world.services.put(sampleService({ slos: [] }))
  expect((await ask('way-back')).text).toContain('never tried')
  const version = await sandbox.publish('v2')
  const id = await sandbox.start({ version, plan: 'Canary10Percent5Minutes' })
  expect((await ask('way-back')).text).toContain('never tried')
  await sandbox.ask('orderRollback', { verb: 'rollBack', service: 'checkout', by: 'ann', reason: 'x' })
  await sandbox.finish(id)
  expect(await ask('way-back')).toMatchObject({ code: 0, text: expect.stringContaining(`(release ${id})`) as string })
  const later = { nowMs: () => sandbox.clock.nowMs() + 107 * 86_400_000 }
  const backend = { ...backendOnAws({}, sandbox.clients.place), clock: later }
  const lines: string[] = []
  const screen = screenOn((line) => lines.push(line), false)
  expect(await examine(screen, accountOf(backend, 'tidegate', sandbox.clients.place), chosen(['way-back']))).toBe(1)
  expect(lines.join('\n')).toMatch(/last tried 107 days ago.*\n.*tidegate drill checkout/)
})

it('scaling: an alias, and a version that has lost its traffic, are no targets', async () => {
  expect((await ask('scaling')).text).toMatch(/No definition promises/)
  const target = { function: 'checkout', alias: 'live', provisionedConcurrency: 5 }
  await sandbox.world.services.put(sampleService({ targets: [target] }))
  expect(await ask('scaling')).toMatchObject({ code: 0, text: expect.stringContaining('It is not scaled') as string })
  const dimension = { ServiceNamespace: 'lambda', ScalableDimension: 'lambda:function:ProvisionedConcurrency' } as const
  const register = (qualifier: string) =>
    sandbox.clients.scaling.send(
      new RegisterScalableTargetCommand({
        ...{ ...dimension, ResourceId: `function:checkout:${qualifier}`, MinCapacity: 2, MaxCapacity: 9 },
      }),
    )
  await register('live')
  const ill = await ask('scaling')
  expect(ill.text).toMatch(/scales the alias.*releases are refused/)
  expect(ill.text).toMatch(/register-scalable-target.*function:checkout:1.*"MinCapacity":2,"MaxCapacity":9/)
  expect(ill.text).toMatch(/deregister-scalable-target.*function:checkout:live/)
  await sandbox.clients.scaling.send(
    new DeregisterScalableTargetCommand({ ...dimension, ResourceId: 'function:checkout:live' }),
  )
  await register('1')
  expect(await ask('scaling')).toMatchObject({ code: 0, text: expect.stringContaining('1 is scaled') as string })
  await sandbox.moveByHand(await sandbox.publish('v2'))
  const left = await ask('scaling')
  expect(left.text).toMatch(/a version without traffic \(function:checkout:1\)/)
  expect(left.text).not.toContain('`settle`')
  await sandbox.world.services.put(sampleService({ targets: [{ ...target, moveScaling: true }] }))
  expect((await ask('scaling')).text).toContain('The log of `settle` says why no release has moved it.')
})

it('rights: what a definition needs that was applied after the deploy is named', async () => {
  const lacking = ['lambda:GetFunctionConcurrency', 'application-autoscaling:DescribeScalableTargets']
  sandbox.close()
  sandbox = await openSandbox({ perMinute: 0, authorize: ({ action }) => !lacking.includes(action) })
  const put = (changes: Record<string, unknown>) => sandbox.world.services.put(sampleService(changes))
  await put({})
  expect((await ask('rights')).code).toBe(0)
  await put({ gates: { headroom: {} } })
  expect((await ask('rights')).text).toContain('tidegate-pipeline: It may not lambda:GetFunctionConcurrency on arn:')
  await put({ targets: [{ function: 'checkout', alias: 'live', provisionedConcurrency: 5 }] })
  const { text } = await ask('rights')
  expect(text).toContain('tidegate-gate: It may not lambda:GetFunctionConcurrency on arn:')
  expect(text).toContain('tidegate-prepare: It may not application-autoscaling:DescribeScalableTargets on *')
})

it('rights: what moving the scaling takes is asked as it would be used', async () => {
  sandbox.close()
  const asked: string[] = []
  const authorize: Authorize = ({ action, resource, context = {}, caller }) => {
    if (caller.arn.includes('tidegate-settle')) asked.push(`${action} ${resource} ${JSON.stringify(context)}`)
    return action !== 'cloudwatch:PutMetricAlarm' || !caller.arn.includes('tidegate-')
  }
  sandbox = await openSandbox({ perMinute: 0, authorize })
  const target = { function: 'checkout', alias: 'live', provisionedConcurrency: 5, moveScaling: true }
  await sandbox.world.services.put(sampleService({ targets: [target] }))
  const { text } = await ask('rights')
  const alarm = 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:TargetTracking-function:checkout:1-doctor'
  for (const verb of ['settle', 'reconcile'])
    expect(text).toContain(`tidegate-${verb}: It may not cloudwatch:PutMetricAlarm on ${alarm}`)
  expect(asked).toContain(
    `cloudwatch:DeleteAlarms ${alarm} {"aws:CalledViaLast":["application-autoscaling.amazonaws.com"]}`,
  )
  expect(asked).toContain(
    'application-autoscaling:PutScalingPolicy arn:aws:application-autoscaling:us-east-1:000000000000:scalable-target/doctor {"application-autoscaling:service-namespace":["lambda"],"application-autoscaling:scalable-dimension":["lambda:function:ProvisionedConcurrency"]}',
  )
})

it('consumers: a queue that a service names is there, or is misspelt', async () => {
  expect((await ask('consumers')).text).toMatch(/No service names a queue/)
  const consumer = { name: 'orders', queue: 'orders', oldestSeconds: 300, deadLetters: 'orders-dead' }
  await sandbox.world.services.put(sampleService({ signals: { consumers: [consumer] } }))
  const { sqs } = sandbox.clients
  await sqs.send(new CreateQueueCommand({ QueueName: 'orders' }))
  const ill = await ask('consumers')
  expect(ill).toMatchObject({ code: 1, text: expect.stringMatching(/orders \(checkout\).*It is there/) as string })
  expect(ill.text).toMatch(/orders-dead \(checkout\).*There is no such queue here/)
  await sqs.send(new CreateQueueCommand({ QueueName: 'orders-dead' }))
  expect(await ask('consumers')).toMatchObject({ code: 0 })
})
