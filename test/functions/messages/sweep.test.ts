// What fails while the sweep tells people must not keep it from its work: it is the last that puts traffic back.
import { expect, it } from 'vitest'
import { Problem } from '../../../core/problem.ts'
import type { Metric } from '../../../core/measures/metric.ts'
import { reconcileHandler } from '../../../functions/listeners/reconcile.ts'
import { troubleTo } from '../../../functions/steps/each.ts'
import { tableWatch } from '../../../functions/sweep/watch-parts.ts'
import { open, requested, t0Ms } from '../../contract/samples.ts'
import { memoryCloud } from '../../memory/memory.ts'

const minute = 60_000
const away = new Problem('aws_unavailable', 'no answer')

it('goes on when another sweep heard from the table while a person was told that it is away', async () => {
  let nowMs = t0Ms
  const told: string[] = []
  let whileTold = async (): Promise<void> => {}
  const watch = tableWatch({
    clock: { nowMs: () => nowMs },
    log: () => {},
    pager: {
      page: async ({ subject }) => {
        told.push(subject)
        await whileTold()
      },
      over: async () => {},
      sendKept: async () => {},
    },
  })
  await watch.failed(away)
  nowMs += minute
  whileTold = () => watch.answered([])
  await watch.failed(away)
  whileTold = async () => {}
  await watch.answered([])
  await watch.failed(away)
  expect(told).toEqual(['DynamoDB does not answer: releases are not as safe as they should be.'])
})

it.each([
  ['outages', 'list'],
  ['pager', 'sendKept'],
] as const)(
  'finishes a release though %s.%s fails in a way that nobody thought of, which is counted',
  async (port, method) => {
    const cloud = memoryCloud({ clock: { nowMs: () => t0Ms } })
    const metrics: Metric[] = []
    const instruments = { log: () => {}, emit: (metric: Metric) => void metrics.push(metric) }
    await cloud.openReleases.add({ ...open('shop-1', t0Ms, 'shop'), requested: requested('shop-1', t0Ms, 'shop') })
    const broken = () => Promise.reject(new TypeError('x is not a function'))
    const deps = {
      ...cloud,
      ...instruments,
      digest: (text: string) => text,
      [port]: { ...cloud[port], [method]: broken },
    }
    const trouble = troubleTo(
      instruments,
      () => t0Ms,
      () => 'reconcile',
    )
    await reconcileHandler({ ...deps, trouble })({ sweep: true })
    expect([...cloud.inspect.executions.keys()].filter((arn) => arn.endsWith(':shop-1'))).toHaveLength(1)
    expect(metrics.filter(({ name }) => name === 'Troubles')).toHaveLength(1)
  },
)

it('finishes a release while people are told, though that takes for ever: of what is due, and that the table is back', async () => {
  let nowMs = t0Ms
  const cloud = memoryCloud({ clock: { nowMs: () => nowMs } })
  await cloud.openReleases.add({ ...open('shop-1', t0Ms, 'shop'), requested: requested('shop-1', t0Ms, 'shop') })
  const instruments = { log: () => {}, emit: () => {} }
  const isDone = (): boolean => [...cloud.inspect.executions.keys()].some((arn) => arn.endsWith(':shop-1'))
  let isAway = true
  const waitedFor: string[] = []
  const until = async (what: string): Promise<void> => {
    for (let turns = 0; turns < 10_000 && !isDone(); turns++) await Promise.resolve()
    waitedFor.push(`${what}: ${isDone()}`)
  }
  const sweep = reconcileHandler({
    ...{ ...cloud, ...instruments, digest: (text: string) => text },
    trouble: troubleTo(
      instruments,
      () => nowMs,
      () => 'reconcile',
    ),
    leases: { ...cloud.leases, list: () => (isAway ? Promise.reject(away) : cloud.leases.list()) },
    pager: {
      page: async ({ kind }) => {
        if (!isAway) await until(kind)
      },
      over: async () => {},
      sendKept: () => until('sendKept'),
    },
  })
  for (let minutes = 0; minutes < 2; minutes++) {
    await expect(sweep({ sweep: true })).rejects.toThrow('no answer')
    nowMs += minute
  }
  isAway = false
  await sweep({ sweep: true })
  expect(waitedFor.sort()).toEqual(['answersAgain: true', 'sendKept: true'])
})
