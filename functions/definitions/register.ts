// Puts a definition in the place of the one before. Its record comes first: it says who changed what, and its number is the lock.
// Of two at the same moment, one gets the number, and a definition never replaces one of a higher number.
import { Problem } from '../../core/problem.ts'
import { isObserved, type Service } from '../../core/service/service.ts'
import { changesOf } from './changes.ts'
import { claimNewAliases, dropClaims } from './new-aliases.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'home' | 'services' | 'definitions' | 'openReleases' | 'log'>

export type Registered = {
  readonly service: Service
  /** False if the service is new. */
  readonly isKnown: boolean
  /** Which fields are other than before, such as `plan.steps[0].weight`; all of them if the service is new. */
  readonly changed: readonly string[]
}

/** @param by who changes it, by AWS's word @throws Problem `definition_contested`, `mode_not_now`, `alias_taken` */
export async function register(deps: Deps, service: Service, by: string): Promise<Registered> {
  const { name } = service
  const before = await definedAs(deps, name)
  if (before !== undefined) await checkMode(deps, before, service)
  const changed = changesOf(before, service).map(({ field }) => field)
  const last = await lastOf(deps, name)
  // The same again is no change, and gets no record. It is stored all the same, with its lookup keys.
  const seq = changed.length === 0 ? last : last + 1
  const claims = await claimNewAliases(deps, { before, after: service, seq })
  const record = { service: name, by, atMs: deps.clock.nowMs(), ...(before && { before }), after: service }
  if (changed.length > 0 && !(await deps.definitions.add(seq, record))) throw contested(name)
  if (!(await deps.services.put(service, seq))) throw contested(name)
  await dropClaims(deps, claims)
  deps.log({ message: 'order: apply', service: name, by, seq, changed: changed.slice(0, 50) })
  return { service, isKnown: before !== undefined, changed }
}

/** A release moves the aliases until it ends, and whoever took over would find them split. */
async function checkMode({ openReleases }: Deps, before: Service, after: Service): Promise<void> {
  if (isObserved(before) === isObserved(after)) return
  const { items, unreadable } = await openReleases.list(after.name)
  const [open] = [...items, ...unreadable.map(({ about }) => about)]
  if (open !== undefined)
    throw new Problem(
      'mode_not_now',
      `Release ${open.releaseId} of ${after.name} has not ended: its mode cannot change.`,
    )
}

const contested = (name: string): Problem =>
  new Problem(
    'definition_contested',
    `Somebody else applied a definition of ${name} at the same moment, and theirs holds.`,
  )

/** `undefined` also if it cannot be read: to apply it again is how that is mended. */
async function definedAs({ services, log }: Deps, name: string): Promise<Service | undefined> {
  try {
    return await services.get(name)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (error.code === 'item_unreadable') log(error.line)
    else if (error.code !== 'service_missing') throw error
    return undefined
  }
}

async function lastOf({ definitions }: Deps, name: string): Promise<number> {
  const { items, unreadable } = await definitions.list(name, 1)
  return Math.max(0, ...items.map(({ seq }) => seq), ...unreadable.map(({ about }) => about.seq))
}
