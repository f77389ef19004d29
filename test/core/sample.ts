// Starting values for tests: a service, the events of a release up to some point, a verdict.
import { advance, begin } from '../../core/release/advance.ts'
import type { NewEvent } from '../../core/release/event.ts'
import { wayForward } from '../../core/release/move.ts'
import type { Release } from '../../core/release/release.ts'
import { parseDefinition } from '../../core/service/definition.ts'
import type { Service } from '../../core/service/service.ts'
import type { Verdict } from '../../core/verdict/evidence/evidence.ts'
import { numbered } from '../../functions/steps/log.ts'

export const definition = {
  name: 'checkout',
  targets: [{ function: 'checkout', alias: 'live' }],
  plan: {
    steps: [
      { weight: 10, bake: '5m' },
      { weight: 50, bake: '5m' },
    ],
  },
  signals: { alarms: ['checkout-errors'] },
}

export const service = (changes: Record<string, unknown> = {}): Service =>
  parseDefinition({ ...definition, ...changes })

export const t0 = Date.UTC(2026, 0, 1)

export function verdict(kind: Verdict['kind'], quiet = false): Verdict {
  return { kind, quiet, because: `said ${kind}`, window: { startMs: t0, endMs: t0 }, signals: [] }
}

export function requested(changes: Record<string, unknown> = {}): Release {
  const event = numbered(
    {
      type: 'requested',
      atMs: t0,
      releaseId: 'checkout-1',
      key: 'version/checkout:2',
      service: service(changes),
      candidate: { kind: 'versions', versions: { checkout: '2' } },
      provenance: { source: 'api' },
    },
    1,
  )
  if (event.type !== 'requested') throw new Error('unreachable')
  return begin(event)
}

/** The release after more events, numbered in order. */
export function after(release: Release, ...events: readonly NewEvent[]): Release {
  return events.reduce((now, event) => advance(now, numbered(event, now.seq + 1)), release)
}

export const target = {
  functionName: 'checkout',
  alias: 'live',
  stable: '1',
  candidate: '2',
  revision: 'r0',
  codeSha256: 'x',
}

export function prepared(changes: Record<string, unknown> = {}): Release {
  const release = requested(changes)
  const targets = release.service.targets.map((one) => ({
    ...target,
    functionName: one.functionName,
    alias: one.alias,
  }))
  return after(release, { type: 'admitted', atMs: t0 }, { type: 'prepared', atMs: t0, targets, alarms: [] })
}

/** Logs and performs the move that a shifting release asks for. */
export function shifted(release: Release, atMs: number): Release {
  if (release.state.phase !== 'shifting') throw new Error(`cannot shift while ${release.state.phase}`)
  const move = wayForward(release, release.state.step)
  const revisions = Object.fromEntries(move.targets.map((one) => [one.functionName, `r${atMs}`]))
  return after(release, { type: 'moveIntended', atMs, move }, { type: 'moved', atMs, purpose: move.purpose, revisions })
}
