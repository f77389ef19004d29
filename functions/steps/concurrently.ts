// Many calls, a few at a time: as many as AWS takes from one caller, whatever the length of the list.

/** @returns what `work` made of each, in the order of `items`; the first that throws ends it, once those under way are done */
export async function concurrently<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index] as T)
  }
  const workers = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, worker))
  for (const one of workers) if (one.status === 'rejected') throw one.reason
  return results
}
