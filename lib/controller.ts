// The release controller as a CDK construct: table, topic, functions, state machine, and their triggers (wiring.ts). The
// permissions of its roles are derived from the service definitions.
import { CustomResource } from 'aws-cdk-lib'
import * as cr from 'aws-cdk-lib/custom-resources'
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb'
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import * as iam from 'aws-cdk-lib/aws-iam'
import type * as lambda from 'aws-cdk-lib/aws-lambda'
import type * as sns from 'aws-cdk-lib/aws-sns'
import type * as sqs from 'aws-cdk-lib/aws-sqs'
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import type { Service } from '../core/service/service.ts'
import { checkedDefinition } from '../policy/definition.ts'
import type { Environment } from '../functions/environment.ts'
import { type Verb, verbs } from '../functions/handlers.ts'
import { Problem } from '../core/problem.ts'
import {
  codeOf,
  type ControllerFunction,
  controllerFunction,
  type ForAnyService,
  makingOf,
} from './controller-functions.ts'
import { patternsOf, readable } from '../cloud/kinds.ts'
import { grantPutBack, putBackMachine } from './messages/chat-actions.ts'
import { apiOf, type Attestable, attestable, attestRoutes, grantDrills, grantReadings, grantRoutes } from './doors.ts'
import { watchHealth, watchTroubles } from './health.ts'
import { type MessageProps, messageSettings, type Topics, topicsOf } from './messages/topics.ts'
import { machineArnOf, machineOf } from './machine.ts'
import { type IncidentsOut, incidentsOf, type IncidentsOutProps } from './messages/incidents-out.ts'
import { TelemetryOut, type TelemetryOutProps } from './messages/telemetry-out.ts'
import { ReleaseDashboards } from './release-dashboards.ts'
import { LogCopy, type LogCopyProps } from './log-copy.ts'
import { printNext } from './outputs.ts'
import { movesTraffic } from '../functions/permissions.ts'
import { checkControllerName, rolePathOf } from './role-names.ts'
import { conditionsOf, hasTag, waitForPoliciesOnly } from './role-policies.ts'
import { heardOf } from '../functions/heard.ts'
import { allSchedules, calledByEvents, schedulesOf } from '../functions/rules.ts'
import { reserveWayBack } from './way-back.ts'
import { prometheusSettings, resourcesOf, tableOf, targetArnsOf } from './resources.ts'
import { homeOf, lostActions, queueOfLost, warnOfTargets, wire } from './wiring.ts'

export type ReleaseControllerProps = {
  /** The services to release: definitions in the form of the YAML files. Each is validated before anything is synthesised. */
  readonly services: readonly unknown[]
  /**
   * Prefix of the names of the functions (`<name>-intake`) and the state machine. Must be unique per region and account. Default:
   * tidegate.
   */
  readonly name?: string
  /** Concurrency reserved for each rollback function. Default: none, which works in any account (docs/deploy.md). */
  readonly wayBackConcurrency?: number
  /** A copy of the release logs in S3 that nobody can change (docs/deploy.md). Default: none. */
  readonly logCopy?: LogCopyProps
  /** Incidents in PagerDuty, Jira Service Management or OpsCenter (docs/messages.md). Default: none. */
  readonly incidentsOut?: IncidentsOutProps
  /** Traces, metrics and annotations of releases for OpenTelemetry and Grafana (docs/telemetry.md). Default: none. */
  readonly telemetryOut?: TelemetryOutProps
  /** CloudWatch dashboards: executive, on call, debug (docs/dashboards.md). Default: none, because each costs $3 a month. */
  readonly dashboards?: boolean
  /** Addresses that services may name as a Prometheus (docs/prometheus.md). Default: none; workspaces need no entry. */
  readonly prometheusUrls?: readonly string[]
  /** For lib/template alone: services are registered by `tidegate apply`, and `services` is empty. */
  readonly forAny?: ForAnyService
} & MessageProps

