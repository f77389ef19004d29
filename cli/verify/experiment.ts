// An experiment: one question that AWS is asked, what is expected, and how it is asked.
import type { Lab } from './lab.ts'

export type Answer = {
  /**
   * `learned`: nothing is expected, because the controller copes with either. `notAsked`: this endpoint, these rights or this
   * account cannot answer; `says` has the reason. `failed`: it went wrong, which is no answer.
   */
  readonly kind: 'asExpected' | 'otherwise' | 'learned' | 'notAsked' | 'failed'
  readonly says: string
  /** Numbers and names, for whoever reads the file. */
  readonly measured?: Readonly<Record<string, unknown>>
}

export type Experiment = {
  /** As in docs/aws.md §11. */
  readonly id: string
  readonly question: string
  /** Where docs/aws.md says what is believed. */
  readonly place: string
  readonly expectation: string
  /** Where the expectation comes from. */
  readonly source: string
  /** Beside the throw-away function and its role: `kind name`. */
  readonly makes?: readonly string[]
  /** Whether it makes roles, which takes leave. */
  readonly makesRoles?: true
  /** At most, at list prices of us-east-1; for most a thousandth of it. */
  readonly cents?: number
  /** At most. */
  readonly minutes: number
  /** Does what takes time to show, so that others can be asked meanwhile. */
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
