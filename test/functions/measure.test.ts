// The measures as metrics: the fixed week in a store gives the values of the report, and unknown values are not sent.
import { beforeEach, describe, expect, it } from 'vitest'
import { showReport } from '../../cli/commands/report.ts'
import { screenOn } from '../../cli/backend/screen.ts'
import { steppedClock } from '../../cloud/local/time/clock.ts'
import { logOf } from '../memory/stores/journal.ts'
import { memoryCloud, type MemoryCloud } from '../memory/memory.ts'
import { padded } from '../memory/stores/table.ts'
import { replay } from '../../core/release/advance.ts'
import { headOf } from '../../core/release/head.ts'
import type { Recorded } from '../../core/measures/facts.ts'
import { definitions, measure } from '../../core/measures/measures.ts'
import { allServices } from '../../core/measures/metrics.ts'
import type { Metric } from '../../core/measures/metric.ts'
import { ServiceName } from '../../core/service/service.ts'
import { measureHandler } from '../../functions/listeners/measure.ts'
import { troubleTo } from '../../functions/steps/each.ts'
import { openSandbox } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'
import { at, log } from '../core/measures/history.ts'
import { week } from '../core/measures/week.ts'
import { service } from '../core/sample.ts'
import { authorize } from '../scenarios/least-privilege.ts'
import { usesItsRights } from '../lib/used-rights.ts'

usesItsRights()

const nowMs = week.period.toMs
const period = { fromMs: at(-21 * 1440), toMs: nowMs }
const slos = [{ name: 'available', objective: 99 }]
const tick = { measures: true }

let cloud: MemoryCloud
let said: Metric[]
let logged: Readonly<Record<string, unknown>>[]
beforeEach(async () => {
  cloud = memoryCloud({ clock: steppedClock(nowMs) })
  said = []
  logged = []
  await putWeek(cloud)
})

async function putRelease({ events, attested }: Recorded): Promise<void> {
  const release = replay(events)
  const [requested] = events
  if (release === undefined || requested?.type !== 'requested') throw new Error('unreachable')
  for (const event of events) await cloud.journal.append(release.id, event)
  const open = { releaseId: release.id, service: release.service.name, requestedAtMs: release.requestedAtMs, requested }
  if (release.state.phase === 'settled') await cloud.history.put(headOf(release))
  else await cloud.openReleases.add(open)
  const { tests, flags, committedAtMs } = attested
  const said = { ...(tests && { tests }), ...(flags && { flags }), ...(committedAtMs && { committedAtMs }) }
  await cloud.attestations.put(
    { subject: `release/${release.id}`, atMs: release.requestedAtMs, by: 'ci', ...said },
    undefined,
  )
}

async function putWeek({ services, incidents, budgets }: MemoryCloud): Promise<void> {
  await services.put(service({ slos }))
  for (const release of week.releases) await putRelease(release)
  for (const { openedAtMs, resolvedAtMs, ...incident } of week.incidents) {
    await incidents.put({ ...incident, kind: 'opened', atMs: openedAtMs })
    if (resolvedAtMs !== undefined) await incidents.put({ ...incident, kind: 'resolved', atMs: resolvedAtMs })
  }
  for (const { slo, slots } of week.ledgers)
    for (const slot of slots) await budgets.putHour('checkout', slo.name, slot.atMs, [slot])
}

const run = (event: unknown = tick) =>
  measureHandler({
    ...cloud,
    trouble: troubleTo(
      { log: (line) => void logged.push(line), emit: () => undefined },
      () => 0,
      () => 'measure',
    ),
    emit: (metric) => void said.push(metric),
  })(event)
const numbersOf = (name: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    said.filter(({ dimensions }) => dimensions['service'] === name).map((one) => [one.name, one.value]),
  )

