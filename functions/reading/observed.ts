// The shifts that others made of a service which is observed, newest first, and what Tidegate would have done. The first page
// also has what the last days come to.
import * as z from 'zod'
import { reported } from '../../core/observe/report.ts'
import { observedDays } from '../../core/view/observed-view.ts'
import { observedTotals } from '../observing/totals.ts'
import type { World } from '../steps/world.ts'
import { left } from './lists.ts'
import { limitOf, nextAfter, nextOf, type Query } from './paging.ts'

const End = z.strictObject({ beganAtMs: z.int().min(0), id: z.string().min(1).max(400) })

type Deps = Pick<World, 'clock'> & {
  readonly observations: Pick<World['observations'], 'latest' | 'shifts'>
  readonly services: Pick<World['services'], 'get'>
}

/** @throws Problem `call_invalid`, `service_missing` */
export async function readObserved(deps: Deps, service: string, query: Query) {
  const [limit, after] = [limitOf(query), nextOf(query, End)]
  await deps.services.get(service)
  const [{ items, unreadable }, totals] = await Promise.all([
    deps.observations.latest(service, limit, after),
    after === undefined ? observedTotals(deps, service, observedDays) : undefined,
  ])
  const ends = [...items, ...unreadable.map(({ about }) => about)]
    .map(({ beganAtMs, id }) => ({ beganAtMs, id }))
    .toSorted((a, b) => a.beganAtMs - b.beganAtMs || (a.id < b.id ? -1 : 1))
  return {
    items: items.map(reported),
    unreadable: left(unreadable),
    ...(totals === undefined ? {} : { totals }),
    ...nextAfter(ends[0], ends.length === limit),
  }
}
