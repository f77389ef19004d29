// Puts a definition in the place of the one before. Its record comes first: it says who changed what, and its number is the lock.
// Of two at the same moment, one gets the number, and a definition never replaces one of a higher number.
import { insteadOf, Problem } from '../../core/problem.ts'
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

export type Removed = {
  readonly removed: true
  /** What it was, in normal form; absent if that could not be read. */
  readonly service?: Service
}

/** @param by who changes it, by AWS's word @throws Problem `definition_contested`, `mode_not_now`, `alias_taken` */
export async function register(deps: Deps, service: Service, by: string): Promise<Registered> {
  const { name } = service
  const before = await readableOf(deps, name).catch(insteadOf('service_missing', undefined))
  if (before !== undefined) await checkMode(deps, before, service)
  const changed = changesOf(before, service).map(({ field }) => field)
  const { seq: last } = await lastOf(deps, name)
  // The same again is no change, and gets no record. It is stored all the same, with its lookup keys.
  const seq = changed.length === 0 ? last : last + 1
  const claims = await claimNewAliases(deps, { before, after: service, seq })
  const record = { service: name, by, atMs: deps.clock.nowMs(), ...(before && { before }), after: service }
  if (changed.length > 0 && !(await deps.definitions.add(seq, record))) throw contested(name)
  if (!(await deps.services.put(service, seq))) throw contested(name)
  await dropClaims(deps, claims)
  await checkNotRemoved(deps, name)
  deps.log({ message: 'order: apply', service: name, by, seq, changed: changed.slice(0, 50) })
  return { service, isKnown: before !== undefined, changed }
}

/**
 * Removes a service. Its aliases, log, history, budgets and records stay.
 * @returns what was removed; without `service` if that could not be read
 * @throws Problem `service_missing`, `verb_not_now`, `definition_contested`
 */
export async function remove(deps: Deps, name: string, by: string): Promise<Removed> {
  const before = await readableOf(deps, name)
  const open = await openOf(deps, name)
  if (open !== undefined)
    throw new Problem('verb_not_now', `Release ${open} of ${name} has not ended: the service cannot be removed.`)
  const seq = (await lastOf(deps, name)).seq + 1
  const record = { service: name, by, atMs: deps.clock.nowMs(), ...(before && { before }) }
  if (!(await deps.definitions.add(seq, record))) throw contested(name)
  if (!(await deps.services.remove(name, seq))) throw contested(name)
  deps.log({ message: 'order: remove', service: name, by, seq })
  return { ...(before && { service: before }), removed: true }
}

/** A definition that was on its way while somebody removed the service would bring it back without a record. */
async function checkNotRemoved(deps: Deps, name: string): Promise<void> {
  const { seq, isRemoved } = await lastOf(deps, name)
  if (!isRemoved) return
  await deps.services.remove(name, seq)
  throw contested(name)
}

/** A release moves the aliases until it ends, and whoever took over would find them split. */
async function checkMode(deps: Deps, before: Service, after: Service): Promise<void> {
  if (isObserved(before) === isObserved(after)) return
  const open = await openOf(deps, after.name)
  if (open !== undefined)
    throw new Problem('mode_not_now', `Release ${open} of ${after.name} has not ended: its mode cannot change.`)
}

async function openOf({ openReleases }: Deps, name: string): Promise<string | undefined> {
  const { items, unreadable } = await openReleases.list(name)
  return [...items, ...unreadable.map(({ about }) => about)][0]?.releaseId
}

const contested = (name: string): Problem =>
  new Problem(
    'definition_contested',
    `Somebody else applied a definition of ${name} at the same moment, and theirs holds.`,
  )

/** `undefined` if it cannot be read: to apply it again, or to remove it, mends that. @throws Problem `service_missing` */
async function readableOf({ services, log }: Deps, name: string): Promise<Service | undefined> {
  try {
    return await services.get(name)
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'item_unreadable')) throw error
    log(error.line)
    return undefined
  }
}

async function lastOf({ definitions }: Deps, name: string): Promise<{ seq: number; isRemoved: boolean }> {
  const { items, unreadable } = await definitions.list(name, 1)
  const [last] = items
  const seq = Math.max(0, last?.seq ?? 0, ...unreadable.map(({ about }) => about.seq))
  return { seq, isRemoved: last?.seq === seq && last.after === undefined }
}
