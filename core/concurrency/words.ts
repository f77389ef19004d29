// What people are told about the provisioned concurrency of a release: what it waits for, and what it costs.
import { counted } from '../counted.ts'
import { formatDuration } from '../duration.ts'
import { minuteWords } from '../time.ts'
import { watchPolicyWords } from '../definition/watch-policy.ts'
import { isObserved, type Service } from '../service/service.ts'
import { askedUntilMs, keptBy, type Warm, warmUntilMs } from './warm.ts'
import type { Need } from './need.ts'
import type { Problem } from '../problem.ts'
import type { Release } from '../release/release.ts'
import type { Billing } from '../verdict/evidence/evidence.ts'

export const needWords = ({ functionName, version, environments }: Need): string =>
  `${environments} of ${functionName}:${version}`

export const waitingWords = (needs: readonly Need[]): string =>
  `waits for provisioned concurrency: ${needs.map(needWords).join(', ')}`

/** With the code, so that a person finds the section of docs/operate.md. */
export const troubleWords = (problems: readonly Problem[]): string =>
  problems.map(({ code, message, fix }) => `${message} ${fix} (${code})`).join(' ')

// List prices of us-east-1 for a GB-second of provisioned concurrency (docs/aws.md §1.3). Other regions differ a little.
const dollars = { x86_64: 0.0000041667, arm64: 0.0000033334 } as const
const hourMs = 3_600_000

const costOf = (environmentMs: number, { memoryMb, architecture }: Billing): number =>
  (environmentMs / 1000) * (memoryMb / 1024) * dollars[architecture]

/** `about $0.76 an hour, at 1024 MB on x86_64 (list price of us-east-1)` */
export const hourlyWords = (environments: number, billing: Billing): string =>
  `about $${costOf(environments * hourMs, billing).toFixed(2)} an hour, at ${billing.memoryMb} MB on ${billing.architecture} (list price of us-east-1)`

/**
 * What a release had provisioned beside the version that had the traffic before, in environment-milliseconds: all that was asked
 * for its candidates, from then until `untilMs`. `undefined`: it asked for none.
 */
function extraOf({ asked = [], targets }: Pick<Release, 'asked' | 'targets'>, untilMs: number): number | undefined {
  if (asked.length === 0) return undefined
  return targets.reduce((sum, { functionName, candidate }) => {
    const own = asked.filter((one) => one.functionName === functionName && one.version === candidate)
    return own.reduce((had, one, index) => had + one.environments * ((own[index + 1]?.atMs ?? untilMs) - one.atMs), sum)
  }, 0)
}

/** `14.2 environment-hours of provisioned concurrency besides` */
export function extraWords(release: Pick<Release, 'asked' | 'targets'>, untilMs: number): string | undefined {
  const extra = extraOf(release, untilMs)
  if (extra === undefined) return undefined
  const [only, ...others] = release.targets
  const billing = others.length === 0 ? only?.baseline.billing?.candidate : undefined
  const cost = billing === undefined ? '' : `, about $${costOf(extra, billing).toFixed(2)}`
  return `it had ${(extra / hourMs).toFixed(1)} environment-hours of provisioned concurrency besides${cost}`
}

/** What the definition keeps warm besides, before a release. @param environments of a target */
export function warmWords({ watch }: Service, environments: number, billing: Billing | undefined): string {
  if (watch?.warmSeconds === undefined) return ''
  const hours = (environments * watch.warmSeconds) / 3600
  const cost = billing === undefined ? '' : `, about $${costOf(hours * hourMs, billing).toFixed(2)}`
  return `; after a promotion the old version stays warm for ${formatDuration(watch.warmSeconds)}: up to ${hours.toFixed(1)} environment-hours more${cost}`
}

/** What a promoted release keeps warm, and what that may take. Nobody knows yet how long it will really be kept. */
export function keptWords(release: Release, settledAtMs: number): string | undefined {
  const kept = keptBy(release)
  const untilMs = warmUntilMs(release)
  if (kept.length === 0 || untilMs <= settledAtMs) return undefined
  const most = kept.reduce((sum, { environments }) => sum + environments, 0) * (untilMs - settledAtMs)
  const billing = release.targets.length === 1 ? release.targets[0]?.baseline.billing?.stable : undefined
  const cost = billing === undefined ? '' : `, about $${costOf(most, billing).toFixed(2)}`
  const versions = kept.map(({ target: { functionName, stable } }) => `${functionName}:${stable}`).join(', ')
  return `${versions} stay${kept.length === 1 ? 's' : ''} warm until ${minuteWords(untilMs)} at the latest, for up to ${(most / hourMs).toFixed(1)} environment-hours more${cost}`
}

/** What an ended release keeps warm now. @param service its definition of now, which may shorten that or take it back */
export function warmNowWords(warm: Warm, service: Service | undefined, nowMs: number): string {
  const untilMs = askedUntilMs(warm, service)
  const what = warm.targets
    .map(({ functionName, stable, environments }) =>
      environments === undefined
        ? `${functionName}:${stable}`
        : `${counted(environments, 'environment')} of ${functionName}:${stable}`,
    )
    .join(', ')
  return untilMs <= nowMs
    ? `No longer kept warm since release ${warm.releaseId}: ${what}. The sweep takes the provisioned concurrency away within minutes.`
    : `Kept warm since release ${warm.releaseId}, until ${minuteWords(untilMs)} at the latest: ${what}. The next release ends that when it begins, unless it may lead back there. To end it now, apply the definition without watch.keepWarm.`
}

/** What a definition promises its functions, for whoever writes it; nothing where it promises nothing. */
function promisedWords({ targets, watch }: Pick<Service, 'targets' | 'watch'>): string | undefined {
  const promised = targets.flatMap(({ functionName, alias, provisionedConcurrency }) =>
    provisionedConcurrency === undefined
      ? []
      : [`${counted(provisionedConcurrency, 'environment')} of ${functionName}:${alias}`],
  )
  if (promised.length === 0) return undefined
  const kept =
    watch?.warmSeconds === undefined ? '' : `, and for ${formatDuration(watch.warmSeconds)} after a promotion`
  const moved = targets.flatMap((one) => (one.moveScaling ? [`${one.functionName}:${one.alias}`] : []))
  const along = moved.length === 0 ? '' : `; what scales ${moved.join(', ')} moves along when a release has ended`
  return `${promised.join(', ')}; paid for twice during a release${kept}${along}`
}

/** What a definition asks for besides its plan, a line each: what is watched, and what is promised. */
export function besidesWords(service: Service): readonly string[] {
  if (isObserved(service)) return []
  const promised = promisedWords(service)
  return [
    ...(service.watch === undefined ? [] : [`Watched: ${watchPolicyWords(service.watch)}.`]),
    ...(promised === undefined ? [] : [`Provisioned concurrency: ${promised}.`]),
  ]
}
