// Makes many calls, a few at a time, to stay within what AWS accepts from one caller.

/**
 * @returns the results in the order of `items`. An error stops only its own worker; the others go on to the end of the list, and
 * then it is thrown.
 */
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
