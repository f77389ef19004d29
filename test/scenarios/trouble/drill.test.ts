// A drill: it comes back by its own alarm through the whole path, or says what is wrong with it; and it is never a delivery.
import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { backendOnAws } from '../../../cli/backend/aws-backend.ts'
import { drillAlarmOnAws } from '../../../cli/backend/drill-alarm.ts'
import { screenOn } from '../../../cli/backend/screen.ts'
import { drill } from '../../../cli/commands/drill.ts'
import { showReport } from '../../../cli/commands/report.ts'
import { measure } from '../../../core/measures/measures.ts'
import { Problem } from '../../../core/problem.ts'
import { readMeasureInput } from '../../../functions/listeners/measure-input.ts'
import { type Sandbox, minute, openSandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { authorize } from '../least-privilege.ts'

type Call = Parameters<typeof authorize>[0]
let denied: (call: Call) => boolean = () => false
let sandbox: Sandbox
beforeEach(async () => {
  denied = () => false
  sandbox = await openSandbox({
    authorize: (call) => !denied(call) && authorize(call),
    perMinute: 100,
  })
  await sandbox.world.services.put(sampleService({ slos: [] }))
})
afterEach(() => sandbox.close())

const promote = async (code: string): Promise<string> => {
  const version = await sandbox.publish(code)
  await sandbox.finish(await sandbox.start({ version, plan: 'AllAtOnce' }))
  return version
}

type Told = Readonly<Record<string, unknown>> & { readonly releaseId: string; readonly failed: readonly string[] }

/** Runs the command with the sandbox's time; `between` is called before each look. */
async function run(
  options: Partial<Parameters<typeof drill>[3]> = {},
  between: (look: number) => Promise<unknown> = async () => {},
) {
  const said: unknown[] = []
  const { place } = sandbox.clientsFor('cli')
  const cli = { backend: backendOnAws({}, place), screen: screenOn((line) => said.push(JSON.parse(line)), true) }
  let look = 0
  const pause = async (ms: number): Promise<boolean> => {
    await sandbox.clock.advanceTo(sandbox.clock.nowMs() + ms)
    await between(look++)
    return true
  }
  const code = await drill(cli, drillAlarmOnAws(place), 'checkout', {
    ...{ weight: 0, reason: 'the quarterly drill', everyMs: 1000, pause },
    ...options,
  })
  return { code, told: said.at(-1) as Told }
}

const alarms = async (): Promise<readonly (string | undefined)[]> => {
  const { MetricAlarms = [] } = await sandbox.clients.cloudwatch.send(new DescribeAlarmsCommand({}))
  return MetricAlarms.map(({ AlarmName }) => AlarmName)
}

it.each([0, 5])(
  'at %d percent the alarm puts the alias back within seconds, and the page begins with DRILL',
  async (weight) => {
    const stable = await promote('v2')
    const before = await sandbox.alias()
    const weights: number[] = []
    const { code, told } = await run({ weight }, async () => {
      weights.push((await sandbox.alias()).weights['1'] ?? 0)
    })
    expect(told).toMatchObject({
      drill: 'passed',
      weight,
      versions: { checkout: '1' },
      outcome: 'rolledBack',
      told: true,
    })
    expect(code).toBe(0)
    expect(told['secondsFromAlarm']).toBeLessThan(10)
    expect(Math.max(...weights)).toBe(weight / 100)
    const events = await sandbox.events(told.releaseId)
    const moves = events.flatMap((event) => (event.type === 'moved' ? [event] : []))
    expect(moves.map(({ purpose }) => purpose)).toEqual(['shift', 'rollBack'])
    // Each is a write of its own, also where it changes nothing.
    expect(new Set([before.revision, ...moves.map(({ revisions }) => revisions['checkout'])]).size).toBe(3)
    expect(events.find(({ type }) => type === 'returnOrdered')).toMatchObject({ by: 'alarm tidegate-drill-checkout' })
    expect(events.some(({ type }) => type === 'hookCalled' || type === 'alarmDoubted')).toBe(false)
    expect(await sandbox.alias()).toMatchObject({ version: stable, weights: {} })
    expect(sandbox.pages().map(({ subject }) => subject)).toEqual([
      expect.stringMatching(/^DRILL: Release .* of checkout was rolled back: alarm tidegate-drill/),
    ])
    expect(await alarms()).toEqual(['checkout-errors'])
  },
)

it('is no delivery: it is counted apart, and spoils no measure', async () => {
  await promote('v2')
  const period = () => ({ fromMs: sandbox.clock.nowMs() - 86_400_000, toMs: sandbox.clock.nowMs() + 1 })
  const measures = async () =>
    measure(await readMeasureInput(sandbox.world, [await sandbox.world.services.get('checkout')], period())).map(
      ({ definition, result }) => [definition.id, result.value, result.n],
    )
  const before = await measures()
  const ended = sandbox.measured.length
  await run()
  const counted = (rows: Awaited<ReturnType<typeof measures>>) => rows.filter(([id]) => id !== 'M1')
  expect(counted(await measures())).toEqual(counted(before))
  expect(sandbox.measured.slice(ended).map(({ name }) => name)).toEqual([])
  const lines: string[] = []
  const backend = { ...backendOnAws({}, sandbox.clients.place), clock: sandbox.clock }
  await showReport({ backend, screen: screenOn((line) => lines.push(line), false) }, 'checkout', {})
  expect(lines.join('\n')).toMatch(/Drills: 1 of 1 came back; back after \d+\.\d s \(p50\)/)
})

it('says what failed when the way back has lost its right, and how to put it back by hand', async () => {
  const stable = await promote('v2')
  const { code, told } = await run({ weight: 5 }, async () => {
    // As if somebody took the right away after the shift.
    if ((await sandbox.alias()).weights['1'] !== undefined)
      denied = ({ action, caller }) => action === 'lambda:UpdateAlias' && caller.accessKeyId !== 'sam'
  })
  expect(code).toBe(1)
  expect(told).toMatchObject({ drill: 'failed' })
  expect(told.failed.join(' ')).toMatch(/could not be put back: .*UpdateAlias.*checkout:live is not back/)
  expect(sandbox.pages().map(({ subject }) => subject)).toContainEqual(
    expect.stringMatching(/^DRILL: Release .* could not be put back/),
  )
  denied = () => false
  await sandbox.finish(told.releaseId, 10)
  expect(await sandbox.alias()).toMatchObject({ version: stable, weights: {} })
})

it('says that nobody was told', async () => {
  await promote('v2')
  denied = ({ action }) => action === 'sns:Publish'
  const { code, told } = await run()
  expect(code).toBe(1)
  expect(told).toMatchObject({ told: false, failed: [expect.stringMatching(/^Nobody was told/)] })
})

it('says that the page waits for the end of a quiet window', async () => {
  await promote('v2')
  const planned = [{ days: ['thu'], from: '00:00', to: '23:30', timeZone: 'UTC' }]
  await sandbox.world.services.put(sampleService({ slos: [], planned }))
  const { code, told } = await run()
  expect({ code, failed: told.failed }).toEqual({
    code: 1,
    failed: ['Nobody was told: pages wait for 2026-01-01T23:30Z, the end of a quiet window.'],
  })
})

it('goes back by itself when the command dies before the fault, and is never promoted', async () => {
  const stable = await promote('v2')
  const died = new Error('killed')
  await expect(
    run({ weight: 5 }, async () => {
      if ((await sandbox.alias()).weights['1'] !== undefined) throw died
    }),
  ).rejects.toBe(died)
  const [open] = (await sandbox.world.openReleases.list('checkout')).items
  const id = open?.releaseId ?? ''
  await expect(sandbox.ask('promote', { service: 'checkout', by: 'ann', reason: 'x' })).rejects.toMatchObject({
    code: 'verb_not_now',
  })
  const startMs = sandbox.clock.nowMs()
  const ended = await sandbox.finish(id, 30)
  expect(ended.ending).toMatchObject({ outcome: 'rolledBack', by: 'policy' })
  expect(sandbox.clock.nowMs() - startMs).toBeLessThan(15 * minute)
  expect(await sandbox.alias()).toMatchObject({ version: stable, weights: {} })
  expect(sandbox.pages().at(-1)?.subject).toMatch(/^DRILL: /)
})

it('does not begin while a release is live, on a stopped line, or bolder than the plan', async () => {
  const bad = await promote('v2')
  const next = await sandbox.publish('v4')
  const live = await sandbox.start({ version: next })
  expect(await run()).toMatchObject({ code: 2, told: { drill: 'refused' } })
  // Nor by the API alone, whatever the policy of the service is.
  const second = await sandbox.ask('start', { service: 'checkout', by: 'ann', drill: true, version: bad })
  await sandbox.clock.settle()
  const [one] = (second as { releases: { releaseId: string }[] }).releases
  expect((await sandbox.release(one?.releaseId ?? '')).ending).toMatchObject({
    outcome: 'rejected',
    code: 'service_busy',
  })
  expect((await sandbox.release(live)).state.phase).not.toBe('settled')
  await sandbox.ask('orderRollback', { verb: 'abort', service: 'checkout', by: 'ann', reason: 'x' })
  await sandbox.finish(live)
  await sandbox.ask('stopLine', { service: 'checkout', by: 'ann', reason: 'INC-7' })
  expect(await run()).toMatchObject({ code: 2, told: { because: expect.stringContaining('INC-7') as string } })
  await sandbox.ask('startLine', { service: 'checkout', by: 'ann' })
  await expect(run({ weight: 11 })).rejects.toThrow(Problem)
  expect(await alarms()).toEqual(['checkout-errors'])
})

it('needs another good version, and a request id is for a drill or for a release', async () => {
  await expect(run()).rejects.toMatchObject({ code: 'call_invalid' })
  await promote('v2')
  const call = { service: 'checkout', by: 'ann', version: '1', requestId: 'once' }
  await sandbox.ask('start', { ...call, drill: true })
  await expect(sandbox.ask('start', { ...call, bolder: false })).rejects.toMatchObject({ code: 'request_reused' })
  const another = { ...call, requestId: 'twice' }
  await sandbox.ask('start', { ...another, bolder: false })
  await expect(sandbox.ask('start', { ...another, drill: true, weight: 10 })).rejects.toMatchObject({
    code: 'request_reused',
  })
})
