// DynamoDB Streams, only what Lambda reads: the writes to a table, keys only, in order. One shard, which keeps a day, as in AWS.
import type { LocalClock } from '../time/clock.ts'
import { defaultRegion, type Stream, type StreamRecord } from '../protocol/service.ts'

export type TableStream = Stream & {
  add(eventName: StreamRecord['eventName'], keys: Readonly<Record<string, unknown>>): void
}

const keptSeconds = 86_400
const forgottenAtOnce = 1000

/** @param ids makes the event ids */
export function tableStream(arn: string, clock: LocalClock, ids: () => string): TableStream {
  let records: StreamRecord[] = []
  let gone = 0
  const listeners: (() => void)[] = []
  /** Does not run at every write, because removing the start of an array copies the array. */
  function forgetOld(): void {
    const sinceSeconds = clock.nowMs() / 1000 - keptSeconds
    const isOld = (record: StreamRecord | undefined): boolean =>
      record !== undefined && record.dynamodb.ApproximateCreationDateTime < sinceSeconds
    if (!isOld(records[forgottenAtOnce - 1])) return
    const kept = records.findIndex((record) => !isOld(record))
    gone += kept
    records = records.slice(kept)
  }

  return {
    count: () => gone + records.length,
    at: (place) => records[place - gone],
    subscribe: (listener) => void listeners.push(listener),
    add(eventName, Keys) {
      records.push({
        eventID: ids(),
        eventName,
        eventVersion: '1.1',
        eventSource: 'aws:dynamodb',
        awsRegion: defaultRegion,
        dynamodb: {
          ApproximateCreationDateTime: Math.floor(clock.nowMs() / 1000),
          Keys,
          SequenceNumber: String(gone + records.length + 1).padStart(21, '0'),
          SizeBytes: JSON.stringify(Keys).length,
          StreamViewType: 'KEYS_ONLY',
        },
        eventSourceARN: arn,
      })
      forgetOld()
      for (const listener of listeners) listener()
    },
  }
}
