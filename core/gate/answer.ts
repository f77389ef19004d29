// What the gates answer a release, as the log keeps it: open, and how boldly it may go on, or closed, with a sentence for
// everything that is in its way.
import { againAtMs, closedSentences, isFinal, type LookedUp, missingAt, openSentence } from './facts.ts'
import { pacingAt } from './pacing.ts'
import type { PolicyDecision } from './policy.ts'
import type { NewEvent } from '../release/event.ts'
import type { Release } from '../release/release.ts'
import { own } from '../own.ts'

export type Answer = Omit<Extract<NewEvent, { type: 'gated' }>, 'type' | 'atMs' | 'point'>

// As much as an event takes.
const wordsMax = 2000

/** With a sentence for every gate that is closed. */
export function answerOf(release: Release, point: number, found: LookedUp, decision: PolicyDecision): Answer {
  if (decision.allowed) return { allowed: true, because: openSentence(release, found).slice(0, wordsMax), gates: [] }
  const closed = closedSentences(release, point, found)
  const sentences = decision.because.map(({ gate = '', policy, says }) => {
    const sentence = own(closed, gate)
    return sentence === undefined || sentence === ''
      ? `${policy}: ${says ?? 'a policy of the service forbids it'}`
      : sentence
  })
  const told = [...new Set(sentences), ...decision.trouble]
  const again = againAtMs(release, point, found)
  return {
    allowed: false,
    because: (told.length === 0 ? 'no policy permits it' : told.join('; ')).slice(0, wordsMax),
    gates: [...new Set(decision.because.map(({ gate, policy }) => (gate ?? policy).slice(0, 60)))].slice(0, 40),
    ...(again === undefined ? {} : { againAtMs: again }),
    ...missingAt(release, point, found),
    ...(isFinal(release, point, found) ? { final: true as const } : {}),
  }
}

/** An open gate lets the release go on as boldly as the budget allows. */
export function pacedAnswerOf(release: Release, point: number, found: LookedUp, decision: PolicyDecision): Answer {
  const answer = answerOf(release, point, found, decision)
  if (!decision.allowed) return answer
  const { words, ...paced } = pacingAt(release, point, found.budgets)
  if (words === undefined) return { ...answer, ...paced }
  return { ...answer, ...paced, because: `${openSentence(release, found)}; ${words}`.slice(0, wordsMax) }
}
