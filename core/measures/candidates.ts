// What the candidates were like: M10, M13 and M15. What nobody said about a candidate is left out, not counted as good.
import { changes, type Facts, type ReleaseFacts } from './facts.ts'
import { leftOut, ofSpread, type Result, share, spreadOf } from './result.ts'

/**
 * M10: tests passed of those passed or failed, over all changes that ended and had their tests told. Skipped ones do
 * not count.
 */
export function testPassRate(facts: Facts): Result {
  const all = changes(facts)
  const told = all.flatMap(({ attested: { tests } }) =>
    tests === undefined || tests.passed + tests.failed === 0 ? [] : [tests],
  )
  const passed = told.reduce((sum, tests) => sum + tests.passed, 0)
  const run = told.reduce((sum, tests) => sum + tests.passed + tests.failed, 0)
  const spread = spreadOf(told.map((tests) => tests.passed / (tests.passed + tests.failed)))
  return {
    ...share(passed, run, 'nobody told of tests (tidegate attest)'),
    n: told.length,
    ...(spread === undefined ? {} : { spread }),
    ...leftOut(all.length - told.length, 'without tests told'),
  }
}

/** M13: of the changes that ended and whose flags are known, the share that is behind one at least. */
export function behindFlags(facts: Facts): Result {
  const all = changes(facts)
  const told = all.flatMap(({ attested: { flags } }) => (flags === undefined ? [] : [flags]))
  return {
    ...share(told.filter((flags) => flags.length > 0).length, told.length, 'nobody told of flags (tidegate attest)'),
    ...leftOut(all.length - told.length, 'without flags told'),
  }
}

/**
 * What an invocation costs more than stable's, as a share, from the last look; all targets, weighed by the candidate's
 * samples.
 */
function costDelta({ looks }: ReleaseFacts): number | undefined {
  const costs = (looks.at(-1)?.signals ?? []).flatMap(({ signal, numbers }) => {
    const { candidateMean, stableMean, candidateSamples } = numbers ?? {}
    if (signal !== 'cost' && !signal.startsWith('cost:')) return []
    if (candidateMean === undefined || stableMean === undefined || candidateSamples === undefined) return []
    return [{ candidate: candidateMean * candidateSamples, stable: stableMean * candidateSamples }]
  })
  const sum = (of: 'candidate' | 'stable'): number => costs.reduce((total, one) => total + one[of], 0)
  return sum('stable') > 0 ? sum('candidate') / sum('stable') - 1 : undefined
}

/**
 * M15: how much more an invocation costs than on stable, of the last look of each promoted change (0.1: a tenth more);
 * the median. From the signal `cost`: duration times the price of memory, without the price of a request.
 */
export function costOfChanges(facts: Facts): Result {
  const all = changes(facts).filter(({ outcome }) => outcome === 'promoted')
  const deltas = all.flatMap((one) => costDelta(one) ?? [])
  const because = 'whose cost was not compared'
  return {
    ...ofSpread(
      deltas,
      'p50',
      all.length === 0 ? 'nothing was promoted' : `all that was promoted are changes ${because}`,
    ),
    ...leftOut(all.length - deltas.length, because),
  }
}