export class ReleaseController extends Construct {
  readonly table: dynamodb.TableV2
  /** Pages; the same as `topics.page`. */
  readonly topic: sns.Topic
  /** Pages, tickets, and the chat if there is one. */
  readonly topics: Topics
  readonly stateMachine: sfn.StateMachine
  readonly functions: Readonly<Record<Verb, lambda.Function>>
  readonly services: readonly Service[]
  /** What people call. */
  readonly api: HttpApi
  /** Events that could not be handled or delivered. */
  readonly lost: sqs.Queue
  readonly logCopy: LogCopy | undefined
  readonly incidentsOut: IncidentsOut | undefined
  readonly telemetryOut: TelemetryOut | undefined
  /** What a button of a chat starts, with `chat: { putBack: true }`. */
  readonly putBackFromChat: sfn.StateMachine | undefined
  readonly dashboards: ReleaseDashboards | undefined
  readonly shadowHookCode = (): lambda.Code => codeOf('shadowHook')
  private readonly provider: cr.Provider | undefined
  private readonly forAny: ForAnyService | undefined

  /** @throws Problem `definition_invalid` */
  constructor(scope: Construct, id: string, props: ReleaseControllerProps) {
    super(scope, id)
    const { services, name = 'tidegate', wayBackConcurrency, logCopy, telemetryOut, dashboards = false, forAny } = props
    this.forAny = forAny
    checkControllerName(name)
    this.services = services.map((definition) => checkedDefinition(definition))
    warnOfTargets(this, this.services)
    this.table = tableOf(this)
    this.topics = topicsOf(this, props)
    this.topic = this.topics.page
    this.lost = queueOfLost(this, name)
    const stateMachineName = `${name}-release`
    const machineArn = machineArnOf(this, stateMachineName)
    const environment: Environment = {
      TIDEGATE_TABLE: this.table.tableName,
      TIDEGATE_STATE_MACHINE_ARN: machineArn,
      ...messageSettings(this.topics, props),
      TIDEGATE_BUS: 'default',
      ...prometheusSettings(this.services, props.prometheusUrls),
      ...(forAny && { TIDEGATE_REACH: forAny.reach }),
    }
    const resources = {
      ...resourcesOf(this, {
        ...{ services: this.services, machineArn, machineName: stateMachineName },
        ...{ table: this.table, topics: this.topics, lost: this.lost },
      }),
      ...forAny?.resources,
    }
    const made = this.functionsFor({ controller: name, environment, resources, forAny })
    this.functions = Object.fromEntries(Object.entries(made).map(([verb, { fn }]) => [verb, fn])) as Readonly<
      Record<Verb, lambda.Function>
    >
    reserveWayBack(this.functions, wayBackConcurrency)
    this.api = apiOf(this, name, this.functions)
    this.putBackFromChat = typeof props.chat === 'object' && props.chat.putBack ? this.putBackFor(name) : undefined
    this.stateMachine = machineOf(this, stateMachineName, this.functions)
    const movers = Object.entries(made).flatMap(([verb, { role }]) => (movesTraffic(verb as Verb) ? role.roleArn : []))
    const schedules = forAny === undefined ? schedulesOf(this.services) : allSchedules
    wire(this, {
      ...{ name, functions: this.functions, schedules },
      heard: forAny?.heard(movers) ?? heardOf(this.services, homeOf(this), this.stateMachine.stateMachineArn, movers),
      streamArn: this.table.tableStreamArn ?? '',
      lost: this.lost,
    })
    watchHealth(this, { controller: name, sendsTelemetry: telemetryOut !== undefined }, this.topics)
    const installed = { controller: name, environment, resources, lost: this.lost, topics: this.topics, forAny }
    this.logCopy = logCopy && new LogCopy(this, 'LogCopy', logCopy, installed)
    this.incidentsOut = incidentsOf(this, props, { controller: name, topics: this.topics })
    this.telemetryOut =
      telemetryOut && new TelemetryOut(this, 'TelemetryOut', telemetryOut, { ...installed, ...makingOf(forAny) })
    this.dashboards = dashboards
      ? new ReleaseDashboards(this, 'Dashboards', { ...installed, services: this.services })
      : undefined
    watchTroubles(this, schedules, this.topics)
    this.provider =
      forAny === undefined ? new cr.Provider(this, 'Provider', { onEventHandler: this.functions.provision }) : undefined
    waitForPoliciesOnly(this)
    for (const [index, definition] of services.entries()) this.register(definition, this.services[index])
    printNext(this, { name, table: this.table, topics: this.topics, api: this.api, copy: this.logCopy?.bucket })
  }

