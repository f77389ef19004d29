// `npm run bench:waves`: how many healthy releases of six regions are put back, in waves and all at once; whether the function
// with the fault is named among twenty, and how many requests it fails until then. Seeded.
import { parseArgs } from 'node:util'
import { table } from '../table.ts'
import { type Rollout, runRollout, serviceOf } from './rollout.ts'
import { functionWaves, regions, regionWaves, withCulprit } from './situations.ts'

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    culprits: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
})
const [runs, cases, seed] = [Number(options.runs), Number(options.culprits), Number(options.seed)]

const percent = (count: number, of: number): string => `${Math.round((1000 * count) / of) / 10}`
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const many = (count: number, run: (seed: number) => Rollout): readonly Rollout[] =>
  Array.from({ length: count }, (_, index) => run(seed + index))

const healthy = (['in waves', 'all at once'] as const).map((how) => {
  const count = how === 'in waves' ? runs : Math.ceil(runs / 10)
  const service = serviceOf(regions, how === 'in waves' ? regionWaves : [])
  const ends = many(count, (one) => runRollout(service, regions, one))
  const of = (end: Rollout['end']): string => percent(ends.filter((one) => one.end === end).length, count)
  const minutes = ends.filter(({ end }) => end === 'promoted').map((one) => one.minutes)
  return [how, count, of('verdict'), of('policy'), of('promoted'), median(minutes)]
})
table(
  'Healthy releases of six regions, one of which has an outage (alpha 5 %)',
  ['how', 'releases', 'put back by the evidence, %', 'held too long, %', 'promoted, %', 'median minutes'],
  healthy,
)

const faultEverywhere = [0.05, 0.3].flatMap((added) =>
  (['in waves', 'all at once'] as const).map((how) => {
    const ends = many(cases, (one) => {
      const places = withCulprit(one, 0).places.map((place) => ({ ...place, fault: { added, fromMinute: 0 } }))
      return runRollout(serviceOf(places, how === 'in waves' ? functionWaves : []), places, one)
    })
    const found = ends.filter(({ end }) => end === 'verdict')
    const bad = ends.reduce((sum, one) => sum + one.bad, 0) / cases
    return [`+${added * 100} points`, how, percent(found.length, cases), Math.round(bad)]
  }),
)
const guilty = [0.05, 0.1, 0.3].flatMap((added) =>
  (['in waves', 'all at once'] as const).map((how) => {
    let rightly = 0
    const ends = many(cases, (one) => {
      const { places, culprit } = withCulprit(one, added)
      const end = runRollout(serviceOf(places, how === 'in waves' ? functionWaves : []), places, one)
      if (end.blamed.length === 1 && end.blamed[0] === culprit) rightly++
      return end
    })
    const found = ends.filter(({ end }) => end === 'verdict')
    const bad = ends.reduce((sum, one) => sum + one.bad, 0) / cases
    return [`+${added * 100} points`, how, percent(found.length, cases), percent(rightly, cases), Math.round(bad)]
  }),
)
table(
  'One of twenty functions has a fault',
  ['fault', 'how', 'put back, %', 'exactly it is named, %', 'requests that it fails, mean'],
  guilty,
)
table(
  'All of twenty functions have it',
  ['fault', 'how', 'put back, %', 'requests that it fails, mean'],
  faultEverywhere,
)

const goesOn = [0, 0.05, 0.3].flatMap((added) =>
  (['in waves', 'all at once'] as const).map((how) => {
    const named: string[] = []
    const ends = many(cases, (one) => {
      const { places, culprit } = withCulprit(one, added)
      named.push(culprit)
      const changes = { policy: { whenBlamed: 'function' } }
      return runRollout(serviceOf(places, how === 'in waves' ? functionWaves : [], changes), places, one)
    })
    const isExactly = ({ back }: Rollout, index: number): boolean => back.length === 1 && back[0] === named[index]
    const without = ends.filter((one, index) => one.end === 'promoted' && isExactly(one, index))
    const wrongly = ends.filter((one, index) => one.end === 'promoted' && one.back.length > 0 && !isExactly(one, index))
    const whole = ends.filter(({ end, back }) => end === 'promoted' && back.length === 0)
    const gone = ends.filter(({ end }) => end === 'verdict')
    const counts = [without, wrongly, gone, whole].map(({ length }) => percent(length, cases))
    return [`+${added * 100} points`, how, ...counts]
  }),
)
table(
  'The same, with policy.whenBlamed: function',
  ['fault', 'how', 'promoted without it, %', 'without another, %', 'put back, %', 'promoted with it, %'],
  goesOn,
)
