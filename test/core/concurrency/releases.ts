// A release of `checkout` that has been prepared, from version 1 to version 2, and what has come since.
import { replay } from '../../../core/release/advance.ts'
import type { NewEvent } from '../../../core/release/event.ts'
import type { Release } from '../../../core/release/release.ts'
import { parseDefinition } from '../../../core/service/definition.ts'

export const t0 = Date.UTC(2026, 0, 1)
export const billing = { memoryMb: 1024, architecture: 'x86_64' } as const

export function releaseOf(
  promised: number | undefined,
  weights: readonly number[],
  more: readonly NewEvent[] = [],
): Release {
  const service = parseDefinition({
    name: 'checkout',
    targets: [{ function: 'checkout', alias: 'live', provisionedConcurrency: promised }],
    plan: { steps: weights.map((weight) => ({ weight, bake: '1m' })) },
  })
  const candidate = { kind: 'versions', versions: { checkout: '2' } } as const
  const baseline = { thresholdsMs: [], billing: { stable: billing, candidate: billing } }
  const target = {
    functionName: 'checkout',
    alias: 'live',
    stable: '1',
    candidate: '2',
    revision: 'r',
    codeSha256: 'c',
    baseline,
  }
  const requested: NewEvent = {
    ...{ type: 'requested', atMs: t0, releaseId: 'r1', key: 'k', service, candidate },
    provenance: { source: 'cli' },
  }
  const events: readonly NewEvent[] = [
    requested,
    { type: 'admitted', atMs: t0 },
    { type: 'prepared', atMs: t0, targets: [target], alarms: [] },
    ...more,
  ]
  const found = replay(events.map((event, index) => ({ ...event, v: 1 as const, seq: index + 1 })))
  if (found === undefined) throw new Error('no release')
  return found
}
