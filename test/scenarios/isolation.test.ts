// A fault in one service affects only that service: in every schedule the others have exactly the same outcome as without it.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeats } from '../repeats.ts'
import { budgetOf, hourKey, markKey } from '../memory/stores/budgets.ts'
import { historyOf } from '../memory/stores/history.ts'
import { logOf } from '../memory/stores/journal.ts'
import { memoryCloud } from '../memory/memory.ts'
import { openKey } from '../memory/stores/open-releases.ts'
import { servicesKey } from '../memory/stores/services.ts'
import { padded } from '../memory/stores/table.ts'
import { hourAt, slotMs } from '../../core/budget/budget.ts'
import type { Metric } from '../../core/measures/metric.ts'
import { Problem } from '../../core/problem.ts'
import type { Service } from '../../core/service/service.ts'
import type { Reading } from '../../core/verdict/evidence/evidence.ts'
import { budgetHandler } from '../../functions/listeners/budget.ts'
import { concurrently, each, troubleTo } from '../../functions/steps/each.ts'
import { gateHandler } from '../../functions/tasks/gate.ts'
import { measureHandler } from '../../functions/listeners/measure.ts'
import { reconcileHandler } from '../../functions/listeners/reconcile.ts'
import { reportsHandler } from '../../functions/listeners/reports.ts'
import { head, open, requested, t0Ms } from '../contract/samples.ts'
import { service } from '../core/sample.ts'
import { hourMs } from '../../core/time.ts'

const nowMs = hourAt(t0Ms) + 10 * slotMs
const names = ['a', 'b', 'c'] as const
type Name = (typeof names)[number]

const slos = [
  { name: 'available', objective: 99, window: '2d' },
  { name: 'paid', sli: { applicationSignals: 'paid' } },
]
const defined = (name: string): Service =>
  service({ name, targets: [{ function: `${name}-api`, alias: 'live' }], signals: {}, slos })
const releaseOf = (name: string): string => `${name}-1`

/** The faults of one service: something stored, or an error when it is read. */
type Cloud = ReturnType<typeof memoryCloud>
const damage: Readonly<Record<string, (cloud: Cloud, name: Name) => void>> = {
  'no JSON for a definition': (cloud, name) => cloud.inspect.corrupt(servicesKey, name, '{'),
  'the definition of another': (cloud, name) => cloud.inspect.corrupt(servicesKey, name, JSON.stringify(defined('z'))),
  'a time zone that nobody knows': (cloud, name) => {
    const stored = defined(name)
    const planned = [{ days: ['mon'], from: '00:00', to: '23:00', timeZone: 'PST' }]
    const window = { kind: 'calendar', unit: 'week', timeZone: 'PST' }
    const [first, ...others] = stored.slos
    cloud.inspect.corrupt(
      servicesKey,
      name,
      JSON.stringify({ ...stored, planned, slos: [{ ...first, window }, ...others] }),
    )
  },
  'a damaged mark': (cloud, name) => cloud.inspect.corrupt(budgetOf(name, 'available'), markKey, '[]'),
  'a damaged hour': (cloud, name) =>
    cloud.inspect.corrupt(budgetOf(name, 'available'), hourKey(hourAt(nowMs) - hourMs), '7'),
  'a damaged entry': (cloud, name) => cloud.inspect.corrupt(openKey, `${name}#${releaseOf(name)}`, 'null'),
  'a damaged log': (cloud, name) => cloud.inspect.corrupt(logOf(releaseOf(name)), padded(1), '{"v":1}'),
  'a damaged head': (cloud, name) => cloud.inspect.corrupt(historyOf(name), `${padded(t0Ms)}#${releaseOf(name)}`, '"'),
}
const errors: Readonly<Record<string, () => Error>> = {
  'a RangeError': () => new RangeError('Forbidden ICU TimeZone'),
  'a TypeError': () => new TypeError('x is not a function'),
  'a Problem': () => new Problem('aws_unavailable', 'ValidationError: not this.'),
  'a throttle': () => new Problem('aws_throttled', 'Rate exceeded.'),
}

const isAbout = (name: string, text: string): boolean =>
  text === name || (/^[/-]/.test(text.slice(name.length)) && text.startsWith(name))

type Poison = { readonly name: Name; readonly damage?: string; readonly error?: string }

