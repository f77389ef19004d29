// A batch of the table's stream, as Lambda delivers it, and what Lambda is answered.
import * as z from 'zod'
import { type LogPlace, readLogKey } from '../../core/release/log-key.ts'
import { readInput } from '../../core/problem.ts'

const Text = z.looseObject({ S: z.string().max(2048) })

/** The event source mapping's filter passes only items of logs. */
const StreamBatch = z.looseObject({
  Records: z
    .array(
      z.looseObject({
        eventName: z.string().max(20).default('INSERT'),
        dynamodb: z.looseObject({
          SequenceNumber: z.string().max(40),
          Keys: z.looseObject({ pk: Text, sk: Text }),
        }),
      }),
    )
    .max(10_000),
})

/** What happened to an item of a log. */
export type LogRecord = { readonly eventName: string; readonly place: LogPlace; readonly sequenceNumber: string }

/** @returns the records of events, in their order @throws Problem `event_invalid` */
export const readBatch = (event: unknown): readonly LogRecord[] =>
  readInput(StreamBatch, event, 'event_invalid', 'The batch').Records.flatMap(({ eventName, dynamodb }) => {
    const place = readLogKey({ pk: dynamodb.Keys.pk.S, sk: dynamodb.Keys.sk.S })
    return place === undefined ? [] : [{ eventName, place, sequenceNumber: dynamodb.SequenceNumber }]
  })

/** Lambda sends the batch again from the first of these records on. */
export type Answer = { readonly batchItemFailures: readonly { readonly itemIdentifier: string }[] }
