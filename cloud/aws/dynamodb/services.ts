// Service definitions in DynamoDB, in normal form, with lookup entries that find a service by its triggers. A definition that
// cannot be read (older version, manual edit) is a Problem, not a guess.
import { listing } from '../../../core/listing.ts'
import { Problem } from '../../../core/problem.ts'
import { keysOf } from '../../../core/service/service-key.ts'
import { AliasClaim } from '../../../core/service/applied.ts'
import { Service } from '../../../core/service/service.ts'
import type { PageAfter, Services } from '../../ports.ts'
import {
  bodyOf,
  bodyReader,
  type Condition,
  deleteItem,
  getItem,
  type Item,
  keyOf,
  keys,
  parseBody,
  putItem,
  queryItems,
  type Table,
  unreadable,
} from './table.ts'

const readBody = bodyReader(Service, 500_000)

export function awsServices(table: Table): Services {
  // Once every service has its lookup entries, this stays true, because every `put` writes them.
  let isFindable = false
  const isIndexed = async (): Promise<boolean> => (isFindable ||= (await getItem(table, keys.findable)) !== undefined)
  const list = async (page?: PageAfter<string>) =>
    readAll(await queryItems(table, { pk: keys.service('').pk, limit: page?.atMost, after: page?.after }))
  return {
    async put(service, seq) {
      const before = await getItem(table, keys.service(service.name))
      // Lookup entries first. An entry without a definition, or one whose definition does not match the lookup, does no harm.
      await enter(table, service)
      const refused = await putItem(table, keys.service(service.name), ...numbered(service, seq))
      if (refused !== undefined) return false
      const wanted = keysOf(service)
      for (const key of keysBefore(before))
        if (!wanted.includes(key)) await deleteItem(table, keys.find(key, service.name))
      return true
    },
    remove: (name, seq) => removed(table, name, seq),
    async get(name) {
      const item = await getItem(table, keys.service(name))
      if (item === undefined) throw new Problem('service_missing', `There is no service ${name}.`)
      return readService(item)
    },
    async under(wanted) {
      if (!(await isIndexed())) {
        const { items, unreadable } = await list()
        const isUnder = (service: Service): boolean => keysOf(service).some((key) => wanted.includes(key))
        return { items: items.filter(isUnder), unreadable }
      }
      const found = await Promise.all(wanted.map((key) => queryItems(table, { pk: keys.find(key, '').pk })))
      const names = [...new Set(found.flat().map((item) => keyOf(item).sk))].sort()
      const items = await Promise.all(names.map((name) => getItem(table, keys.service(name))))
      return readAll(items.filter((item) => item !== undefined))
    },
    list,
    async claim(alias, claim, nowMs) {
      const body = bodyOf(claim)
      const item = { ...body, service: { S: claim.service }, untilMs: { N: String(claim.untilMs) } }
      const refused = await putItem(table, keys.claim(alias), item, {
        expression: 'attribute_not_exists(pk) OR service = :service OR untilMs < :now',
        values: { ':service': item.service, ':now': { N: String(nowMs) } },
      })
      // An item that is gone since then was let go of: whoever tries again gets it.
      return refused && (refused.inTheWay === undefined ? claim : parseBody(AliasClaim, refused.inTheWay))
    },
    dropClaim: (alias, claim) =>
      deleteItem(table, keys.claim(alias), {
        expression: 'body = :body',
        values: { ':body': { S: JSON.stringify(claim) } },
      }),
    async index(again) {
      if (!again && (await isIndexed())) return
      for (const service of (await list()).items) await enter(table, service)
      await putItem(table, keys.findable, {})
    },
  }
}

async function removed(table: Table, name: string, seq: number): Promise<boolean> {
  const before = await getItem(table, keys.service(name))
  if (before === undefined) return true
  await deleteItem(table, keys.service(name), upTo(seq))
  if ((await getItem(table, keys.service(name))) !== undefined) return false
  // Last, because an entry that finds no service does no harm.
  for (const key of keysBefore(before)) await deleteItem(table, keys.find(key, name))
  return true
}

/** The number is beside the body, because code from before refuses a body with a field that it does not know. */
function numbered(service: Service, seq: number | undefined): readonly [Item, Condition?] {
  const body = bodyOf(service)
  if (seq === undefined) return [body]
  return [{ ...body, seq: { N: String(seq) } }, upTo(seq)]
}

const upTo = (seq: number): Condition => ({
  expression: 'attribute_not_exists(seq) OR seq <= :seq',
  values: { ':seq': { N: String(seq) } },
})

const readAll = (items: readonly Item[]) => listing(items, readService, (item) => ({ service: keyOf(item).sk }))

async function enter(table: Table, service: Service): Promise<void> {
  for (const key of keysOf(service)) await putItem(table, keys.find(key, service.name), {})
}

/**
 * The keys of a definition that cannot be read are unknown. The entries that stay behind find a service that does not match the
 * lookup, which does no harm.
 */
function keysBefore(item: Item | undefined): readonly string[] {
  if (item === undefined) return []
  try {
    return keysOf(readService(item))
  } catch (error) {
    if (error instanceof Problem) return []
    throw error
  }
}

function readService(item: Item): Service {
  const service = readBody(item)
  if (service.name !== keyOf(item).sk) throw unreadable(keyOf(item), `it holds service ${service.name}`)
  return service
}
