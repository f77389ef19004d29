// How much of the concurrency is free, as the gate of a service asks. What cannot be read is no headroom, and a sentence says so.
import { type HeadroomNow, headroomOf, headroomQuestions, headroomWindow } from '../../core/concurrency/headroom.ts'
import { Problem } from '../../core/problem.ts'
import type { Service } from '../../core/service/service.ts'
import { concurrently, sentenceOf } from '../steps/each.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'telemetry' | 'concurrency'>

// Lambda takes 15 such calls a second (docs/aws.md §1.4).
const together = 3

/** @returns nothing for a service that does not ask for it */
export async function headroomNow(deps: Deps, { gates, targets }: Service): Promise<HeadroomNow | undefined> {
  const { headroom } = gates
  if (headroom === undefined) return undefined
  try {
    const names = [...new Set(targets.map(({ functionName }) => functionName))]
    const bounds = await concurrently(names, together, async (functionName) => ({
      functionName,
      ...(await deps.concurrency.limits(functionName)),
    }))
    const questions = headroomQuestions(bounds)
    const answers = await deps.telemetry.read(questions, headroomWindow(deps.clock.nowMs()))
    const readings = new Map(
      questions.flatMap(({ key }, index) => {
        const answer = answers[index]
        return answer === undefined ? [] : [[key, answer] as const]
      }),
    )
    return headroomOf(headroom, bounds, readings)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { tight: `how much concurrency is free cannot be looked up: ${sentenceOf(error)}`, words: '' }
  }
}