describe('once a day', () => {
  it('every known measure is a metric of its service and of all, at the end of 28 days', async () => {
    expect(await run()).toEqual({ measured: ['checkout'], troubles: [] })
    const expected = measure({ ...week, period }).map(({ definition, result }) => [
      definition.metric,
      result.value.known ? result.value.number : undefined,
    ])
    expect(expected).toHaveLength(16)
    expect(numbersOf('checkout')).toEqual(Object.fromEntries(expected))
    expect(numbersOf(allServices)).toEqual(numbersOf('checkout'))
    // By hand: a, b, f, h and y, which settled before the week, were promoted; the median of 1080, 1200 and 7680 s.
    expect(numbersOf('checkout')).toMatchObject({ M1ReleasesPerDay: 5 / 28, M2LeadSeconds: 1200, M14Incidents: 2 })
    expect(new Set(said.map(({ atMs }) => atMs))).toEqual(new Set([nowMs]))
    expect(new Set(said.flatMap(({ dimensions }) => Object.keys(dimensions)))).toEqual(new Set(['service']))
    const units = said.map(({ name, unit }) => [name, unit])
    expect(units).toContainEqual(['M8RollBackSeconds', 'Seconds'])
    expect(units).toContainEqual(['M14Incidents', 'Count'])
    expect(units).toContainEqual(['M3ChangeFailureRate', 'None'])
  })

  it('an unknown measure is not sent', async () => {
    await cloud.services.put(service({ name: 'shop' }))
    await run()
    expect(numbersOf('shop')).toEqual({ M1ReleasesPerDay: 0 })
    expect(numbersOf(allServices)).toEqual(numbersOf('checkout'))
  })

  it('all services together have one number over all releases', async () => {
    await cloud.services.put(service({ name: 'shop' }))
    const provenance = { eventAtMs: at(90) }
    const one = log('k', 100, { service: { name: 'shop' }, provenance })
      .prepare(101)
      .shift(102)
      .look(110, 'pass', [])
      .shift(110)
      .settle(111)
    await putRelease(one.recorded())
    await run()
    // 110 - 90 minutes; of 1080, 1200, 1200 and 7680 s the median is the same.
    expect(numbersOf('shop')).toMatchObject({ M1ReleasesPerDay: 1 / 28, M2LeadSeconds: 1200, M3ChangeFailureRate: 0 })
    // Four failed of a to d, f, h and y; k is one more that did not.
    expect(numbersOf('checkout')).toMatchObject({ M1ReleasesPerDay: 5 / 28, M3ChangeFailureRate: 4 / 7 })
    expect(numbersOf(allServices)).toMatchObject({
      M1ReleasesPerDay: 6 / 28,
      M2LeadSeconds: 1200,
      M3ChangeFailureRate: 4 / 8,
    })
  })

  it('sends nothing without a service', async () => {
    cloud = memoryCloud({ clock: steppedClock(nowMs) })
    expect(await run()).toEqual({ measured: [], troubles: [] })
    expect(said).toEqual([])
  })

  it('a service that cannot be read leaves the others measured, and the total unknown', async () => {
    await cloud.services.put(service({ name: 'about' }))
    await cloud.services.put(service({ name: 'shop' }))
    cloud.inspect.corrupt(logOf('b'), padded(1), 'torn')
    const { measured, troubles } = await run()
    expect(measured).toEqual(['about', 'shop'])
    expect(troubles).toEqual([expect.stringMatching(/^checkout: The stored item log\/b/)])
    expect(logged).toMatchObject([{ level: 'error', code: 'item_unreadable', service: 'checkout' }])
    expect(new Set(said.map(({ dimensions }) => dimensions['service']))).toEqual(new Set(['about', 'shop']))
  })

  it('refuses a call that is not from its schedule', async () => {
    await expect(run({ budgets: true })).rejects.toMatchObject({ code: 'event_invalid' })
    expect(said).toEqual([])
  })
})

it('names are unique among measures and other metrics, and no service can be called like the total', () => {
  const names = definitions.map(({ metric }) => metric)
  expect(new Set(names).size).toBe(names.length)
  for (const { id, metric } of definitions) expect(metric).toMatch(new RegExp(`^${id.split(' ')[0] ?? ''}[A-Z]`))
  expect(ServiceName.safeParse(allServices).success).toBe(false)
})

it("on the embedded cloud, under the stack's policies, sends the numbers of tidegate report", async () => {
  const sandbox = await openSandbox({ authorize, perMinute: 60 })
  await sandbox.world.services.put(sampleService({ hooks: [], slos: [] }))
  await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v2') }))
  await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v3') }))
  await sandbox.minutes(1)
  await sandbox.ask('measure', tick)
  const lines: string[] = []
  const { hooks: _, ...world } = sandbox.world
  const backend = { ...world, order: sandbox.orderAs('ann') }
  await showReport({ backend, screen: screenOn((line) => lines.push(line), true) }, 'checkout', { last: '28d' })
  const { measures } = JSON.parse(lines[0] ?? '') as { measures: { id: string; value: number | null }[] }
  const metricOf = (id: string): string => definitions.find((one) => one.id === id)?.metric ?? ''
  const known = measures.filter(({ value }) => value !== null).map(({ id, value }) => [metricOf(id), value])
  const daily = sandbox.measured.filter(({ name }) => /^M\d/.test(name))
  expect(
    daily.filter(({ dimensions }) => dimensions['service'] === 'checkout').map((one) => [one.name, one.value]),
  ).toEqual(known)
  expect(daily).toHaveLength(2 * known.length)
  expect(known.length).toBeGreaterThan(4)
  sandbox.close()
})
