// What a pass means: which faults would have been seen, in numbers and as a sentence, and whether the policy asks for more.
import type { Service } from '../../service/service.ts'
import { type BoundsState, boundsBegin, isBounded } from './bounds.ts'
import { facing } from '../processes/facing.ts'
import { minutesUntil, nextBp, requiredFault } from './foresight.ts'
import type { CountFold } from './fold.ts'
import type { SignalSpec } from '../evidence/questions.ts'
import { type Counts, type Fault, logRuledOut, ruledOutLog, smallestRuledOut } from '../processes/rule-out.ts'
import { seenDispersion } from '../processes/dispersion.ts'

type Meaning = {
  /** To be put behind the sentence of a pass; empty where nothing is compared. */
  readonly words: string
  readonly numbers: Readonly<Record<string, number>>
  /** Why it may not pass yet, and the time that it takes. */
  readonly short?: string
}

/** What a pass at this weight would mean. Of several thresholds the first speaks, as it does in the sentence. */
export function meaningOf(
  spec: SignalSpec,
  fold: CountFold,
  service: Pick<Service, 'plan' | 'policy'>,
  weightBp: number,
): Meaning {
  const { present, dispersion } = fold.bounds[0] ?? boundsBegin
  const counts = {
    total: facing(present.total, spec.worse),
    dispersion: seenDispersion(dispersion),
    bounded: isBounded(spec),
  }
  if (present.total.stableInvocations === 0 || present.total.candidateInvocations === 0)
    return { words: '', numbers: {} }
  const { share, times } = smallestRuledOut(counts)
  const fault = requiredFault(spec, service, weightBp)
  const numbers = { dispersion: counts.dispersion, ruledOutPoints: share * 100, ruledOutTimes: times }
  const said = { words: wordsOf(spec, { share, times }, counts.dispersion), numbers }
  if (fault === undefined || logRuledOut(counts, fault) >= ruledOutLog) return said
  return { ...said, short: shortWords(spec, counts, fault, present, nextBp(service, weightBp)) }
}

const digits = (value: number): string => String(Number(value.toPrecision(2)))
const pointsIn = (value: number): string => (digits(value) === '1' ? '1 point' : `${digits(value)} points`)
/** With less, burstiness cannot be told from chance. */
const burstyFrom = 1.5

function wordsOf(
  { worse, name }: SignalSpec,
  { share, times }: { readonly share: number; readonly times: number },
  dispersion: number,
): string {
  const sizes = [
    ...(Number.isFinite(times) ? [`${worse === 'higher' ? digits(times) : digits(1 / times)} times`] : []),
    ...(Number.isFinite(share) ? [pointsIn(share * 100)] : []),
  ]
  if (sizes.length === 0) return 'no fault can be ruled out yet'
  const what = worse === 'higher' ? 'a fault of more than ' : 'a fall to less than '
  const list = sizes.join(worse === 'higher' ? ', or ' : ', or by ')
  const events = name === 'latency' ? 'slow requests' : 'failures'
  const assumed = dispersion < burstyFrom ? 'bursts' : `larger bursts than of ${digits(dispersion)}`
  return `${what}${list}${sizes.length > 1 ? ',' : ''} would have been seen, unless ${events} come in ${assumed}`
}

/** In minutes like those since the weight was set, with a candidate that is well. */
function shortWords(
  spec: SignalSpec,
  counts: Counts,
  fault: Fault,
  { minutes }: BoundsState['present'],
  followingBp: number,
): string {
  const { stableBad, candidateBad, stableInvocations, candidateInvocations } = counts.total
  const rate = (stableBad + candidateBad) / (stableInvocations + candidateInvocations)
  const traffic = { stable: stableInvocations / minutes, candidate: candidateInvocations / minutes, rate }
  const more = minutesUntil(counts, traffic, fault)
  const usual = stableBad / stableInvocations
  const points = 100 * (Math.max(fault.tolerance * usual + fault.share, fault.ratio * fault.tolerance * usual) - usual)
  const time = Number.isFinite(more)
    ? `about ${more} more ${more === 1 ? 'minute' : 'minutes'} at this pace`
    : 'which takes more than a week at this pace'
  return `${spec.key}: a fault of ${pointsIn(points)} cannot be ruled out yet, as it has to be before ${followingBp / 100} %: ${time}`
}
