// A drill: a release of a version that is known to be good, which a fault that was made up sends back. Its alarm belongs to the
// drill alone, so nothing that watches the real alarms of the service is set off.
import { Problem } from '../problem.ts'
import { plansOf } from '../definition/waves.ts'
import type { Service } from '../service/service.ts'
import { wholeBp } from '../service/routing.ts'

/** The rules of the controller hear it, and `tidegate drill` makes it fire. */
export const drillAlarmOf = (service: string): string => `tidegate-drill-${service}`

// The fault is injected within seconds of the shift. If nobody does, the drill ends after so long, and the service is free again.
const bakeSeconds = 600
const holdSeconds = 60
const alarmsMax = 50

/**
 * The service as a drill releases it: one step, the drill's alarm beside its own, and no hooks, because those may change things.
 * It waits for nobody and takes nobody's place.
 * @param weightBp the candidate's share; at 0 the aliases are written as they are
 * @throws Problem `call_invalid` when that is more than the service's first step, or when it has no room for the alarm
 */
export function rehearsing(service: Service, weightBp: number): Service {
  const mostBp = Math.min(...plansOf(service).map(({ steps }) => steps[0]?.weightBp ?? wholeBp))
  if (weightBp > mostBp)
    throw new Problem(
      'call_invalid',
      `A drill of ${service.name} may give at most ${mostBp / 100} %, as the first step of its plan does, not ${weightBp / 100} %.`,
    )
  const { oneWay } = service.plan
  if (oneWay !== undefined && weightBp >= oneWay.beforeBp)
    throw new Problem(
      'call_invalid',
      `A drill of ${service.name} stays below ${oneWay.beforeBp / 100} %: from there on nothing goes back, which is what a drill rehearses.`,
    )
  const { alarms } = service.signals
  if (alarms.length >= alarmsMax)
    throw new Problem(
      'call_invalid',
      `${service.name} has ${alarms.length} alarms, which leaves no room for the drill's.`,
    )
  // The way back of every target is rehearsed at once.
  const { waves: _, ...rest } = service
  return {
    ...rest,
    plan: { steps: [{ weightBp, bakeSeconds }] },
    signals: { ...service.signals, alarms: [...alarms, drillAlarmOf(service.name)] },
    hooks: [],
    policy: {
      ...service.policy,
      whileLive: 'refuse',
      whenHeldTooLong: 'rollBack',
      hold: {
        ...service.policy.hold,
        unknownSeconds: holdSeconds,
        quietSeconds: holdSeconds,
        gatedSeconds: holdSeconds,
      },
    },
  }
}