async function outcome(poison: Poison | undefined) {
  const cloud = memoryCloud({ clock: { nowMs: () => nowMs } })
  const metrics: Metric[] = []
  const logged: Readonly<Record<string, unknown>>[] = []
  const tell = {
    log: (line: Readonly<Record<string, unknown>>) => void logged.push(line),
    emit: (metric: Metric) => void metrics.push(metric),
  }
  for (const name of names) {
    await cloud.services.put(defined(name))
    const wish = {
      ...requested(releaseOf(name), t0Ms, name),
      service: defined(name),
      candidate: { kind: 'versions' as const, versions: { [`${name}-api`]: '2' } },
    }
    await cloud.openReleases.add({ ...open(releaseOf(name), t0Ms, name), requested: wish })
    await cloud.journal.append(releaseOf(name), wish)
    await cloud.history.put({ ...head(releaseOf(name)), service: name })
  }
  cloud.inspect.setReport('paid', { status: 'ok', unit: 'requests', total: 100, left: 75 })
  const error = poison?.error === undefined ? undefined : errors[poison.error]
  const isPoisoned = (text: string | undefined): boolean =>
    error !== undefined && poison !== undefined && text?.startsWith(`${poison.name}-api`) === true
  cloud.inspect.answerReadings(({ metric, dimensions }, { startMs, endMs }): Reading => {
    if (error !== undefined && isPoisoned(dimensions['FunctionName'])) throw error()
    const slots = Array.from({ length: (endMs - startMs) / slotMs }, (_, index) => startMs + index * slotMs)
    return { kind: 'points', points: slots.map((minuteMs) => ({ minuteMs, value: metric === 'Errors' ? 1 : 100 })) }
  })
  if (poison?.damage !== undefined) damage[poison.damage]?.(cloud, poison.name)
  const verb = (name: string) => ({
    ...cloud,
    ...tell,
    digest: (text: string) => text,
    trouble: troubleTo(
      tell,
      () => nowMs,
      () => name,
    ),
  })
  const runs = {
    budgets: await budgetHandler(verb('budget'))({ budgets: true }),
    reports: await reportsHandler(verb('reports'))({ reports: true }),
    sweep: await reconcileHandler(verb('reconcile'))({ sweep: true }),
    measures: await measureHandler(verb('measure'))({ measures: true }),
  }
  const said = (name: string) => ({
    runs: Object.values(runs).flatMap((run) =>
      Object.values(run)
        .flatMap((told: readonly string[]) => told)
        .filter((text) => isAbout(name, text)),
    ),
    metrics: metrics.filter(({ dimensions }) => dimensions['service'] === name),
    announced: cloud.inspect.announced.filter(({ detail }) => (detail as { service?: string }).service === name),
  })
  const stored = async (name: string) => ({
    counted: await cloud.budgets.read(name, 'available', 0, nowMs),
    marks: [await cloud.budgets.mark(name, 'available'), await cloud.budgets.mark(name, 'paid')],
    log: (await cloud.journal.read(releaseOf(name))).events,
    execution: [...cloud.inspect.executions.keys()].filter((arn) => arn.includes(releaseOf(name))),
  })
  const others = names.filter((name) => name !== poison?.name)
  const views = await Promise.all(
    others.map(async (name) => [name, { ...said(name), ...(await stored(name)) }] as const),
  )
  const troubles = metrics.filter(({ name }) => name === 'Troubles')
  return { others: Object.fromEntries(views), troubles, logged, runs }
}

const anyPoison = fc.record({ name: fc.constantFrom(...names) }).chain(({ name }) =>
  fc.oneof(
    fc.constantFrom(...Object.keys(damage)).map((one): Poison => ({ name, damage: one })),
    fc.constantFrom(...Object.keys(errors)).map((one): Poison => ({ name, error: one })),
    fc
      .tuple(fc.constantFrom(...Object.keys(damage)), fc.constantFrom(...Object.keys(errors)))
      .map(([one, error]): Poison => ({ name, damage: one, error })),
  ),
)

describe('a fault in one of several services', () => {
  it('leaves the others counted, reported, swept and measured exactly as without it', async () => {
    const without = await outcome(undefined)
    expect(without.troubles).toEqual([])
    expect(without.runs).toMatchObject({ budgets: { updated: names.map((name) => `${name}/available`) } })
    await fc.assert(
      fc.asyncProperty(anyPoison, async (poison) => {
        // After a throttle, nobody asks again, so all services are affected.
        fc.pre(poison.error !== 'a throttle')
        const { others } = await outcome(poison)
        for (const [name, view] of Object.entries(others)) expect(view, name).toEqual(without.others[name])
      }),
      { numRuns: repeats(60, 20), seed: 14 },
    )
  })

  it.each(Object.keys(damage))('%s is named in the log and counted, unless it is repaired', async (one) => {
    const { troubles, logged } = await outcome({ name: 'b', damage: one })
    // For a damaged entry, the log has the information; an hour that was not counted yet overwrites a damaged one.
    const isMended = ['a damaged entry', 'a damaged hour'].includes(one)
    expect(troubles.length > 0).toBe(!isMended)
    expect(logged.filter(({ level }) => level === 'error')).toHaveLength(troubles.length)
  })
})

