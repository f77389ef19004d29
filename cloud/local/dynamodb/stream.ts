// DynamoDB Streams, as far as Lambda reads them: what was written to a table, keys only, in the order of the writes. One
// shard, which keeps everything for as long as the cloud lives.
import type { LocalClock } from '../clock.ts'
import { defaultRegion, type Stream, type StreamRecord } from '../service.ts'

export type TableStream = Stream & {
  add(eventName: StreamRecord['eventName'], keys: Readonly<Record<string, unknown>>): void
}

/** @param ids of the events */
export function tableStream(arn: string, clock: LocalClock, ids: () => string): TableStream {
  const records: StreamRecord[] = []
  const listeners: (() => void)[] = []
  return {
    records,
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
          SequenceNumber: String(records.length + 1).padStart(21, '0'),
          SizeBytes: JSON.stringify(Keys).length,
          StreamViewType: 'KEYS_ONLY',
        },
        eventSourceARN: arn,
      })
      for (const listener of listeners) listener()
    },
  }
}
