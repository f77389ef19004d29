// What differs between two definitions, field by field. Both are in normal form, so `5m` and `300s` are equal.
import diff from 'microdiff'

export type FieldChange = { readonly field: string; readonly before?: unknown; readonly after?: unknown }

export const changesOf = (
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): readonly FieldChange[] =>
  diff(before, after, { cyclesFix: false }).map((change) => ({
    field: change.path.join('.'),
    ...(change.type === 'CREATE' ? {} : { before: change.oldValue as unknown }),
    ...(change.type === 'REMOVE' ? {} : { after: change.value as unknown }),
  }))
