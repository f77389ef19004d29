// Versions that were deleted, in DynamoDB: one item each. Lambda never gives a number twice, so its number and its function
// name it.
import { listing } from '../../../core/listing.ts'
import { DeletedVersion } from '../../../core/versions/deleted.ts'
import type { DeletedVersions } from '../../ports.ts'
import { bodyOf, ifNew, type Item, keyOf, keys, parseBody, putItem, queryItems, type Table } from '../dynamodb/table.ts'

export function awsDeletedVersions(table: Table): DeletedVersions {
  const key = ({ service, functionName, version }: DeletedVersion) =>
    keys.deletedVersion(service, functionName, version)
  return {
    async begin(deletion) {
      await putItem(table, key(deletion), bodyOf(deletion), ifNew)
    },
    async end(deletion) {
      await putItem(table, key(deletion), bodyOf(deletion))
    },
    async list(service) {
      const { pk } = keys.deletedVersion(service, '', '')
      return listing(await queryItems(table, { pk }), (item) => parseBody(DeletedVersion, item), aboutOf)
    },
  }
}

function aboutOf(item: Item): { readonly functionName: string; readonly version: string } {
  const [functionName = '', version = ''] = keyOf(item).sk.split('#')
  return { functionName, version: version.replace(/^0+/, '') }
}
