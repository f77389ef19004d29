// A flood of requests for one service: what one more costs does not depend on how many wait, a full queue refuses, and neither a
// security fix nor a rollback waits because of it.
import { describe, expect, it } from 'vitest'
import { isSettled } from '../../../core/release/release.ts'
import { intakeHandler } from '../../../functions/listeners/intake.ts'
import { settle } from '../../../functions/tasks/settle.ts'
import { expectProblem, head } from '../../contract/samples.ts'
import { logOf } from '../../memory/stores/journal.ts'
import { padded } from '../../memory/stores/table.ts'
import { type Flood, openFlood } from './machine.ts'

/** A service with a live release, and `count` that wait behind it. */
async function waiting(count: number, policy: Readonly<Record<string, unknown>> = {}): Promise<Flood> {
  const flood = await openFlood({ waitingMost: 1000, ...policy })
  await flood.ask('live')
  await flood.run()
  for (let number = 1; number <= count; number++) await one(flood, `w${number}`)
  return flood
}

/** A request, until its release waits or has begun. @returns its calls */
const one = (flood: Flood, key: string, how: Parameters<Flood['ask']>[1] = {}): Promise<number> =>
  flood.counted(async () => {
    flood.pass(1000)
    await flood.ask(key, how)
    await flood.run()
  })

const idsOf = async (flood: Flood) => (await flood.queue()).map(({ releaseId }) => releaseId)

describe('what it costs, by how many wait', () => {
  it.each(['queue', 'coalesce', 'supersede', 'refuse'])('one more request, policy %s', async (whileLive) => {
    const flood = await waiting(2, { whileLive })
    const third = await one(flood, 'third')
    for (let number = 3; number < 300; number++) await one(flood, `w${number}`)
    expect(await one(flood, 'last')).toBe(third)
    expect(third).toBeLessThanOrEqual(60)
  })

  it('the end of the live one, a rollback, and the beginning of the next', async () => {
    const costs = []
    for (const count of [1, 10, 100, 1000]) {
      const flood = await waiting(count)
      const live = flood.idOf('live')
      const answered = flood.deps.inspect.answers.length
      const back = await flood.counted(() => flood.order('rollBack', { service: 'checkout' }))
      const end = await flood.counted(() => flood.run())
      costs.push({ back, end })
      expect(isSettled((await flood.release(live))!)).toBe(true)
      expect(await flood.deps.leases.holder('checkout')).toBe(flood.idOf('w1'))
      // The live one, to settle, and the next one. Nobody else is woken.
      expect(flood.deps.inspect.answers.length - answered).toBe(2)
      expect(await flood.queue()).toHaveLength(count - 1)
    }
    expect(new Set(costs.map((cost) => JSON.stringify(cost))).size).toBe(1)
  })

  it('a security fix ends each that waits once, and nobody ends one again', async () => {
    const [few, many] = [await waiting(10), await waiting(40)]
    const [ten, forty] = [await one(few, 'fix', { urgent: true }), await one(many, 'fix', { urgent: true })]
    expect((forty - ten) / 30).toBeLessThanOrEqual(30)
    for (const flood of [few, many]) {
      expect(await flood.deps.leases.holder('checkout')).toBe(flood.idOf('fix'))
      expect(await flood.deps.openReleases.keys()).toHaveLength(1)
    }
  })

  it('the newest wins: of a thousand that were accepted before any had its turn, one waits', async () => {
    const cost = async (count: number) => {
      const flood = await openFlood({ whileLive: 'coalesce' })
      await flood.ask('live')
      await flood.run()
      // It has begun to shift: coalesce leaves it alone.
      const live = (await flood.release(flood.idOf('live')))!
      expect(live.admittedAtMs).toBeDefined()
      const calls = await flood.counted(async () => {
        for (let number = 1; number <= count; number++) {
          flood.pass(1)
          await flood.ask(`w${number}`)
        }
        await flood.run()
      })
      expect(await flood.deps.openReleases.keys()).toHaveLength(1)
      expect(await flood.deps.leases.holder('checkout')).toBe(flood.idOf(`w${count}`))
      return calls / count
    }
    const [hundred, thousand] = [await cost(100), await cost(1000)]
    expect(thousand).toBeLessThanOrEqual(hundred)
  })
})

