// One service: its definition, the release that is live, where its traffic is, and what is left of its budgets.
import { budgetsLeft } from '../budgets/left.ts'
import { askedUntilMs } from '../../core/concurrency/warm.ts'
import { warmNowWords } from '../../core/concurrency/words.ts'
import { whole } from '../../core/listing.ts'
import { headOf, lastLeft } from '../../core/release/head.ts'
import type { Release } from '../../core/release/release.ts'
import { only, type Routing } from '../../core/service/routing.ts'
import type { Service } from '../../core/service/service.ts'
import { isCharging } from '../../core/watch/watch.ts'
import { watchNowWords } from '../../core/watch/words.ts'
import { latestHeads } from '../steps/heads.ts'
import { liveHolder } from '../steps/lease.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<
  World,
  'clock' | 'journal' | 'leases' | 'line' | 'history' | 'budgets' | 'watches' | 'openReleases'
> & {
  readonly services: Pick<World['services'], 'get'>
}

/** @throws Problem `service_missing`, `item_unreadable` */
export async function readService(deps: Deps, name: string) {
  const definition = await deps.services.get(name)
  const [live, budgets, stopped, watch, warm] = await Promise.all([
    liveHolder(deps, name),
    budgetsLeft(deps, definition),
    deps.line.stopped(name),
    watchOf(deps, name),
    warmOf(deps, definition),
  ])
  const routings = await routingsOf(deps, definition, live?.release)
  return {
    definition,
    targets: definition.targets.map(({ functionName, alias }) => {
      const routing = routings.get(functionName)
      return { functionName, alias, ...(routing === undefined ? {} : { routing }) }
    }),
    ...(live === undefined ? {} : { live: headOf(live.release) }),
    budgets,
    ...(stopped === undefined ? {} : { stopped }),
    ...(watch === undefined ? {} : { watch }),
    ...(warm.length === 0 ? {} : { warm }),
  }
}

/** The watch after the last promotion, while it goes on. @throws Problem `item_unreadable`: what cannot be read is not quiet */
async function watchOf({ watches, clock }: Deps, service: string) {
  const live = whole(await watches.list(service)).filter((one) => !isCharging(one))
  const found = live.toSorted((a, b) => b.promotedAtMs - a.promotedAtMs)
  const [watch] = found
  if (watch === undefined) return undefined
  const { releaseId, promotedAtMs, untilMs } = watch
  return { releaseId, promotedAtMs, untilMs, sentence: watchNowWords(watch, clock.nowMs()) }
}

/** What is kept warm after the last promotions. */
async function warmOf({ openReleases, clock }: Deps, definition: Service) {
  const { warm } = await openReleases.all(definition.name)
  return warm.map((one) => ({
    releaseId: one.releaseId,
    untilMs: askedUntilMs(one, definition),
    targets: one.targets.map(({ functionName, alias, stable, environments }) => ({
      ...{ functionName, alias, version: stable },
      ...(environments === undefined ? {} : { environments }),
    })),
    sentence: warmNowWords(one, definition, clock.nowMs()),
  }))
}

/** How many releases in a row may have moved nothing. */
const headsMost = 20

/** As the log has it: of the live release, or of the last one of each function. */
async function routingsOf(
  deps: Deps,
  { name, targets }: Service,
  live: Release | undefined,
): Promise<ReadonlyMap<string, Routing>> {
  if (live !== undefined && live.targets.length > 0)
    return new Map(live.targets.map(({ functionName, routing }) => [functionName, routing]))
  const { items } = await latestHeads(deps, name, headsMost)
  return new Map(
    targets.flatMap(({ functionName }) => {
      const left = lastLeft(items, functionName)
      return left === undefined ? [] : [[functionName, only(left.version)] as const]
    }),
  )
}