  /** What a button in a chat may start. */
  private putBackFor(name: string): ReturnType<typeof putBackMachine> {
    return putBackMachine(this, { name, rolePath: rolePathOf(name) }, this.api, (machine) =>
      grantRoutes(this.api, machine, ['roll-back']),
    )
  }

  /** `provision` serves the stack's own resources, which only a stack with services has. */
  private functionsFor(part: Omit<Parameters<typeof controllerFunction>[1], 'verb'>): Record<Verb, ControllerFunction> {
    const needed = verbs.filter((verb) => part.forAny === undefined || verb !== 'provision')
    return Object.fromEntries(needed.map((verb) => [verb, controllerFunction(this, { verb, ...part })])) as Record<
      Verb,
      ControllerFunction
    >
  }

  /** Creates the alias once. No later deployment touches it, whatever its routing is by then. */
  provisionAlias(scope: Construct, id: string, target: Service['targets'][number], version: string): CustomResource {
    return new CustomResource(scope, id, {
      serviceToken: this.provider?.serviceToken ?? '',
      resourceType: 'Custom::TidegateAlias',
      properties: { kind: 'alias', ...target, version },
    })
  }

  // Every right may be given for one service, by its name.
  /** The right to request a release, by the service's own plan or a more careful one. */
  grantStart = (grantee: iam.IGrantable, service?: string): iam.Grant =>
    grantRoutes(this.api, grantee, ['start'], service)
  /** The right to request a release by any plan. */
  grantStartBolder = (grantee: iam.IGrantable, service?: string): iam.Grant =>
    grantRoutes(this.api, grantee, ['start-bolder'], service)
  /** The right to request an urgent release (a security fix), which is not stopped by calendar or budget. */
  grantUrgent = (grantee: iam.IGrantable, service?: string): iam.Grant =>
    grantRoutes(this.api, grantee, ['start-urgent'], service)
  /** The right to rehearse a way back: `tidegate drill`, with the alarm that it makes fire. */
  grantDrill = (grantee: iam.IGrantable, service?: string): iam.Grant => grantDrills(this.api, grantee, service)
  /** The right to approve and decline releases. */
  grantApprove = (grantee: iam.IGrantable, service?: string): iam.Grant =>
    grantRoutes(this.api, grantee, ['approve', 'decline'], service)
  /** The right to override closed gates for a release; each override is recorded. */
  grantOverride = (grantee: iam.IGrantable, service?: string): iam.Grant =>
    grantRoutes(this.api, grantee, ['override'], service)
  /** The right to stop the line. Starting it again is a separate right. */
  grantStopLine = (grantee: iam.IGrantable, service?: string): iam.Grant =>
    grantRoutes(this.api, grantee, ['stop-line', 'stop-every-line'], service)
  /** The right to start the line again. */
  grantStartLine = (grantee: iam.IGrantable, service?: string): iam.Grant =>
    grantRoutes(this.api, grantee, ['start-line', 'start-every-line'], service)
  /** The right to pause and resume a release. */
  grantPause = (grantee: iam.IGrantable, service?: string): iam.Grant =>
    grantRoutes(this.api, grantee, ['pause', 'resume'], service)
  /** The right to promote a release early. */
  grantPromote = (grantee: iam.IGrantable, service?: string): iam.Grant =>
    grantRoutes(this.api, grantee, ['promote'], service)
  /** The right to roll back and to abort, and nothing else: not to promote or start. */
  grantRollBack = (grantee: iam.IGrantable, service?: string): iam.Grant =>
    grantRoutes(this.api, grantee, ['roll-back', 'abort'], service)
  /**
   * The rights of an agent (`tidegate mcp`): to read everything, to ask, to pause and to put back. Not to resume, abort, start,
   * promote or approve. @param service whose releases it may pause and put back; without it, those of all
   */
  grantAgent = (grantee: iam.IGrantable, service?: string): iam.Grant =>
    this.grantRead(grantee).combine(grantRoutes(this.api, grantee, ['ask', 'pause', 'roll-back'], service))
  /** The right of a chat's role to put traffic back by a button, and nothing else. It needs `chat: { putBack: true }`. */
  grantPutBackFromChat = (grantee: iam.IGrantable): iam.Grant => {
    if (this.putBackFromChat === undefined)
      throw new Problem('definition_invalid', 'The controller has no `chat: { putBack: true }`.')
    return grantPutBack(this.putBackFromChat, grantee)
  }
  /** The right to answer for a hook that said `later`. */
  grantAnswer = (grantee: iam.IGrantable): iam.Grant => this.grantCall(grantee, 'answer')
  /**
   * The right to attest facts about a candidate. Gates believe them, unless the service names others.
   * @param what each is a right of its own; default: all of them, for a pipeline that builds, tests and scans
   */
  grantAttest = (grantee: iam.IGrantable, service?: string, what: readonly Attestable[] = attestable): iam.Grant =>
    grantRoutes(this.api, grantee, what.flatMap(attestRoutes), service)
  /** The right to register, change and remove services: whoever has it decides what the gates ask for. */
  grantApply = (grantee: iam.IGrantable, service?: string): iam.Grant =>
    grantRoutes(this.api, grantee, ['apply', 'remove'], service)
  /** The right to report incidents, for the measures. */
  grantIncident = (grantee: iam.IGrantable, service?: string): iam.Grant =>
    grantRoutes(this.api, grantee, ['incident'], service)
  /** The right to see which old versions would be deleted, and why the others stay: `tidegate versions`. */
  grantOldVersions = (grantee: iam.IGrantable, service?: string): iam.Grant =>
    grantRoutes(this.api, grantee, ['old-versions'], service)
  /** The right to ask whether a release may begin. */
  grantAsk = (grantee: iam.IGrantable, service?: string): iam.Grant => grantRoutes(this.api, grantee, ['ask'], service)
  /** The same for a pipeline's role: the rule of `mayReleaseRule` invokes a function of its own. */
  grantPipeline = (grantee: iam.IGrantable): iam.Grant => this.grantCall(grantee, 'pipeline')
  /**
   * The right to list unhandled events, send them again and drop them: `tidegate lost`. It includes the rights of all functions
   * that events call, so also those to start and to roll back releases.
   */
  grantLost = (grantee: iam.IGrantable): iam.Grant =>
    this.grant(grantee, lostActions, [this.lost.queueArn]).combine(
      this.grant(
        grantee,
        ['lambda:InvokeFunction'],
        [
          ...calledByEvents.map((verb) => this.functions[verb].functionArn),
          ...(this.logCopy ? [this.logCopy.function.functionArn] : []),
        ],
      ),
    )
  /**
   * The right to read: everything that `status`, `watch`, `history`, `log` and `diff` use, what the API reads, no task tokens.
   * @param service what the API says of this service, and nothing else: not the table, which has all services
   */
  grantRead = (grantee: iam.IGrantable, service?: string): iam.Grant => {
    const readings = grantReadings(this.api, grantee, service)
    return service === undefined ? readings.combine(this.grantTable(grantee)) : readings
  }

