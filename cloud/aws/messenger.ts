// Sends messages through SNS: as text to those who subscribe to pages or to tickets, and as a custom notification to a chat.
import { PublishCommand } from '@aws-sdk/client-sns'
import type { SNSClient } from '@aws-sdk/client-sns'
import { asciiLine } from '../../core/foreign-text.ts'
import { chatMessageOf } from '../../core/message/chat.ts'
import type { Channel } from '../../core/message/kept.ts'
import { severityOf, type Severity, textOf } from '../../core/page.ts'
import type { Messenger } from '../ports.ts'
import { translated } from './failure.ts'

type Topics = Readonly<Record<Severity, string>> & {
  /** Of the chat, where there is one: Amazon Q Developer drops whatever is of another form, and says nothing. */
  readonly chat?: string | undefined
}

/** @param consoleUrl of the pages that messages link to, if there is one */
export function awsMessenger(client: SNSClient, topics: Topics, consoleUrl?: string): Messenger {
  const { chat } = topics
  const channels: readonly Channel[] = chat === undefined ? ['topic'] : ['topic', 'chat']
  return {
    channels,
    async send(page, channel) {
      const command =
        channel === 'chat'
          ? new PublishCommand({ TopicArn: chat, Message: JSON.stringify(chatMessageOf(page, consoleUrl)) })
          : new PublishCommand({
              TopicArn: topics[severityOf(page.kind)],
              Subject: subjectLine(page.subject),
              Message: textOf(page, consoleUrl),
            })
      await translated(`sns:Publish of a ${severityOf(page.kind)}`, client.send(command))
    },
  }
}

/** SNS accepts one line of less than 100 printable ASCII characters. A page with a simplified subject is better than no page. */
const subjectLine = (subject: string): string => asciiLine(subject, 99, 'Tidegate')
