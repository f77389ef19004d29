// Rows about healthy releases: how many each rule puts back under every noise, also under one that is new.
import {
  newNoisesFlat,
  newNoisesInSteps,
  noisesFlat,
  noisesInSteps,
  oftenFailing,
  oftenFlat,
  oftenInSteps,
  outagesByStep,
} from '../trials/noises.ts'
import type { Situation } from '../trials/noise.ts'
import { lastStepFaults } from './faults.ts'
import { bySituation, early, found, outcomesOf, type Row, type Table, type Setting } from './row.ts'

/** Put back at a fixed weight, and in steps. */
function flatAndSteps(
  title: string,
  setting: Setting,
  flat: readonly Situation[],
  inSteps: readonly Situation[],
): Table {
  const [atFixed, atSteps] = [outcomesOf(flat, setting), outcomesOf(inSteps, setting)]
  return {
    title,
    head: ['situation', ...setting.rules.map(({ name }) => name)],
    rows: flat.map(({ name }, index) => [
      name,
      ...setting.rules.map((_, rule) =>
        [atFixed, atSteps]
          .map((outcomes) => outcomes[index]?.[rule])
          .map((one) => (one === undefined ? '' : early(one)))
          .join('/'),
      ),
    ]),
  }
}

export const healthyRows: readonly Row[] = [
  {
    name: 'noise',
    tables: (setting) => [
      flatAndSteps(
        'Healthy releases put back, %: at 10 % / in steps of 10, 50, 90 %',
        setting,
        noisesFlat,
        noisesInSteps,
      ),
    ],
  },
  {
    name: 'new-noise',
    tables: (setting) => [
      flatAndSteps(
        'Healthy releases put back after a past without this noise, %: at 10 % / in steps of 10, 50, 90 %',
        setting,
        newNoisesFlat,
        newNoisesInSteps,
      ),
    ],
  },
  {
    name: 'often',
    tables: (setting) => [
      flatAndSteps(
        'Healthy releases put back where many requests fail anyway, %: at 10 % / in steps of 10, 50, 90 %',
        setting,
        oftenFlat,
        oftenInSteps,
      ),
      bySituation(
        'Total failure there: detected % / median minutes / bad requests',
        setting,
        oftenFailing.map(({ name }) => name),
        outcomesOf(oftenFailing, setting),
        found,
      ),
    ],
  },
  {
    name: 'last',
    tables: (setting) => [
      ...lastStepFaults.tables(setting),
      bySituation(
        'Healthy releases put back, %: an outage for both versions',
        setting,
        outagesByStep.map(({ name }) => name),
        outcomesOf(outagesByStep, setting),
        early,
      ),
    ],
  },
]
