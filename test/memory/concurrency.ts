// Provisioned concurrency in memory. It is ready as soon as it is asked for.
import { Problem } from '../../core/problem.ts'
import type { Concurrency, Scaling, ScalingMoves } from '../../cloud/ports.ts'
import type { MemoryFunctions } from './functions.ts'

const unreserved = 1000

/** Nothing is scaled by load. */
export const memoryScaling: Scaling = { targets: () => Promise.resolve([]) }
export const memoryScalingMoves: ScalingMoves = {
  registered: () => Promise.resolve(undefined),
  register: () => Promise.resolve(),
  add: () => Promise.resolve(false),
  deregister: () => Promise.resolve(),
}

export function memoryConcurrency(functions: MemoryFunctions): Concurrency {
  const given = new Map<string, Map<string, number>>()
  const of = (name: string): Map<string, number> => {
    if (functions.find(name) === undefined) throw new Problem('version_missing', `There is no ${name}.`)
    const known = given.get(name) ?? new Map<string, number>()
    given.set(name, known)
    return known
  }
  return {
    list: async (name) => {
      await Promise.resolve()
      return [...of(name)].map(([qualifier, environments]) => ({ qualifier, environments, state: 'ready' }))
    },
    aliases: async (name) => {
      await Promise.resolve()
      of(name)
      return [...functions.named(name).aliases].map(([alias, { routing }]) => ({
        name: alias,
        versions: [routing.version, ...(routing.additional === undefined ? [] : [routing.additional.version])],
      }))
    },
    limits: () => Promise.resolve({ account: unreserved, unreserved }),
    ask: async (name, version, environments) => {
      await Promise.resolve()
      const known = of(name)
      if (functions.named(name).versions.get(version) === undefined)
        throw new Problem('version_missing', `There is no ${name}:${version}.`)
      if (environments > unreserved - 100)
        throw new Problem('concurrency_no_room', `Lambda has no room for ${environments} of ${name}:${version}.`)
      known.set(version, environments)
    },
    remove: async (name, version) => {
      await Promise.resolve()
      given.get(name)?.delete(version)
    },
  }
}
