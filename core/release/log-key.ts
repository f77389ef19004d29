// The DynamoDB key of a release event. The writer, the stream's consumer and the event filter between them share this form.
export type LogKey = { readonly pk: string; readonly sk: string }

const releasePrefix = 'RELEASE#'
export const eventPrefix = 'EVENT#'

/** The form of the id of a release. */
export const releaseIdForm = /^[a-z][a-z0-9-]{1,63}$/

export const logKey = (releaseId: string, seq: number): LogKey => ({
  pk: releasePrefix + releaseId,
  sk: eventPrefix + String(seq).padStart(6, '0'),
})

/** The event that a key belongs to; `undefined` for the key of any other item. */
/** Where an event is. */
export type LogPlace = { readonly releaseId: string; readonly seq: number }

export function readLogKey({ pk, sk }: LogKey): LogPlace | undefined {
  const seq = new RegExp(`^${eventPrefix}(\\d{6})$`).exec(sk)?.[1]
  if (seq === undefined || !pk.startsWith(releasePrefix)) return undefined
  return { releaseId: pk.slice(releasePrefix.length), seq: Number(seq) }
}

/**
 * The stream records of release events, in the syntax of Lambda's event filters: new ones are announced, and any other change is
 * one that nobody may make.
 */
export const logRecords = {
  dynamodb: { Keys: { sk: { S: [{ prefix: eventPrefix }] } } },
} as const

/** Only the new ones. */
export const newRecords = { eventName: ['INSERT'], ...logRecords } as const
