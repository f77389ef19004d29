// The row about execution environments: how many of a version's requests a broken one gets, and what it is worth to know that
// many are busy: total failures after a past that is not steady, and healthy releases put back.
import { chance } from '../../cloud/local/time/chance.ts'
import { drawFrom } from '../trials/draw.ts'
import { choices, environmentMinutes, type EnvironmentMinute } from '../trials/environments.ts'
import type { Noise, Situation } from '../trials/noise.ts'
import { noisesFlat } from '../trials/noises.ts'
import type { Outcome } from '../trials/trial.ts'
import { flat } from '../trials/weights.ts'
import { early, found, outcomesOf, type Row, type Setting, type Table } from './row.ts'

const versions = [
  { perMinute: 100, meanMs: 100 },
  { perMinute: 100, meanMs: 1000 },
  { perMinute: 2000, meanMs: 100 },
  { perMinute: 1200, meanMs: 1000 },
  { perMinute: 3000, meanMs: 1000 },
]
const factors = [1, 0.05, 0.001, 10]
const [brokenFrom, seenFrom, minutes] = [4, 5, 12]

/** Of the minutes after the one in which it broke: its share in the mean, at most, and how often it was more than 1/k. */
function shareOf(counted: readonly EnvironmentMinute[]): string {
  const shares = counted.map(({ broken, requests }) => broken / Math.max(1, requests))
  const over = counted.filter(({ busyMost }, index) => (shares[index] ?? 0) > 1 / busyMost)
  const percent = (share: number): string => (100 * share).toFixed(share < 0.1 ? 1 : 0)
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
  return `${percent(mean)}/${percent(Math.max(...shares))}/${percent(over.length / shares.length)}`
}

function shareTable({ runs, seed }: Setting): Table {
  const rows = versions.flatMap(({ perMinute, meanMs }) =>
    choices.map((choice) => {
      const name = `${perMinute} of ${meanMs} ms, ${choice}`
      const byFactor = factors.map((brokenFactor) =>
        Array.from({ length: runs }, (_, run) => {
          const draw = drawFrom(chance(seed + run, `${name}, ${brokenFactor}`))
          return environmentMinutes({ perMinute, meanMs, choice, brokenFactor, brokenFrom, minutes }, draw)
        }),
      )
      const seen = byFactor.map((of) => of.flatMap((counted) => counted.slice(seenFrom)))
      const most = (seen[0] ?? []).reduce((sum, { busyMost }) => sum + busyMost / (seen[0]?.length ?? 1), 0)
      const starts = (byFactor[0] ?? []).map((counted) => counted[0])
      const first = starts.reduce((sum, one) => sum + (one === undefined ? 0 : one.first / one.requests), 0) / runs
      const busy = (perMinute * meanMs) / 60_000
      return [name, busy.toFixed(1), most.toFixed(1), (100 * first).toFixed(1), ...seen.map(shareOf)]
    }),
  )
  return {
    title:
      'Share of the requests that a broken environment gets, %: mean/at most/minutes with more than 1/k; by how long its requests take',
    head: ['requests a minute', 'busy', 'k', 'first %', ...factors.map((factor) => `x${factor}`)],
    rows,
  }
}

const unsteady: readonly (readonly [string, Noise])[] = [
  ['clus3', { kind: 'bursts', size: 3 }],
  ['armAR', { kind: 'drift', deviation: 0.5, lag: 0.8 }],
  ['shared', { kind: 'shared' }],
  ['outage', { kind: 'outage' }],
]
const knownMs = [undefined, 100, 1000]
const known = (durationMs: number | undefined): Pick<Situation, 'durationMs'> =>
  durationMs === undefined ? {} : { durationMs }

const failing: readonly Situation[] = unsteady.flatMap(([name, noise]) =>
  [0.6, 1].map((added) => ({
    name: `20k 1 % ${name} +${100 * added}`,
    perMinute: 20_000,
    rate: 0.01,
    noise,
    minutes: 60,
    weightBp: flat,
    fault: { added, fromMinute: 0 },
  })),
)
const busy = noisesFlat.filter(({ perMinute }) => perMinute >= 20_000)

/** The same releases for every rule, with stable's durations known to it or not. */
function byDurations(
  title: string,
  situations: readonly Situation[],
  setting: Setting,
  cell: (outcome: Outcome) => string,
): Table {
  const outcomes = knownMs.map((durationMs) =>
    outcomesOf(
      situations.map((one) => ({ ...one, ...known(durationMs) })),
      setting,
    ),
  )
  return {
    title: `${title}; by stable's durations`,
    head: [
      'situation',
      ...setting.rules.flatMap(({ name }) =>
        knownMs.map((durationMs) => `${name}, ${durationMs === undefined ? 'not known' : `${durationMs} ms`}`),
      ),
    ],
    rows: situations.map(({ name }, index) => [
      name,
      ...setting.rules.flatMap((_, rule) =>
        outcomes.map((of) => of[index]?.[rule]).map((one) => (one === undefined ? '' : cell(one))),
      ),
    ]),
  }
}

export const environmentsRow: Row = {
  name: 'environments',
  tables: (setting) => [
    shareTable(setting),
    byDurations('Total failure at 10 %: detected % / median minutes / bad requests', failing, setting, found),
    byDurations('Healthy releases put back at 10 %, %', busy, setting, early),
  ],
}
