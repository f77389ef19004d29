// Lists of everything: services, releases under way, stopped lines. Each page is one query, however much there is.
import * as z from 'zod'
import { candidateWords } from '../../core/service/candidate.ts'
import type { World } from '../steps/world.ts'
import { limitOf, nextAfter, nextOf, type Query } from './paging.ts'

type Unreadable<About> = readonly { readonly about: About; readonly problem: Error }[]

export const left = <About extends object>(unreadable: Unreadable<About>) =>
  unreadable.map(({ about, problem }) => ({ ...about, because: problem.message }))

export async function readServices(
  deps: Pick<World, 'leases'> & { readonly services: Pick<World['services'], 'list'> },
  query: Query,
) {
  const atMost = limitOf(query)
  const [{ items, unreadable }, leases] = await Promise.all([
    deps.services.list({ atMost, after: nextOf(query, z.string().min(1).max(100)) }),
    deps.leases.list(),
  ])
  const holders = new Map(leases.items.map(({ name, holder }) => [name, holder]))
  const names = [...items.map(({ name }) => name), ...unreadable.map(({ about }) => about.service)].sort()
  return {
    items: items.map(({ name, targets }) => {
      const live = holders.get(name)
      const places = targets.map(({ functionName, alias }) => ({ functionName, alias }))
      return { name, targets: places, ...(live === undefined ? {} : { live }) }
    }),
    unreadable: left(unreadable),
    ...nextAfter(names.at(-1), names.length === atMost),
  }
}

const OpenEnd = z.strictObject({ service: z.string().min(1).max(100), releaseId: z.string().min(1).max(100) })

export async function readOpen(deps: Pick<World, 'openReleases'>, query: Query) {
  const atMost = limitOf(query)
  const { items, unreadable } = await deps.openReleases.page({ atMost, after: nextOf(query, OpenEnd) })
  const ends = [...items, ...unreadable.map(({ about }) => about)]
    .map(({ service, releaseId }) => ({ service, releaseId }))
    .toSorted((a, b) => (`${a.service}#${a.releaseId}` < `${b.service}#${b.releaseId}` ? -1 : 1))
  return {
    items: items.map(({ releaseId, service, requestedAtMs, requested }) => ({
      ...{ releaseId, service, requestedAtMs, source: requested.provenance.source },
      candidate: candidateWords(requested.candidate),
      urgent: requested.urgent === true,
    })),
    unreadable: left(unreadable),
    ...nextAfter(ends.at(-1), ends.length === atMost),
  }
}

export async function readLine({ line }: Pick<World, 'line'>) {
  const { items, unreadable } = await line.list()
  return { items, unreadable: left(unreadable) }
}
