// The parameters of the template, and the conditions that come of them. Each ends in a policy, a pattern of events or JSON, so
// each has a pattern of its own that lets nothing out of its place.
import { CfnCondition, CfnParameter, CfnRule, Fn, type ICfnRuleConditionExpression, type Stack } from 'aws-cdk-lib'
import { observedTag } from '../../core/reach/reach.ts'

/** What users tag their functions with. */
export const tag = { key: 'tidegate', value: 'tidegate' } as const

export type Given = ReturnType<typeof parametersOf>

const bucketName = '[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]'
const mailAddress = '[^\\s@"]{1,64}@[^\\s@"]{1,190}'
const keyArn = 'arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]{1,128}'
const prometheusAddress = 'https?://[a-z0-9.-]{1,120}(:[0-9]{1,5})?(/[A-Za-z0-9._~-]{1,60}){0,2}'
const uuid = '[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}'
const secretArn = 'arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]{1,512}'
const address = `https://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]{0,200})?`

/** How parameters of a stack are made. */
function of(stack: Stack) {
  const text = (id: string, description: string, allowedPattern: string, defaultValue?: string): string =>
    new CfnParameter(stack, id, {
      ...{ type: 'String', description, allowedPattern },
      ...(defaultValue === undefined ? {} : { default: defaultValue }),
    }).valueAsString
  const when = (id: string, expression: ReturnType<typeof Fn.conditionEquals>): CfnCondition =>
    new CfnCondition(stack, id, { expression })
  const orEmpty = (id: string, description: string, pattern: string): string =>
    text(id, `${description} Empty: none.`, `^(${pattern})?$`, '')
  /** The first is the default. */
  const oneOf = (id: string, description: string, allowedValues: string[]): string =>
    new CfnParameter(stack, id, {
      ...{ type: 'String', description, allowedValues, allowedPattern: `^(${allowedValues.join('|')})$` },
      default: allowedValues[0],
    }).valueAsString
  return {
    text,
    when,
    oneOf,
    orEmpty,
    /** With the condition `Has…`. */
    optional: (
      id: string,
      description: string,
      pattern: string,
    ): { readonly value: string; readonly has: CfnCondition } => {
      const value = orEmpty(id, description, pattern)
      return { value, has: when(`Has${id}`, Fn.conditionNot(Fn.conditionEquals(value, ''))) }
    },
    asked: (id: string, description: string): CfnCondition => {
      return when(`Has${id}`, Fn.conditionEquals(oneOf(id, description, ['no', 'yes']), 'yes'))
    },
    /** Parameters that mean something together alone. */
    together: (id: string, words: string, ...values: readonly string[]): void => {
      const [first = '', ...more] = values
      const empty = (value: string): ICfnRuleConditionExpression => Fn.conditionEquals(value, '')
      for (const [index, other] of more.entries())
        new CfnRule(stack, `${id}${index + 1}`, {
          assertions: [
            {
              assert: Fn.conditionOr(
                Fn.conditionAnd(empty(first), empty(other)),
                Fn.conditionAnd(Fn.conditionNot(empty(first)), Fn.conditionNot(empty(other))),
              ),
              assertDescription: words,
            },
          ],
        })
    },
  }
}

export function packageParameters(stack: Stack) {
  const make = of(stack)
  return {
    packageBucket: make.text(
      'PackageBucket',
      'The bucket in this region that you have put the package into.',
      `^${bucketName}$`,
    ),
    packagePrefix: make.text(
      'PackagePrefix',
      'What its key has before the name of the file, such as tidegate/.',
      '^[A-Za-z0-9!_.*()/-]{0,500}$',
      '',
    ),
  }
}

