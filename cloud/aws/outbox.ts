// What leaves the house: events to EventBridge, pages to SNS. EventBridge says yes to a request and no to its entries, so
// the entries are what counts.
import { PutEventsCommand } from '@aws-sdk/client-eventbridge'
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { PublishCommand } from '@aws-sdk/client-sns'
import type { SNSClient } from '@aws-sdk/client-sns'
import { Problem } from '../../core/problem.ts'
import type { Outbox } from '../ports.ts'
import { problemNamed, translated } from './failure.ts'

const eventSource = 'tidegate.release'

/** Without `busName`, events go to the account's default bus. */
type OutboxPlaces = {
  readonly events: EventBridgeClient
  readonly busName?: string
  readonly pages: SNSClient
  readonly topicArn: string
}

export function awsOutbox({ events, busName, pages, topicArn }: OutboxPlaces): Outbox {
  return {
    async announce({ detailType, detail }) {
      const call = `events:PutEvents of ${detailType}`
      const command = new PutEventsCommand({
        Entries: [
          {
            Source: eventSource,
            DetailType: detailType,
            Detail: JSON.stringify(detail),
            ...(busName === undefined ? {} : { EventBusName: busName }),
          },
        ],
      })
      const { FailedEntryCount, Entries } = await translated(call, events.send(command))
      const refused = Entries?.find((entry) => entry.ErrorCode !== undefined)
      if (refused !== undefined) throw problemNamed(refused.ErrorCode ?? '', refused.ErrorMessage ?? '', call)
      if ((FailedEntryCount ?? 0) > 0 || Entries?.length !== 1) {
        throw new Problem('aws_unavailable', `AWS failed ${call} and did not say why.`)
      }
    },
    async page({ subject, text }) {
      const command = new PublishCommand({ TopicArn: topicArn, Subject: subjectLine(subject), Message: text })
      await translated('sns:Publish of a page', pages.send(command))
    },
  }
}

/** SNS takes one line of at most 100 printable ASCII characters; a page with a plainer subject beats no page. */
export function subjectLine(subject: string): string {
  const plain = subject.replace(/[^\x20-\x7e]+/g, ' ').trim()
  return plain === '' ? 'Tidegate' : plain.slice(0, 100)
}
