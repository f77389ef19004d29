// Releases to be recorded on the embedded cloud, one for each way through the state machine that we know of.
import { SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import { StopExecutionCommand } from '@aws-sdk/client-sfn'
import type { Verdict } from '../../core/verdict/evidence/evidence.ts'
import { type House, type HouseOptions, openHouse } from '../../local/house.ts'
import { sampleService } from '../../local/sample-service.ts'
import { refusing } from '../scenarios/refusing.ts'

type Changes = Readonly<Record<string, unknown>>

async function open(service: Changes = {}, options: HouseOptions = {}): Promise<House> {
  const house = await openHouse({ perMinute: 60, ...options })
  await house.world.services.put(sampleService({ slos: [], hooks: [], ...service }))
  return house
}

/** @returns the house after the release of this version has ended */
async function released(code: string, service: Changes = {}, options: HouseOptions = {}): Promise<House> {
  const house = await open(service, options)
  await house.finish(await house.start({ version: await house.publish(code) }))
  return house
}

const smoke = { hooks: [{ at: 'beforeTraffic', function: 'checkout-smoke', timeout: '5m' }] }

async function smokedBy(answer: () => unknown): Promise<House> {
  const house = await open(smoke, { functions: { answering: answer } })
  await house.publish('answering', 'checkout-smoke')
  await house.finish(await house.start({ version: await house.publish('v2') }))
  return house
}

async function steered(steer: (house: House, id: string) => Promise<unknown>, code = 'v2'): Promise<House> {
  const house = await open()
  const id = await house.start({ version: await house.publish(code) })
  await house.minutes(1)
  await steer(house, id)
  await house.finish(id)
  return house
}

async function twice(whileLive: string): Promise<House> {
  const house = await open({ policy: { whileLive } })
  const first = await house.start({ version: await house.publish('v2') })
  const second = await house.start({ version: await house.publish('v1') })
  await house.finish(first)
  await house.finish(second)
  return house
}

/** UpdateAlias is refused from the moment the candidate has traffic until the page has gone out. */
async function stuckOnTheWayBack(): Promise<House> {
  let refuse = false
  const house = await open(
    {},
    refusing('UpdateAlias', () => refuse),
  )
  const id = await house.start({ version: await house.publish('v3') })
  refuse = true
  await house.minutes(40)
  refuse = false
  await house.finish(id)
  return house
}

async function outgrown(): Promise<House> {
  const house = await open({ plan: { steps: [{ weight: 10, bake: '1h' }] } })
  const id = await house.start({ version: await house.publish('v2') })
  await house.minutes(5)
  const window = { startMs: 0, endMs: 0 }
  const verdict: Verdict = { kind: 'unknown', quiet: true, because: 'recorded', window, signals: [] }
  for (let seq = (await house.release(id)).seq + 1; seq < 805; seq++)
    await house.world.journal.append(id, { v: 1, seq, atMs: house.clock.nowMs(), type: 'judged', verdict })
  await house.finish(id)
  return house
}

async function goesOnAfterItsExecution(): Promise<House> {
  return steered(async (house) => {
    const [execution] = house.cloud.states.executions()
    await house.clients.sfn.send(new StopExecutionCommand({ executionArn: execution?.arn }))
  })
}

const alarm = (house: House) =>
  house.clients.cloudwatch.send(
    new SetAlarmStateCommand({ AlarmName: 'checkout-errors', StateValue: 'ALARM', StateReason: 'recorded' }),
  )
const order = (verb: string) => ({ verb, service: 'checkout', by: 'ann', reason: 'recorded' })

export const scenarios: Readonly<Record<string, () => Promise<House>>> = {
  good: () => released('v2'),
  failing: () => released('v3', { signals: { errors: { minimumSamples: 20 } } }, { perMinute: 200 }),
  slow: () => released('v4', { signals: {} }, { perMinute: 200 }),
  'all-at-once': () => released('v2', { plan: 'AllAtOnce' }),
  'alarm-during-a-bake': () => steered(alarm),
  'rolled-back-by-a-person': () => steered((house) => house.ask('stop', order('rollBack'))),
  'aborted-by-a-person': () => steered((house) => house.ask('stop', order('abort'))),
  'promoted-by-a-person': () =>
    steered((house) => house.ask('promote', { service: 'checkout', by: 'ann', reason: 'x' })),
  'paused-and-resumed': () =>
    steered(async (house) => {
      await house.ask('pause', order('pause'))
      await house.minutes(20)
      await house.ask('pause', { verb: 'resume', service: 'checkout', by: 'ann' })
    }),
  'moved-by-hand': () => steered((house) => house.moveByHand('2')),
  'already-released': async () => {
    const house = await open()
    await house.finish(await house.start({ version: '1' }))
    return house
  },
  'no-such-version': async () => {
    const house = await open()
    await house.finish(await house.start({ version: '99' }))
    return house
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
    const house = await open({ policy: { hold: { unknown: '10m', quiet: '20m' } } })
    house.traffic.stop()
    await house.minutes(1)
    await house.finish(await house.start({ version: await house.publish('v2') }))
    return house
  },
  'held-at-a-gate': async () => {
    const house = await open()
    await house.ask('stopLine', { all: true, by: 'ann', reason: 'recorded' })
    const id = await house.start({ version: await house.publish('v2') })
    await house.minutes(5)
    await house.ask('startLine', { all: true, by: 'ann' })
    await house.finish(id)
    return house
  },
  'held-with-traffic': () =>
    steered(async (house) => {
      await house.ask('stopLine', { service: 'checkout', by: 'ann', reason: 'recorded' })
      await house.minutes(12)
      await house.ask('startLine', { service: 'checkout', by: 'ann' })
    }),
  'declined-by-a-person': async () => {
    const house = await open({ gates: { approvals: [{ before: 50 }] } })
    const id = await house.start({ version: await house.publish('v2') })
    await house.minutes(12)
    await house.ask('approve', { service: 'checkout', by: 'ann', answer: 'decline' })
    await house.finish(id)
    return house
  },
  'stuck-on-the-way-back': stuckOnTheWayBack,
  outgrown,
  'execution-stopped': goesOnAfterItsExecution,
}