export function parametersOf(stack: Stack) {
  const make = of(stack)
  return {
    ...packageParameters(stack),
    functionNames: make.text(
      'FunctionNames',
      `Functions that may be released: names with * and ?. They must also have the tag ${tag.key}=${tag.value}; those that are only observed ${tag.key}=${observedTag}.`,
      '^[A-Za-z0-9_*?-]{1,64}$',
      '*',
    ),
    artifactBucket: make.optional(
      'ArtifactBucket',
      'The bucket of packages that services are released from.',
      bucketName,
    ),
    artifactKey: make.optional('ArtifactKey', 'The ARN of the KMS key that these packages are encrypted with.', keyArn),
    imageRepositories: make.optional(
      'ImageRepositories',
      'Repositories of images that services are released from: names with * and ?.',
      '[a-z0-9._/*?-]{1,256}',
    ),
    pagesEmail: make.optional('PagesEmail', 'Who is paged. The address must be confirmed.', mailAddress),
    ticketsEmail: make.optional('TicketsEmail', 'Who gets what can wait until the morning.', mailAddress),
    chat: chatIn(make),
    incidents: incidentsIn(make),
    logCopy: logCopyIn(make),
    telemetry: telemetryIn(make),
    prometheus: prometheusIn(make),
    dashboards: make.asked(
      'Dashboards',
      'Three dashboards of CloudWatch, each $3 a month after the first three of an account.',
    ),
  }
}

function chatIn({ asked, optional, orEmpty, together, when }: ReturnType<typeof of>) {
  const topic = asked('Chat', 'A topic for a channel of Slack or Teams that you configure yourself.')
  const workspace = orEmpty(
    'SlackWorkspace',
    'The id of a workspace that Amazon Q Developer is authorised in.',
    '[0-9A-Z]{1,255}',
  )
  const channel = optional('SlackChannel', 'The id of the channel of Slack that is told.', '[A-Za-z0-9]{1,256}')
  const tenant = orEmpty('TeamsTenant', 'The id of the tenant of Microsoft Teams.', uuid)
  const team = orEmpty('TeamsTeam', 'The id of a team that Amazon Q Developer is authorised in.', uuid)
  const teamsChannel = optional(
    'TeamsChannel',
    'The id of the channel of Teams that is told, as it is in the link to it, with %3A and %40.',
    '[a-zA-Z0-9_=+/.,-]{0,100}%3[aA][a-zA-Z0-9_=+/.,-]{0,100}%40[a-zA-Z0-9_=+/.,-]{0,50}',
  )
  const putBack = asked(
    'ChatPutBack',
    'Whether a button of the channel may put traffic back. Not who pressed it is known.',
  )
  together('SlackIsWhole', 'SlackWorkspace and SlackChannel are given together.', workspace, channel.value)
  together(
    'TeamsIsWhole',
    'TeamsTenant, TeamsTeam and TeamsChannel are given together.',
    tenant,
    team,
    teamsChannel.value,
  )
  const isTold = when('HasChannel', Fn.conditionOr(channel.has, teamsChannel.has))
  const has = when('HasAnyChat', Fn.conditionOr(topic, putBack, isTold))
  return { has, isTold, putBack, slack: { workspace, channel }, teams: { tenant, team, channel: teamsChannel } }
}

function incidentsIn({ text, optional, asked, when }: ReturnType<typeof of>) {
  const pagerDuty = optional(
    'PagerDutySecret',
    'The ARN of the secret that holds the routing key of PagerDuty, and nothing else.',
    secretArn,
  )
  const pagerDutyUrl = text(
    'PagerDutyUrl',
    'The address of its Events API, such as that of the EU.',
    `^${address}$`,
    'https://events.pagerduty.com/v2/enqueue',
  )
  const jira = optional(
    'JiraSecret',
    'The ARN of the secret that holds the API key of Jira Service Management or Opsgenie, and nothing else.',
    secretArn,
  )
  const jiraUrl = text(
    'JiraUrl',
    'The address of its alert API.',
    `^${address}$`,
    'https://api.atlassian.com/jsm/ops/integration/v2/alerts',
  )
  const opsCenter = asked('OpsCenter', 'Whether incidents are opened as OpsItems, too.')
  const byDestination = when('HasIncidentPlatform', Fn.conditionOr(pagerDuty.has, jira.has))
  const has = when('HasIncidentsOut', Fn.conditionOr(byDestination, opsCenter))
  return {
    has,
    byDestination,
    pagerDuty: { ...pagerDuty, url: pagerDutyUrl },
    jira: { ...jira, url: jiraUrl },
    opsCenter,
  }
}

