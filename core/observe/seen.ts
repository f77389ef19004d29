// What a change of an alias by others means. Pure: the routing as it was last seen, and as it is now.
import { type Routing, sameRouting, shareBp, wholeBp } from '../service/routing.ts'

/** The versions of a shift that goes on, or of the last one of the alias. */
type Versions = { readonly stable: string; readonly candidate: string; readonly weightBp: number }

/** What is new, in the order in which it is to be written. */
export type Change =
  | { readonly kind: 'shifted'; readonly weightBp: number }
  | { readonly kind: 'ended'; readonly how: 'putBack' | 'replaced' }
  | { readonly kind: 'began'; readonly stable: string; readonly candidate: string; readonly weightBp: number }
  | { readonly kind: 'undone' }

/**
 * @param open the shift that goes on
 * @param done the last one that went through, if none goes on
 */
export function changesOf(
  before: Routing,
  now: Routing,
  open: Versions | undefined,
  done: Versions | undefined,
): readonly Change[] {
  if (open !== undefined) return ofOpen(now, open)
  if (sameRouting(before, now)) return []
  if (done !== undefined && isWhole(now) && now.version === done.stable && before.version === done.candidate)
    return [{ kind: 'undone' }]
  return began(before.version, now)
}

function ofOpen(now: Routing, { stable, candidate, weightBp }: Versions): readonly Change[] {
  const share = shareBp(now, candidate)
  if (share + shareBp(now, stable) !== wholeBp) {
    const ran = weightBp === wholeBp ? candidate : stable
    return [{ kind: 'ended', how: 'replaced' }, ...began(ran, now)]
  }
  if (share === 0) return [{ kind: 'ended', how: 'putBack' }]
  return share === weightBp ? [] : [{ kind: 'shifted', weightBp: share }]
}

/** A version that is not published cannot be told from another one by its metrics. */
const isLatest = (version: string): boolean => version === '$LATEST'

const isWhole = ({ additional }: Routing): boolean => additional === undefined

/**
 * From the version that had the traffic to another one. Which of two is the newcomer is known only if the other one was there
 * before.
 */
function began(ran: string, now: Routing): readonly Change[] {
  const candidate = [now.version, now.additional?.version].find((version) => version !== undefined && version !== ran)
  if (candidate === undefined || isLatest(ran) || isLatest(candidate)) return []
  const weightBp = shareBp(now, candidate)
  if (weightBp + shareBp(now, ran) !== wholeBp) return []
  return [{ kind: 'began', stable: ran, candidate, weightBp }]
}
