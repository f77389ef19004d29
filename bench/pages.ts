// How long the page of a fleet takes to make, and how large it is: from what was read of its services to the HTML.
import { fleetPage } from '../console/fleet/fleet-page.ts'
import type { Head } from '../core/release/head.ts'
import { parseDefinition } from '../core/service/definition.ts'
import { fleetView } from '../core/view/fleet-view.ts'
import type { FleetNow, ServiceNow } from '../core/view/service-now.ts'

type PageCost = { readonly services: number; readonly milliseconds: number; readonly bytes: number }

const rounds = 21

/** The median of several rounds, after one that warms up. */
export function measurePages(services: number): PageCost {
  const nowMs = Date.UTC(2026, 5, 15)
  const now: FleetNow = {
    nowMs,
    services: Array.from({ length: services }, (_, index) => serviceNow(`service-${index}`, index, nowMs)),
    outages: [],
    groups: [],
    unknown: [],
  }
  const frame = { path: '/', where: 'tidegate in us-east-1', who: 'ann', nowMs, formToken: 'token' }
  let bytes = 0
  const times = Array.from({ length: rounds + 1 }, () => {
    const beganMs = performance.now()
    bytes = Buffer.byteLength(fleetPage(fleetView(now), frame))
    return performance.now() - beganMs
  })
  const sorted = times.slice(1).toSorted((a, b) => a - b)
  return { services, milliseconds: sorted[(rounds - 1) / 2] ?? 0, bytes }
}

/** One in ten needs a person. */
function serviceNow(name: string, index: number, nowMs: number): ServiceNow {
  const targets = [{ function: `${name}-api`, alias: 'live' }]
  const service = parseDefinition({ name, targets, plan: 'AllAtOnce' })
  const heads = Array.from({ length: 50 }, (_, age): Head => ({
    ...{ releaseId: `${name}-${50 - age}`, service: name, requestedAtMs: nowMs - (age + 1) * 3_600_000, seq: 9 },
    ...{ settledAtMs: nowMs - age * 3_600_000, phase: 'settled', outcome: 'promoted', candidate: '12', source: 'api' },
    versions: { [`${name}-api`]: { stable: '11', candidate: '12' } },
  }))
  return {
    ...{ name, service, waiting: [], heads, unknown: [] },
    budgets: [{ slo: 'available', leftShare: (index % 100) / 100, burning: index % 10 === 0 ? 'ticket' : 'no' }],
    aliases: [{ functionName: `${name}-api`, alias: 'live', routing: { version: '12' }, left: '12' }],
  }
}
