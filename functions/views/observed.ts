// Loads what observing has shown of a service, for its page. What cannot be read is said, and takes nothing else from the page.
import { totalsOf } from '../../core/observe/report.ts'
import { isObserved, type Service } from '../../core/service/service.ts'
import { dayMs } from '../../core/time.ts'
import { observedDays, type ObservedView, toldShift, totalsWords, unnoticed } from '../../core/view/observed-view.ts'
import { sentenceOf } from '../steps/each.ts'
import type { World } from '../steps/world.ts'

type Ports = Pick<World, 'clock' | 'observations'>

/** More are a long page. `tidegate observed` has them all. */
const shiftsMost = 25

/** @returns `undefined` for a service that Tidegate moves itself */
export async function observedOf(
  { observations, clock }: Ports,
  service: Service | undefined,
): Promise<ObservedView | undefined> {
  if (service === undefined || !isObserved(service)) return undefined
  const toMs = clock.nowMs() + 1
  const nothing = { days: observedDays, totals: [], unnoticed: 0, goesOn: 0, shifts: [], left: 0 }
  try {
    const { items, unreadable } = await observations.shifts(service.name, toMs - observedDays * dayMs, toMs)
    const totals = totalsOf(items)
    const shown = items.toReversed().slice(0, shiftsMost)
    return {
      days: observedDays,
      totals: totalsWords(totals),
      unnoticed: unnoticed(totals),
      goesOn: items.filter(({ end }) => end === undefined).length,
      shifts: shown.map(toldShift),
      left: items.length - shown.length,
      unknown:
        unreadable.length === 0
          ? []
          : [`${unreadable.length} cannot be read, and are in none of the numbers: ${unreadable[0]?.problem.message}`],
    }
  } catch (error) {
    return { ...nothing, unknown: [`What others moved is not known: ${sentenceOf(error)}`] }
  }
}
