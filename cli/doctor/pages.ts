// Whether pages and tickets reach a person: each topic has a confirmed subscriber, and the alarms on the controller's own health
// exist, have actions enabled, and are not firing.
import { DescribeAlarmsCommand, type MetricAlarm } from '@aws-sdk/client-cloudwatch'
import { ListSubscriptionsByTopicCommand, type Subscription } from '@aws-sdk/client-sns'
import type { Account, Check } from './account.ts'
import { awsCommand, type Finding, ok, problem, unlessNamed } from './finding.ts'

const topicSetting = 'TIDEGATE_TOPIC_ARN'
const nameOf = (arn: string): string => arn.split(':').at(-1) ?? arn
const redeploy = { words: 'Deploy the controller again.', cdk: 'npx cdk deploy' }

/** The topics, by what goes to them, and the setting that names each. */
const topics = [
  { setting: topicSetting, what: 'pages', nobody: 'nobody is paged', property: 'page', example: 'on-call@example.com' },
  {
    ...{ setting: 'TIDEGATE_TICKETS_ARN', what: 'tickets', nobody: 'nobody reads tickets', property: 'ticket' },
    example: 'team@example.com',
  },
] as const
type Topic = (typeof topics)[number]

export const subscriptions: Check = {
  id: 'subscriptions',
  right: 'Somebody is subscribed to the pages and to the tickets, and has confirmed it. Messages have links.',
  asks: ['sns:ListSubscriptionsByTopic', 'lambda:GetFunctionConfiguration'],
  async look(account) {
    const found: Finding[] = []
    for (const topic of topics) found.push(await looked(account, topic))
    return [...found, await linked(account)]
  },
}

async function looked(account: Account, { setting, what, nobody, property, example }: Topic): Promise<Finding> {
  const TopicArn = await account.setting(setting)
  const about = nameOf(TopicArn)
  const all = await subscribers(account, TopicArn)
  if (all === undefined) return problem(about, `There is no such topic: ${nobody}.`, redeploy)
  const isWaiting = ({ SubscriptionArn }: Subscription): boolean => SubscriptionArn?.startsWith('arn:') !== true
  const confirmed = all.filter((one) => !isWaiting(one))
  if (confirmed.length > 0) return ok(about, `${confirmed.length} confirmed subscription(s).`)
  const waiting = all.filter(isWaiting).map(({ Endpoint = '?' }) => Endpoint)
  if (waiting.length > 0)
    return problem(
      about,
      `${nobody[0]?.toUpperCase()}${nobody.slice(1)}: ${waiting.join(', ')} has not confirmed the subscription.`,
      {
        words:
          'Follow the link in the mail "AWS Notification - Subscription Confirmation"; subscribe again if it is lost.',
      },
    )
  return problem(about, `Nobody is subscribed: ${what} reach nobody.`, {
    words: 'The mail that AWS sends has a link to confirm it.',
    commands: [awsCommand('sns', 'subscribe', { TopicArn, Protocol: 'email', Endpoint: example })],
    cdk: `controller.topics.${property}.addSubscription(new subscriptions.EmailSubscription('${example}'))`,
  })
}

/** A message without links is whole, so this is advice. */
async function linked(account: Account): Promise<Finding> {
  const { Environment } = (await account.controllerFunction('page')) ?? {}
  const url = Environment?.Variables?.['TIDEGATE_CONSOLE_URL']
  return url === undefined
    ? ok('links', 'Messages have no link to the console: there is no consoleUrl.', {
        words: 'Name the address at which the people who get the messages see the console (docs/messages.md).',
        cdk: "new ReleaseController(this, 'Controller', { services, consoleUrl: 'http://127.0.0.1:4601' })",
      })
    : ok('links', `Messages link to ${url}.`)
}

async function subscribers({ sns }: Account, TopicArn: string): Promise<readonly Subscription[] | undefined> {
  const all: Subscription[] = []
  for (let token: string | undefined, first = true; first || token !== undefined; first = false) {
    const command = new ListSubscriptionsByTopicCommand({
      TopicArn,
      ...(token === undefined ? {} : { NextToken: token }),
    })
    const page = await unlessNamed(sns.send(command), 'NotFoundException', 'NotFound')
    if (page === undefined) return undefined
    all.push(...(page.Subscriptions ?? []))
    token = page.NextToken
  }
  return all
}

export const healthAlarms: Check = {
  id: 'health-alarms',
  right: "The alarms of the controller's own health exist, have their actions enabled, and are not firing.",
  asks: ['cloudwatch:DescribeAlarms', 'lambda:GetFunctionConfiguration'],
  async look(account) {
    const topicArn = await account.setting(topicSetting)
    const alarms: MetricAlarm[] = []
    for (const { setting } of topics) {
      const ActionPrefix = await account.setting(setting)
      const command = new DescribeAlarmsCommand({ ActionPrefix, AlarmTypes: ['MetricAlarm'] })
      alarms.push(...((await account.cloudwatch.send(command)).MetricAlarms ?? []))
    }
    if (alarms.length === 0)
      return [
        problem(
          nameOf(topicArn),
          'No alarm notifies this topic: nobody is paged when the controller itself fails.',
          redeploy,
        ),
      ]
    return alarms.flatMap(judged)
  },
}

function judged(alarm: MetricAlarm): readonly Finding[] {
  const { AlarmName = '', AlarmDescription = '', StateValue, StateReason = '', ActionsEnabled } = alarm
  const found: Finding[] = []
  if (ActionsEnabled === false)
    found.push(problem(AlarmName, 'Its actions are disabled: nobody is notified.', mayAct(AlarmName)))
  if (StateValue === 'ALARM')
    found.push(
      problem(AlarmName, `${AlarmDescription} ${StateReason}`.trim(), {
        words: `docs/operate.md, "Tidegate's own alarms".`,
      }),
    )
  if (StateValue === 'INSUFFICIENT_DATA')
    found.push({
      ...{ kind: 'unknown', about: AlarmName, says: 'It has no data yet.' },
      mend: { words: 'Ask again in five minutes.' },
    })
  return found.length > 0 ? found : [ok(AlarmName, 'Its actions are enabled, and it is not firing.')]
}

export const mayAct = (AlarmName: string) => ({
  commands: [awsCommand('cloudwatch', 'enable-alarm-actions', { AlarmNames: [AlarmName] })],
})
