// Lambda's state in memory: functions with their code, versions and aliases, and manual changes by people. Every write of an
// alias, even one that changes nothing, gives it a new revision.
import type { Artifact } from '../../core/service/candidate.ts'
import { candidateWords } from '../../core/service/candidate.ts'
import { Problem } from '../../core/problem.ts'
import { type Routing, sameRouting } from '../../core/service/routing.ts'
import type { Target } from '../../core/service/service.ts'
import type { AliasState, Clock, VersionState } from '../../cloud/ports.ts'

export type MemoryFunction = {
  readonly name: string
  readonly versions: Map<string, VersionState>
  readonly aliases: Map<string, AliasState>
  /** Aliases and versions with provisioned concurrency. */
  readonly provisioned: string[]
  codeSha256: string
  role: string
  /** For how many more looks Lambda is busy with the last upload. */
  busyLooks: number
  /** Somebody uploads this code in the middle of the next publish. */
  overtakenBy?: string
}

/** One write of an alias, by the controller or by a person. */
type AliasWrite = {
  readonly atMs: number
  readonly by: 'tidegate' | 'person'
  readonly target: Target
  readonly routing: Routing
  readonly changed: boolean
}

export type MemoryFunctions = {
  /** Returns the function, and creates it if it does not exist. */
  readonly named: (name: string) => MemoryFunction
  readonly find: (name: string) => MemoryFunction | undefined
  readonly setAlias: (target: Target, routing: Routing, by: AliasWrite['by']) => AliasState
  readonly writes: readonly AliasWrite[]
}

export const placeOf = ({ functionName, alias }: Target): string => `${functionName}:${alias}`

/** Stands in for the hash of an artifact's code: the same artifact has the same hash. */
export const codeOf = (artifact: Artifact): string => `code of ${candidateWords(artifact)}`.slice(-100)

export function memoryFunctions(clock: Clock): MemoryFunctions {
  const functions = new Map<string, MemoryFunction>()
  const writes: AliasWrite[] = []
  let revisions = 0

  function named(name: string): MemoryFunction {
    const known = functions.get(name)
    if (known !== undefined) return known
    const made: MemoryFunction = {
      name,
      versions: new Map(),
      aliases: new Map(),
      provisioned: [],
      codeSha256: `first code of ${name}`,
      role: `arn:aws:iam::000000000000:role/${name}`,
      busyLooks: 0,
    }
    functions.set(name, made)
    return made
  }

  function setAlias(target: Target, routing: Routing, by: AliasWrite['by']): AliasState {
    const { aliases } = named(target.functionName)
    const before = aliases.get(target.alias)
    revisions += 1
    const state: AliasState = { routing: structuredClone(routing), revision: `revision-${revisions}` }
    aliases.set(target.alias, state)
    const changed = before === undefined || !sameRouting(before.routing, routing)
    writes.push({ atMs: clock.nowMs(), by, target: { ...target }, routing: state.routing, changed })
    return state
  }

  return { named, find: (name) => functions.get(name), setAlias, writes }
}

/** Publishes the function's current code and role. If nothing changed since the last version, returns that version. */
export function publishLatest(lambda: MemoryFunction): string {
  const last = [...lambda.versions.values()].at(-1)
  if (last?.codeSha256 === lambda.codeSha256 && last.role === lambda.role) return last.version
  const version = String(Math.max(0, ...[...lambda.versions.keys()].map(Number)) + 1)
  lambda.versions.set(version, { version, state: 'active', role: lambda.role, codeSha256: lambda.codeSha256 })
  return version
}

/** @throws Problem `version_missing` */
export function versionOf(lambda: MemoryFunction | undefined, functionName: string, version: string): VersionState {
  const found = lambda?.versions.get(version)
  if (found === undefined) throw new Problem('version_missing', `There is no ${functionName}:${version}.`)
  return found
}
