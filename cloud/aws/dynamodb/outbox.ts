// Events for all subscribers, through EventBridge. PutEvents may succeed as a request and still refuse single entries, so each
// entry's result is checked.
import { PutEventsCommand } from '@aws-sdk/client-eventbridge'
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { Problem } from '../../../core/problem.ts'
import type { Outbox } from '../../ports.ts'
import { problemNamed, translated } from '../failure.ts'

const eventSource = 'tidegate.release'

/** Without `busName`, events go to the account's default bus. */
export function awsOutbox(client: EventBridgeClient, busName?: string): Outbox {
  return {
    async announce({ source = eventSource, detailType, detail }) {
      const call = `events:PutEvents of ${detailType}`
      const command = new PutEventsCommand({
        Entries: [
          {
            Source: source,
            DetailType: detailType,
            Detail: JSON.stringify(detail),
            ...(busName === undefined ? {} : { EventBusName: busName }),
          },
        ],
      })
      const { FailedEntryCount, Entries } = await translated(call, client.send(command))
      const refused = Entries?.find((entry) => entry.ErrorCode !== undefined)
      if (refused !== undefined) throw problemNamed(refused.ErrorCode ?? '', refused.ErrorMessage ?? '', call)
      if ((FailedEntryCount ?? 0) > 0 || Entries?.length !== 1) {
        throw new Problem('aws_unavailable', `AWS failed ${call} and did not say why.`)
      }
    },
  }
}
