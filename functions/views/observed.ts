// Loads what observing has shown of a service, for its page. What cannot be read is said, and takes nothing else from the page.
import { type Totals, totalsOf } from '../../core/observe/report.ts'
import { isObserved, type Service } from '../../core/service/service.ts'
import { dayMs, minuteMs } from '../../core/time.ts'
import { observedDays, type ObservedView, toldShift, totalsWords, unnoticed } from '../../core/view/observed-view.ts'
import { sentenceOf } from '../steps/each.ts'
import type { World } from '../steps/world.ts'

type Ports = Pick<World, 'clock' | 'observations'>

/** More are a long page. `tidegate observed` has them all. */
const shiftsMost = 25
/** An older shift than those may change as well, when its watch ends. */
const totalsFreshMs = 10 * minuteMs

type Counted = { readonly totals: Totals; readonly unknown: readonly string[] }
type Remembered = { readonly rows: string; readonly atMs: number; readonly counted: Counted }

const memories = new WeakMap<World['observations'], Map<string, Remembered>>()

/** @returns `undefined` for a service that Tidegate moves itself */
export async function observedOf(ports: Ports, service: Service | undefined): Promise<ObservedView | undefined> {
  if (service === undefined || !isObserved(service)) return undefined
  const nowMs = ports.clock.nowMs()
  const nothing = { days: observedDays, totals: [], unnoticed: 0, goesOn: 0, shifts: [], left: 0 }
  try {
    const latest = await ports.observations.latest(service.name, shiftsMost)
    const { totals, unknown } = await countedOf(ports, service.name, JSON.stringify(latest), nowMs)
    const shown = latest.items.filter(({ beganAtMs }) => beganAtMs >= fromMs(nowMs))
    return {
      days: observedDays,
      totals: totalsWords(totals),
      unnoticed: unnoticed(totals),
      goesOn: totals.goesOn + totals.caughtOpen,
      shifts: shown.map(toldShift),
      left: Math.max(0, totals.shifts - shown.length),
      unknown,
    }
  } catch (error) {
    return { ...nothing, unknown: [`What others moved is not known: ${sentenceOf(error)}`] }
  }
}

const fromMs = (nowMs: number): number => nowMs - observedDays * dayMs

/**
 * A page asks again each half minute while it is looked at. The rows of all days are read only if the newest have changed.
 * @param rows the newest, as they are now
 */
async function countedOf({ observations }: Ports, service: string, rows: string, nowMs: number): Promise<Counted> {
  const memory = memories.get(observations) ?? new Map<string, Remembered>()
  memories.set(observations, memory)
  const known = memory.get(service)
  if (known?.rows === rows && nowMs - known.atMs < totalsFreshMs) return known.counted
  const { items, unreadable } = await observations.shifts(service, fromMs(nowMs), nowMs + 1)
  const unread = `${unreadable.length} cannot be read, and are in none of the numbers: ${unreadable[0]?.problem.message}`
  const counted = { totals: totalsOf(items), unknown: unreadable.length === 0 ? [] : [unread] }
  memory.set(service, { rows, atMs: nowMs, counted })
  return counted
}