  private grantTable = (grantee: iam.IGrantable): iam.Grant =>
    iam.Grant.addToPrincipal({
      grantee,
      actions: ['dynamodb:GetItem', 'dynamodb:Query'],
      resourceArns: [this.table.tableArn],
      conditions: conditionsOf(patternsOf(readable)),
    }).combine(
      iam.Grant.addToPrincipal({
        ...{ grantee, actions: ['lambda:GetAlias'] },
        resourceArns: [...(this.forAny?.resources.targets ?? targetArnsOf(this, this.services))],
        ...(this.forAny && { conditions: hasTag(this.forAny.tag) }),
      }),
    )

  private grantCall(grantee: iam.IGrantable, verb: Verb): iam.Grant {
    return this.grant(grantee, ['lambda:InvokeFunction'], [this.functions[verb].functionArn])
  }

  private grant(grantee: iam.IGrantable, actions: string[], resourceArns: string[]): iam.Grant {
    return iam.Grant.addToPrincipal({ grantee, actions, resourceArns })
  }

  private register(definition: unknown, service: Service | undefined): void {
    if (service === undefined) return
    new CustomResource(this, `Service-${service.name}`, {
      serviceToken: this.provider?.serviceToken ?? '',
      resourceType: 'Custom::TidegateService',
      properties: { kind: 'service', definition: JSON.stringify(definition) },
    })
  }
}