it('an unknown stored time zone holds a release at its gate, with the reason, and puts nothing back', async () => {
  const cloud = memoryCloud({ clock: { nowMs: () => nowMs } })
  const windows = [{ days: ['mon'], from: '00:00', to: '23:00', timeZone: 'PST' }]
  const stored = { ...defined('a'), gates: { ...defined('a').gates, windows } }
  cloud.inspect.corrupt(servicesKey, 'a', JSON.stringify(stored))
  await cloud.journal.append('a-1', { ...requested('a-1', t0Ms, 'a'), service: defined('a') })
  await cloud.journal.append('a-1', { v: 1, seq: 2, type: 'carried', atMs: t0Ms, execution: 'e' })
  await cloud.journal.append('a-1', { v: 1, seq: 3, type: 'admitted', atMs: t0Ms })
  const troubles: unknown[] = []
  const gate = gateHandler({ ...cloud, trouble: (error) => void troubles.push(error) })
  expect(await gate({ releaseId: 'a-1', execution: 'e', machine: 2 })).toMatchObject({ next: 'bake' })
  const { events } = await cloud.journal.read('a-1')
  expect(events.at(-1)).toMatchObject({ type: 'gated', allowed: false, gates: ['unknown'] })
  expect(troubles).toHaveLength(1)
})

it('an unreadable hour of the ledger is counted again, and nothing about the remaining budget is announced until it is complete', async () => {
  let atMs = nowMs
  const cloud = memoryCloud({ clock: { nowMs: () => atMs } })
  await cloud.services.put(defined('a'))
  let bad = 0
  cloud.inspect.answerReadings(({ metric }, { startMs, endMs }): Reading => {
    const slots = Array.from({ length: (endMs - startMs) / slotMs }, (_, index) => startMs + index * slotMs)
    return { kind: 'points', points: slots.map((minuteMs) => ({ minuteMs, value: metric === 'Errors' ? bad : 100 })) }
  })
  const troubles: unknown[] = []
  const tick = async (): Promise<void> => {
    await budgetHandler({ ...cloud, trouble: (error) => void troubles.push(error) })({ budgets: true })
    atMs += hourMs
  }
  await tick()
  const oldMs = hourAt(nowMs) - 20 * hourMs
  cloud.inspect.corrupt(budgetOf('a', 'available'), hourKey(oldMs), '7')
  bad = 30
  await tick()
  expect(troubles).toMatchObject([{ code: 'item_unreadable' }])
  const changes = () => cloud.inspect.announced.filter(({ detailType }) => detailType === 'Budget Changed')
  expect(changes()).toEqual([])
  expect((await cloud.budgets.read('a', 'available', oldMs, oldMs + hourMs)).items).toHaveLength(hourMs / slotMs)
  await tick()
  expect(troubles).toHaveLength(1)
  expect(changes()).toHaveLength(1)
})

it('each goes on after a failure, in the order of the items, however many run at once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 5 })),
      fc.integer({ min: 1, max: 4 }),
      async (items, together) => {
        const troubles: unknown[] = []
        const trouble = (error: unknown): void => void troubles.push(error)
        const gone = await each(
          { trouble },
          items,
          (item) => ({ item }),
          (item) => (item === 0 ? Promise.reject(new TypeError('0')) : item),
          together,
        )
        expect(gone.done).toEqual(items.filter((item) => item !== 0))
        expect(gone.failed.map(({ item }) => item)).toEqual(items.filter((item) => item === 0))
        expect(troubles).toHaveLength(gone.failed.length)
      },
    ),
    { numRuns: repeats(100, 40), seed: 14 },
  )
})

it('many calls at a time are all made, however many of them fail, and then the first failure is thrown', async () => {
  const made: number[] = []
  const call = async (item: number): Promise<void> => {
    made.push(item)
    await Promise.resolve()
    if (item < 20) throw new RangeError(`${item}`)
  }
  const items = Array.from({ length: 100 }, (_, item) => item)
  await expect(concurrently(items, 5, call)).rejects.toThrow(new RangeError('0'))
  expect(made).toEqual(items)
})
