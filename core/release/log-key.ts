// Where an event of a release lies in the table: what writes it, what hears of it through the table's stream and the filter
// in between share this one form.
export type LogKey = { readonly pk: string; readonly sk: string }

export const releasePrefix = 'RELEASE#'
export const eventPrefix = 'EVENT#'

export const logKey = (releaseId: string, seq: number): LogKey => ({
  pk: releasePrefix + releaseId,
  sk: eventPrefix + String(seq).padStart(6, '0'),
})

/** Which release's event lies there; `undefined` for the place of anything else. */
export function readLogKey({ pk, sk }: LogKey): { readonly releaseId: string; readonly seq: number } | undefined {
  const seq = new RegExp(`^${eventPrefix}(\\d{6})$`).exec(sk)?.[1]
  if (seq === undefined || !pk.startsWith(releasePrefix)) return undefined
  return { releaseId: pk.slice(releasePrefix.length), seq: Number(seq) }
}

/** The records of the table's stream that are events of a release, in the words of Lambda's event filters. */
export const announcedRecords = {
  eventName: ['INSERT'],
  dynamodb: { Keys: { sk: { S: [{ prefix: eventPrefix }] } } },
} as const
