// The plain e-processes E1 (independent errors) and E2 (bursts) as bare formulas, and our own engine on a service that watches
// only errors.
import type { Service } from '../../core/service/service.ts'
import { replayVerdicts } from '../../core/verdict/judge/replayed-verdicts.ts'
import { type CountMinute, type Prior, splitEvidence } from '../../core/verdict/processes/split-process.ts'
import { errorNulls, type Learned } from '../../core/verdict/counts/count-design.ts'
import { learn } from '../../core/verdict/counts/learn.ts'
import { errorsOnly, pastMinutes, recordedCounts, type WeightedMinute } from './recorded.ts'
import { isQuiet, latched, type Rival, type RivalMinute } from './rival.ts'

const ratios = [1.25, 1.5, 2, 3, 5, 10, 20, 50]
const equal = (length: number): readonly number[] => Array.from({ length }, () => 1)

const plain = (members: number): Prior => ({
  ratios,
  ratioWeights: equal(ratios.length),
  dispersionWeights: equal(members),
  fromStart: 0.5,
})

/** ln E after each minute; the horizon is the number of minutes. */
export const plainEvidence = (members: 1 | 7, tolerance: number, minutes: readonly CountMinute[]): readonly number[] =>
  splitEvidence({ prior: plain(members), tolerance, horizonMinutes: minutes.length }, minutes)

const eProcess = (name: string, about: string, members: 1 | 7, tolerance = 1): Rival => ({
  name,
  about,
  judge: (minutes, { alpha }) =>
    latched(
      plainEvidence(members, tolerance, minutes).map((logE, minute): RivalMinute => {
        const said = isQuiet(minutes[minute]) ? 'unknown' : 'pass'
        return { said: logE >= Math.log(1 / alpha) ? 'fail' : said, logE }
      }),
    ),
})

export const e1 = eProcess('e1', 'the plain formula E1: independent errors', 1)
export const e2 = eProcess('e2', 'the plain formula E2: errors in bursts', 7)
export const e2Tolerant = eProcess('e2-1.5', 'the plain formula E2, half as many errors again tolerated', 7, 1.5)

/** What a release of the service would have learned before it began. */
export function learnedFrom(
  { signals, policy }: Service,
  stable: readonly CountMinute[],
  earlier: readonly (readonly WeightedMinute[])[],
): Learned | undefined {
  if (signals.errors === 'off' || policy.learning === 'off') return undefined
  const nulls = errorNulls({ releases: earlier.length })
  return learn({ tolerance: signals.errors.tolerance, nulls }, { stable, releases: earlier.map(pastMinutes) })
}

/** Our own engine with a service's policy, on errors alone, which is all that the other rules see. */
export const tidegate = (
  name: string,
  about: string,
  serviceOf: (minutes: number, alpha: number) => Service,
): Rival => ({
  name,
  about,
  judge(minutes, { alpha, plan, past = [], earlier = [], durationMs }) {
    const service = serviceOf(minutes.length, alpha)
    const planned = plan === undefined ? service : { ...service, plan }
    const learned = learnedFrom(service, past, earlier)
    const verdicts = replayVerdicts(planned, recordedCounts(minutes, learned, durationMs))
    return latched(
      verdicts.map(({ kind, signals }) => {
        const logE = signals.find(({ signal }) => signal === 'errors')?.numbers?.['logE']
        return { said: kind, ...(logE === undefined ? {} : { logE }) }
      }),
    )
  },
})

export const ours = tidegate('ours', 'Tidegate, errors alone', errorsOnly)
