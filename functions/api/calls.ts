// The bodies of the API's routes, and the problems that each may answer with: for docs/openapi.json. Tests compare both with what
// the functions do.
import type * as z from 'zod'
import { AttestCall } from '../../core/gate/attest-call.ts'
import { BundleCall } from '../../core/gate/statement.ts'
import { IncidentCall } from '../../core/measures/incident-call.ts'
import { own } from '../../core/own.ts'
import type { ProblemCode } from '../../core/problem.ts'
import { ReleaseCall, UrgentCall } from '../../core/release/request.ts'
import { ApplyCall, RemoveCall } from '../orders/apply.ts'
import { ApproveCall } from '../orders/approve.ts'
import { GateCall } from '../orders/ask.ts'
import { StartLineCall, StopLineCall } from '../orders/line.ts'
import { OldVersionsCall } from '../orders/old-versions.ts'
import { OrderRollbackCall } from '../orders/order-rollback.ts'
import { OverrideCall } from '../orders/override.ts'
import { PauseCall } from '../orders/pause.ts'
import { PromoteCall } from '../orders/promote.ts'

const [PauseBody, ResumeBody] = PauseCall.options

/** By route; another route takes the body of its verb. */
const byRoute = {
  'start-urgent': UrgentCall,
  resume: ResumeBody,
  'attest-bundle': BundleCall,
  remove: RemoveCall,
} as const satisfies Readonly<Record<string, z.ZodType>>
const byVerb = {
  start: ReleaseCall,
  ask: GateCall,
  pause: PauseBody,
  promote: PromoteCall,
  orderRollback: OrderRollbackCall,
  approve: ApproveCall,
  override: OverrideCall,
  stopLine: StopLineCall,
  startLine: StartLineCall,
  attest: AttestCall,
  incident: IncidentCall,
  oldVersions: OldVersionsCall,
  apply: ApplyCall,
} as const satisfies Readonly<Record<string, z.ZodType>>
/** For the client (client/index.ts). */
export type BodiesByRoute = typeof byRoute
export type BodiesByVerb = typeof byVerb

/** With what the route and the signature say. */
export function bodyOf({ name, verb }: { readonly name: string; readonly verb: string }): z.ZodType {
  const body = own<z.ZodType>(byRoute, name) ?? own<z.ZodType>(byVerb, verb)
  if (body === undefined) throw new Error(`the route ${name} has no body`)
  return body
}

/** Of every route: AWS, and what is stored. */
const always = ['call_invalid', 'aws_unavailable', 'aws_throttled', 'permission_denied', 'item_unreadable'] as const
const ofOrders = ['caller_unknown', 'idempotency_key_reused', 'idempotency_key_in_use', 'aws_refused'] as const
const steering = ['release_missing', 'no_live_release', 'service_missing', 'verb_not_now', 'crowded'] as const
const accepting = ['service_missing', 'target_unknown', 'request_reused', 'queue_full'] as const

/** By verb, or by reading. */
const more: Readonly<Record<string, readonly ProblemCode[]>> = {
  start: [...accepting, 'plan_bolder', 'artifact_not_allowed', 'artifact_elsewhere'],
  ask: ['service_missing'],
  pause: steering,
  promote: steering,
  orderRollback: [
    ...steering,
    ...accepting,
    ...['nothing_to_return_to', 'return_failed', 'traffic_moved', 'alias_missing', 'version_missing', 'roles_differ'],
    'not_in_charge',
  ] as readonly ProblemCode[],
  approve: [...steering, 'approval_refused'],
  override: [...steering, 'override_refused'],
  stopLine: ['service_missing'],
  startLine: ['crowded'],
  attest: [
    ...['service_missing', 'target_unknown', 'artifact_elsewhere', 'attester_reserved', 'binding_differs'],
    ...['bundle_invalid', 'bundle_unsupported', 'bundle_foreign', 'signer_unknown', 'signature_invalid', 'crowded'],
  ] as readonly ProblemCode[],
  incident: ['service_missing'],
  oldVersions: ['service_missing'],
  apply: ['definition_invalid', 'definition_contested', 'alias_taken', 'service_missing', 'verb_not_now'],
  service: ['service_missing'],
  releases: ['service_missing'],
  observed: ['service_missing'],
  release: ['release_missing'],
  events: ['release_missing'],
  problem: ['problem_missing'],
}

/** @param verb of an order @param name of a reading */
export function problemsOf({
  method,
  name,
  verb,
}: {
  readonly method: 'GET' | 'POST'
  readonly name: string
  readonly verb: string
}): readonly ProblemCode[] {
  const key = method === 'GET' ? name : verb
  return [...always, ...(method === 'GET' ? [] : ofOrders), ...(own(more, key) ?? [])]
}
