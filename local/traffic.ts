// Simulated customers: they invoke an alias at an even pace, with seeded random carts. As long as it is not there, they wait.
import type { LocalCloud } from '../cloud/local/cloud.ts'
import type { Clock } from '../cloud/ports.ts'

type Timers = Clock & { at(atMs: number, task: () => void | Promise<void>): () => void }

/** Three carts in ten have the coupon that version 3 fails on. */
function cart(random: () => number): unknown {
  const items = Array.from({ length: 1 + Math.floor(random() * 3) }, () => ({
    cents: 100 + Math.floor(random() * 5000),
    count: 1 + Math.floor(random() * 3),
  }))
  const luck = random()
  const coupon = luck < 0.3 ? { coupon: 'FRIEND' } : luck < 0.6 ? { coupon: 'SPRING' } : {}
  return { cart: items, ...coupon }
}

export type Traffic = {
  readonly answered: () => Readonly<Record<string, { readonly good: number; readonly bad: number }>>
  stop(): void
}

/**
 * Calls Lambda directly without an SDK client, because signing and parsing do not matter here.
 * @param perMinute requests in a minute of the cloud's time
 */
export function startTraffic(
  { lambda }: Pick<LocalCloud, 'lambda'>,
  timers: Timers,
  random: () => number,
  perMinute: number,
  { functionName, alias }: { readonly functionName: string; readonly alias: string } = {
    functionName: 'checkout',
    alias: 'live',
  },
): Traffic {
  const counts: Record<string, { good: number; bad: number }> = {}
  const everyMs = 60_000 / perMinute
  let stopped = false
  let nextMs = timers.nowMs() + everyMs

  async function send(): Promise<void> {
    // Quicker than an encoder, which allocates for each.
    const payload = Buffer.from(JSON.stringify(cart(random)))
    // A request that gets no answer was cut off by the shutdown, so it is not counted.
    const answer = await lambda.invoke(functionName, alias, payload).catch(() => undefined)
    if (answer === undefined) return
    const count = (counts[answer.executedVersion] ??= { good: 0, bad: 0 })
    if (answer.functionError === undefined) count.good++
    else count.bad++
  }

  function tick(): void {
    if (stopped) return
    // After a stall of the machine, sends the missed requests at once, so that the pace stays even in the cloud's time.
    for (; nextMs <= timers.nowMs(); nextMs += everyMs) void send()
    timers.at(nextMs, tick)
  }
  timers.at(nextMs, tick)
  return {
    answered: () => structuredClone(counts),
    stop: () => {
      stopped = true
    },
  }
}
