// Turns in DynamoDB: one item for each queue says from when the queue is free. Taking a turn is one conditional write, so two
// releases never get the same time, and none needs to know the others that wait.
import { expiry } from '../../../core/budget/stored.ts'
import { Problem } from '../../../core/problem.ts'
import type { Turns } from '../../ports.ts'
import { keys, type Table, updateItem } from './table.ts'

// A round is lost only if another release started the idle queue at the same moment.
const roundsMax = 5
/** No real queue is this long: such an item is corrupt, and the queue starts over. */
const longestMs = 2 * 86_400_000

export function awsTurns(table: Table): Turns {
  return {
    async take(queue, fromMs, lengthMs) {
      const key = keys.turn(queue)
      const n = (ms: number) => ({ N: String(ms) })
      const bounds = { ':from': n(fromMs), ':most': n(fromMs + longestMs) }
      const expires = { ':expires': n(expiry.ofTurn(fromMs)) }
      const isBusy = 'freeAtMs BETWEEN :from AND :most'
      for (let round = 0; round < roundsMax; round++) {
        const behind = await updateItem(table, key, {
          update: `SET freeAtMs = freeAtMs + :length, ${expiry.attribute} = :expires`,
          condition: isBusy,
          values: { ...bounds, ...expires, ':length': n(lengthMs) },
        })
        if (behind !== undefined) return Number(behind['freeAtMs']?.N) - lengthMs
        const first = await updateItem(table, key, {
          update: `SET freeAtMs = :after, ${expiry.attribute} = :expires`,
          condition: `NOT (${isBusy})`,
          values: { ...bounds, ...expires, ':after': n(fromMs + lengthMs) },
        })
        if (first !== undefined) return fromMs
      }
      throw new Problem('crowded', `The queue ${queue} changes faster than a turn can be taken.`)
    },
  }
}
