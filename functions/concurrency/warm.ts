// What a promoted release keeps warm: the sweep lets go of it when its time is over, and at once when nothing leads back to it or
// another release needs the room. It reads the definition and the aliases, never the log of the release. It may run any number
// of times.
import { askedUntilMs, mayWant, type Warm, type WarmTarget } from '../../core/concurrency/warm.ts'
import { formatDuration } from '../../core/duration.ts'
import { insteadOf } from '../../core/problem.ts'
import { concurrently, each, orThrow } from '../steps/each.ts'
import { liveHolder } from '../steps/lease.ts'
import type { World } from '../steps/world.ts'
import { has, keptFrom, lateMs } from './leave.ts'

export type Warming = Pick<
  World,
  'clock' | 'concurrency' | 'journal' | 'leases' | 'log' | 'openReleases' | 'services' | 'trouble'
>

/** Why it is over, and what is let go of then. */
type Over = {
  readonly because: string
  readonly versions: (target: WarmTarget) => readonly string[]
  /** Who has the lease of the service. */
  readonly holder: string | undefined
}

/** @returns whether nothing is left of it */
export async function lookAtWarm(deps: Warming, warm: Warm): Promise<boolean> {
  const over = await overNow(deps, warm)
  return over !== undefined && letGo(deps, warm, over)
}

async function overNow(deps: Warming, warm: Warm): Promise<Over | undefined> {
  const holder = await deps.leases.holder(warm.service)
  const other = holder === undefined || holder === warm.releaseId ? undefined : await liveHolder(deps, warm.service)
  if (other === undefined) {
    const because = await whyOver(deps, warm)
    // Of an alias that somebody else has moved back, the new version is the one that nobody uses.
    const versions = ({ stable, candidate }: WarmTarget) => [stable, candidate]
    return because === undefined ? undefined : { because, versions, holder }
  }
  if (warm.targets.some((target) => mayWant(other.release, target))) return undefined
  const because = `release ${other.release.id} has begun, and may need the room`
  return { because, versions: ({ stable }) => [stable], holder }
}

async function whyOver(deps: Warming, warm: Warm): Promise<string | undefined> {
  const nowMs = deps.clock.nowMs()
  const after = formatDuration((warm.untilMs - warm.promotedAtMs) / 1000)
  if (nowMs >= warm.untilMs) return `${after} after the promotion the time is over`
  if (nowMs >= askedUntilMs(warm, await deps.services.get(warm.service).catch(insteadOf('service_missing', undefined))))
    return 'the definition does not ask for it any more'
  const moved = await concurrently(warm.targets, 1, async (target) =>
    (await isWhereItWas(deps, target)) ? [] : [movedWords(target)],
  )
  return moved.flat()[0]
}

const movedWords = ({ functionName, alias, candidate }: WarmTarget): string =>
  `${functionName}:${alias} does not have all traffic on version ${candidate} any more`

async function isWhereItWas({ concurrency }: Warming, { functionName, alias, candidate }: WarmTarget) {
  const aliases = await concurrency.aliases(functionName).catch(insteadOf('version_missing', []))
  const versions = aliases.find(({ name }) => name === alias)?.versions ?? []
  return versions.length === 1 && versions[0] === candidate
}

/** @throws the first failure: the next sweep tries again */
async function letGo(deps: Warming, warm: Warm, over: Over): Promise<boolean> {
  const kept = await keptFrom(deps, warm.releaseId)
  const gone = await each(
    deps,
    warm.targets,
    ({ functionName }) => ({ releaseId: warm.releaseId, functionName }),
    (target) => letGoOf(deps, warm, target, { ...over, kept }),
  )
  // Whoever has the lease now may want what is kept: the next sweep asks who it is.
  if (!orThrow(gone).every(Boolean)) return false
  // A gate that was asking Lambda when the release ended may still do so.
  if (deps.clock.nowMs() < warm.settledAtMs + lateMs) return false
  await deps.openReleases.remove(warm)
  deps.log({ message: `nothing is kept warm any more: ${over.because}`, releaseId: warm.releaseId })
  return true
}

/** @returns false if another release has the lease by now */
async function letGoOf(
  deps: Warming,
  warm: Warm,
  target: WarmTarget,
  { versions, holder, because, kept }: Over & { readonly kept: ReadonlySet<string> },
): Promise<boolean> {
  const { functionName } = target
  const found = await deps.concurrency.list(functionName).catch(insteadOf('version_missing', []))
  const free = versions(target).filter((one) => has(found, one) && !kept.has(`${functionName}:${one}`))
  if (free.length === 0) return true
  const served = new Set((await deps.concurrency.aliases(functionName)).flatMap((one) => one.versions))
  const idle = free.filter((one) => !served.has(one))
  const gone = await concurrently(idle, 1, async (version) => {
    if ((await deps.leases.holder(warm.service)) !== holder) return false
    await deps.concurrency.remove(functionName, version)
    const message = `${functionName}:${version} is not kept warm any more: ${because}`
    deps.log({ message, releaseId: warm.releaseId })
    return true
  })
  return gone.every(Boolean)
}
