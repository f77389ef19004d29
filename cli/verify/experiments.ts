// All experiments, in the order in which they run: those with an immediate answer first, so that metrics have time to arrive.
import { Problem } from '../../core/problem.ts'
import { aliasExperiments } from './aliases.ts'
import { eventExperiments } from './events.ts'
import type { Experiment } from './experiment.ts'
import { machineExperiments } from './machines.ts'
import { metricExperiments } from './metrics.ts'
import { rightExperiments } from './rights.ts'
import { versionExperiments } from './versions.ts'

export const experiments: readonly Experiment[] = [
  ...aliasExperiments,
  ...versionExperiments,
  ...rightExperiments,
  ...machineExperiments,
  ...eventExperiments,
  ...metricExperiments,
]

/** @throws Problem `call_invalid` for an unknown experiment */
export function chosenExperiments(ids: readonly string[]): readonly Experiment[] {
  return ids.map((id) => {
    const found = experiments.find((one) => one.id === id)
    if (found !== undefined) return found
    throw new Problem(
      'call_invalid',
      `There is no experiment ${id}. There are ${experiments.map((one) => one.id).join(', ')}.`,
    )
  })
}
