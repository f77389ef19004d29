// One alias has one service: two would each take the other's releases for moves by a stranger, and page. An alias that the
// service had before stays its own, also where another one has it from before this rule: `tidegate doctor` says that.
import { Problem } from '../../core/problem.ts'
import type { AliasClaim } from '../../core/service/applied.ts'
import { isObserved, type Service, type Target } from '../../core/service/service.ts'
import { serviceKey } from '../../core/service/service-key.ts'
import { aliasAt, functionIn, functionSpellings, targetsWords } from '../../core/service/target.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'home' | 'services'>
type Held = { readonly alias: string; readonly claim: AliasClaim }

/** Longer than the functions that register may run: whoever claimed has stored it by then, or never will. */
const claimedMs = 2 * 60_000

/**
 * Claims the aliases that are new in the definition, and then looks who has them: a definition that is stored is found, and
 * nobody else stores one meanwhile.
 * @param seq the number that the definition will have
 * @returns what `dropClaims` takes once it is stored
 * @throws Problem `alias_taken`, `definition_invalid`
 */
export async function claimNewAliases(
  deps: Deps,
  { before, after, seq }: { readonly before: Service | undefined; readonly after: Service; readonly seq: number },
): Promise<readonly Held[]> {
  const { home } = deps
  const had = new Set((before?.targets ?? []).map((target) => aliasAt(target, home)))
  const added = after.targets.filter((target) => !had.has(aliasAt(target, home)))
  for (const target of added) checkNamedOnce(after, target, deps)
  const claims: Held[] = []
  try {
    for (const target of added) claims.push(await claimed(deps, after.name, target, seq))
    for (const target of added) await checkFree(deps, after.name, target)
  } catch (error) {
    await dropClaims(deps, claims)
    throw error
  }
  return claims
}

export async function dropClaims({ services }: Pick<Deps, 'services'>, claims: readonly Held[]): Promise<void> {
  for (const { alias, claim } of claims) await services.dropClaim(alias, claim)
}

/** The schema knows no account, and so not that a name and an ARN are of one function. */
function checkNamedOnce({ targets }: Service, { functionName }: Target, { home }: Deps): void {
  const same = targets.filter((target) => functionIn(target.functionName, home) === functionIn(functionName, home))
  if (same.length > 1)
    throw new Problem(
      'definition_invalid',
      `targets: ${same.map((target) => target.functionName).join(' and ')} are the same function, which may be a target once.`,
    )
}

async function claimed({ clock, services, home }: Deps, service: string, target: Target, seq: number): Promise<Held> {
  const [alias, nowMs] = [aliasAt(target, home), clock.nowMs()]
  const claim = { service, seq, untilMs: nowMs + claimedMs }
  const held = await services.claim(alias, claim, nowMs)
  if (held === undefined) return { alias, claim }
  throw new Problem(
    'alias_taken',
    `Alias ${targetsWords([target])} is being given to service ${held.service} right now.`,
  )
}

async function checkFree({ services, home }: Deps, service: string, target: Target): Promise<void> {
  const alias = aliasAt(target, home)
  const spellings = functionSpellings(functionIn(target.functionName, home), home)
  const { items } = await services.under(spellings.map((name) => serviceKey.target(name)))
  const other = items.find((one) => one.name !== service && one.targets.some((its) => aliasAt(its, home) === alias))
  if (other !== undefined)
    throw new Problem(
      'alias_taken',
      `Service ${other.name} ${isObserved(other) ? 'watches' : 'releases'} alias ${targetsWords([target])}, and an alias has one service.`,
    )
}
