// The watch after a promotion, on the embedded cloud in virtual time: how it ends, and what follows from a fault that is found
// late.
import { afterEach, describe, expect, it } from 'vitest'
import { details } from '../../../core/release/announcement.ts'
import type { RequestInfo } from '../../../cloud/local/protocol/service.ts'
import { goBack, placeBefore } from '../../../functions/orders/go-back.ts'
import { loadRelease } from '../../../functions/views/release.ts'
import { loadService } from '../../../functions/views/service.ts'
import type { Sandbox } from '../../../local/sandbox.ts'
import { areAll } from '../../repeats.ts'
import { usesItsRights } from '../../lib/used-rights.ts'
import { backFrom, endOf, faulty, openPromoted, pass, promote, watchesOf } from './promoted.ts'

usesItsRights()

let sandbox: Sandbox
afterEach(() => sandbox.close())

async function open(watch: unknown, options: Parameters<typeof openPromoted>[1] = {}): Promise<string> {
  const opened = await openPromoted(watch, options)
  sandbox = opened.sandbox
  return opened.id
}
const pagesOf = () => sandbox.pages().filter(({ subject = '' }) => subject.includes('shows a fault'))

/** What the pages of the release and of the service say of it. */
async function shown(id: string): Promise<readonly (string | undefined)[]> {
  const release = await loadRelease(sandbox.world, id)
  const fact = release?.facts.find(({ name }) => name === 'watch')?.words
  return [release?.now.more, fact, (await loadService(sandbox.world, 'checkout'))?.watch]
}

describe('a watch after a promotion', () => {
  it('ends quietly when nothing was wrong, and says how much it has seen', async () => {
    const id = await open({ for: '2h' })
    expect(await watchesOf(sandbox)).toMatchObject([{ releaseId: id, onFault: 'page', seenSlots: 0 }])
    await pass(sandbox, 60)
    expect((await watchesOf(sandbox))[0]?.seenSlots).toBeGreaterThan(5)
    expect(await endOf(sandbox, id)).toEqual([])
    expect((await shown(id)).join('\n')).toMatch(
      /^It is watched until .*\nWatched until 2026-01-01 02:\d\dZ: no fault seen; \d+m of 2h seen\.\nWatched until .*$/,
    )
    await pass(sandbox, 85)
    expect((await shown(id)).join('\n')).toMatch(
      /^Watched to the end, no fault seen; 2h of 2h had data\.\nwatched to the end.*\nThe watch after the last promotion ended \(time\)/,
    )
    expect(await watchesOf(sandbox)).toEqual([])
    expect(await endOf(sandbox, id)).toMatchObject([{ how: 'time', seenMinutes: 120, minutes: 120 }])
    expect(sandbox.pages()).toEqual([])
    const told = sandbox.cloud.events.recorded().filter((event) => event['detail-type'] === 'Release Watched')
    expect(told.map(({ detail }) => details['Release Watched'].parse(detail))).toMatchObject([{ how: 'time' }])
    const [head] = (await sandbox.world.history.list('checkout', 1)).items
    expect(head?.watched).toMatchObject({ how: 'time' })
  })

  it('pages with one action about a fault after three hours, and leaves the traffic where it is', async () => {
    const id = await open({})
    await pass(sandbox, 180)
    await pass(sandbox, 25, faulty)
    expect(await endOf(sandbox, id)).toMatchObject([
      { how: 'fault', onFault: 'page', bad: expect.any(Number) as number },
    ])
    expect(await sandbox.alias()).toMatchObject({ version: '2', weights: {} })
    const [page] = pagesOf()
    expect(pagesOf()).toHaveLength(1)
    expect(page?.message).toMatch(/(9|10)\.\d\d % of \d+ requests failed/)
    expect(page?.message).toContain(`tidegate rollback checkout --release ${id}`)
    expect(page?.message).toMatch(/shows a fault 3h\d+m after its promotion/)
    await sandbox.orderAs('ann')('roll-back', 'checkout', { releaseId: id, reason: 'as the page says' })
    await sandbox.clock.settle()
    expect(await sandbox.alias()).toMatchObject({ version: '1' })
  })

  it('goes back to exactly the recorded version where the definition says so, even while the line is stopped', async () => {
    const id = await open({ onFault: 'rollBack' })
    await sandbox.ask('stopLine', { service: 'checkout', by: 'ben', reason: 'freeze' })
    await pass(sandbox, 180)
    await pass(sandbox, 5, faulty)
    expect(await sandbox.alias()).toMatchObject({ version: '2' })
    await pass(sandbox, 20, faulty)
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
    const [back, ...more] = await backFrom(sandbox, id)
    expect(more).toEqual([])
    expect(back).toMatchObject({ outcome: 'promoted', by: 'tidegate watch' })
    expect(back?.versions).toEqual({ checkout: { stable: '2', candidate: '1' } })
    expect(pagesOf()).toHaveLength(1)
    expect(pagesOf()[0]?.message).toContain(`It goes back to checkout:1 by release ${back?.releaseId ?? ''}`)
    // What ran before is not watched; of the other, what it failed is counted.
    expect(await watchesOf(sandbox)).toMatchObject([{ releaseId: id, ending: { how: 'charging' } }])
  })

  it('takes no gap for health, and no short outage for a fault', async () => {
    const id = await open({ for: '4h', onFault: 'rollBack' })
    await pass(sandbox, 60)
    await pass(sandbox, 60, 'nothing')
    await pass(sandbox, 8, faulty)
    await pass(sandbox, 135)
    expect(await endOf(sandbox, id)).toMatchObject([{ how: 'time', seenMinutes: 180, minutes: 240 }])
    expect(await sandbox.alias()).toMatchObject({ version: '2' })
  })

  it('reads on where CloudWatch did not answer', async () => {
    let isAway = false
    const onRequest = ({ phase, operation }: RequestInfo): void => {
      if (isAway && phase === 'before' && operation === 'GetMetricData') throw new Error('away')
    }
    const id = await open({ for: '2h' }, { onRequest })
    await pass(sandbox, 30)
    isAway = true
    await pass(sandbox, 45)
    isAway = false
    await pass(sandbox, 65)
    expect(await endOf(sandbox, id)).toMatchObject([{ how: 'time', seenMinutes: 120 }])
  })

  it('says at once that it can judge nothing by a past of a few requests', async () => {
    sandbox = (await openPromoted(undefined)).sandbox
    const service = await sandbox.world.services.get('checkout')
    await sandbox.addFunction('cart')
    const targets = [{ functionName: 'cart', alias: 'live' }]
    await sandbox.world.services.put({
      ...service,
      name: 'cart',
      targets,
      watch: { seconds: 3600, onFault: 'rollBack' },
    })
    const id = await sandbox.start({ service: 'cart', version: '2', plan: 'AllAtOnce' })
    await sandbox.finish(id)
    await pass(sandbox, 5)
    expect(await endOf(sandbox, id)).toMatchObject([{ how: 'unknown', seenMinutes: 0 }])
    expect(sandbox.pages()).toEqual([])
  })
})

