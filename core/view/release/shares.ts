// What each alias of a release gives the candidate, where they differ: in waves, and on the way back.
import type { Release } from '../../release/release.ts'
import { shareBp } from '../../service/routing.ts'

const namedMost = 12

/** `orders-pilot 90 %, orders-europe 10 %`; absent where all aliases give the same, by the log. */
export function sharesWords({ targets }: Pick<Release, 'targets'>): string | undefined {
  const shares = targets.map(({ functionName, routing, candidate }) => ({
    functionName,
    bp: shareBp(routing, candidate),
  }))
  if (new Set(shares.map(({ bp }) => bp)).size < 2) return undefined
  const words = shares.slice(0, namedMost).map(({ functionName, bp }) => `${functionName} ${bp / 100} %`)
  return `${words.join(', ')}${shares.length > namedMost ? `, and ${shares.length - namedMost} more` : ''}`
}
