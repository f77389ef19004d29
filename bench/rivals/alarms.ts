// CloudWatch alarms on the candidate's errors, as commonly configured: M of the last N minutes breach.
import type { CountMinute } from '../../core/verdict/processes/split-process.ts'
import { byMinute, candidateRate, isQuiet, type Rival, type RivalSettings } from './rival.ts'

type Breach = (minute: CountMinute, settings: RivalSettings) => boolean

const mOfN = (name: string, about: string, m: number, n: number, breaches: Breach): Rival => ({
  name,
  about,
  judge: byMinute((upTo, settings) => {
    if (upTo.slice(-n).filter((minute) => breaches(minute, settings)).length >= m) return 'fail'
    return isQuiet(upTo.at(-1)) ? 'unknown' : 'pass'
  }),
})

export const alarmRate = mOfN(
  'alarm-rate',
  'alarm on an error rate above 1 %, 3 of 5 minutes',
  3,
  5,
  (minute) => candidateRate(minute) > 0.01,
)

export const alarmTwice = mOfN(
  'alarm-2x',
  'alarm on twice the usual error rate, 3 of 5 minutes',
  3,
  5,
  (minute, { stableRate }) => candidateRate(minute) > 2 * stableRate,
)

/** The alarm from the samples of SAM and CodeDeploy. */
export const samAlarm = mOfN(
  'sam-alarm',
  'alarm of the SAM samples: Errors above 0, 2 of 2 minutes',
  2,
  2,
  (minute) => minute.candidateBad > 0,
)
