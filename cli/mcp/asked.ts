// What tools take: the project's own schemas, with words for an agent.
import * as z from 'zod'
import { Problem } from '../../core/problem.ts'
import { replay } from '../../core/release/advance.ts'
import type { ReleaseEvent } from '../../core/release/event.ts'
import type { Release } from '../../core/release/release.ts'
import { ServiceName } from '../../core/service/service.ts'
import { checkService, ReleaseId, reason as reasonForm } from '../../functions/orders/order.ts'
import type { Backend } from '../backend/backend.ts'

export const service = ServiceName.describe('The name of a service; `services` lists them.')
export const release = ReleaseId.describe('The id of a release; `releases` and `service` have them.')
export const reason = reasonForm.describe('Why, for the people who read the log.')
export const limit = z.int().min(1).max(100).default(20).describe('How many on a page.')
export const next = z.string().min(1).max(1000).optional().describe('The `next` of the page before.')

/** As the API takes them. */
export const queryOf = (page: { readonly limit: number; readonly next?: string | undefined }) => ({
  limit: String(page.limit),
  ...(page.next === undefined ? {} : { next: page.next }),
})

type Found = { readonly release: Release; readonly events: readonly ReleaseEvent[] }

/** @throws Problem `release_missing`, also for a release of another service; `item_unreadable` */
export async function foundRelease(backend: Pick<Backend, 'journal'>, id: string, of?: string): Promise<Found> {
  const { events } = await backend.journal.read(id)
  const found = replay(events)
  if (found === undefined) throw new Problem('release_missing', `There is no release ${id}.`)
  checkService(found, of)
  return { release: found, events }
}
