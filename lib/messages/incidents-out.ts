// Incidents for PagerDuty, Jira Service Management and OpsCenter, by rules on the controller's own events: opened when traffic
// was put back or could not be, somebody else moved an alias, or a release is frozen; resolved when the release is settled and
// nothing more is done, that of a frozen release whose place a forward fix has taken when the fix is.
// The incident's key is the release. EventBridge keeps no order, so it is resolved again and again, by a state machine that also
// resolves OpsItems, which no rule can. docs/messages.md says why.
import { readFileSync } from 'node:fs'
import { ArnFormat, Duration, SecretValue, Stack, Token } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import * as events from 'aws-cdk-lib/aws-events'
import * as targets from 'aws-cdk-lib/aws-events-targets'
import * as iam from 'aws-cdk-lib/aws-iam'
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'
import * as sqs from 'aws-cdk-lib/aws-sqs'
import * as sfn from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { Problem } from '../../core/problem.ts'
import { alarmTo, type Topics } from './topics.ts'

type Platform = {
  /** Holds the integration's key, and nothing else. */
  readonly secret: ISecret
  /** Another address of the API, such as that of the EU. */
  readonly url?: string
}
export type IncidentsOutProps = {
  /** Events API v2: the secret is the routing key. */
  readonly pagerDuty?: Platform
  /** The alert API, also Opsgenie's: the secret is the API key. */
  readonly jiraServiceManagement?: Platform
  /** OpsItems. */
  readonly opsCenter?: boolean
}

type Rules = Readonly<Record<'opened' | 'resolved' | 'fixed', events.Rule>>
type Installed = { readonly controller: string; readonly topics: Topics; readonly consoleUrl: string | undefined }

/** @param props of the controller */
export const incidentsOf = (
  scope: Construct,
  { incidentsOut, consoleUrl }: { readonly incidentsOut?: IncidentsOutProps; readonly consoleUrl?: string },
  installed: Omit<Installed, 'consoleUrl'>,
): IncidentsOut | undefined =>
  incidentsOut &&
  new IncidentsOut(scope, 'IncidentsOut', incidentsOut, { ...installed, consoleUrl: consoleUrl?.replace(/\/+$/, '') })

const pagerDutyUrl = 'https://events.pagerduty.com/v2/enqueue'
const jiraUrl = 'https://api.atlassian.com/jsm/ops/integration/v2/alerts'

/** What the state machine says again (statemachines/incident-over.asl.json). */
const over = { source: 'tidegate.incident', detailType: 'Release Incident Over' } as const

const of = (path: string): string => events.EventField.fromPath(`$.detail.${path}`)
const releaseId = (): string => of('metadata.releaseId')
const incident = (field: string): string => of(`incident.${field}`)

export class IncidentsOut extends Construct {
  /** What a platform did not take. */
  readonly unsent: sqs.Queue
  private readonly role: iam.Role
  private readonly page: Readonly<Record<string, string>>

