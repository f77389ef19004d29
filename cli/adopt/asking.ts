// Questions to an account, each by itself: who may not ask one may ask another, and what was not answered is noted.
import { oneLine } from '../../core/foreign-text.ts'
import { unidentified } from '../backend/explained.ts'
import { sentenceOf } from '../../functions/steps/each.ts'

/**
 * @returns asks; without an answer, there is a note that says what could not be looked up, as one line of a comment. Without a
 * region or credentials nobody answers anything: that is thrown.
 */
export const noting =
  (notes: string[]) =>
  async <T>(what: string, ask: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await ask()
    } catch (error) {
      if (unidentified(error, process.env) !== undefined) throw error
      notes.push(oneLine(`${what} could not be looked up: ${sentenceOf(error)}`, 400))
      return undefined
    }
  }
