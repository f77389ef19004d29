// What is known of a service at this moment, as it was read; and of all of them. Whatever could not be read is there in words:
// it is unknown, and never taken for healthy.
import type { GateBudget } from '../gate/facts.ts'
import type { QueueEntry } from '../queue/admission.ts'
import type { Head } from '../release/head.ts'
import type { Outage } from '../release/outage.ts'
import type { Release } from '../release/release.ts'
import type { Routing } from '../service/routing.ts'
import type { Service } from '../service/service.ts'
import type { ReturnTarget } from '../release/return-record.ts'

/** One alias of a service. */
export type AliasNow = {
  readonly functionName: string
  readonly alias: string
  readonly routing?: Routing
  /** How it differs from where the last release left it. */
  readonly drift?: string
  /** The version at which the last release left it. */
  readonly left?: string
  /** Why it is not known. */
  readonly unknown?: string
  /** It was not read yet: aliases are read slowly. */
  readonly unchecked?: true
}

export type Stop = { readonly by: string; readonly reason: string; readonly sinceMs: number }

export type ServiceNow = {
  readonly name: string
  /** Absent when there is no definition, or when it cannot be read: `unknown` says which. */
  readonly service?: Service
  /** It has no definition: it was removed, or never had one. */
  readonly isRemoved?: true
  readonly live?: Release
  /** It holds the lease or may have traffic, and its log cannot be read; `targets` as its return record has them. */
  readonly lost?: {
    readonly releaseId: string
    readonly because: string
    readonly targets?: readonly ReturnTarget[]
  }
  readonly waiting: readonly QueueEntry[]
  /** Newest first, some of the latest. */
  readonly heads: readonly Head[]
  /** One for each SLO. */
  readonly budgets: readonly GateBudget[]
  /** Empty while a release is live: it looks after its aliases itself. */
  readonly aliases: readonly AliasNow[]
  readonly stopped?: Stop
  /** What could not be read, in sentences. */
  readonly unknown: readonly string[]
}

export type FleetNow = {
  readonly nowMs: number
  readonly services: readonly ServiceNow[]
  /** Every line is stopped. */
  readonly stopped?: Stop
  readonly outages: readonly Outage[]
  readonly groups: readonly GroupNow[]
  /** What of all services together could not be read. */
  readonly unknown: readonly string[]
}

/** A concurrency group: releases that are under way together. */
export type GroupNow = {
  readonly group: string
  readonly max: number
  readonly holders: readonly string[]
  /** `undefined` when that cannot be read. */
  readonly waiting: number | undefined
}
