// The topics that people and chats subscribe to, and what decides to which of them the controller's own alarms go.
import { Stack } from 'aws-cdk-lib'
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as sns from 'aws-cdk-lib/aws-sns'
import type { Construct } from 'constructs'
import type { Severity } from '../../core/page.ts'
import { issuesSentence, Problem } from '../../core/problem.ts'
import { Timetable } from '../../core/service/timetable.ts'
import type { Environment } from '../../functions/environment.ts'

export type MessageProps = {
  /**
   * A topic for a channel of Slack or Teams, through Amazon Q Developer (docs/messages.md). `putBack`: also what a button of the
   * channel may start to put traffic back. Default: none.
   */
  readonly chat?: boolean | { readonly putBack: boolean }
  /** Where the console is served that messages link to, such as https://releases.example.com. Default: messages have no link. */
  readonly consoleUrl?: string
  /** Quiet windows for every service: a list in the form of `planned` in a definition. Default: none. */
  readonly quiet?: unknown
}

export type Topics = Readonly<Record<Severity, sns.Topic>> & { readonly chat: sns.Topic | undefined }

export function topicsOf(scope: Construct, { chat = false }: MessageProps): Topics {
  const topic = (id: string, displayName: string): sns.Topic => {
    const made = new sns.Topic(scope, id, { displayName, enforceSSL: true })
    // The topic has its own policy, which replaces the default that lets everything in the account publish.
    made.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [made.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
      }),
    )
    return made
  }
  return {
    page: topic('Pages', 'Tidegate'),
    ticket: topic('Tickets', 'Tidegate tickets'),
    chat: chat === false ? undefined : topic('Chat', 'Tidegate chat'),
  }
}

/** Q Developer knows the form in which CloudWatch tells of an alarm. */
export function alarmTo(topics: Topics, severity: Severity, alarm: cloudwatch.Alarm): void {
  alarm.addAlarmAction(new SnsAction(topics[severity]))
  if (topics.chat !== undefined) alarm.addAlarmAction(new SnsAction(topics.chat))
}

type Settings = Pick<
  Environment,
  `TIDEGATE_${'TOPIC' | 'TICKETS' | 'CHAT'}_ARN` | 'TIDEGATE_CONSOLE_URL' | 'TIDEGATE_QUIET'
>

/** @throws Problem `definition_invalid` */
export function messageSettings({ page, ticket, chat }: Topics, { consoleUrl, quiet = [] }: MessageProps): Settings {
  const windows = Timetable.safeParse(quiet)
  if (!windows.success)
    throw new Problem('definition_invalid', `The quiet windows: ${issuesSentence(windows.error.issues)}.`)
  const url = consoleUrl?.replace(/\/+$/, '')
  if (url !== undefined && !/^https?:\/\/[^\s"'<>?#]+$/.test(url))
    throw new Problem('definition_invalid', 'consoleUrl is an address such as https://releases.example.com.')
  return {
    TIDEGATE_TOPIC_ARN: page.topicArn,
    TIDEGATE_TICKETS_ARN: ticket.topicArn,
    ...(chat === undefined ? {} : { TIDEGATE_CHAT_ARN: chat.topicArn }),
    ...(url === undefined ? {} : { TIDEGATE_CONSOLE_URL: url }),
    ...(windows.data.length === 0 ? {} : { TIDEGATE_QUIET: JSON.stringify(windows.data) }),
  }
}
