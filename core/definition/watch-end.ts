// How the watch after a promotion ended, as logs and lines of the history keep it.
import * as z from 'zod'
import { onFaultWords } from './watch-policy.ts'

/**
 * time: it was over; release: a newer one was promoted; rolledBack: somebody went back; moved: somebody else moved an alias;
 * unknown: the past says too little to judge by; fault: the version fails too often.
 */
export const watchEnds = ['time', 'release', 'rolledBack', 'moved', 'unknown', 'fault'] as const
export const WatchEnd = z.strictObject({
  how: z.enum(watchEnds),
  because: z.string().min(1).max(1000),
  /** Of how many minutes of the watch there was data. */
  seenMinutes: z.int().min(0),
  minutes: z.int().min(0),
  /** Of a fault: what the definition says. */
  onFault: z.enum(onFaultWords).optional(),
  /** Of the version, in these minutes; how many of them the weeks before explain. */
  invocations: z.int().min(0),
  bad: z.int().min(0),
  expected: z.number().min(0),
})
export type WatchEnd = z.output<typeof WatchEnd>
