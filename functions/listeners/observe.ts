// Watches aliases that others move: services with `mode: observe`. Every minute it looks at each of them, and CloudTrail's events
// say when exactly one was moved. Nothing here can move an alias: the role has no right to (functions/permissions.ts).
import * as z from 'zod'
import { functionAt, origin } from '../../core/origin.ts'
import { Problem } from '../../core/problem.ts'
import { serviceKey } from '../../core/service/service-key.ts'
import { isObserved, type Service } from '../../core/service/service.ts'
import { lookAt, type Observing, time } from '../observing/look.ts'
import { each, orThrow, readable } from '../steps/each.ts'
import { isScheduledCall } from './scheduled-call.ts'
import type { World } from '../steps/world.ts'

type Deps = Observing & Pick<World, 'home' | 'services' | 'trouble'>

/** Source: docs/aws.md §1.7. */
const Moved = z.looseObject({
  source: z.literal('aws.lambda'),
  ...origin,
  detail: z.looseObject({
    eventName: z.literal('UpdateAlias20150331'),
    eventTime: z.iso.datetime({ offset: true }),
    requestParameters: z.looseObject({ functionName: z.string().min(1).max(300), name: z.string().min(1).max(128) }),
  }),
})

// Lambda answers 15 such calls a second, for the whole account.
const together = 5

type Looked = { readonly looked: number }

/** @throws Problem `event_invalid` */
export function observeHandler(deps: Deps) {
  return async (event: unknown): Promise<Looked> => {
    const moved = Moved.safeParse(event)
    if (moved.success) return heard(deps, moved.data)
    if (!isScheduledCall('observed', event))
      throw new Problem('event_invalid', 'Neither a scheduled call nor a move of an alias.')
    const services = readable(deps, await deps.services.under([serviceKey.observed]))
    const aliases = services.filter(isObserved).flatMap((service) => service.targets.map((one) => ({ service, one })))
    const { done } = await each(
      deps,
      aliases,
      ({ service, one }) => ({ service: service.name, functionName: one.functionName }),
      ({ service, one }) => lookAt(deps, service, one),
      together,
    )
    return { looked: done.length }
  }
}

async function heard(deps: Deps, { detail, ...event }: z.output<typeof Moved>): Promise<Looked> {
  const { functionName: said, name } = detail.requestParameters
  const bare = said.split(':function:').at(-1)?.split(':')[0] ?? ''
  const functionName = functionAt(bare, event, deps.home)
  const services = readable(deps, await deps.services.under([serviceKey.target(functionName)])).filter(isObserved)
  const isMeant = (target: Service['targets'][number]): boolean =>
    target.functionName === functionName && target.alias === name
  const aliases = services.flatMap((service) => service.targets.filter(isMeant).map((one) => ({ service, one })))
  const looked = await each(
    deps,
    aliases,
    ({ service }) => ({ service: service.name, functionName }),
    async ({ service, one }) => {
      const movedAtMs = Date.parse(detail.eventTime)
      const shift = await lookAt(deps, service, one, movedAtMs)
      if (shift !== undefined) await time(deps, shift, movedAtMs)
    },
  )
  return { looked: orThrow(looked).length }
}