describe('a full queue', () => {
  it('refuses, says the number and what to do, and keeps nothing of the request, which may come again', async () => {
    const flood = await waiting(3, { waitingMost: 3 })
    const words = /^3 releases of checkout wait already, and policy\.waitingMost is 3\.$/
    const problem = await expectProblem('queue_full', flood.ask('more'), words)
    expect(problem.fix).toMatch(/lost retry/)
    expect(await flood.release(flood.idOf('more'))).toBeUndefined()
    expect(await idsOf(flood)).toEqual(['w1', 'w2', 'w3'].map((key) => flood.idOf(key)))
    expect(await flood.deps.openReleases.keys()).toHaveLength(4)
    // What is in the queue already is no new request.
    expect(await flood.ask('w2')).toBe(flood.idOf('w2'))
    await flood.order('abort', { releaseId: flood.idOf('live') })
    await flood.run()
    expect(await flood.ask('more')).toBe(flood.idOf('more'))
  })

  it('takes fifty as a rule: of 10,000 requests the others are refused, at four calls each', async () => {
    const flood = await openFlood()
    await flood.ask('live')
    await flood.run()
    let accepted = 0
    let most = 0
    for (let number = 0; number < 10_000; number++)
      await flood
        .counted(() =>
          flood.ask(`w${number}`).then(
            () => (accepted += 1),
            () => undefined,
          ),
        )
        .then((calls) => {
          if (number >= 50) most = Math.max(most, calls)
        })
    expect(accepted).toBe(50)
    expect(most).toBe(4)
    const back = await flood.counted(() => flood.order('rollBack', { service: 'checkout' }))
    expect(back).toBeLessThanOrEqual(12)
  })

  it('refuses also those that come at the same moment', async () => {
    const flood = await openFlood({ waitingMost: 5 })
    const asked = await Promise.allSettled(Array.from({ length: 300 }, (_, number) => flood.ask(`w${number}`)))
    const accepted = asked.filter(({ status }) => status === 'fulfilled').length
    // Whoever is written before another one that was asked for earlier has seen one less.
    expect(accepted).toBeGreaterThanOrEqual(5)
    expect(accepted).toBeLessThanOrEqual(10)
    expect(await flood.queue()).toHaveLength(accepted)
  })

  it('keeps no security fix out, and no rollback', async () => {
    const flood = await waiting(2, { waitingMost: 2 })
    await one(flood, 'fix', { urgent: true })
    expect(await flood.deps.leases.holder('checkout')).toBe(flood.idOf('fix'))
    const other = await waiting(2, { waitingMost: 2 })
    // Between two turns nobody is live, so the rollback is a release of its own.
    await other.order('abort', { releaseId: other.idOf('live') })
    other.stop([...other.deps.inspect.executions.keys()][1] ?? '')
    await other.run()
    expect(await other.deps.leases.holder('checkout')).toBeUndefined()
    const { releaseId } = await other.order('rollBack', { service: 'checkout' })
    await other.run()
    expect(await other.deps.leases.holder('checkout')).toBe(releaseId)
  })

  it('keeps an event for later, and leaves the other services of the artifact alone', async () => {
    const flood = await openFlood({ waitingMost: 1 })
    const triggers = { ecr: { repository: 'shop/checkout' } }
    for (const name of ['checkout', 'cart']) await flood.define(name, { waitingMost: 1 }, { triggers })
    await flood.deps.services.index(true)
    const push = (digit: string) =>
      intakeHandler(flood.deps)({
        source: 'aws.ecr',
        'detail-type': 'ECR Image Action',
        id: digit,
        time: new Date(flood.nowMs()).toISOString(),
        ...flood.deps.home,
        detail: {
          result: 'SUCCESS',
          'action-type': 'PUSH',
          'repository-name': 'shop/checkout',
          'image-digest': `sha256:${digit.repeat(64)}`,
        },
      })
    await flood.ask('w1')
    // Thrown, so Lambda tries again and then keeps the event (functions/rules.ts, lostQueue).
    await expectProblem('queue_full', push('a'))
    expect((await flood.queue('cart')).map(({ lane }) => lane)).toEqual(['usual'])
    await flood.run()
    expect((await push('a')).releases).toHaveLength(2)
  })

  it('is not filled by requests that failed: what they left is swept away', async () => {
    const flood = await openFlood({ waitingMost: 2 })
    for (const key of ['a', 'b']) {
      flood.cloud.faults.next('openReleases.add', 'throttle')
      await expectProblem('aws_throttled', flood.ask(key))
    }
    await expectProblem('queue_full', flood.ask('c'))
    // Tried again, it has its place already.
    expect(await flood.ask('a')).toBe(flood.idOf('a'))
    flood.pass(3 * 60_000)
    await flood.sweep({ sweep: true })
    expect(await idsOf(flood)).toEqual([flood.idOf('a')])
    await flood.run()
    expect(await flood.deps.leases.holder('checkout')).toBe(flood.idOf('a'))
  })
})

