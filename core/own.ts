// Looking up by a key that somebody else has chosen. Every object has a `toString` and a `constructor` that are no fields of it.

/** The record's own field of that name. */
export const own = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  // eslint-disable-next-line tidegate/own-fields -- here it is checked
  Object.hasOwn(record, key) ? record[key] : undefined
