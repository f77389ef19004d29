// How a period of delivery went, for whoever decides: each measure with its value, target, spread and trend; the releases; what
// is left of error budgets; what releases changed of business metrics. Pictures are drawn from the numbers beside the words.
import { ended, factsOf, type MeasureInput, ofService, type Period, type ReleaseFacts } from '../measures/facts.ts'
import { type Definition, definitions, measure, type Measured } from '../measures/measures.ts'
import { type Spread, spreadOf } from '../measures/result.ts'
import { leadSeconds } from '../measures/times.ts'
import { drillsOf, drillWords } from '../measures/drills.ts'
import { amount, basisWords, standing, targetWords, valueWords } from '../measures/words.ts'
import type { Outcome } from '../release/event.ts'
import { putBackAlone } from '../release/release.ts'
import type { BudgetRow } from './budget-rows.ts'
import { versionsWords } from './live-view.ts'

type Worded = { readonly number: number; readonly words: string }

export type MeasureView = {
  readonly id: string
  readonly name: string
  /** What it measures, in one sentence. */
  readonly sentence: string
  readonly unit: Definition['unit']
  /** Absent when it is not known, and then `basis` says why. */
  readonly value?: Worded
  /** The number of samples, and what was left out. */
  readonly basis: string
  readonly target?: Worded
  readonly standing?: 'met' | 'missed'
  readonly spread?: { readonly [of in keyof Spread]: Worded }
  readonly trend: readonly { readonly fromMs: number; readonly toMs: number; readonly value?: Worded }[]
}

export type ReleaseRow = {
  readonly service: string
  readonly releaseId: string
  readonly atMs: number
  /** Absent while it is live. */
  readonly outcome?: Outcome
  /** Functions that went back alone. */
  readonly putBack?: readonly string[]
  readonly versions: string
  readonly by?: string
  readonly commit?: string
  readonly leadSeconds?: number
  readonly tookSeconds?: number
  readonly isWayBack: boolean
  readonly undoneBy?: string
  readonly incidents: number
}

/** A custom signal, at the last look of what was promoted: how far the candidate was from stable. */
type BusinessRow = {
  readonly service: string
  readonly signal: string
  readonly worse: 'higher' | 'lower'
  /** The median: 0.02 is 2 % more than stable. */
  readonly change: number
  /** How many releases were compared. */
  readonly releases: number
}

export type DeliveryView = {
  readonly period: Period
  /** The name of one service, or of all together. */
  readonly title: string
  readonly measures: readonly MeasureView[]
  /** Empty when the view covers a single service. */
  readonly services: readonly {
    readonly name: string
    readonly measures: readonly Pick<MeasureView, 'id' | 'value' | 'standing' | 'basis'>[]
  }[]
  /** That ended in the period, or are live at its end; the latest first. */
  readonly releases: readonly ReleaseRow[]
  /** Rehearsals of the way back, in a sentence: no measure counts them. */
  readonly drills: string
  /** As they are now. */
  readonly budgets: readonly BudgetRow[]
  readonly business: readonly BusinessRow[]
  /** Services that could not be read: nothing here counts them. */
  readonly without: readonly { readonly service: string; readonly because: string }[]
}

type Delivered = {
  readonly title: string
  readonly material: MeasureInput
  readonly names: readonly string[]
  readonly budgets: readonly BudgetRow[]
  readonly without: DeliveryView['without']
}

export function deliveryView({ title, material, names, budgets, without }: Delivered): DeliveryView {
  const facts = factsOf(material)
  const live = facts.releases.filter(({ settledMs }) => settledMs === undefined)
  const settled = ended(facts)
  return {
    period: material.period,
    title,
    measures: measure(material).map(measureView),
    services: names.map((name) => ({ name, measures: shortMeasures(ofService(name, material)) })),
    releases: [...settled, ...live].map(releaseRow).toSorted((a, b) => b.atMs - a.atMs),
    drills: drillWords(drillsOf(material)),
    budgets,
    business: businessRows(settled),
    without,
  }
}

