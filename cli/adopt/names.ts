// A service's name from its function's. Services have lower-case letters, digits and -, at most 40; functions have more of
// both.
import { createHash } from 'node:crypto'

const most = 40
const hashLength = 6

/**
 * `CheckoutProd_v2` becomes `checkoutprod-v2`; a name that is too long ends with a part of its hash.
 * @param functionName a name or an ARN
 */
export function serviceNameOf(functionName: string): string {
  const bare = functionName.split(':').at(-1) ?? ''
  const plain = plainName(bare)
  return plain.length <= most && plain !== '' ? plain : withHash(bare)
}

/** Functions in the order of `functionNames`, each with a name that no other one and no name of `taken` has. */
export function serviceNames(
  functionNames: readonly string[],
  taken: ReadonlySet<string> = new Set(),
): ReadonlyMap<string, string> {
  const wanted = Map.groupBy(functionNames, serviceNameOf)
  const names = new Map<string, string>()
  const used = new Set(taken)
  for (const functionName of functionNames) {
    const name = serviceNameOf(functionName)
    // Of several that become the same name, only the one that has it already keeps it.
    const isFree = !used.has(name) && (wanted.get(name)?.length === 1 || name === functionName)
    const own = isFree ? name : withHash(functionName)
    used.add(own)
    names.set(functionName, own)
  }
  return names
}

const plainName = (functionName: string): string =>
  functionName
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .replace(/-+$/, '')

function withHash(functionName: string): string {
  const hash = createHash('sha256').update(functionName).digest('hex').slice(0, hashLength)
  const kept = plainName(functionName).slice(0, most - hashLength - 1)
  return `${kept.replace(/-+$/, '') || 'fn'}-${hash}`
}
