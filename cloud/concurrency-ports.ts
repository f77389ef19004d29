// Provisioned concurrency of versions, in the own account and region. Exported by ports.ts.
import type { Scaled, ScalingBounds, ScalingPart } from '../core/concurrency/scaled.ts'
import type { Warm } from '../core/concurrency/warm.ts'

/** Provisioned concurrency of an alias or a version. */
export type Provisioned = {
  readonly qualifier: string
  /** As many as were asked for. */
  readonly environments: number
  readonly state: 'ready' | 'allocating' | 'failed'
  readonly because?: string
}

type ConcurrencyLimits = {
  /** What the function has reserved; absent: nothing. */
  readonly reserved?: number
  /** What the account has in all. */
  readonly account: number
  /** What the account leaves to functions that reserve nothing. */
  readonly unreserved: number
}

/** A version or an alias whose provisioned concurrency Application Auto Scaling changes, between these bounds. */
type ScalableTarget = { readonly qualifier: string; readonly min: number; readonly max: number }

/** In the own account and region. */
export type Scaling = {
  /** Which of these versions and aliases are scaled. At most 50. */
  targets(functionName: string, qualifiers: readonly string[]): Promise<readonly ScalableTarget[]>
}

/** Moves what scales a version to another one. In the own account and region. */
export type ScalingMoves = {
  /** What is registered for a version, without what has run for the last time. */
  registered(functionName: string, version: string, nowMs: number): Promise<Scaled | undefined>
  register(functionName: string, version: string, bounds: ScalingBounds): Promise<void>
  /** @returns false while nothing seems to be registered for the version: a new registration may be seen late */
  add(functionName: string, version: string, part: ScalingPart): Promise<boolean>
  /** With all its parts. Does nothing if there is none. */
  deregister(functionName: string, version: string): Promise<void>
}

export type Concurrency = {
  /** @throws Problem `version_missing` without such a function */
  list(functionName: string): Promise<readonly Provisioned[]>
  /** Every alias of the function, with the versions that it points at. */
  aliases(functionName: string): Promise<readonly { readonly name: string; readonly versions: readonly string[] }[]>
  limits(functionName: string): Promise<ConcurrencyLimits>
  /**
   * Asks for so many environments of a version, in place of what it has. Lambda answers at once and takes minutes to allocate
   * them. @throws Problem `concurrency_no_room`, `version_missing`
   */
  ask(functionName: string, version: string, environments: number): Promise<void>
  /** Does nothing if the version has none. */
  remove(functionName: string, version: string): Promise<void>
}

/** A part of `OpenReleases`: what is left of releases that have ended are versions that are kept warm. */
export type WarmReleases<Key> = {
  /**
   * All, or all of one service, in one read. Whoever asks for open releases in another way sees none of those that are only kept
   * warm.
   */
  all(service?: string): Promise<{ readonly open: readonly Key[]; readonly warm: readonly Warm[] }>
  /** The release is not open any more, but its entry stays until it is removed. Does nothing if there is no entry. */
  keepWarm(warm: Warm): Promise<void>
}