describe('a watch ends', () => {
  it('with the next release, which it leaves alone, and goes on if that one comes back', async () => {
    const id = await open({ onFault: 'rollBack' })
    await pass(sandbox, 30)
    // One that a person takes back.
    const third = await sandbox.start({ version: await sandbox.publish('v2b') })
    await pass(sandbox, 5)
    expect((await sandbox.alias()).weights).toEqual({ '3': 0.1 })
    await sandbox.orderAs('ann')('roll-back', 'checkout', { releaseId: third, reason: 'not today' })
    await pass(sandbox, 20)
    expect(await watchesOf(sandbox)).toMatchObject([{ releaseId: id }])
    const fourth = await promote(sandbox, 'v2c')
    await pass(sandbox, 5)
    expect(await endOf(sandbox, id)).toMatchObject([{ how: 'release' }])
    expect(await watchesOf(sandbox)).toMatchObject([{ releaseId: fourth }])
    expect(await sandbox.alias()).toMatchObject({ version: '4' })
  })

  it('when others move the service from now on, and by itself when nothing could be read for hours after its time', async () => {
    const id = await open({ for: '1h' })
    const service = await sandbox.world.services.get('checkout')
    await sandbox.world.services.put({ ...service, mode: 'observe' })
    await pass(sandbox, 5)
    expect(await endOf(sandbox, id)).toMatchObject([{ how: 'moved' }])
    await sandbox.world.services.put(service)
    const next = await promote(sandbox, 'v2b')
    const [watch] = await watchesOf(sandbox)
    if (watch === undefined) throw new Error('it is not watched')
    // As if nobody had looked: the schedule was away.
    const times = { fromMs: 0, settledMs: 0, untilMs: watch.untilMs - 8 * 3_600_000 }
    await sandbox.world.watches.put({ ...watch, rev: watch.rev + 1, ...times })
    await pass(sandbox, 5, 'nothing')
    expect(await endOf(sandbox, next)).toMatchObject([{ how: 'time', because: 'the rest could not be read' }])
  })

  it('when somebody goes back, or moves the alias by hand', async () => {
    const id = await open({})
    await pass(sandbox, 20)
    await sandbox.orderAs('ann')('roll-back', 'checkout', { reason: 'orders drop' })
    await pass(sandbox, 5)
    expect(await endOf(sandbox, id)).toMatchObject([{ how: 'rolledBack' }])
    const next = await promote(sandbox, 'v2b')
    await pass(sandbox, 20)
    await sandbox.moveByHand('1')
    await pass(sandbox, 5, faulty)
    expect(await endOf(sandbox, next)).toMatchObject([{ how: 'moved' }])
    expect(await sandbox.alias()).toMatchObject({ version: '1' })
  })

  it('and does not go back while a newer release is under way: a person is told', async () => {
    const id = await open({ onFault: 'rollBack' })
    await pass(sandbox, 30)
    await sandbox.ask('stopLine', { service: 'checkout', by: 'ben', reason: 'freeze' })
    const live = await sandbox.start({ version: await sandbox.publish('v2b') })
    await pass(sandbox, 25, faulty)
    expect(await endOf(sandbox, id)).toMatchObject([{ how: 'fault', onFault: 'rollBack' }])
    expect(pagesOf()[0]?.message).toContain(`release ${live} is under way`)
    expect(await backFrom(sandbox, id)).toEqual([])
  })
})

