// `npm run bench:waves`: how many healthy releases of six regions are put back, in waves and all at once; whether the function
// with the fault is named among twenty, and how many requests it fails until then; how often a healthy one is named. Seeded.
import { parseArgs } from 'node:util'
import { table } from '../table.ts'
import { type Case, falseNames } from './false-names.ts'
import { aloneHead, aloneRow, hows, namingHead, namingRow } from './naming.ts'
import { type Rollout, runRollout, serviceOf } from './rollout.ts'
import { functionWaves, regions, regionWaves, type Spread, withCulprit } from './situations.ts'

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    culprits: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: 'healthy,named,everywhere,alone,false' },
  },
})
const [runs, cases, seed] = [Number(options.runs), Number(options.culprits), Number(options.seed)]
const isAsked = (name: string): boolean => options.only.split(',').includes(name)

const percent = (count: number, of: number): string => `${Math.round((1000 * count) / of) / 10}`
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const many = (count: number, run: (seed: number) => Rollout): readonly Rollout[] =>
  Array.from({ length: count }, (_, index) => run(seed + index))

function healthy(how: (typeof hows)[number]): readonly (string | number)[] {
  const count = how === 'in waves' ? runs : Math.ceil(runs / 10)
  const service = serviceOf(regions, how === 'in waves' ? regionWaves : [])
  const ends = many(count, (one) => runRollout(service, regions, one))
  const of = (end: Rollout['end']): string => percent(ends.filter((one) => one.end === end).length, count)
  const minutes = ends.filter(({ end }) => end === 'promoted').map((one) => one.minutes)
  const likely = percent(ends.filter((one) => one.likely !== undefined).length, count)
  return [how, count, of('verdict'), of('policy'), of('promoted'), likely, median(minutes)]
}

function everywhere(added: number, how: (typeof hows)[number]): readonly (string | number)[] {
  const ends = many(cases, (one) => {
    const places = withCulprit(one, 0).places.map((place) => ({ ...place, fault: { added, fromMinute: 0 } }))
    return runRollout(serviceOf(places, how === 'in waves' ? functionWaves : []), places, one)
  })
  const found = ends.filter(({ end }) => end === 'verdict')
  const bad = ends.reduce((sum, one) => sum + one.bad, 0) / cases
  return [`+${added * 100} points`, how, percent(found.length, cases), Math.round(bad)]
}

function falseRow(one: Case): readonly (string | number)[] {
  const { failed, anyWrong, wrongShare, named, exactly } = falseNames(one, runs, seed)
  const shares = [failed, anyWrong, wrongShare, named, exactly].map((share) => percent(share * 10_000, 10_000))
  return [one.functions, one.how, one.faulty, ...shares]
}

const each = <T>(row: (how: (typeof hows)[number]) => T): readonly T[] => hows.map(row)

if (isAsked('healthy'))
  table(
    'Healthy releases of six regions, one of which has an outage (alpha 5 %)',
    [
      ...['how', 'releases', 'put back by the evidence, %', 'held too long, %', 'promoted, %'],
      ...['one is said to be most likely, %', 'median minutes'],
    ],
    each(healthy),
  )
if (isAsked('named')) {
  const spreads: readonly Spread[] = ['mixed', 'alike', 'one large']
  table(
    'One of twenty functions has a fault',
    namingHead,
    [0, 0.02, 0.03, 0.05, 0.1, 0.3].flatMap((added) =>
      spreads.flatMap((spread) =>
        added > 0.03 || spread === 'mixed' ? each((how) => namingRow({ added, how, spread }, cases, seed)) : [],
      ),
    ),
  )
}
if (isAsked('everywhere'))
  table(
    'All of twenty functions have it',
    ['fault', 'how', 'put back, %', 'requests that it fails, mean'],
    [0.05, 0.3].flatMap((added) => each((how) => everywhere(added, how))),
  )
if (isAsked('alone'))
  table(
    'One of twenty has it, with policy.whenBlamed: function',
    aloneHead,
    [0, 0.05, 0.1, 0.3].flatMap((added) => each((how) => aloneRow({ added, how }, cases, seed))),
  )
if (isAsked('false'))
  table(
    'Names of functions that are well, on e-values without slack',
    ['functions', 'errors', 'with a fault', 'fail, %', 'one is wrong, %', 'share wrong, %', 'named, %', 'exactly, %'],
    ([20, 3] as const).flatMap((functions) =>
      (['alike', 'one large', 'as one'] as const).flatMap((how) =>
        [0, 1, 2, 5].filter((faulty) => faulty < functions).map((faulty) => falseRow({ functions, faulty, how })),
      ),
    ),
  )
