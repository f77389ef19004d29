// Service definitions in DynamoDB, in normal form. What an older or a careless hand wrote is a Problem, not a guess.
import { listing } from '../../core/listing.ts'
import { Problem } from '../../core/problem.ts'
import { Service } from '../../core/service.ts'
import type { Services } from '../ports.ts'
import {
  bodyOf,
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

export function awsServices(table: Table): Services {
  return {
    async put(service) {
      await putItem(table, keys.service(service.name), bodyOf(service))
    },
    async get(name) {
      const item = await getItem(table, keys.service(name))
      if (item === undefined) throw new Problem('service_missing', `There is no service ${name}.`)
      return readService(item)
    },
    async list() {
      const items = await queryItems(table, { pk: keys.service('').pk })
      return listing(items, readService, (item) => ({ service: keyOf(item).sk }))
    },
  }
}

function readService(item: Item): Service {
  const service = parseBody(Service, item)
  if (service.name !== keyOf(item).sk) throw unreadable(keyOf(item), `it holds service ${service.name}`)
  return service
}
