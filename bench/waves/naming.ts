// Whether the function with the fault is named among twenty, by kinds of traffic and sizes of the fault; with and without
// `policy.whenBlamed: function`.
import { type Rollout, runRollout, serviceOf } from './rollout.ts'
import { functionWaves, type Spread, withCulprit } from './situations.ts'

export const hows = ['in waves', 'all at once'] as const
type How = (typeof hows)[number]

type Cases = { readonly added: number; readonly how: How; readonly spread?: Spread }

/** What a reason says of the culprit. `likely`: nothing is certain, and it is said to be the most likely one. */
const sayings = ['exactly', 'likely', 'with others', 'wrongly', 'likely, wrongly', 'not'] as const
type Said = (typeof sayings)[number]

function saidOf({ blamed, likely }: Rollout, culprit: string): Said {
  if (blamed.length > 0) {
    if (!blamed.includes(culprit)) return 'wrongly'
    return blamed.length === 1 ? 'exactly' : 'with others'
  }
  if (likely === undefined) return 'not'
  return likely === culprit ? 'likely' : 'likely, wrongly'
}

function runs(
  { added, how, spread }: Cases,
  { count, seed, changes = {} }: { readonly count: number; readonly seed: number; readonly changes?: object },
): readonly { readonly rollout: Rollout; readonly culprit: string }[] {
  return Array.from({ length: count }, (_, index) => {
    const { places, culprit } = withCulprit(seed + index, added, spread)
    const service = serviceOf(places, how === 'in waves' ? functionWaves : [], changes)
    return { rollout: runRollout(service, places, seed + index), culprit }
  })
}

const meanBad = (all: ReturnType<typeof runs>): number =>
  Math.round(all.reduce((sum, { rollout }) => sum + rollout.bad, 0) / all.length)

const percent = (count: number, of: number): string => `${Math.round((1000 * count) / of) / 10}`

export const namingHead = [
  'fault',
  'traffic',
  'how',
  'put back, %',
  ...sayings.map((said) => `${said}, %`),
  'bad, mean',
]

export function namingRow(cases: Cases, count: number, seed: number): readonly (string | number)[] {
  const all = runs(cases, { count, seed })
  const back = all.filter(({ rollout }) => rollout.end === 'verdict')
  const counts = sayings.map((said) => all.filter(({ rollout, culprit }) => saidOf(rollout, culprit) === said).length)
  const { added, spread = 'mixed', how } = cases
  return [
    ...[`+${Math.round(added * 100)} points`, spread, how, percent(back.length, count)],
    ...counts.map((one) => percent(one, count)),
    meanBad(all),
  ]
}

export const aloneHead = [
  ...['fault', 'how', 'promoted without exactly it, %', 'without another, %', 'put back, %'],
  ...['held too long, %', 'promoted with it, %', 'bad, mean'],
]

/** The same twenty functions with `policy.whenBlamed: function`. */
export function aloneRow({ added, how }: Cases, count: number, seed: number): readonly (string | number)[] {
  const all = runs({ added, how }, { count, seed, changes: { policy: { whenBlamed: 'function' } } })
  const ended = (...ends: readonly Rollout['end'][]) => all.filter(({ rollout }) => ends.includes(rollout.end))
  const promoted = ended('promoted')
  const isExactly = ({ rollout, culprit }: (typeof all)[number]): boolean =>
    rollout.back.length === 1 && rollout.back[0] === culprit
  const without = promoted.filter(isExactly)
  const whole = promoted.filter(({ rollout }) => rollout.back.length === 0)
  const wrongly = promoted.length - without.length - whole.length
  const counts = [without.length, wrongly, ended('verdict').length, ended('policy').length, whole.length]
  return [`+${Math.round(added * 100)} points`, how, ...counts.map((one) => percent(one, count)), meanBad(all)]
}
