// Properties of the candidates: M10, M13 and M15. A candidate about which nothing was attested is left out; it does not count as
// good.
import { changes, type Facts, type ReleaseFacts } from './facts.ts'
import { leftOut, ofSpread, type Result, share, spreadOf } from './result.ts'

/**
 * M10: tests passed / (passed + failed), over all changes that ended and have test results attested. Skipped tests do not count.
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

/** M13: of the changes that ended and whose flags are known, the share that is behind at least one flag. */
export function behindFlags(facts: Facts): Result {
  const all = changes(facts)
  const told = all.flatMap(({ attested: { flags } }) => (flags === undefined ? [] : [flags]))
  return {
    ...share(told.filter((flags) => flags.length > 0).length, told.length, 'nobody told of flags (tidegate attest)'),
    ...leftOut(all.length - told.length, 'without flags told'),
  }
}

/**
 * How much more an invocation costs on the candidate than on stable, as a share, from the last look. All targets, weighted by the
 * candidate's samples.
 */
function costDelta({ looks }: ReleaseFacts): number | undefined {
  const costs = (looks.flat().at(-1)?.signals ?? []).flatMap(({ signal, numbers }) => {
    const { candidateMean, stableMean, candidateSamples } = numbers ?? {}
    if (signal !== 'cost' && !signal.startsWith('cost:')) return []
    if (candidateMean === undefined || stableMean === undefined || candidateSamples === undefined) return []
    return [{ candidate: candidateMean * candidateSamples, stable: stableMean * candidateSamples }]
  })
  const sum = (of: 'candidate' | 'stable'): number => costs.reduce((total, one) => total + one[of], 0)
  return sum('stable') > 0 ? sum('candidate') / sum('stable') - 1 : undefined
}

/**
 * M15: the median cost increase per invocation over stable, from the last look of each promoted change (0.1 means a tenth more).
 * Uses the signal `cost`: duration times the memory price, without the price per request.
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
