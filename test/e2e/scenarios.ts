// Releases to record on the embedded cloud, one for each known path through the state machine.
import { SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import { StopExecutionCommand } from '@aws-sdk/client-sfn'
import type { Verdict } from '../../core/verdict/evidence/evidence.ts'
import { type Sandbox, type SandboxOptions, openSandbox } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'
import { refusing } from '../scenarios/refusing.ts'

type Changes = Readonly<Record<string, unknown>>

async function open(service: Changes = {}, options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await openSandbox({ perMinute: 60, ...options })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [], ...service }))
  return sandbox
}

/** @returns the sandbox after the release of this version has ended */
async function released(code: string, service: Changes = {}, options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await open(service, options)
  await sandbox.finish(await sandbox.start({ version: await sandbox.publish(code) }))
  return sandbox
}

const smoke = { hooks: [{ at: 'beforeTraffic', function: 'checkout-smoke', timeout: '5m' }] }

async function smokedBy(answer: () => unknown): Promise<Sandbox> {
  const sandbox = await open(smoke, { functions: { answering: answer } })
  await sandbox.publish('answering', 'checkout-smoke')
  await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v2') }))
  return sandbox
}

async function steered(steer: (sandbox: Sandbox, id: string) => Promise<unknown>, code = 'v2'): Promise<Sandbox> {
  const sandbox = await open()
  const id = await sandbox.start({ version: await sandbox.publish(code) })
  await sandbox.minutes(1)
  await steer(sandbox, id)
  await sandbox.finish(id)
  return sandbox
}

async function twice(whileLive: string): Promise<Sandbox> {
  const sandbox = await open({ policy: { whileLive } })
  const first = await sandbox.start({ version: await sandbox.publish('v2') })
  const second = await sandbox.start({ version: await sandbox.publish('v1') })
  await sandbox.finish(first)
  await sandbox.finish(second)
  return sandbox
}

/** UpdateAlias is refused from the moment the candidate has traffic until the page was sent. */
async function stuckOnTheWayBack(): Promise<Sandbox> {
  let refuse = false
  const sandbox = await open(
    {},
    refusing('UpdateAlias', () => refuse),
  )
  const id = await sandbox.start({ version: await sandbox.publish('v3') })
  refuse = true
  await sandbox.minutes(40)
  refuse = false
  await sandbox.finish(id)
  return sandbox
}

async function outgrown(): Promise<Sandbox> {
  const sandbox = await open({ plan: { steps: [{ weight: 10, bake: '1h' }] } })
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.minutes(5)
  const window = { startMs: 0, endMs: 0 }
  const verdict: Verdict = { kind: 'unknown', quiet: true, because: 'recorded', window, signals: [] }
  for (let seq = (await sandbox.release(id)).seq + 1; seq < 805; seq++)
    await sandbox.world.journal.append(id, { v: 1, seq, atMs: sandbox.clock.nowMs(), type: 'judged', verdict })
  await sandbox.finish(id)
  return sandbox
}

async function goesOnAfterItsExecution(): Promise<Sandbox> {
  return steered(async (sandbox) => {
    const [execution] = sandbox.cloud.states.executions()
    await sandbox.clients.sfn.send(new StopExecutionCommand({ executionArn: execution?.arn }))
  })
}

const alarm = (sandbox: Sandbox) =>
  sandbox.clients.cloudwatch.send(
    new SetAlarmStateCommand({ AlarmName: 'checkout-errors', StateValue: 'ALARM', StateReason: 'recorded' }),
  )
const order = (verb: string) => ({ verb, service: 'checkout', by: 'ann', reason: 'recorded' })

export const scenarios: Readonly<Record<string, () => Promise<Sandbox>>> = {
  good: () => released('v2'),
  failing: () => released('v3', { signals: { errors: { minimumSamples: 20 } } }, { perMinute: 200 }),
  slow: () => released('v4', { signals: {} }, { perMinute: 200 }),
  'all-at-once': () => released('v2', { plan: 'AllAtOnce' }),
  'alarm-during-a-bake': () => steered(alarm),
  'rolled-back-by-a-person': () => steered((sandbox) => sandbox.ask('orderRollback', order('rollBack'))),
  'aborted-by-a-person': () => steered((sandbox) => sandbox.ask('orderRollback', order('abort'))),
  'promoted-by-a-person': () =>
    steered((sandbox) => sandbox.ask('promote', { service: 'checkout', by: 'ann', reason: 'x' })),
  'paused-and-resumed': () =>
    steered(async (sandbox) => {
      await sandbox.ask('pause', order('pause'))
      await sandbox.minutes(20)
      await sandbox.ask('pause', { verb: 'resume', service: 'checkout', by: 'ann' })
    }),
  'moved-by-hand': () => steered((sandbox) => sandbox.moveByHand('2')),
  'already-released': async () => {
    const sandbox = await open()
    await sandbox.finish(await sandbox.start({ version: '1' }))
    return sandbox
  },
  'no-such-version': async () => {
    const sandbox = await open()
    await sandbox.finish(await sandbox.start({ version: '99' }))
    return sandbox
  },
  queued: () => twice('queue'),
  superseding: () => twice('supersede'),
  refused: () => twice('refuse'),
  'smoke-test-passes': () => smokedBy(() => ({ result: 'pass' })),
  'smoke-test-fails': () => smokedBy(() => ({ result: 'fail', message: 'recorded' })),
  'smoke-test-never-answers': () => smokedBy(() => ({ result: 'later' })),
  'telemetry-refused': () =>
    released(
      'v2',
      {},
      refusing('GetMetricData', () => true),
    ),
  'silence-of-both-versions': async () => {
    const sandbox = await open({ policy: { hold: { unknown: '10m', quiet: '20m' } } })
    sandbox.traffic.stop()
    await sandbox.minutes(1)
    await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v2') }))
    return sandbox
  },
  'held-at-a-gate': async () => {
    const sandbox = await open()
    await sandbox.ask('stopLine', { all: true, by: 'ann', reason: 'recorded' })
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.minutes(5)
    await sandbox.ask('startLine', { all: true, by: 'ann' })
    await sandbox.finish(id)
    return sandbox
  },
  'held-with-traffic': () =>
    steered(async (sandbox) => {
      await sandbox.ask('stopLine', { service: 'checkout', by: 'ann', reason: 'recorded' })
      await sandbox.minutes(12)
      await sandbox.ask('startLine', { service: 'checkout', by: 'ann' })
    }),
  'declined-by-a-person': async () => {
    const sandbox = await open({ gates: { approvals: [{ before: 50 }] } })
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.minutes(12)
    await sandbox.ask('approve', { service: 'checkout', by: 'ann', answer: 'decline' })
    await sandbox.finish(id)
    return sandbox
  },
  'stuck-on-the-way-back': stuckOnTheWayBack,
  outgrown,
  'execution-stopped': goesOnAfterItsExecution,
}
