// Reads aliases for pages of many services, slowly. Lambda takes 15 control calls a second from the whole account (docs/aws.md),
// and a release that goes back needs them: no page may use them up. So a few aliases are read at a time, those first that were
// not read for longest, and what was read is remembered.
import type { AliasState } from '../../cloud/ports.ts'
import type { AliasPlace } from '../../core/location.ts'
import { concurrently } from '../steps/each.ts'
import type { World } from '../steps/world.ts'

/** How many may be read at once, and how many more with each second. */
const most = 10
const perSecond = 2
/** What was read within this time is not read again. */
const freshMs = 5000
const together = 5

type Reading = { readonly atMs: number; readonly result: PromiseSettledResult<AliasState> }
type Memory = { readonly readings: Map<string, Reading>; mayRead: number; sinceMs: number }

const memories = new WeakMap<World['aliases'], Memory>()

const keyOf = ({ functionName, alias }: Pick<AliasPlace, 'functionName' | 'alias'>): string =>
  `${functionName}:${alias}`

type Readings = (target: Pick<AliasPlace, 'functionName' | 'alias'>) => Reading['result'] | undefined

/** @returns what is known of each alias; `undefined` for one that was not read yet */
export async function aliasReadings(
  { aliases, clock }: Pick<World, 'aliases' | 'clock'>,
  targets: readonly AliasPlace[],
): Promise<Readings> {
  const nowMs = clock.nowMs()
  const memory = memories.get(aliases) ?? { readings: new Map<string, Reading>(), mayRead: most, sinceMs: nowMs }
  memories.set(aliases, memory)
  memory.mayRead = Math.min(most, memory.mayRead + Math.max(0, ((nowMs - memory.sinceMs) / 1000) * perSecond))
  memory.sinceMs = nowMs
  const readAt = (target: AliasPlace): number => memory.readings.get(keyOf(target))?.atMs ?? 0
  const due = targets
    .filter((target) => nowMs - readAt(target) >= freshMs)
    .toSorted((a, b) => readAt(a) - readAt(b))
    .slice(0, Math.floor(memory.mayRead))
  memory.mayRead -= due.length
  await concurrently(due, together, async (target) => {
    const [result] = await Promise.allSettled([aliases.read(target)])
    memory.readings.set(keyOf(target), { atMs: nowMs, result })
  })
  return (target) => memory.readings.get(keyOf(target))?.result
}
