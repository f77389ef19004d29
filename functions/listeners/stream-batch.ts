// A batch of the table's stream, as Lambda delivers it, and what Lambda is answered.
import * as z from 'zod'

const Text = z.looseObject({ S: z.string().max(2048) })

/** The event source mapping's filter passes only items of logs. */
export const StreamBatch = z.looseObject({
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

/** Lambda sends the batch again from the first of these records on. */
export type Answer = { readonly batchItemFailures: readonly { readonly itemIdentifier: string }[] }