function logCopyIn({ text, optional, oneOf, when }: ReturnType<typeof of>) {
  const mode = oneOf(
    'LogCopy',
    'Whether a bucket is made with a copy of the release logs that nobody can change. COMPLIANCE: not even the root user can.',
    ['no', 'GOVERNANCE', 'COMPLIANCE'],
  )
  const days = text('LogCopyDays', 'For how many days nobody can delete it.', '^[1-9][0-9]{0,4}$', '400')
  const to = optional(
    'LogCopyTo',
    'A bucket of yours for the copy instead, with Object Lock and a default retention.',
    bucketName,
  )
  const isAsked = when('AsksForLogCopy', Fn.conditionNot(Fn.conditionEquals(mode, 'no')))
  const isMade = when('HasNewLogCopyBucket', Fn.conditionAnd(isAsked, Fn.conditionNot(to.has)))
  return { has: when('HasLogCopy', Fn.conditionOr(isMade, to.has)), isMade, mode, days, to }
}

function telemetryIn({ optional, together, when }: ReturnType<typeof of>) {
  const otlp = optional('OtlpUrl', 'A receiver of OTLP over HTTP, without /v1/traces.', address)
  const headers = optional('OtlpSecret', 'The ARN of the secret that holds its headers, and nothing else.', secretArn)
  const grafana = optional('GrafanaUrl', 'A Grafana that gets an annotation for each release.', address)
  const token = optional(
    'GrafanaSecret',
    'The ARN of the secret that holds the token of its service account, and nothing else.',
    secretArn,
  )
  const key = optional('TelemetryKey', 'The ARN of the KMS key that these secrets are encrypted with.', keyArn)
  together('GrafanaIsWhole', 'GrafanaUrl and GrafanaSecret are given together.', grafana.value, token.value)
  return { has: when('HasTelemetryOut', Fn.conditionOr(otlp.has, grafana.has)), otlp, headers, grafana, token, key }
}

const prometheusIn = ({ optional }: ReturnType<typeof of>) => ({
  urls: optional(
    'PrometheusUrls',
    'Addresses that services may name as a Prometheus, with commas between them.',
    `${prometheusAddress}(,${prometheusAddress}){0,4}`,
  ),
  workspace: optional(
    'PrometheusWorkspace',
    'The ARN of a workspace of Amazon Managed Service for Prometheus that services may name.',
    'arn:aws(-us-gov)?:aps:[a-z0-9-]{5,30}:[0-9]{12}:workspace/ws-[a-z0-9-]{1,60}',
  ),
})

const groups: Readonly<Record<string, readonly string[]>> = {
  'The package': ['PackageBucket', 'PackagePrefix'],
  'What may be released': ['FunctionNames', 'ArtifactBucket', 'ArtifactKey', 'ImageRepositories'],
  'Who is told': ['PagesEmail', 'TicketsEmail'],
  'A channel of Slack or Teams': [
    'Chat',
    'SlackWorkspace',
    'SlackChannel',
    'TeamsTenant',
    'TeamsTeam',
    'TeamsChannel',
    'ChatPutBack',
  ],
  'Incidents in other platforms': ['PagerDutySecret', 'PagerDutyUrl', 'JiraSecret', 'JiraUrl', 'OpsCenter'],
  'A copy of the release logs': ['LogCopy', 'LogCopyDays', 'LogCopyTo'],
  Telemetry: ['OtlpUrl', 'OtlpSecret', 'GrafanaUrl', 'GrafanaSecret', 'TelemetryKey'],
  'Signals from a Prometheus': ['PrometheusUrls', 'PrometheusWorkspace'],
  Dashboards: ['Dashboards'],
}

/** How the console asks for the parameters. */
export function form(stack: Stack): void {
  stack.templateOptions.metadata = {
    'AWS::CloudFormation::Interface': {
      ParameterGroups: Object.entries(groups).map(([label, Parameters]) => ({ Label: { default: label }, Parameters })),
    },
    // What is empty has a condition, and cfn-lint does not ask which.
    'cfn-lint': { config: { ignore_checks: ['W1030'] } },
  }
}
