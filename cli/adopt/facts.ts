// What is known of a function before its first release with Tidegate, in our own words. Who could not tell something is a note.
import type { Usual } from '../promise/usual.ts'

export type AliasFact = {
  readonly name: string
  /** That has most of the traffic. */
  readonly version: string
  /** Whether another version has some of it. */
  readonly isSplit: boolean
}

/** What sends a function its events. */
export type Trigger = {
  readonly kind: 'invoker' | 'queue' | 'stream'
  /** `API Gateway`, `SQS orders`. */
  readonly words: string
  /** The alias or version that it calls; `undefined` when it calls the function without one. */
  readonly qualifier: string | undefined
  readonly isScheduled: boolean
}

/** A deployment group of CodeDeploy that moves the alias today. */
export type DeployGroup = {
  readonly application: string
  readonly name: string
  readonly config: string
  readonly alarms: readonly string[]
  readonly functionName?: string
  readonly alias?: string
  /** Its hooks by event, as the last deployment had them. */
  readonly hooks: readonly string[]
}

export type Performance = { readonly p50Ms?: number; readonly p99Ms?: number; readonly throttled: number }

export type Known = {
  /** The service's. */
  readonly name: string
  readonly functionName: string
  readonly alias: string
  readonly otherAliases?: readonly string[]
  readonly usual?: Usual
  /** Its metrics were read, and there is no request. */
  readonly isIdle?: true
  readonly performance?: Performance
  readonly alarms?: readonly string[]
  readonly triggers?: readonly Trigger[]
  /** Published versions in the days that were looked at. */
  readonly releases?: number
  /** The alias or versions that have provisioned concurrency. */
  readonly provisioned?: readonly string[]
  readonly group?: DeployGroup
  /** The CloudFormation stack that has the function. */
  readonly stack?: string
  /** The share of the function's requests that came by the alias. */
  readonly aliasShare?: number
  /** When it was looked up. */
  readonly asOfMs?: number
  /** What a person should know about the function or the look-up, a sentence each. */
  readonly notes: readonly string[]
}
