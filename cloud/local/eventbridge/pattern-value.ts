// The two operators of event patterns that need a reader of their own: wildcards and numeric ranges.

/** `*` stands for any text, also none; `\*` and `\\` stand for themselves. */
export function matchesWildcard(pattern: string, text: string): boolean {
  const source = pattern.replace(/\\[*\\]|[*]|[.+?^${}()|[\]\\]/g, (part) =>
    part === '*' ? '.*' : `\\${part.at(-1) ?? ''}`,
  )
  return new RegExp(`^${source}$`, 's').test(text)
}

const comparisons: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
}

/** @returns the test that `["=", 5]` or `[">", 0, "<=", 5]` asks for; undefined when it is neither */
export function numericTest(parts: readonly unknown[]): ((value: number) => boolean) | undefined {
  if (parts.length !== 2 && parts.length !== 4) return undefined
  const tests: ((value: number) => boolean)[] = []
  for (let index = 0; index < parts.length; index += 2) {
    const [operator, bound] = [parts[index], parts[index + 1]]
    const compare = typeof operator === 'string' ? comparisons[operator] : undefined
    if (compare === undefined || typeof bound !== 'number') return undefined
    tests.push((value) => compare(value, bound))
  }
  return (value) => tests.every((test) => test(value))
}
