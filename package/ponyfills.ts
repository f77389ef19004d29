// What Node 20 lacks of what tsconfig.json's `lib` lets the code use. The build puts these in the place of the originals, in the
// package alone, and changes no global object.

/** Map.groupBy. */
export function mapGroupBy<Item, Key>(items: Iterable<Item>, keyOf: (item: Item, index: number) => Key) {
  const groups = new Map<Key, Item[]>()
  let index = 0
  for (const item of items) {
    const key = keyOf(item, index++)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}

/** Array.fromAsync, of what has no mapping. */
export async function arrayFromAsync<Item>(items: AsyncIterable<Item> | Iterable<Item | PromiseLike<Item>>) {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}
