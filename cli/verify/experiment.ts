// An experiment: one question to AWS, the expected answer, and how to ask.
import type { Lab } from './lab.ts'

export type Answer = {
  /**
   * `learned`: nothing is expected, because the controller copes with any answer. `notAsked`: this endpoint, these permissions or
   * this account cannot answer; `says` has the reason. `failed`: the experiment broke, which is no answer.
   */
  readonly kind: 'asExpected' | 'otherwise' | 'learned' | 'notAsked' | 'failed'
  readonly says: string
  /** Numbers and names, for readers of the file. */
  readonly measured?: Readonly<Record<string, unknown>>
}

export type Experiment = {
  /** The id in docs/aws.md §11. */
  readonly id: string
  readonly question: string
  /** The section of docs/aws.md that states the belief. */
  readonly place: string
  readonly expectation: string
  /** The source of the expectation. */
  readonly source: string
  /** What it creates besides the temporary function and its role: `kind name`. */
  readonly makes?: readonly string[]
  /** Whether it creates roles, which needs permission. */
  readonly makesRoles?: true
  /** Maximum cost at us-east-1 list prices; for most a thousandth of it. */
  readonly cents?: number
  /** Maximum duration. */
  readonly minutes: number
  /** Starts what takes time to show, so that other experiments can run meanwhile. */
  readonly begin?: (lab: Lab) => Promise<unknown>
  readonly ask: (lab: Lab) => Promise<Answer>
}

type Measured = Answer['measured']

export const compared = (holds: boolean, says: string, measured?: Measured): Answer => ({
  kind: holds ? 'asExpected' : 'otherwise',
  says,
  ...(measured === undefined ? {} : { measured }),
})
export const learned = (says: string, measured?: Measured): Answer => ({
  kind: 'learned',
  says,
  ...(measured === undefined ? {} : { measured }),
})
export const notAsked = (says: string): Answer => ({ kind: 'notAsked', says })
