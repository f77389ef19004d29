// An object whose values are made when they are first read.

type Makers<Made> = { readonly [Name in keyof Made]: () => Made[Name] }

/** @param more is made already, and has no name of `makers` */
export function lazily<Made extends object, More extends object = object>(
  makers: Makers<Made>,
  more: More = {} as More,
): Made & More {
  const object = { ...more }
  for (const [name, make] of Object.entries<() => unknown>(makers)) {
    let made: { readonly value: unknown } | undefined
    Object.defineProperty(object, name, { enumerable: true, get: () => (made ??= { value: make() }).value })
  }
  return object as Made & More
}
