// What of an event is kept: nothing at the paths that a team names, nor at those that are never kept. This runs before anything
// leaves the function that has the event.
import { below, heldIn, parsePath, type Path } from './path.ts'

/** Who calls, and what proves it: in every form in which API Gateway, a function URL and a load balancer say so. */
const never: readonly Path[] = [
  ...['authorization', 'cookie', 'x-api-key', 'proxy-authorization', 'x-amz-security-token'].flatMap((name) => [
    `/headers/${name}`,
    `/multiValueHeaders/${name}`,
  ]),
  ...['/cookies', '/requestContext/authorizer', '/requestContext/identity', '/requestContext/authentication'],
].map(parsePath)

/**
 * A copy of the event in which what the paths lead to is replaced: a text by `[redacted]`, a number by 0, all else by what is
 * empty.
 * A path that leads into a text that is not JSON takes all of the text: what cannot be looked into is not kept.
 */
export const redacted = (event: unknown, paths: readonly Path[]): unknown => without(event, [...never, ...paths])

function without(value: unknown, paths: readonly Path[]): unknown {
  if (paths.length === 0) return value
  if (paths.some(({ length }) => length === 0)) return emptied(value)
  if (typeof value === 'string') {
    const held = heldIn(value)
    return held === undefined ? emptied(value) : JSON.stringify(without(held, paths))
  }
  if (Array.isArray(value)) return value.map((one, index) => without(one, below(paths, String(index))))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, without(one, below(paths, name))]))
}

function emptied(value: unknown): unknown {
  if (typeof value === 'string') return '[redacted]'
  if (typeof value === 'number') return 0
  if (typeof value === 'boolean') return false
  return Array.isArray(value) ? [] : value === null ? null : {}
}
