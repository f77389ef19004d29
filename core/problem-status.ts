// The HTTP status of each problem, for callers of the API.
import type { ProblemCode } from './problem.ts'

const statuses: Partial<Readonly<Record<ProblemCode, number>>> = {
  call_invalid: 400,
  definition_invalid: 400,
  caller_unknown: 403,
  approval_refused: 403,
  override_refused: 403,
  plan_bolder: 403,
  artifact_not_allowed: 403,
  service_missing: 404,
  release_missing: 404,
  problem_missing: 404,
  reading_missing: 404,
  no_live_release: 404,
  idempotency_key_reused: 422,
  // Nothing is wrong with the request.
  permission_denied: 500,
  item_unreadable: 500,
  aws_unavailable: 503,
  aws_throttled: 503,
}

/** Of everything else: the state of things does not allow it. */
export const statusOf = (code: ProblemCode): number => statuses[code] ?? 409
/** Worth another try: after how many seconds. */
export const retryAfterSeconds = (code: ProblemCode): number | undefined =>
  statusOf(code) === 503 || code === 'idempotency_key_in_use' ? 5 : undefined
