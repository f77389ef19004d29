// What a plan promises at a level of traffic. The numbers are of simulated releases (simulated.ts), kept in promises.json.
import * as z from 'zod'
import type { TrafficClass } from './plan.ts'
import table from './promises.json' with { type: 'json' }

/** Shares of the candidate's good requests that a fault makes fail, the largest first. */
export const faultSizes: readonly number[] = [1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005]

const Promised = z.strictObject({
  perMinute: z.number(),
  rate: z.number(),
  /** So many releases without a fault were simulated, and so many of them were put back. */
  healthy: z.int(),
  falseBacks: z.int(),
  /** Of those, so many because a step stayed undecided for longer than policy.hold. */
  undecided: z.int(),
  /** So many of them went on as soon as each bake was over. */
  onTime: z.int(),
  /**
   * By the size of a fault: within so many minutes of its first traffic nine of ten releases are put back. A size that is
   * absent is not promised.
   */
  found: z.record(z.string(), z.int()),
})
export type Promised = z.output<typeof Promised>

const Table = z.strictObject({ runs: z.int(), seed: z.int(), rows: z.array(Promised) })

/** `undefined` where no plan is fitted. */
export const promiseOf = ({ perMinute, rate }: TrafficClass): Promised | undefined =>
  promises().rows.find((row) => row.perMinute === perMinute && row.rate === rate)

let read: z.output<typeof Table> | undefined
export const promises = (): z.output<typeof Table> => (read ??= Table.parse(table))
