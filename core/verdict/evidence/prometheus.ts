// What is asked of a Prometheus: one expression for each version, whose value at the end of a minute is about that minute. Its
// answers are readings as those of CloudWatch are, and everything after that is the same for both.
import type { Service } from '../../service/service.ts'
import type { PrometheusSignal } from '../../service/signals.ts'
import { filledPromql } from '../../prometheus/promql.ts'
import { locate } from '../../location.ts'
import type { JudgedTarget } from './evidence.ts'
import { prometheusSeries, seriesKey } from './questions.ts'

export type PrometheusQuestion = {
  readonly key: string
  /** The ARN of a workspace, or an address that the installation allows. */
  readonly source: string
  readonly query: string
  /** Its values are counts: whole numbers. */
  readonly isCount: boolean
}

/** The expressions of a signal, in the order in which its measure has them. */
const expressionsOf = ({ bad, total, sum, samples }: PrometheusSignal) =>
  (
    [
      ['bad', bad],
      ['total', total],
      ['sum', sum],
      ['samples', samples],
    ] as const
  ).flatMap(([of, expression]) => (expression === undefined ? [] : [{ of, expression, isCount: bad !== undefined }]))

/** Where it is asked; a stored one that names nothing is asked nowhere. */
const sourceOf = ({ workspace, url }: PrometheusSignal): string | undefined => workspace ?? url

/** Every query that a look has to make. */
export function prometheusQuestions(
  { signals }: Pick<Service, 'signals'>,
  targets: readonly JudgedTarget[],
): readonly PrometheusQuestion[] {
  return (signals.prometheus ?? []).flatMap((signal) => {
    const source = sourceOf(signal)
    if (source === undefined) return []
    return targets.flatMap((target, index) =>
      (['stable', 'candidate'] as const).flatMap((arm) =>
        expressionsOf(signal).map(({ of, expression, isCount }) => ({
          key: seriesKey(index, arm, prometheusSeries(of, signal.name)),
          source,
          query: filledPromql(expression, {
            function: locate(target.functionName).name,
            alias: target.alias,
            version: target[arm],
          }),
          isCount,
        })),
      ),
    )
  })
}

export const prometheusWords = ({ source, query }: PrometheusQuestion): string => `${query} at ${source}`
