// Drills, apart from the measures of delivery: how many, how many came back by their own alarm, and how fast.
import { drillAlarmOf } from '../drill/drill.ts'
import { bareFacts, isIn, type MeasureInput, type ReleaseFacts } from './facts.ts'
import { type Spread, spreadOf } from './result.ts'

export type Drills = {
  readonly count: number
  readonly cameBack: number
  /** Seconds from the decision until the traffic was back, of those that came back. */
  readonly back?: Spread
  /** When the last one ended. */
  readonly lastMs?: number
}

export function drillsOf({ releases, period }: MeasureInput): Drills {
  const drills = releases
    .flatMap((recorded) => bareFacts(recorded) ?? [])
    .filter(({ release, settledMs }) => release.drill === true && settledMs !== undefined && isIn(period, settledMs))
  const back = drills.filter(cameBack)
  const spread = spreadOf(back.map(({ decidedMs = 0, restoredMs = 0 }) => Math.max(0, restoredMs - decidedMs) / 1000))
  const lastMs = Math.max(...drills.map(({ settledMs = 0 }) => settledMs))
  return {
    ...{ count: drills.length, cameBack: back.length },
    ...(spread === undefined ? {} : { back: spread }),
    ...(drills.length === 0 ? {} : { lastMs }),
  }
}

const cameBack = ({ outcome, restoredMs, release }: ReleaseFacts): boolean =>
  outcome === 'rolledBack' &&
  restoredMs !== undefined &&
  release.ending?.by === `alarm ${drillAlarmOf(release.service.name)}`

/** For people. Without drills, nobody knows whether the way back works. */
export function drillWords({ count, cameBack, back, lastMs }: Drills): string {
  if (count === 0 || lastMs === undefined)
    return 'No drill in this time: `tidegate drill SERVICE` rehearses the way back.'
  const took = back === undefined ? '' : `; back after ${back.p50.toFixed(1)} s (p50), ${back.p90.toFixed(1)} s (p90)`
  return `Drills: ${cameBack} of ${count} came back${took}; the last ended ${new Date(lastMs).toISOString().slice(0, 16)}Z.`
}