describe('a way back undoes what it names, and not a newer release that had the lease first', () => {
  it.each([
    ['tidegate watch', 'promoted', 'service_busy'],
    ['ann', 'superseded', undefined],
  ])('asked for by %s: the newer one is %s', async (by, outcome, code) => {
    const id = await open({})
    // What the watch has read, before the newer one comes.
    const place = await placeBefore(sandbox.world, 'checkout', undefined)
    const newer = await sandbox.start({ version: await sandbox.publish('v2b'), plan: 'AllAtOnce' })
    const { releaseId: back } = await goBack(sandbox.world, place, { by, reason: 'errors' })
    const ended = [await sandbox.finish(newer), await sandbox.finish(back)]
    expect(ended).toMatchObject([{ ending: { outcome } }, { ending: code === undefined ? {} : { code } }])
    expect(await sandbox.alias()).toMatchObject({ version: code === undefined ? '1' : '3', weights: {} })
    // Nobody else knows that the late fault is still there.
    expect(sandbox.pages()).toHaveLength(code === undefined ? 0 : 1)
    expect((await backFrom(sandbox, id)).map((head) => head.outcome)).toEqual([code ? 'rejected' : 'promoted'])
  })

  it('not even when the newer one has ended before it is admitted', async () => {
    await open({})
    const place = await placeBefore(sandbox.world, 'checkout', undefined)
    const newer = await promote(sandbox, 'v2b')
    const { releaseId } = await goBack(sandbox.world, place, { by: 'ann', reason: 'errors' })
    const { ending } = await sandbox.finish(releaseId)
    expect(ending).toMatchObject({ outcome: 'rejected', code: 'nothing_to_return_to' })
    expect(ending?.because).toContain(`release ${newer} of checkout was promoted since`)
    expect(await sandbox.alias()).toMatchObject({ version: '3', weights: {} })
  })
})

describe('a look that finds a fault and dies', () => {
  const effects = new Set(['PutItem', 'DeleteItem', 'StartExecution', 'Publish'])
  const all = Array.from({ length: 13 }, (_, index) => index + 1)
  // Once the end is in the log; once the way back has begun; once the page is kept.
  it.each(areAll ? all : [2, 6, 8])(
    'after its effect %i leaves one way back and one page, or the same one twice',
    async (dieAfter) => {
      let [made, isDying] = [0, false]
      const onRequest = ({ phase, operation, caller }: RequestInfo): void => {
        if (!isDying || !caller.arn.includes('tidegate-watch')) return
        // Once dead, nothing more comes from it.
        if (phase === 'before' && made >= dieAfter) throw new Error('the process is dead')
        if (phase === 'after' && effects.has(operation)) made += 1
      }
      const id = await open({ for: '1h', onFault: 'rollBack' }, { onRequest })
      await pass(sandbox, 10)
      for (let looks = 0; looks < 6 && (await endOf(sandbox, id)).length === 0; looks++) {
        const [watch] = await watchesOf(sandbox)
        // What earlier looks have kept is none of its effects.
        isDying = watch?.targets[0]?.past !== undefined && looks >= 2
        if (made < dieAfter) made = 0
        await pass(sandbox, 5, faulty)
      }
      // Some effects are begun together.
      expect(made).toBeGreaterThanOrEqual(dieAfter)
      isDying = false
      await pass(sandbox, 10)
      expect(await backFrom(sandbox, id)).toMatchObject([{ outcome: 'promoted' }])
      expect(await endOf(sandbox, id)).toMatchObject([{ how: 'fault' }])
      expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
      // What it failed is counted when its last points are in (late.test.ts).
      await pass(sandbox, 20)
      expect(await watchesOf(sandbox)).toEqual([])
      // Between a message and the record of it, a death brings the same message once more: SNS cannot be asked.
      expect(pagesOf().length).toBeGreaterThanOrEqual(1)
      expect(pagesOf().length).toBeLessThanOrEqual(dieAfter >= 9 ? 2 : 1)
      expect(new Set(pagesOf().map(({ message }) => message)).size).toBe(1)
    },
  )
})
