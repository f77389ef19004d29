// What is left of a service's error budgets, for pages that are made again whenever something happens. It takes the hours of a
// whole window to know, and they are counted every five minutes: what is known is remembered for one.
import type { GateBudget } from '../../core/gate/facts.ts'
import type { Service } from '../../core/service/service.ts'
import { minuteMs } from '../../core/time.ts'
import { budgetsLeft } from '../budgets/left.ts'
import type { World } from '../steps/world.ts'

type Known = { readonly atMs: number; readonly slos: string; readonly left: readonly GateBudget[] }

const memories = new WeakMap<World['budgets'], Map<string, Known>>()

export async function budgetsNow(
  ports: Pick<World, 'budgets' | 'clock'>,
  service: Service,
): Promise<readonly GateBudget[]> {
  const memory = memories.get(ports.budgets) ?? new Map<string, Known>()
  memories.set(ports.budgets, memory)
  const [atMs, slos] = [ports.clock.nowMs(), JSON.stringify(service.slos)]
  const known = memory.get(service.name)
  if (known?.slos === slos && atMs - known.atMs < minuteMs) return known.left
  const left = await budgetsLeft(ports, service)
  // What is not known is asked for again.
  if (left.every(({ leftShare }) => leftShare !== undefined)) memory.set(service.name, { atMs, slos, left })
  return left
}