/** Without trends: those of hundreds of services are much work, and nobody draws them. */
function shortMeasures(material: MeasureInput): DeliveryView['services'][number]['measures'] {
  const facts = factsOf(material)
  return definitions.map((definition) => {
    const { id, value, standing: stands, basis } = measureView({ definition, result: definition.of(facts), trend: [] })
    return {
      id,
      basis,
      ...(value === undefined ? {} : { value }),
      ...(stands === undefined ? {} : { standing: stands }),
    }
  })
}

const targetOf = ({ target }: Definition): number | undefined =>
  target === undefined ? undefined : Object.values(target)[0]

function measureView({ definition, result, trend }: Measured): MeasureView {
  const { id, name, sentence, unit } = definition
  const worded = (number: number): Worded => ({ number, words: amount(unit, number) })
  const [target, stands] = [targetOf(definition), standing(definition, result)]
  const { spread } = result
  return {
    ...{ id, name, sentence, unit },
    basis: basisWords(result),
    ...(result.value.known ? { value: { number: result.value.number, words: valueWords(definition, result) } } : {}),
    ...(target === undefined ? {} : { target: { number: target, words: targetWords(definition) } }),
    ...(stands === undefined ? {} : { standing: stands }),
    ...(spread === undefined
      ? {}
      : {
          spread: {
            min: worded(spread.min),
            p50: worded(spread.p50),
            p90: worded(spread.p90),
            max: worded(spread.max),
          },
        }),
    trend: trend.map(({ period, result: { value } }) => ({
      ...period,
      ...(value.known ? { value: worded(value.number) } : {}),
    })),
  }
}

function releaseRow(one: ReleaseFacts): ReleaseRow {
  const { release, settledMs, outcome, isWayBack, undoneBy, incidents } = one
  const { requestedBy, author, commit } = release.provenance
  const by = requestedBy ?? author
  const [lead, putBack] = [leadSeconds(one), putBackAlone(release)]
  return {
    service: release.service.name,
    releaseId: release.id,
    atMs: settledMs ?? release.requestedAtMs,
    versions: versionsWords(release),
    isWayBack,
    incidents: incidents.length,
    ...(outcome === undefined ? {} : { outcome }),
    ...(putBack.length === 0 ? {} : { putBack }),
    ...(by === undefined ? {} : { by }),
    ...(commit === undefined ? {} : { commit }),
    ...(lead === undefined ? {} : { leadSeconds: lead }),
    ...(settledMs === undefined ? {} : { tookSeconds: (settledMs - release.requestedAtMs) / 1000 }),
    ...(undoneBy === undefined ? {} : { undoneBy: undoneBy.release.id }),
  }
}

function businessRows(settled: readonly ReleaseFacts[]): readonly BusinessRow[] {
  const promoted = settled.filter(({ outcome, isWayBack }) => outcome === 'promoted' && !isWayBack)
  const changes = promoted.flatMap(({ release, looks }) =>
    [...release.service.signals.custom, ...(release.service.signals.prometheus ?? [])].flatMap(({ name, worse }) =>
      (looks.flat().at(-1)?.signals ?? [])
        // Of several functions, each has its own.
        .filter(({ signal }) => signal === name || signal.startsWith(`${name}:`))
        .flatMap(({ signal, numbers }) => {
          const change = changeIn(numbers ?? {})
          return change === undefined ? [] : [{ service: release.service.name, signal, worse, change }]
        }),
    ),
  )
  return [...Map.groupBy(changes, ({ service, signal }) => `${service} ${signal}`).values()].flatMap((some) => {
    const [first] = some
    const spread = spreadOf(some.map(({ change }) => change))
    if (first === undefined || spread === undefined) return []
    return [{ ...first, change: spread.p50, releases: some.length }]
  })
}

/** Of a mean, or of a count for each invocation; `undefined` when there is nothing to compare with. */
function changeIn(numbers: Readonly<Record<string, number>>): number | undefined {
  const { candidateMean, stableMean, candidateBad, candidateInvocations, stableBad, stableInvocations } = numbers
  if (candidateMean !== undefined && stableMean !== undefined) return ratio(candidateMean, stableMean)
  if (candidateBad === undefined || stableBad === undefined || !candidateInvocations || !stableInvocations)
    return undefined
  return ratio(candidateBad / candidateInvocations, stableBad / stableInvocations)
}

const ratio = (candidate: number, stable: number): number | undefined =>
  stable > 0 ? candidate / stable - 1 : undefined
