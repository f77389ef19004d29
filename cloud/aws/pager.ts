// Pages a person, through SNS.
import { PublishCommand } from '@aws-sdk/client-sns'
import type { SNSClient } from '@aws-sdk/client-sns'
import { asciiLine } from '../../core/foreign-text.ts'
import type { Pager } from '../ports.ts'
import { translated } from './failure.ts'

export function awsPager(client: SNSClient, topicArn: string): Pager {
  return {
    async page({ subject, text }) {
      const command = new PublishCommand({ TopicArn: topicArn, Subject: subjectLine(subject), Message: text })
      await translated('sns:Publish of a page', client.send(command))
    },
  }
}

/** SNS accepts one line of less than 100 printable ASCII characters. A page with a simplified subject is better than no page. */
const subjectLine = (subject: string): string => asciiLine(subject, 99, 'Tidegate')
