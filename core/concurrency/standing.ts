// Where the concurrency that a release needs stands, against what Lambda has: ready, being allocated, to be asked for, or failed.
// And whether there is room for it.
import type { Need } from './need.ts'
import { Problem } from '../problem.ts'

/** What a version has, as the port says it. */
type Found = {
  readonly qualifier: string
  readonly environments: number
  readonly state: 'ready' | 'allocating' | 'failed'
  readonly because?: string
}
type Limits = { readonly reserved?: number; readonly unreserved: number }

export type Standing = {
  /** To be asked for: there is too little, or it failed. */
  readonly lacking: readonly Need[]
  /** Asked for, and not ready. */
  readonly allocating: readonly Need[]
  /** What failed, as problems. Missing states count as failed: the port says so. */
  readonly failed: readonly Problem[]
}

type ByFunction<T> = ReadonlyMap<string, T>

const foundFor = ({ functionName, version }: Need, found: ByFunction<readonly Found[]>): Found | undefined =>
  found.get(functionName)?.find(({ qualifier }) => qualifier === version)

export function standingOf(needs: readonly Need[], found: ByFunction<readonly Found[]>): Standing {
  const withFound = needs.map((need) => ({ need, has: foundFor(need, found) }))
  const isShort = ({ need, has }: (typeof withFound)[number]): boolean =>
    has === undefined || has.state === 'failed' || has.environments < need.environments
  return {
    lacking: withFound.filter(isShort).map(({ need }) => need),
    allocating: withFound.filter((one) => !isShort(one) && one.has?.state !== 'ready').map(({ need }) => need),
    failed: withFound.flatMap(({ need, has }) => (has?.state === 'failed' ? [failure(need, has)] : [])),
  }
}

const failure = ({ functionName, version }: Need, { because }: Found): Problem =>
  new Problem(
    'concurrency_failed',
    `Lambda could not allocate the provisioned concurrency of ${functionName}:${version}: ${because ?? 'it gave no reason'}.`,
  )

// Lambda leaves so many to functions that reserve nothing.
const leftToOthers = 100

/**
 * Whether what the release needs at most fits in. What other functions have provisioned is not in these limits, so this finds
 * early what can never fit; Lambda itself refuses the rest.
 * @returns what does not fit
 */
export function withoutRoom(
  peak: readonly Need[],
  found: ByFunction<readonly Found[]>,
  limits: ByFunction<Limits>,
): readonly Problem[] {
  const functions = [...new Set(peak.map(({ functionName }) => functionName))]
  const added = (names: readonly string[]): number =>
    peak
      .filter(({ functionName }) => names.includes(functionName))
      .reduce((sum, need) => sum + Math.max(0, need.environments - (foundFor(need, found)?.environments ?? 0)), 0)
  const had = (name: string): number => (found.get(name) ?? []).reduce((sum, { environments }) => sum + environments, 0)
  const reserving = functions.flatMap((name) => {
    const reserved = limits.get(name)?.reserved
    const wanted = had(name) + added([name])
    if (reserved === undefined || wanted <= reserved) return []
    const words = `${name} needs ${wanted} provisioned environments at most while it is released, and has reserved ${reserved}.`
    return [new Problem('concurrency_no_room', words)]
  })
  const open = functions.filter((name) => limits.get(name)?.reserved === undefined)
  const unreserved = Math.min(...open.map((name) => limits.get(name)?.unreserved ?? 0))
  const wanted = open.reduce((sum, name) => sum + had(name), 0) + added(open)
  const least = Math.max(0, unreserved - leftToOthers)
  if (open.length === 0 || added(open) === 0 || wanted <= least) return reserving
  const words = `${open.join(', ')} need${open.length === 1 ? 's' : ''} ${wanted} provisioned environments at most while released, and the account can provision ${least}.`
  return [...reserving, new Problem('concurrency_no_room', words)]
}
