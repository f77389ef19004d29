// A flood of requests for one service: what one more of them costs when many wait, and how long a rollback takes in the midst of
// it. Time is counted in calls of AWS, one after the other, which do not depend on the machine.
import { type Meter, metered } from './release.ts'
import { functionName } from '../local/installation.ts'
import { openSandbox } from '../local/sandbox.ts'
import { sampleService } from '../local/sample-service.ts'

type Counted = { readonly calls: number; readonly readUnits: number; readonly writeUnits: number }

/** What one more request costs, at that moment. */
type OneMore = Counted & { readonly policy: string; readonly waiting: number; readonly answer: 'accepted' | 'refused' }

type Back = {
  readonly requests: number
  readonly waiting: number
  /** From the order to the write of the alias. */
  readonly callsToAlias: number
  /** From the order until the next release has begun, if one waits. */
  readonly callsToNext: number
  readonly sweepCalls: number
}

/** Opens a service with one live release, which bakes at 10 % for a day. The sweep runs only when it is asked to. */
async function openFlood(policy: Readonly<Record<string, unknown>>) {
  const meter: Meter = { calls: {}, metrics: 0, writeUnits: 0, readUnits: 0 }
  let calls = 0
  // Read through a function, because it changes during calls.
  let aliasAt: number | undefined
  const readAliasAt = (): number => {
    if (aliasAt === undefined) throw new Error('nothing was put back')
    return aliasAt
  }
  const sandbox = await openSandbox({
    perMinute: 1,
    sweepMinutes: 100_000,
    through: metered(meter),
    onRequest: ({ phase, operation, caller }) => {
      if (!caller.arn.includes('/tidegate-')) return
      if (phase === 'before') calls++
      if (operation === 'UpdateAlias' && caller.accessKeyId === `role.${functionName('orderRollback')}`) aliasAt = calls
    },
  })
  const plan = { steps: [{ weight: 10, bake: '24h' }] }
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [], signals: {}, plan, policy }))
  const version = await sandbox.publish('v2')
  const counted = async (work: () => Promise<unknown>): Promise<Counted> => {
    // So that no two are asked for at the same moment.
    await sandbox.clock.advanceTo(sandbox.clock.nowMs() + 5)
    await sandbox.clock.settle()
    const before = { calls, readUnits: meter.readUnits, writeUnits: meter.writeUnits }
    await work()
    await sandbox.clock.settle()
    return {
      calls: calls - before.calls,
      readUnits: meter.readUnits - before.readUnits,
      writeUnits: meter.writeUnits - before.writeUnits,
    }
  }
  const ask = (number: number) =>
    sandbox.ask('start', { service: 'checkout', version, requestId: `r-${number}`, bolder: false }).then(
      () => 'accepted' as const,
      () => 'refused' as const,
    )
  const waiting = async () => (await sandbox.world.queues.first('checkout')).length
  await counted(() => ask(0))
  const back = async (requests: number): Promise<Back> => {
    const waited = await waiting()
    const sweep = await counted(() => sandbox.ask('reconcile', { sweep: true }))
    const before = calls
    aliasAt = undefined
    const order = { verb: 'rollBack', service: 'checkout', by: 'ann', reason: 'bench' }
    const all = await counted(() => sandbox.ask('orderRollback', order))
    const holder = await sandbox.world.leases.holder('checkout')
    if ((holder === undefined) !== (waited === 0)) throw new Error('the next one has not begun')
    return {
      requests,
      waiting: waited,
      callsToAlias: readAliasAt() - before,
      callsToNext: all.calls,
      sweepCalls: sweep.calls,
    }
  }
  return { sandbox, counted, ask, waiting, back }
}

/** Asks for so many releases, measures some of the requests, and rolls back in the midst of them. */
export async function measureFlood(
  policy: Readonly<Record<string, unknown>>,
  requests: number,
  measuredAt: readonly number[],
): Promise<{ readonly each: readonly OneMore[]; readonly all: Counted; readonly back: Back }> {
  const flood = await openFlood(policy)
  const each: OneMore[] = []
  const all = { calls: 0, readUnits: 0, writeUnits: 0 }
  for (let number = 1; number <= requests; number++) {
    const isMeasured = measuredAt.includes(number)
    const waiting = isMeasured ? await flood.waiting() : 0
    let answer: OneMore['answer'] = 'refused'
    const one = await flood.counted(async () => {
      answer = await flood.ask(number)
    })
    for (const what of ['calls', 'readUnits', 'writeUnits'] as const) all[what] += one[what]
    if (isMeasured) each.push({ ...one, policy: String(policy['whileLive']), waiting, answer })
  }
  const back = await flood.back(requests)
  flood.sandbox.close()
  return { each, all, back }
}