  /** @throws Problem `definition_invalid` */
  constructor(scope: Construct, id: string, props: IncidentsOutProps, { controller, topics, consoleUrl }: Installed) {
    super(scope, id)
    const { pagerDuty, jiraServiceManagement, opsCenter = false } = props
    this.page = consoleUrl === undefined ? {} : { page: `${consoleUrl}/release/${releaseId()}` }
    this.unsent = this.queue(topics)
    this.role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('events.amazonaws.com') })
    const rule = (name: string, detailType: readonly string[], detail: object = {}, more: readonly string[] = []) =>
      new events.Rule(this, name, {
        ruleName: `${controller}-incident-${name.toLowerCase()}`,
        eventPattern: {
          source: ['tidegate.release', ...more],
          account: [Stack.of(this).account],
          detailType: [...detailType],
          // Events from before the words existed have none, and a template cannot do without.
          detail: { incident: { title: [{ exists: true }] }, ...detail },
        },
      })
    // Whatever ended well has opened nothing, unless it was frozen.
    const endedBadly = [{ 'anything-but': ['promoted', 'alreadyReleased'] }]
    const isLateOver = { until: [{ exists: true }] }
    const hasOpened = { $or: [{ outcome: endedBadly, frozen: [{ exists: false }] }, { frozen: ['over'] }, isLateOver] }
    const hasFixed = { fixed: [{ exists: true }] }
    const opening = [
      'Release Rolled Back',
      'Release Return Failed',
      'Release Interrupted',
      'Release Frozen',
      'Release Watched',
    ]
    const ended = ['Release Settled', 'Release Charged Late']
    const opened = rule('Opened', opening)
    const resolved = rule('Resolved', [...ended, over.detailType], hasOpened, [over.source])
    const fixed = rule('Fixed', ['Release Settled'], hasFixed)
    const rules = { opened, resolved, fixed }
    this.endAgain(
      rule('Settled', ended, hasOpened),
      rule('FixedAgain', ['Release Settled'], hasFixed),
      ...([controller, opsCenter] as const),
    )
    if (pagerDuty !== undefined) this.toPagerDuty(pagerDuty, rules)
    if (jiraServiceManagement !== undefined) this.toJira(jiraServiceManagement, rules)
    if (opsCenter) this.toOpsCenter(rule('OpsItems', opening))
  }

  /** Starts the machine that resolves it again, and OpsItems at all. */
  private endAgain(settled: events.Rule, fixed: events.Rule, controller: string, hasOpsItems: boolean): void {
    const stack = Stack.of(this)
    const definition = new URL('../../statemachines/incident-over.asl.json', import.meta.url)
    const machine = new sfn.StateMachine(this, 'Over', {
      stateMachineName: `${controller}-incident-over`,
      definitionBody: sfn.DefinitionBody.fromString(readFileSync(definition, 'utf8')),
      definitionSubstitutions: { Partition: stack.partition, HasOpsItems: String(hasOpsItems) },
      timeout: Duration.days(2),
    })
    // cfn-lint knows the partition as text only.
    const resource = machine.node.defaultChild as sfn.CfnStateMachine
    resource.addMetadata('cfn-lint', { config: { ignore_checks: ['E3601'] } })
    const bus = stack.formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' })
    const conditions = {
      StringEquals: { 'events:source': over.source },
      'ForAllValues:StringEquals': { 'events:detail-type': over.detailType },
    }
    machine.addToRolePolicy(new iam.PolicyStatement({ actions: ['events:PutEvents'], resources: [bus], conditions }))
    if (hasOpsItems)
      new iam.Policy(this, 'OverOpsItems', {
        roles: [machine.role],
        statements: [
          // IAM knows no resource for the search.
          new iam.PolicyStatement({ actions: ['ssm:DescribeOpsItems'], resources: ['*'] }),
          new iam.PolicyStatement({ actions: ['ssm:UpdateOpsItem'], resources: [this.opsItem('*')] }),
        ],
      })
    const patient = { deadLetterQueue: this.unsent, maxEventAge: Duration.hours(24), retryAttempts: 185 }
    settled.addTarget(new targets.SfnStateMachine(machine, { role: this.role, ...patient }))
    fixed.addTarget(
      new targets.SfnStateMachine(machine, {
        ...{ role: this.role, ...patient },
        // As if the frozen release were settled now: that is what the machine says again.
        input: events.RuleTargetInput.fromObject({
          detail: {
            metadata: { releaseId: of('fixed') },
            frozen: 'over',
            incident: { title: incident('title'), summary: incident('summary') },
          },
        }),
      }),
    )
  }

  /** Of this account and region. */
  private opsItem(resourceName?: string): string {
    const resource = { service: 'ssm', resource: 'opsitem' }
    return Stack.of(this).formatArn(
      resourceName === undefined
        ? { ...resource, arnFormat: ArnFormat.COLON_RESOURCE_NAME }
        : { ...resource, arnFormat: ArnFormat.SLASH_RESOURCE_NAME, resourceName },
    )
  }

  private toPagerDuty({ secret, url }: Platform, { opened, resolved, fixed }: Rules): void {
    const connection = new events.Connection(this, 'PagerDuty', {
      authorization: events.Authorization.apiKey('X-Routing-Key', secret.secretValue),
      bodyParameters: { routing_key: events.HttpParameter.fromSecret(secret.secretValue) },
    })
    const destination = this.destination('PagerDutyEvents', connection, url ?? pagerDutyUrl)
    const shared = { client: 'Tidegate' }
    this.send(opened, destination, {
      ...{ ...shared, dedup_key: releaseId() },
      event_action: 'trigger',
      payload: {
        summary: incident('summary'),
        source: 'tidegate',
        severity: incident('severity'),
        timestamp: of('metadata.occurredAt'),
        component: of('service'),
        group: of('service'),
        class: events.EventField.detailType,
        custom_details: this.details(),
      },
      ...(this.page['page'] === undefined
        ? {}
        : { client_url: this.page['page'], links: [{ href: this.page['page'], text: 'The release' }] }),
    })
    this.send(resolved, destination, { ...shared, dedup_key: releaseId(), event_action: 'resolve' })
    this.send(fixed, destination, { ...shared, dedup_key: of('fixed'), event_action: 'resolve' })
  }

  private toJira({ secret, url = jiraUrl }: Platform, { opened, resolved, fixed }: Rules): void {
    const connection = new events.Connection(this, 'Jira', {
      authorization: events.Authorization.apiKey(
        'Authorization',
        SecretValue.unsafePlainText(`GenieKey ${secret.secretValue.unsafeUnwrap()}`),
      ),
    })
    const alerts = this.destination('JiraAlerts', connection, url)
    const closing = this.destination('JiraClosing', connection, `${url}/*/close`)
    this.send(opened, alerts, {
      message: incident('title'),
      alias: releaseId(),
      description: incident('summary'),
      priority: incident('priority'),
      source: 'tidegate',
      entity: of('service'),
      tags: ['tidegate', of('service')],
      details: this.details(),
    })
    for (const [rule, alias] of [
      [resolved, '$.detail.metadata.releaseId'],
      [fixed, '$.detail.fixed'],
    ] as const)
      this.send(...([rule, closing, { source: 'tidegate', note: incident('summary') }] as const), {
        pathParameterValues: [alias],
        queryStringParameters: { identifierType: 'alias' },
      })
  }

  /** The target takes no API destination, and its role no resource but all OpsItems of the account and region. */
  private toOpsCenter(opened: events.Rule): void {
    const creates = new iam.PolicyStatement({ actions: ['ssm:CreateOpsItem'], resources: [this.opsItem('*')] })
    new iam.Policy(this, 'OpensOpsItems', { roles: [this.role], statements: [creates] })
    opened.addTarget({
      bind: () => ({
        arn: this.opsItem(),
        role: this.role,
        deadLetterConfig: { arn: this.unsent.queueArn },
        input: events.RuleTargetInput.fromObject({
          title: incident('title'),
          description: incident('summary'),
          category: 'Availability',
          severity: incident('opsSeverity'),
          source: 'tidegate',
          operationalData: {
            // One OpsItem for each release, however many of its events arrive.
            '/aws/dedup': { type: 'SearchableString', value: `{"dedupString":"tidegate-${releaseId()}"}` },
            ...Object.fromEntries(Object.entries(this.details()).map(([name, value]) => [name, { value }])),
            // By which it is found when it is over.
            release: { type: 'SearchableString', value: releaseId() },
          },
        }),
      }),
    })
  }

  /** What all of them are told besides. */
  private details(): Record<string, string> {
    return {
      release: releaseId(),
      service: of('service'),
      why: incident('why'),
      decidedBy: incident('decidedBy'),
      owner: incident('owner'),
      runbook: incident('runbook'),
      back: incident('back'),
      ...this.page,
    }
  }

  private destination(id: string, connection: events.Connection, endpoint: string): events.ApiDestination {
    if (!Token.isUnresolved(endpoint) && !/^https:\/\/[^\s"'<>?#]+$/.test(endpoint))
      throw new Problem('definition_invalid', 'The address of an incident platform begins with https://.')
    return new events.ApiDestination(this, id, { connection, endpoint, rateLimitPerSecond: 10 })
  }

  private send(
    rule: events.Rule,
    destination: events.ApiDestination,
    body: Readonly<Record<string, unknown>>,
    parameters: Pick<targets.ApiDestinationProps, 'pathParameterValues' | 'queryStringParameters'> = {},
  ): void {
    rule.addTarget(
      // The type of aws-cdk-lib does not allow for `exactOptionalPropertyTypes`.
      new targets.ApiDestination(destination as events.IApiDestination, {
        event: events.RuleTargetInput.fromObject(body),
        eventRole: this.role,
        deadLetterQueue: this.unsent,
        maxEventAge: Duration.hours(24),
        retryAttempts: 185,
        ...parameters,
      }),
    )
  }

  private queue(topics: Topics): sqs.Queue {
    const queue = new sqs.Queue(this, 'Unsent', { enforceSSL: true, retentionPeriod: Duration.days(14) })
    const alarm = new cloudwatch.Alarm(this, 'IncidentsUnsent', {
      alarmDescription:
        'An incident platform did not take an incident of Tidegate: the attributes of the message in the queue say why (docs/messages.md).',
      metric: queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' }),
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    })
    alarmTo(topics, 'page', alarm)
    return queue
  }
}
