// Answers to requests with an idempotency key in DynamoDB: one item each, which a conditional write takes.
import * as z from 'zod'
import { expiry } from '../../../core/budget/stored.ts'
import type { KeptAnswers, KeyedRequest } from '../../ports.ts'
import { bodyOf, type Item, keys, parseBody, putItem, type Table } from './table.ts'

const StoredAnswer = z.strictObject({ fingerprint: z.string().max(100), answer: z.string().optional() })

export function awsKeptAnswers(table: Table): KeptAnswers {
  return {
    async take(key, request, atMs) {
      const refused = await putItem(table, keys.answer(key), itemOf(request, request.untilMs, undefined), {
        expression: 'attribute_not_exists(pk) OR freeAtMs <= :now',
        values: { ':now': n(atMs) },
      })
      const found = refused?.inTheWay
      // The SDK repeats a write whose answer was lost, and finds its own item.
      if (found === undefined || found['holder']?.S === request.id) return undefined
      return parseBody(StoredAnswer, found)
    },
    async end(key, request, answer) {
      const freeAtMs = answer === undefined ? 0 : expiry.ofAnswer(request.untilMs) * 1000
      await putItem(table, keys.answer(key), itemOf(request, freeAtMs, answer), {
        expression: 'holder = :holder',
        values: { ':holder': { S: request.id } },
      })
    },
  }
}

const n = (value: number) => ({ N: String(value) })

/** @param freeAtMs from when on another request may take the key */
function itemOf({ id, fingerprint, untilMs }: KeyedRequest, freeAtMs: number, answer: string | undefined): Item {
  return {
    ...bodyOf({ fingerprint, answer }),
    holder: { S: id },
    freeAtMs: n(freeAtMs),
    [expiry.attribute]: n(expiry.ofAnswer(untilMs)),
  }
}
