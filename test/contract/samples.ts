// Sample values for all suites: a service, events, heads, and the expectation of a Problem.
import { expect } from 'vitest'
import type { ReleaseEvent } from '../../core/release/event.ts'
import type { Head } from '../../core/release/head.ts'
import { Problem, type ProblemCode } from '../../core/problem.ts'
import { parseDefinition } from '../../core/service/definition.ts'
import type { Service } from '../../core/service/service.ts'
import type { OpenRelease } from '../../cloud/ports.ts'

export const t0Ms = Date.UTC(2026, 10, 23, 12, 0, 0)

export function service(name = 'orders'): Service {
  return parseDefinition({
    name,
    targets: [{ function: `${name}-api`, alias: 'live' }],
    plan: { steps: [{ weight: 10, bake: '5m' }] },
    signals: { alarms: [`${name} errors`] },
  })
}

type Requested = OpenRelease['requested']

export function requested(releaseId: string, atMs = t0Ms, name = 'orders'): Requested {
  return {
    v: 1,
    seq: 1,
    type: 'requested',
    atMs,
    releaseId,
    key: `call/${releaseId}`,
    service: service(name),
    candidate: { kind: 'versions', versions: { [`${name}-api`]: '2' } },
    provenance: { source: 'cli', author: 'Ádám "quoted" 🚦' },
  }
}

export function paused(seq: number, reason = 'lunch'): ReleaseEvent {
  return { v: 1, seq, type: 'paused', atMs: t0Ms + seq, by: 'ada', reason }
}

export function open(releaseId: string, atMs = t0Ms, name = 'orders'): OpenRelease {
  return { releaseId, service: name, requestedAtMs: atMs, requested: requested(releaseId, atMs, name) }
}

export function head(releaseId: string, requestedAtMs = t0Ms, seq = 1): Head {
  return {
    releaseId,
    service: 'orders',
    requestedAtMs,
    seq,
    phase: 'baking',
    candidate: 'orders-api:2',
    source: 'cli',
    versions: { 'orders-api': { stable: '1', candidate: '2' } },
  }
}

export async function expectProblem(code: ProblemCode, work: Promise<unknown>, words?: RegExp): Promise<Problem> {
  const outcome: unknown = await work.then(
    (value) => ({ answered: value }),
    (error: unknown) => error,
  )
  expect(outcome).toBeInstanceOf(Problem)
  const problem = outcome as Problem
  expect(problem.code).toBe(code)
  if (words !== undefined) expect(problem.message).toMatch(words)
  return problem
}
