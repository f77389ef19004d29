// Runs the experiments one after the other. One that cannot be run, or fails, says so and does not stop the others.
import { asProblem } from '../../cloud/aws/failure.ts'
import type { Screen } from '../backend/screen.ts'
import { denialIn, isMissingHere, isStopped } from './errors.ts'
import { type Answer, type Experiment, notAsked } from './experiment.ts'
import type { Lab } from './lab.ts'

export type Result = { readonly experiment: Experiment; readonly answer: Answer; readonly tookSeconds: number }

/**
 * @param onResult called with each result as soon as it is there
 * @throws if the user interrupted
 */
export async function askAll(
  lab: Lab,
  chosen: readonly Experiment[],
  onResult: (result: Result) => void,
): Promise<void> {
  const troubles = new Map<string, Answer>()
  for (const experiment of chosen) {
    const { id, begin } = experiment
    if (begin === undefined || isForbidden(lab, experiment)) continue
    lab.note(`beginning ${id}`)
    await begin(lab).catch((error: unknown) => {
      if (isStopped(error)) throw error
      troubles.set(id, answerTo(error))
    })
  }
  for (const experiment of chosen) {
    lab.note(`asking ${experiment.id}`)
    const startMs = lab.nowMs()
    const answer = troubles.get(experiment.id) ?? (await askOne(lab, experiment))
    onResult({ experiment, answer, tookSeconds: Math.round((lab.nowMs() - startMs) / 1000) })
    // A point at which to notice an interrupt: experiments that never wait would not.
    await lab.pause(0)
  }
}

const isForbidden = (lab: Lab, { makesRoles }: Experiment): boolean => makesRoles === true && !lab.mayMakeRoles

async function askOne(lab: Lab, experiment: Experiment): Promise<Answer> {
  if (isForbidden(lab, experiment)) return notAsked('It creates roles, which needs --make-roles.')
  try {
    return await experiment.ask(lab)
  } catch (error) {
    if (isStopped(error)) throw error
    return answerTo(error)
  }
}

function answerTo(error: unknown): Answer {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
  if (isMissingHere(error)) return notAsked(`This endpoint does not support it: ${message}`)
  const denial = denialIn(error)
  if (denial !== undefined) return notAsked(`You do not have permission: ${asProblem(error, denial.action).message}`)
  return { kind: 'failed', says: `It failed: ${name}: ${message}` }
}

const words: Readonly<Record<Answer['kind'], string>> = {
  asExpected: 'as expected',
  otherwise: 'OTHERWISE',
  learned: 'learned',
  notAsked: 'not asked here',
  failed: 'FAILED',
}

export function tell(screen: Screen, { experiment, answer }: Result): void {
  const indent = ' '.repeat(16)
  const lines = [
    `${words[answer.kind].padEnd(15)} ${experiment.id}: ${experiment.question}`,
    `${indent}expected  ${experiment.expectation} (${experiment.source}; docs/aws.md ${experiment.place})`,
    `${indent}answer    ${answer.says}`,
  ]
  screen.note(lines)
}