describe('a flood of', () => {
  it('the same request is one release, at the same cost each time', async () => {
    const flood = await waiting(1)
    const again = await flood.counted(() => flood.ask('w1'))
    for (let time = 0; time < 200; time++) await flood.ask('w1')
    expect(await flood.counted(() => flood.ask('w1'))).toBe(again)
    await Promise.all(Array.from({ length: 100 }, () => flood.ask('twins')))
    expect(await idsOf(flood)).toEqual([flood.idOf('w1'), flood.idOf('twins')])
  })

  it('security fixes and others in turn: the last fix is live, the others wait, and no rollback is replaced', async () => {
    const flood = await waiting(0)
    for (let number = 1; number <= 30; number++) {
      await one(flood, `u${number}`, { urgent: true })
      await one(flood, `w${number}`)
    }
    expect(await flood.deps.leases.holder('checkout')).toBe(flood.idOf('u30'))
    expect(await idsOf(flood)).toEqual([flood.idOf('w30')])
    await flood.order('abort', { releaseId: flood.idOf('u30') })
    flood.stop([...flood.deps.inspect.executions.keys()].at(-1) ?? '')
    await flood.run()
    const { releaseId: back } = await flood.order('rollBack', { service: 'checkout' })
    for (let number = 31; number <= 35; number++) await one(flood, `u${number}`, { urgent: true })
    // The last one that waited was replaced, and its execution is dead.
    await flood.sweep({ sweep: true })
    expect(await flood.deps.leases.holder('checkout')).toBe(back)
    expect(await idsOf(flood)).toEqual([flood.idOf('u35')])
  })
})

it('the next one is dead when its turn comes: the sweep gives it another execution, or the turn to the one behind it', async () => {
  const flood = await waiting(40)
  const [, first] = [...flood.deps.inspect.executions.keys()]
  flood.stop(first ?? '')
  await flood.order('abort', { releaseId: flood.idOf('live') })
  await flood.run()
  expect(await flood.deps.leases.holder('checkout')).toBeUndefined()
  await flood.sweep({ sweep: true })
  await flood.run()
  expect(await flood.deps.leases.holder('checkout')).toBe(flood.idOf('w1'))
  // The one behind it has a log that nobody can read.
  flood.cloud.inspect.corrupt(logOf(flood.idOf('w2')), padded(1), '{')
  // No function remembers it.
  for (let number = 3; number <= 40; number++) await flood.release(flood.idOf(`w${number}`))
  await flood.order('abort', { releaseId: flood.idOf('w1') })
  await flood.run()
  expect(await flood.deps.leases.holder('checkout')).toBe(flood.idOf('w3'))
})

it('of a wake-up that was lost, the next sweep makes up', async () => {
  const flood = await waiting(2)
  await flood.order('abort', { releaseId: flood.idOf('live') })
  const deaf = { ...flood.deps.executions, wake: () => Promise.resolve(true) }
  await settle({ ...flood.deps, executions: deaf }, flood.idOf('live'))
  flood.stop([...flood.deps.inspect.executions.keys()][0] ?? '')
  await flood.run()
  expect(await flood.deps.leases.holder('checkout')).toBeUndefined()
  // Nobody has the lease, and still a newer one waits behind those that sleep.
  await one(flood, 'w3')
  expect(await flood.deps.leases.holder('checkout')).toBeUndefined()
  await flood.sweep({ sweep: true })
  await flood.run()
  expect(await flood.deps.leases.holder('checkout')).toBe(flood.idOf('w1'))
})

it('entries that functions left behind do not stand before the others, and are taken out', async () => {
  const flood = await waiting(2)
  const [next] = await flood.queue()
  const stale = [...Array(12).keys()].map((number) => ({ ...next!, requestedAtMs: next!.requestedAtMs - 1 - number }))
  for (const entry of stale) await flood.deps.queues.add('checkout', entry)
  await flood.order('abort', { releaseId: flood.idOf('live') })
  await flood.run()
  expect(await flood.deps.leases.holder('checkout')).toBe(flood.idOf('w1'))
  expect(await idsOf(flood)).toEqual([flood.idOf('w2')])
})

it('after any number of releases that were replaced, a rollback finds the last one that was promoted', async () => {
  const flood = await waiting(0)
  await flood.order('abort', { releaseId: flood.idOf('live') })
  await flood.run()
  const superseded = { phase: 'settled', outcome: 'superseded', settledAtMs: flood.nowMs() } as const
  for (let number = 1; number <= 1200; number++)
    await flood.deps.history.put({
      ...head(`checkout-${number}`, flood.nowMs() + number),
      service: 'checkout',
      ...superseded,
    })
  expect((await flood.order('rollBack', { service: 'checkout' })).phase).toBe('requested')
})
