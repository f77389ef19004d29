// Reading by the API: what the command line reads from the table, for whoever has no right on the table. It changes nothing, and
// sees no task tokens (functions/permissions.ts).
import * as z from 'zod'
import { own } from '../../core/own.ts'
import { Problem, type ProblemCode, problems, readInput } from '../../core/problem.ts'
import { statusOf } from '../../core/problem-status.ts'
import { ServiceName } from '../../core/service/service.ts'
import { type DescribedRoute, openApi } from '../api/openapi.ts'
import { ReleaseId } from '../orders/order.ts'
import type { World } from '../steps/world.ts'
import { readEvents } from './events.ts'
import { readLine, readOpen, readServices } from './lists.ts'
import { readObserved } from './observed.ts'
import { checkQuery, type Query } from './paging.ts'
import { readRelease, readReleases } from './releases.ts'
import { readService } from './service.ts'

type ReadDeps = Pick<
  World,
  | 'clock'
  | 'journal'
  | 'services'
  | 'leases'
  | 'line'
  | 'history'
  | 'budgets'
  | 'openReleases'
  | 'observations'
  | 'watches'
  | 'rest'
>

const texts = z.record(z.string(), z.string())
const common = { query: texts.default({}), accept: z.string().default(''), lastEventId: z.string().optional() }
const ofService = { service: ServiceName }
const ofRelease = { ...ofService, release: ReleaseId }

const Reading = z.discriminatedUnion('reading', [
  z.object({ ...common, reading: z.literal('services') }),
  z.object({ ...common, reading: z.literal('service'), ...ofService }),
  z.object({ ...common, reading: z.literal('releases'), ...ofService }),
  z.object({ ...common, reading: z.literal('observed'), ...ofService }),
  z.object({ ...common, reading: z.literal('release'), ...ofRelease }),
  z.object({ ...common, reading: z.literal('events'), ...ofRelease }),
  z.object({ ...common, reading: z.literal('open') }),
  z.object({ ...common, reading: z.literal('line') }),
  z.object({ ...common, reading: z.literal('problem'), code: z.string() }),
  z.object({ ...common, reading: z.literal('openapi') }),
])
type Reading = z.output<typeof Reading>

/** Parameters of the query that a reading takes. */
const parameters: Readonly<Partial<Record<Reading['reading'], readonly string[]>>> = {
  services: ['limit', 'next'],
  releases: ['limit', 'next'],
  observed: ['limit', 'next'],
  open: ['limit', 'next'],
  events: ['limit', 'next', 'wait'],
}

/**
 * @param routes that the document has
 * @throws Problem `call_invalid`, `service_missing`, `release_missing`, `problem_missing`, `item_unreadable`
 */
export function readHandler(deps: ReadDeps, routes: readonly DescribedRoute[]) {
  return (event: unknown): Promise<unknown> => {
    const reading = readInput(Reading, event, 'call_invalid', 'The request')
    checkQuery(reading.query, parameters[reading.reading] ?? [])
    return answerTo(deps, reading, routes)
  }
}

async function answerTo(deps: ReadDeps, reading: Reading, routes: readonly DescribedRoute[]): Promise<unknown> {
  const { query }: { readonly query: Query } = reading
  switch (reading.reading) {
    case 'services':
      return readServices(deps, query)
    case 'service':
      return readService(deps, reading.service)
    case 'releases':
      return readReleases(deps, reading.service, query)
    case 'observed':
      return readObserved(deps, reading.service, query)
    case 'release':
      return readRelease(deps, reading.service, reading.release)
    case 'events':
      return readEvents(deps, reading)
    case 'open':
      return readOpen(deps, query)
    case 'line':
      return readLine(deps)
    case 'problem':
      return problemOf(reading.code)
    case 'openapi':
      return openApi(routes)
  }
}

function problemOf(code: string) {
  const fix = own<string>(problems, code)
  if (fix === undefined)
    throw new Problem('problem_missing', `There is no problem ${JSON.stringify(code.slice(0, 60))}.`)
  return { code, status: statusOf(code as ProblemCode), fix }
}
