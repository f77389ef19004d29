// The result of a backtest, as text and as JSON. Both say how many there were of everything, and what is left out.
import { beatenBy, type Finding, type Measured } from './frontier.ts'
import type { Left } from './past.ts'
import type { Trial } from './measure.ts'

export type Outcome = Trial & {
  readonly service: string
  readonly left: readonly Left[]
  /** Minutes of CloudWatch that could not be used. */
  readonly incomplete: number
  /** Minutes of the longest plan. */
  readonly length: number
  /** How far back CloudWatch was read; `undefined`: not at all. */
  readonly fromCloudWatch: string | undefined
  readonly measured: readonly Measured[]
}

const limits = [
  'Promoted releases count as healthy unless they were undone, rolled back ones as faulty; the evidence of those ends with the roll back.',
  'Pretended releases have errors alone, of all targets together, and steps of exactly their length. Each request is routed by itself:',
  'a version that wanders by itself is not in them, so with real ones more healthy releases may be rolled back. Alarms are not replayed.',
  'A fault that is missed goes on with all requests until the end of the longest plan, so that plans of any length can be compared.',
]

export function wordsOf(outcome: Outcome): readonly string[] {
  const { service, past, windows, runs, seed, length, left, incomplete, fromCloudWatch } = outcome
  const healthy = past.filter((one) => one.isHealthy).length
  const source =
    fromCloudWatch === undefined
      ? "stable's minutes in the log"
      : `the minutes between releases, last ${fromCloudWatch}`
  const width = Math.max(...outcome.measured.map(({ policy }) => policy.name.length)) + 2
  return [
    `${service}: ${past.length} release${past.length === 1 ? '' : 's'} of the log, ${healthy} healthy and ${past.length - healthy} faulty.`,
    windows.length === 0
      ? `No pretended ones, because there is no healthy stretch of ${length} minutes (${source}).`
      : `${runs} pretended ones of each kind, from ${windows.length} stretches of up to ${length} minutes (${source}), seed ${seed}.`,
    '',
    'Healthy releases rolled back, and faulty ones of the log: found/median minutes/bad requests',
    `  ${'policy'.padEnd(width)}${'of the log'.padEnd(14)}${'pretended'.padEnd(14)}faulty`,
    ...outcome.measured.map((one) => healthyLine(one, outcome.measured, width)),
    ...(windows.length === 0 ? [] : ['', ...faultyLines(outcome.measured, width)]),
    '',
    ...outcome.measured.flatMap((one) => {
      const better = beatenBy(one, outcome.measured)
      return better === undefined
        ? []
        : [
            `${one.policy.name} is not on the frontier: ${better.name} is as good in everything, and better in something.`,
          ]
    }),
    '* on the frontier: no other policy is as good in everything and better in something.',
    ...left.map(({ release, because }) => `Left out: ${release}: ${because}.`),
    ...(incomplete === 0 ? [] : [`Left out: ${incomplete} minutes with requests and without a point of errors.`]),
    ...limits,
  ]
}

const star = (one: Measured, all: readonly Measured[]): string => (beatenBy(one, all) === undefined ? '* ' : '  ')

function healthyLine(one: Measured, all: readonly Measured[], width: number): string {
  const { log, pretended } = one.healthy
  const cells = [
    one.policy.name.padEnd(width),
    `${log.rolledBack} of ${log.of}`.padEnd(14),
    (pretended.of === 0 ? '-' : `${percent(pretended.rolledBack, pretended.of)} %`).padEnd(14),
    findingWords(one.faulty.log),
  ]
  return `${star(one, all)}${cells.join('')}`
}

const percent = (count: number, of: number): string => ((100 * count) / of).toFixed(1).replace(/\.0$/, '')

const findingWords = ({ of, found, medianMinutes, badServed }: Finding): string =>
  of === 0
    ? '-'
    : `${percent(found, of)}%/${Number.isFinite(medianMinutes) ? medianMinutes : '-'}/${badServed >= 10 ? Math.round(badServed) : badServed.toFixed(1)}`

function faultyLines(all: readonly Measured[], width: number): readonly string[] {
  const sizes = all[0]?.faulty.pretended.map(({ added }) => added) ?? []
  return [
    'Pretended faults from the first minute on: found/median minutes/bad requests, by the share of good requests that fail',
    `  ${'policy'.padEnd(width)}${sizes.map((added) => `${added * 100} %`.padEnd(14)).join('')}`.trimEnd(),
    ...all.map((one) =>
      `${star(one, all)}${one.policy.name.padEnd(width)}${one.faulty.pretended.map((finding) => findingWords(finding).padEnd(14)).join('')}`.trimEnd(),
    ),
  ]
}

const findingData = ({ of, found, medianMinutes, badServed }: Finding) => ({
  of,
  found,
  medianMinutes: Number.isFinite(medianMinutes) ? medianMinutes : null,
  badRequestsServed: badServed,
})

export function documentOf({ measured, past, windows, ...outcome }: Outcome): Readonly<Record<string, unknown>> {
  const { service, runs, seed, length, left, incomplete, fromCloudWatch } = outcome
  return {
    service,
    seed,
    runs: windows.length === 0 ? 0 : runs,
    planMinutes: length,
    releases: {
      healthy: past.filter((one) => one.isHealthy).map(({ release }) => release.id),
      faulty: past.filter((one) => !one.isHealthy).map(({ release }) => release.id),
      leftOut: left,
    },
    stretches: {
      count: windows.length,
      source: fromCloudWatch === undefined ? 'log' : 'cloudwatch',
      minutesLeftOut: incomplete,
    },
    policies: measured.map((one) => ({
      name: one.policy.name,
      alpha: one.policy.service.policy.alpha,
      onFrontier: beatenBy(one, measured) === undefined,
      falseRollBacks: one.healthy,
      faultyReleases: findingData(one.faulty.log),
      faults: one.faulty.pretended.map((finding) => ({ added: finding.added, ...findingData(finding) })),
    })),
    excludes: limits,
  }
}
