// What differs between two definitions, field by field, in the form in which people write them. Both come from the normal form,
// so `5m` and `300s` are equal.
import diff from 'microdiff'
import { Service } from '../../core/service/service.ts'
import { written } from './written.ts'

export type FieldChange = { readonly field: string; readonly before?: unknown; readonly after?: unknown }
type Stored = Readonly<Record<string, unknown>>

/** @param before `undefined` if there was none: then every field is new */
export function changesOf(before: Stored | undefined, after: Stored): readonly FieldChange[] {
  const [from, to] = [before, after].map((one) => (one === undefined ? { data: undefined } : Service.safeParse(one)))
  // What other code stored may not be readable as a service: then both are shown as they are stored.
  const isRead = to?.data !== undefined && (before === undefined || from?.data !== undefined)
  const form = (stored: Stored | undefined, read: Service | undefined): Stored =>
    isRead && read !== undefined ? written(read) : (stored ?? {})
  return diff(form(before, from?.data), form(after, to?.data), { cyclesFix: false }).map((change) => ({
    field: fieldOf(change.path),
    ...(change.type === 'CREATE' ? {} : { before: change.oldValue as unknown }),
    ...(change.type === 'REMOVE' ? {} : { after: change.value as unknown }),
  }))
}

/** `plan.steps[0].weight` */
const fieldOf = (path: readonly (string | number)[]): string =>
  path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${part}`)).join('')
