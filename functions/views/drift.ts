// Whether an alias is as the last release left it. Somebody else may have moved it since; nothing of ours would undo that.
import { Problem } from '../../core/problem.ts'
import type { AliasPlace } from '../../core/location.ts'
import { type Head, lastLeft } from '../../core/release/head.ts'
import { type Routing, routingWords } from '../../core/service/routing.ts'
import type { AliasNow } from '../../core/view/service-now.ts'
import type { World } from '../steps/world.ts'

type Drifted = Pick<AliasNow, 'routing' | 'drift' | 'left'>

/**
 * @param heads of the service, newest first
 * @throws Problem when the alias cannot be read
 */
export async function driftOf(
  { aliases }: Pick<World, 'aliases'>,
  target: AliasPlace,
  heads: readonly Head[],
): Promise<Drifted> {
  let routing: Routing
  try {
    routing = (await aliases.read(target)).routing
  } catch (error) {
    if (error instanceof Problem && error.code === 'alias_missing') return { drift: 'it does not exist' }
    throw error
  }
  const left = lastLeft(heads, target.functionName)
  const found = { routing, ...(left === undefined ? {} : { left: left.version }) }
  if (routing.additional !== undefined)
    return { ...found, drift: `it is split without a release: ${routingWords(routing)}` }
  if (left === undefined || routing.version === left.version) return found
  return {
    ...found,
    drift: `it has version ${routing.version}, and release ${left.releaseId} left it at ${left.version}`,
  }
}

/** What is known of an alias that was not read: where the last release left it. */
export const unchecked = (functionName: string, heads: readonly Head[]): Pick<AliasNow, 'left' | 'unchecked'> => {
  const left = lastLeft(heads, functionName)
  return { unchecked: true, ...(left === undefined ? {} : { left: left.version }) }
}
