// Who may do what with a release, as a question and its answer. What is asked is written down here; what is allowed stands in
// policy/release.cedar and nowhere else. An answer with trouble in it is always a no.

/** Who asks: a person by name, or the source of a release (`s3`, `cli`, `pipeline`). */
type Principal = { readonly kind: 'Person' | 'Source'; readonly id: string }

/**
 * What stands in the way of a release, and what opens it. Everything here is a fact that was looked up; no policy looks
 * anything up.
 */
export type GateContext = {
  /** The weight that is about to be given, in basis points; 0 at begin. */
  readonly weightBp: number
  /** A security fix on the fast lane. */
  readonly urgent: boolean
  /** Somebody with the right to has overridden the gates, with a reason. */
  readonly overridden: boolean
  readonly source: string
  /** Stop-the-line, for this service or for all. */
  readonly stopped: boolean
  readonly insideWindow: boolean
  readonly frozen: boolean
  /** The service's concurrency group has no place. */
  readonly full: boolean
  /** Absent: the service has no SLO. Of several, the worst. */
  readonly budget?: {
    readonly known: boolean
    /** Basis points of the budget that are left: negative when overspent, 0 when not known. */
    readonly leftBp: number
    readonly burning: 'no' | 'ticket' | 'page'
  }
  readonly approvals: { readonly missing: number; readonly declined: boolean }
  /** What is known of the candidate. Numbers of findings count only when `scanned`. */
  readonly provenance: {
    readonly commit: boolean
    readonly signed: boolean
    readonly tests: 'passed' | 'failed' | 'unknown'
    readonly scanned: boolean
    readonly critical: number
    readonly high: number
  }
  /** What the service asks of a candidate. */
  readonly required: {
    readonly commit: boolean
    readonly signed: boolean
    readonly tests: boolean
    readonly scan: boolean
    readonly criticalMax: number
    readonly highMax: number
  }
}

/** What is known of a person's order. */
type OrderContext = {
  /** Who asked for the release; empty when unknown. */
  readonly author: string
  /** Who has approved this point already. */
  readonly approvers: readonly string[]
  /** Nobody approves a release of their own. */
  readonly fourEyes: boolean
  /** The approval names nobody, or this person among others. */
  readonly isNamed: boolean
  readonly reason: string
}

export type PolicyQuestion = {
  readonly principal: Principal
  readonly service: string
  /** The service's own policies, as Cedar text; they may forbid more. */
  readonly own?: string
} & (
  | { readonly action: 'begin' | 'goOn'; readonly context: GateContext }
  | { readonly action: 'approve' | 'override'; readonly context: OrderContext }
)

/** A policy that determined an answer: its id, the gate it belongs to, and what it says to people. */
export type PolicyReason = { readonly policy: string; readonly gate?: string; readonly says?: string }

export type PolicyDecision = {
  readonly allowed: boolean
  /** What determined the answer: when denied, every policy that forbids; when allowed, what permits. By policy id. */
  readonly because: readonly PolicyReason[]
  /** Everything that went wrong while deciding, in sentences. Any of it means that `allowed` is false. */
  readonly trouble: readonly string[]
}
