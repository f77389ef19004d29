// What a release has cost customers so far, and what it would cost if the candidate failed totally now. What is not known is said
// to be unknown, never nothing.
import { formatDuration } from '../../duration.ts'
import { atLeast, burnedBeyond, chargeWords } from '../../release/charge.ts'
import { isLateBad, lateWords } from '../../release/late.ts'
import { candidateShareBp, isLive, type Release } from '../../release/release.ts'
import { shareBp, wholeBp } from '../../service/routing.ts'
import { dayMs } from '../../time.ts'
import { digits } from './moment.ts'
import { perMinuteOf, type Requests } from './requests.ts'
import type { Tone } from './told.ts'

/** How many requests may be bad in an SLO's whole window at the present pace; absent when it is not known. */
export type Allowance = { readonly slo: string; readonly whole?: number; readonly because?: string }

export type Harm = {
  readonly tone: Tone
  /** Failed requests beyond stable's. */
  readonly soFar: string
  readonly shares: readonly string[]
  /** Of a total failure from now on; absent where the candidate has no traffic. */
  readonly ifAllFails?: string
}

export function harmOf(release: Release, requests: Requests, allowances: readonly Allowance[], nowMs: number): Harm {
  const harm = untilPromoted(release, requests, allowances)
  const late = afterPromotion(release, nowMs)
  if (late === undefined) return harm
  const isBad = harm.tone === 'bad' || (release.late !== undefined && isLateBad(release.late))
  return { ...harm, tone: isBad ? 'bad' : harm.tone, shares: [...harm.shares, `After its promotion: ${late}.`] }
}

// Somebody has a day for going back, and CloudWatch one for its answer (functions/watching/late.ts).
const countedWithinMs = 3 * dayMs

/** What came after the promotion, where its watch found a fault or somebody went back. */
function afterPromotion({ watched, late }: Release, nowMs: number): string | undefined {
  if (late !== undefined) return lateWords(late)
  if (watched === undefined || !['fault', 'rolledBack'].includes(watched.how)) return undefined
  return nowMs < watched.atMs + countedWithinMs
    ? 'not known yet; it is counted 20 minutes after it was put back or replaced, or after a day'
    : 'not known: nobody has counted it'
}

function untilPromoted(release: Release, requests: Requests, allowances: readonly Allowance[]): Harm {
  const ahead = ifAllFails(release, requests, allowances)
  const rest = ahead === undefined ? {} : { ifAllFails: ahead }
  if (release.charges !== undefined)
    return {
      tone: release.charges.some((charge) => charge.kind === 'counted' && atLeast(charge) > 0) ? 'bad' : 'plain',
      soFar: 'Counted after the end, per error budget:',
      shares: release.charges.map(chargeWords),
      ...rest,
    }
  if (release.shifts.length === 0 && release.exposure === undefined)
    return { tone: 'plain', soFar: 'None: the candidate has had no traffic.', shares: [], ...rest }
  const unknown = (because: string): Harm => ({ tone: 'hold', soFar: `Not known: ${because}.`, shares: [], ...rest })
  if (!requests.hasErrors) return unknown('failed requests are not watched (signals.errors is off)')
  const burned = burnedBeyond(requests.targets)
  if ('unknown' in burned) return unknown(burned.unknown)
  const { bad, error, all } = burned
  const isSure = atLeast(burned) > 0
  const range = `± ${digits(error)}, of ${digits(all)} requests of the candidate that were read`
  return {
    tone: isSure ? 'bad' : 'plain',
    soFar: isSure
      ? `About ${digits(bad)} failed requests more than stable would have had (${range}).`
      : `Nothing that chance would not explain: ${digits(Math.abs(bad))} failed requests ${bad < 0 ? 'fewer' : 'more'} than stable would have had (${range}).`,
    shares: isSure ? allowances.map((one) => shareWords(one, bad)) : [],
    ...rest,
  }
}

const shareWords = ({ slo, whole, because }: Allowance, bad: number): string =>
  whole === undefined || whole <= 0
    ? `Error budget ${slo}: its share is not known${because === undefined ? '' : `: ${because}`}.`
    : `Error budget ${slo}: ${digits((100 * bad) / whole)} % of its window.`

// The begun minute that nobody looks at, the first whole one, and the one that CloudWatch needs (core/service/pacing.ts).
const unseenSeconds = 180

function ifAllFails(release: Release, requests: Requests, allowances: readonly Allowance[]): string | undefined {
  if (!isLive(release) || candidateShareBp(release) === 0) return undefined
  const counted = perMinuteOf(requests)
  // An alias whose wave has not begun has nothing to lose, and is not asked for its requests either.
  const exposed = release.targets.flatMap(({ functionName, routing, candidate }, index) => {
    const share = shareBp(routing, candidate) / wholeBp
    return share === 0 ? [] : [{ functionName, share, perMinute: counted[index] }]
  })
  const known = exposed.flatMap(({ share, perMinute }) => (perMinute === undefined ? [] : [{ share, perMinute }]))
  if (known.length === 0) return 'Not known yet: no whole minute has been read.'
  const unknown = exposed.flatMap(({ functionName, perMinute }) => (perMinute === undefined ? [functionName] : []))
  const seconds = unseenSeconds + release.service.policy.lookEverySeconds
  const perMinute = known.reduce((sum, one) => sum + one.perMinute, 0)
  const bad = (known.reduce((sum, one) => sum + one.perMinute * one.share, 0) * seconds) / 60
  const besides = unknown.length === 0 ? '' : ` Of ${unknown.join(', ')} it is not known yet.`
  const budgets = allowances.flatMap(({ slo, whole }) =>
    whole === undefined || whole <= 0 ? [] : [`${digits((100 * bad) / whole)} % of error budget ${slo}`],
  )
  return `About ${digits(bad)} failed requests until it is put back, at ${digits(perMinute)} requests a minute and ${formatDuration(seconds)} until a look finds it${budgets.length === 0 ? '' : `: ${budgets.join(', ')}`}. An alarm may be sooner.${besides}`
}
