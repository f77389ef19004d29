// Rows about faults: how soon each is found, and how many bad requests it serves until then, next to the plain formula E2 and to
// Kayenta.
import { afterOutage, constant, growing, inLastStep, intermittent, late, sizes, total } from '../trials/faults.ts'
import type { Situation } from '../trials/noise.ts'
import type { Outcome } from '../trials/trial.ts'
import {
  byRule,
  bySituation,
  found,
  minutes,
  type Outcomes,
  outcomesOf,
  type Row,
  type Setting,
  type Table,
} from './row.ts'

/** Bad requests may be so many times those that E2 serves. */
const overE2Max = 1.25

const delayRow: Row = {
  name: 'delay',
  tables(setting) {
    const all = sizes.map((service) => ({ ...service, outcomes: outcomesOf(service.situations, setting) }))
    const tables = all.flatMap(({ name, situations, outcomes }) => {
      const columns = situations.map((one) => one.name.slice(name.length + 1))
      return [
        byRule(`${name}: median minutes to the roll back, by the size of the fault`, setting, columns, outcomes, delay),
        byRule(
          `${name}: bad requests served, times those of E2`,
          setting,
          columns,
          relative(setting, outcomes),
          served,
        ),
      ]
    })
    const longer = all.map(({ name, outcomes }) => [
      name,
      ...setting.rules.map((_, rule) => longerDelays(outcomes, rule)),
    ])
    return [
      ...tables,
      {
        title: 'How many faults take longer to be found than a smaller one',
        head: ['service', ...setting.rules.map((rule) => rule.name)],
        rows: longer,
      },
      ...overTables(
        setting,
        all.flatMap(({ situations }) => situations),
        all.flatMap(({ outcomes }) => outcomes),
      ),
    ]
  },
}

const delay = ({ medianMinutes }: Outcome): string => minutes(medianMinutes)

const longerDelays = (outcomes: Outcomes, rule: number): number =>
  outcomes.filter((of, index) => {
    const smaller = outcomes[index - 1]?.[rule]?.medianMinutes ?? Infinity
    return (of[rule]?.medianMinutes ?? 0) > smaller
  }).length

const positionOf = ({ rules }: Setting, name: string): number => rules.findIndex((rule) => rule.name === name)
const servedBy = (of: readonly Outcome[], rule: number): number => of[rule]?.badServed ?? NaN

/** The same outcomes with the bad requests as a multiple of those that E2 serves. */
const relative = (setting: Setting, outcomes: Outcomes): Outcomes =>
  outcomes.map((of) =>
    of.map((one) => ({ ...one, badServed: one.badServed / servedBy(of, positionOf(setting, 'e2')) })),
  )

const served = ({ badServed }: Outcome): string => badServed.toFixed(2)

/** Where our own rule serves more bad requests than it should. */
function overTables(setting: Setting, situations: readonly Situation[], outcomes: Outcomes): readonly Table[] {
  const [own, e2, kayenta] = ['ours', 'e2', 'kayenta'].map((name) => positionOf(setting, name))
  if (own === undefined || e2 === undefined || kayenta === undefined || Math.min(own, e2, kayenta) < 0) return []
  const rows = situations.flatMap((situation, index) => {
    const of = outcomes[index] ?? []
    const [ours, plain, other] = [servedBy(of, own), servedBy(of, e2), servedBy(of, kayenta)]
    const isOver = ours > overE2Max * plain
    return isOver || ours > other
      ? [[situation.name, ours.toFixed(1), (ours / plain).toFixed(2), (ours / other).toFixed(2)]]
      : []
  })
  const title = `Bad requests of ours over ${overE2Max} x E2's or over Kayenta's: ${rows.length} of ${situations.length} situations`
  return [{ title, head: ['situation', 'bad', 'x E2', 'x Kayenta'], rows }]
}

/** Detected, minutes, bad; then the bad requests next to E2's. */
const servedRow = (name: string, title: string, situations: readonly Situation[]): Row => ({
  name,
  tables(setting) {
    const outcomes = outcomesOf(situations, setting)
    const names = situations.map((one) => one.name)
    return [
      bySituation(`${title}: detected % / median minutes / bad requests`, setting, names, outcomes, found),
      bySituation(`${title}: bad requests, times those of E2`, setting, names, relative(setting, outcomes), served),
      ...overTables(setting, situations, outcomes),
    ]
  },
})

export const faultRows: readonly Row[] = [
  delayRow,
  servedRow('served', 'Constant, growing and late faults', [...constant, ...growing, ...late]),
  servedRow('total', 'Total failure at any usual rate', total),
  servedRow('after-outage', 'Faults after an outage of both versions', afterOutage),
  servedRow('intermittent', 'Faults that come and go', intermittent),
]

export const lastStepFaults = servedRow('last', 'Faults in the last step, by what is held back', inLastStep)
