// Questions for the policy tests: a release that nothing blocks, and a valid order by a person.
import type { GateContext, PolicyQuestion } from '../../core/gate/policy.ts'

type OrderContext = Extract<PolicyQuestion, { readonly action: 'approve' | 'override' }>['context']

/** Everything is required of the candidate, and everything is present. */
export const clear: GateContext = {
  weightBp: 0,
  urgent: false,
  overridden: false,
  source: 's3',
  stopped: false,
  oneWay: false,
  insideWindow: true,
  frozen: false,
  disturbed: false,
  configuring: false,
  tight: false,
  full: false,
  budget: { known: true, leftBp: 8_000, burning: 'no' },
  approvals: { missing: 0, declined: false },
  provenance: {
    ...{ commit: true, bound: true, signed: true, tests: 'passed', scanned: true },
    ...{ critical: 0, high: 2, replaced: false, verified: true, builder: 'https://ci' },
  },
  required: {
    commit: true,
    signed: true,
    tests: true,
    scan: true,
    criticalMax: 0,
    highMax: 2,
    verified: true,
    builders: ['https://ci'],
  },
}

const order: OrderContext = {
  requesters: ['ada'],
  approvers: ['cleo'],
  fourEyes: true,
  isNamed: true,
  reason: 'The fix of INC-7.',
}

export function gate(action: 'begin' | 'goOn', facts: Partial<GateContext> = {}, own?: string): PolicyQuestion {
  const principal = { kind: 'Source', id: 's3' } as const
  return { principal, action, service: 'checkout', context: { ...clear, ...facts }, ...(own !== undefined && { own }) }
}

export function personal(
  action: 'approve' | 'override',
  facts: Partial<OrderContext> = {},
  person = 'bob',
): PolicyQuestion {
  return { principal: { kind: 'Person', id: person }, action, service: 'checkout', context: { ...order, ...facts } }
}
