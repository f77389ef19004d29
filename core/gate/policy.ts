// The questions that go to the policy engine and the answers that come back. What is allowed stands in policy/release.cedar and
// nowhere else. An answer with trouble in it always denies.

/** Who asks: a named person, or the source of a release (`s3`, `cli`, `pipeline`). */
type Principal = { readonly kind: 'Person' | 'Source'; readonly id: string }

/** Everything that can block or unblock a release. All of it was looked up beforehand; policies look nothing up. */
export type GateContext = {
  /** The weight about to be set, in basis points; 0 at begin. */
  readonly weightBp: number
  /** A security fix in the fast lane. */
  readonly urgent: boolean
  /** An authorized person has overridden the gates, with a reason. */
  readonly overridden: boolean
  readonly source: string
  /** The line is stopped, for this service or for all. */
  readonly stopped: boolean
  /** What comes next is the one-way step: after it nothing goes back. */
  readonly oneWay: boolean
  readonly insideWindow: boolean
  readonly frozen: boolean
  /** An alarm of what the service depends on is not OK. */
  readonly disturbed: boolean
  /** A configuration that the service depends on is being deployed, or nobody knows. */
  readonly configuring: boolean
  /** Less concurrency is free than the service wants, or nobody knows. */
  readonly tight: boolean
  /** The service's concurrency group has no free place. */
  readonly full: boolean
  /** Absent when the service has no SLO. With several SLOs, the worst one. */
  readonly budget?: {
    readonly known: boolean
    /** Basis points of the budget left: negative when overspent, 0 when not known. */
    readonly leftBp: number
    readonly burning: 'no' | 'ticket' | 'page'
  }
  readonly approvals: { readonly missing: number; readonly declined: boolean }
  /** What is known about the candidate. The numbers of findings count only when `scanned`. */
  readonly provenance: {
    readonly commit: boolean
    /** Somebody who may has said from which commit it was built. */
    readonly bound: boolean
    readonly signed: boolean
    readonly tests: 'passed' | 'failed' | 'unknown'
    readonly scanned: boolean
    readonly critical: number
    readonly high: number
    /** A party has replaced something worse that it had said, with a reason. */
    readonly replaced: boolean
    /** A statement about exactly this code was signed by a signer of the service, and the signature was verified. */
    readonly verified: boolean
    /** The builder that such a statement names. */
    readonly builder?: string
  }
  /** What the service requires of a candidate. */
  readonly required: {
    readonly commit: boolean
    readonly signed: boolean
    readonly tests: boolean
    readonly scan: boolean
    readonly criticalMax: number
    readonly highMax: number
    readonly verified: boolean
    /** One of them must have built it; empty: anybody may have. */
    readonly builders: readonly string[]
  }
}

/** What is known about a person's order. */
type OrderContext = {
  /** Who started the release, and whom it names as its author; as personKey (core/caller.ts), as all people here. */
  readonly requesters: readonly string[]
  /** Who has already approved this point. */
  readonly approvers: readonly string[]
  /** Nobody may approve their own release. */
  readonly fourEyes: boolean
  /** The approval names nobody in particular, or this person among others. */
  readonly isNamed: boolean
  readonly reason: string
}

export type PolicyQuestion = {
  readonly principal: Principal
  readonly service: string
  /** The service's own policies, as Cedar text. They can only forbid more. */
  readonly own?: string
} & (
  | { readonly action: 'begin' | 'goOn'; readonly context: GateContext }
  | { readonly action: 'approve' | 'override'; readonly context: OrderContext }
)

/** A policy that determined the answer: its id, the gate it belongs to, and its sentence for people. */
export type PolicyReason = { readonly policy: string; readonly gate?: string; readonly says?: string }

export type PolicyDecision = {
  readonly allowed: boolean
  /** What determined the answer, by policy id: when denied, every policy that forbids; when allowed, what permits. */
  readonly because: readonly PolicyReason[]
  /** Everything that went wrong while deciding, in sentences. If there is any, `allowed` is false. */
  readonly trouble: readonly string[]
}
