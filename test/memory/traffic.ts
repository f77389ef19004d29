// Lambda aliases in memory, with Lambda's rules: compare and set on the revision, versions that exist, one role.
import { Problem } from '../../core/problem.ts'
import { type Routing, routingWords } from '../../core/service/routing.ts'
import type { AliasPlace } from '../../core/location.ts'
import type { AliasState, Traffic } from '../../cloud/ports.ts'
import { type MemoryFunction, type MemoryFunctions, placeOf, versionOf } from './functions.ts'

export function memoryTraffic(functions: MemoryFunctions): Traffic {
  const find = (target: Pick<AliasPlace, 'functionName' | 'alias'>): readonly [MemoryFunction, AliasState] => {
    const lambda = functions.find(target.functionName)
    const alias = lambda?.aliases.get(target.alias)
    if (lambda === undefined || alias === undefined) {
      throw new Problem('alias_missing', `There is no alias ${placeOf(target)}.`)
    }
    return [lambda, alias]
  }
  return {
    read: (target) => Promise.resolve(find(target)[1]),
    write(target, routing, expectedRevision) {
      const [lambda, alias] = find(target)
      if (alias.revision !== expectedRevision) {
        throw new Problem('traffic_moved', `Alias ${placeOf(target)} is no longer what it was.`)
      }
      checkVersions(lambda, target, routing)
      return Promise.resolve(functions.setAlias(target, routing, 'tidegate'))
    },
    create(target, version) {
      const lambda = functions.find(target.functionName)
      versionOf(lambda, target.functionName, version)
      if (lambda?.aliases.has(target.alias) === true) return Promise.resolve(false)
      functions.setAlias(target, { version }, 'tidegate')
      return Promise.resolve(true)
    },
  }
}

function checkVersions(
  lambda: MemoryFunction,
  target: Pick<AliasPlace, 'functionName' | 'alias'>,
  routing: Routing,
): void {
  const { version, additional } = routing
  if (additional === undefined) {
    if (version !== '$LATEST') versionOf(lambda, lambda.name, version)
    return
  }
  const [main, other] = [version, additional.version].map((one) => versionOf(lambda, lambda.name, one))
  if (version === additional.version) {
    throw new Problem('aws_unavailable', `Version ${version} is already part of the routing of ${placeOf(target)}.`)
  }
  if (main?.role !== other?.role) {
    const sentence = `Lambda refused ${routingWords(routing)} for ${placeOf(target)}: their execution roles differ.`
    throw new Problem('roles_differ', sentence)
  }
}
