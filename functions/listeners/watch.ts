// Watches releases after their promotion, where the definition says so. Every minute it looks at each watch that has not ended;
// where there is none, that is one small query. Nothing here can move an alias: it goes back by a release, as a person does.
import { Problem } from '../../core/problem.ts'
import { each, readable } from '../steps/each.ts'
import { lookAt, type Watching } from '../watching/look.ts'
import { isScheduledCall } from './scheduled-call.ts'

// Lambda answers 15 reads of aliases a second, for the whole account.
const together = 5

type Watched = { readonly looked: number; readonly ended: number }

/** @throws Problem `event_invalid` */
export function watchHandler(deps: Watching) {
  return async (event: unknown): Promise<Watched> => {
    if (!isScheduledCall('watches', event)) throw new Problem('event_invalid', 'Not a call by the schedule of watches.')
    const watches = readable(deps, await deps.watches.list())
    const { done } = await each(
      deps,
      watches,
      ({ service, releaseId }) => ({ service, releaseId }),
      (watch) => lookAt(deps, watch),
      together,
    )
    return { looked: done.length, ended: done.filter(Boolean).length }
  }
}
