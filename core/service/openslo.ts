// OpenSLO documents as SLOs of a service definition. All or nothing: what cannot be said in our words is a Problem that
// names document and field; no part of an SLO is left out or guessed.
import * as z from 'zod'
import { type Measured, sliOf, type Wrong } from './openslo-indicator.ts'
import { type Objective, OpenDataSource, OpenOther, OpenSli, OpenSlo, type SliSpec } from './openslo-schema.ts'
import { windowOf } from './openslo-window.ts'
import { issuesSentence, Problem } from '../problem.ts'
import { ambiguousPercent, SloDefinition } from './slo.ts'

/** @param place where it stands, for people: file and number */
export type OpenSloDocument = { readonly place: string; readonly value: unknown }
type ImportedSlo = Measured & { readonly definition: z.input<typeof SloDefinition> }

const wrongAt =
  (place: string): Wrong =>
  (field, what) =>
    new Problem('openslo_invalid', `${place}: ${field === '' ? '' : `${field}: `}${what}.`)

type Library = {
  readonly slos: (readonly [OpenSlo, string])[]
  readonly slis: Map<string, SliSpec>
  readonly sources: Map<string, string>
}

/**
 * @param documents all of them together, so that one may refer to another
 * @returns at least one
 * @throws Problem `openslo_invalid`
 */
export function importOpenSlo(documents: readonly OpenSloDocument[]): readonly ImportedSlo[] {
  const library: Library = { slos: [], slis: new Map(), sources: new Map() }
  for (const document of documents) shelve(library, document)
  const services = [...new Set(library.slos.map(([{ spec }]) => spec.service))]
  if (services.length > 1)
    throw wrongAt(library.slos[1]?.[1] ?? '')(
      'spec.service',
      `there are SLOs of ${services.slice(0, 3).join(', ')}; a definition is of one service, import them one by one`,
    )
  const imported = library.slos.flatMap(([slo, place]) =>
    sloOf(library, slo, wrongAt(`${place} (SLO ${slo.metadata.name})`)),
  )
  const twice = imported.find(({ definition: { name } }, index) =>
    imported.slice(0, index).some(({ definition }) => definition.name === name),
  )
  if (twice !== undefined) throw wrongAt(twice.definition.name)('metadata.name', 'two SLOs have this name; rename one')
  if (imported.length === 0) throw new Problem('openslo_invalid', 'There is no document of kind SLO.')
  return imported
}

const Kind = z.looseObject({ apiVersion: z.string().max(100), kind: z.string().max(100) })

function shelve({ slos, slis, sources }: Library, { place, value }: OpenSloDocument): void {
  const wrong = wrongAt(place)
  const read = <T>(schema: z.ZodType<T>): T => {
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data
    throw wrong('', issuesSentence(parsed.error.issues))
  }
  const { apiVersion, kind } = read(Kind)
  if (apiVersion !== 'openslo/v1')
    throw wrong('apiVersion', `${apiVersion} cannot be read; convert the document to openslo/v1`)
  if (kind === 'SLO') slos.push([read(OpenSlo), place])
  else if (kind === 'SLI') {
    const { metadata, spec } = read(OpenSli)
    put(slis, metadata.name, spec)
  } else if (kind === 'DataSource') {
    const { metadata, spec } = read(OpenDataSource)
    put(sources, metadata.name, spec.type)
  } else read(OpenOther)

  function put<T>(shelf: Map<string, T>, name: string, thing: T): void {
    if (shelf.has(name)) throw wrong('metadata.name', `there is another ${kind} of this name; rename one`)
    shelf.set(name, thing)
  }
}

function sloOf(library: Library, { metadata, spec }: OpenSlo, wrong: Wrong): readonly ImportedSlo[] {
  if ((spec.alertPolicies ?? []).length > 0)
    throw wrong('spec.alertPolicies', 'alerts are the burn rates of docs/budget.md for every SLO; remove them')
  if (spec.budgetingMethod === 'RatioTimeslices')
    throw wrong('spec.budgetingMethod', 'RatioTimeslices average ratios; choose Occurrences or Timeslices')
  const window = windowOf(spec.timeWindow ?? [], wrong)
  const indicator = indicatorOf(library, spec, wrong)
  return spec.objectives.map((objective, index): ImportedSlo => {
    const at: Wrong = (field, what) => wrong(`spec.objectives.${index}${field === '' ? '' : `.${field}`}`, what)
    const { sli, measured } = sliOf(library.sources, indicator, objective, { at, wrong })
    const slices = slicesOf(objective, spec.budgetingMethod === 'Timeslices', at)
    const definition = {
      name: spec.objectives.length === 1 ? metadata.name : `${metadata.name}-${index + 1}`,
      objective: targetOf(objective, at),
      window,
      sli,
      ...(slices === undefined ? {} : { slices }),
    }
    const parsed = SloDefinition.safeParse(definition)
    if (!parsed.success) throw wrong('', `as an SLO here: ${issuesSentence(parsed.error.issues)}`)
    return { definition, measured }
  })
}

function indicatorOf({ slis }: Library, { indicator, indicatorRef }: OpenSlo['spec'], wrong: Wrong): SliSpec {
  if ((indicator === undefined) === (indicatorRef === undefined))
    throw wrong('spec.indicator', 'give either indicator or indicatorRef')
  const found = indicator?.spec ?? slis.get(indicatorRef ?? '')
  if (found === undefined)
    throw wrong('spec.indicatorRef', `there is no SLI ${indicatorRef ?? ''}; give the file that it is in as well`)
  return found
}

/** A share as percent, without the noise of the multiplication: 0.07 is 7 %. */
function percentOf(share: number, field: string, at: Wrong): number {
  const ppm = Math.round(share * 1_000_000)
  if (Math.abs(share * 1_000_000 - ppm) > 1e-6 || ppm <= 0 || ppm >= 1_000_000)
    throw at(field, `${share} is not a share above 0 and below 1 with at most six digits`)
  return ppm / 10_000
}

function targetOf({ target, targetPercent }: Objective, at: Wrong): number {
  if (target !== undefined && targetPercent !== undefined) throw at('target', 'give either target or targetPercent')
  if (target !== undefined) return percentOf(target, 'target', at)
  if (targetPercent === undefined) throw at('target', 'it is missing; give target or targetPercent')
  const twoReadings = ambiguousPercent(targetPercent)
  if (twoReadings !== undefined) throw at('targetPercent', twoReadings)
  return targetPercent
}

type Slices = NonNullable<ImportedSlo['definition']['slices']>

function slicesOf({ timeSliceTarget, timeSliceWindow }: Objective, isSliced: boolean, at: Wrong): Slices | undefined {
  if (!isSliced) {
    if (timeSliceTarget !== undefined || timeSliceWindow !== undefined)
      throw at('timeSliceTarget', 'it is for budgetingMethod Timeslices; remove it or change the method')
    return undefined
  }
  const [, count = '', unit = ''] = /^([1-9][0-9]{0,3})([mh]?)$/.exec(String(timeSliceWindow)) ?? []
  const wanted = Number(count) * (unit === 'h' ? 60 : 1)
  const minutes = ([5, 10, 30, 60] as const).find((length) => length === wanted)
  if (minutes === undefined) throw at('timeSliceWindow', 'slices are of 5m, 10m, 30m or 1h; choose one of them')
  if (timeSliceTarget === undefined)
    throw at('timeSliceTarget', 'it is missing; give the share of a slice that has to be good')
  return { minutes, objective: percentOf(timeSliceTarget, 'timeSliceTarget', at) }
}
