// Which version would have more events if the candidate were worse. Where fewer events are worse, the two versions change places,
// so that the bounds of this folder are written for one direction only.
import type { CountMinute } from './split-process.ts'

type Direction = 'higher' | 'lower'

export const facing = (total: CountMinute, worse: Direction): CountMinute =>
  worse === 'higher'
    ? total
    : {
        stableInvocations: total.candidateInvocations,
        stableBad: total.candidateBad,
        candidateInvocations: total.stableInvocations,
        candidateBad: total.stableBad,
      }

export const facingTolerance = (tolerance: number, worse: Direction): number =>
  worse === 'higher' ? tolerance : 1 / tolerance
