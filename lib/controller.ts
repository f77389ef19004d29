// The release controller as a construct: table, topic, functions, state machine, and what calls them (wiring.ts). What
// its roles may touch follows from the service definitions that it is given.
import { readFileSync } from 'node:fs'
import { Arn, ArnFormat, CustomResource, RemovalPolicy, Stack } from 'aws-cdk-lib'
import * as cr from 'aws-cdk-lib/custom-resources'
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb'
import * as iam from 'aws-cdk-lib/aws-iam'
import type * as lambda from 'aws-cdk-lib/aws-lambda'
import * as logs from 'aws-cdk-lib/aws-logs'
import * as sns from 'aws-cdk-lib/aws-sns'
import type * as sqs from 'aws-cdk-lib/aws-sqs'
import * as sfn from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import type { Service } from '../core/service/service.ts'
import { checkedDefinition } from '../policy/definition.ts'
import type { Environment } from '../functions/environment.ts'
import { type Verb, verbs } from '../functions/handlers.ts'
import { isReported } from '../core/service/slo.ts'
import { expiry } from '../core/budget/stored.ts'
import {
  type ControllerFunction,
  controllerFunction,
  functionArn,
  reportedSloArn,
  type Resources,
} from './controller-functions.ts'
import { watchHealth, watchTroubles } from './health.ts'
import { printNext } from './outputs.ts'
import { movesTraffic } from '../functions/permissions.ts'
import { waitForPoliciesOnly } from './role-policies.ts'
import { calledByEvents, schedulesOf } from '../functions/rules.ts'
import { reserveWayBack } from './way-back.ts'
import { lostActions, queueOfLost, wire } from './wiring.ts'

export type ReleaseControllerProps = {
  /** What is released: definitions as in the YAML files. Each is checked before anything is synthesised. */
  readonly services: readonly unknown[]
  /**
   * What the names of functions (`<name>-intake`) and of the state machine begin with. One a region and account.
   * Default: tidegate.
   */
  readonly name?: string
  /** Concurrency that is reserved for each function of the way back. Default: none, which any account bears (docs/deploy.md). */
  readonly wayBackConcurrency?: number
}

export class ReleaseController extends Construct {
  readonly table: dynamodb.TableV2
  readonly topic: sns.Topic
  readonly stateMachine: sfn.StateMachine
  readonly functions: Readonly<Record<Verb, lambda.Function>>
  readonly services: readonly Service[]
  /** Events that could not be handled or handed over. */
  readonly lost: sqs.Queue
  private readonly provider: cr.Provider

  /** @throws Problem `definition_invalid` */
  constructor(scope: Construct, id: string, props: ReleaseControllerProps) {
    super(scope, id)
    const { services, name = 'tidegate', wayBackConcurrency } = props
    this.services = services.map((definition) => checkedDefinition(definition))
    this.table = new dynamodb.TableV2(this, 'Table', {
      dynamoStream: dynamodb.StreamViewType.KEYS_ONLY,
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
      sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
      timeToLiveAttribute: expiry.attribute,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.RETAIN,
    })
    this.topic = new sns.Topic(this, 'Pages', { displayName: 'Tidegate', enforceSSL: true })
    this.lost = queueOfLost(this, name)
    const stateMachineName = `${name}-release`
    const machineArn = Stack.of(this).formatArn({
      service: 'states',
      resource: 'stateMachine',
      resourceName: stateMachineName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    })
    const environment: Environment = {
      TIDEGATE_TABLE: this.table.tableName,
      TIDEGATE_STATE_MACHINE_ARN: machineArn,
      TIDEGATE_TOPIC_ARN: this.topic.topicArn,
      TIDEGATE_BUS: 'default',
    }
    const resources = this.resourcesOf(machineArn, stateMachineName)
    const made = Object.fromEntries(
      verbs.map((verb) => [verb, controllerFunction(this, { verb, controller: name, environment, resources })]),
    ) as Record<Verb, ControllerFunction>
    this.functions = Object.fromEntries(verbs.map((verb) => [verb, made[verb].fn])) as Record<Verb, lambda.Function>
    reserveWayBack(this.functions, wayBackConcurrency)
    this.stateMachine = this.machine(stateMachineName)
    wire(this, {
      ...{ name, services: this.services, functions: this.functions, machineArn: this.stateMachine.stateMachineArn },
      moverArns: verbs.filter(movesTraffic).map((verb) => made[verb].role.roleArn),
      streamArn: this.table.tableStreamArn ?? '',
      lost: this.lost,
    })
    watchHealth(this, name, this.topic)
    watchTroubles(this, schedulesOf(this.services), this.topic)
    this.provider = new cr.Provider(this, 'Provider', { onEventHandler: this.functions.provision })
    waitForPoliciesOnly(this)
    for (const [index, definition] of services.entries()) this.register(definition, this.services[index])
    printNext(this, { name, table: this.table, topic: this.topic })
  }

  /** Makes the alias once; whatever has it later, no deploy touches it again. */
  provisionAlias(scope: Construct, id: string, target: Service['targets'][number], version: string): CustomResource {
    return new CustomResource(scope, id, {
      serviceToken: this.provider.serviceToken,
      resourceType: 'Custom::TidegateAlias',
      properties: { kind: 'alias', ...target, version },
    })
  }

  /** The right to ask for a release. */
  grantStart = (grantee: iam.IGrantable): iam.Grant => this.grantCall(grantee, 'intake')
  /** The right to ask for a release on the fast lane, past calendar and budget: a security fix. */
  grantUrgent = (grantee: iam.IGrantable): iam.Grant => this.grantCall(grantee, 'urgent')
  /** The right to approve of releases and to decline them. */
  grantApprove = (grantee: iam.IGrantable): iam.Grant => this.grantCall(grantee, 'approve')
  /** The right to let a release pass closed gates; it is recorded. */
  grantOverride = (grantee: iam.IGrantable): iam.Grant => this.grantCall(grantee, 'override')
  /** The right to stop the line. Starting it again is another. */
  grantStopLine = (grantee: iam.IGrantable): iam.Grant => this.grantCall(grantee, 'stopLine')
  /** The right to start the line again. */
  grantStartLine = (grantee: iam.IGrantable): iam.Grant => this.grantCall(grantee, 'startLine')
  /** The right to pause a release and to let it go on. */
  grantPause = (grantee: iam.IGrantable): iam.Grant => this.grantCall(grantee, 'pause')
  /** The right to promote a release before its plan does. */
  grantPromote = (grantee: iam.IGrantable): iam.Grant => this.grantCall(grantee, 'promote')
  /** The right to roll back and to abort, and nothing else: not to promote, not to start. */
  grantRollBack = (grantee: iam.IGrantable): iam.Grant => this.grantCall(grantee, 'orderRollback')
  /** The right to answer for a hook that said `later`. */
  grantAnswer = (grantee: iam.IGrantable): iam.Grant => this.grantCall(grantee, 'answer')
  /** The right to say something about a candidate: tests, scan findings, flags. Gates believe it. */
  grantAttest = (grantee: iam.IGrantable): iam.Grant => this.grantCall(grantee, 'attest')
  /** The right to tell of incidents, for the measures. */
  grantIncident = (grantee: iam.IGrantable): iam.Grant => this.grantCall(grantee, 'incident')
  /** The right to ask whether a release may begin; a pipeline's role needs it for `mayReleaseRule`. */
  grantAsk = (grantee: iam.IGrantable): iam.Grant => this.grantCall(grantee, 'ask')
  /**
   * The right to look at events that were not handled, to send them again and to drop them: `tidegate lost`. It is all the
   * rights of the functions that events call together, those to start releases and to put them back among them.
   */
  grantLost = (grantee: iam.IGrantable): iam.Grant =>
    this.grant(grantee, lostActions, [this.lost.queueArn]).combine(
      this.grant(
        grantee,
        ['lambda:InvokeFunction'],
        calledByEvents.map((verb) => this.functions[verb].functionArn),
      ),
    )
  /**
   * The right to look: what `status`, `watch`, `history`, `log` and `diff` read. It shows task tokens of live releases,
   * which are of no use without a right to answer them.
   */
  grantRead = (grantee: iam.IGrantable): iam.Grant =>
    this.grant(grantee, ['dynamodb:GetItem', 'dynamodb:Query'], [this.table.tableArn]).combine(
      this.grant(grantee, ['lambda:GetAlias'], this.targetArns()),
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
      serviceToken: this.provider.serviceToken,
      resourceType: 'Custom::TidegateService',
      properties: { kind: 'service', definition: JSON.stringify(definition) },
    })
  }

  private targetArns(): string[] {
    // What belongs to a role of another account is that role's to give.
    const own = this.services.flatMap((service) => service.targets.filter((one) => one.roleArn === undefined))
    return [...new Set(own.map((one) => one.functionName))].sort().map((name) => functionArn(this, name))
  }

  private resourcesOf(machineArn: string, machineNameOf: string): Resources {
    const unique = (arns: readonly string[]): readonly string[] => [...new Set(arns)].sort()
    const targetArns = this.targetArns()
    const buckets = this.services.flatMap(({ triggers }) => (triggers.s3 === undefined ? [] : [triggers.s3]))
    return {
      table: [this.table.tableArn],
      machine: [machineArn],
      executions: [
        Stack.of(this).formatArn({
          service: 'states',
          resource: 'execution',
          resourceName: `${machineNameOf}:*`,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
      targets: targetArns,
      targetRoles: unique(
        this.services.flatMap(({ targets }) =>
          targets.flatMap(({ roleArn }) => (roleArn === undefined ? [] : [roleArn])),
        ),
      ),
      targetVersions: targetArns.map((arn) => `${arn}:*`),
      hooks: unique(
        this.services.flatMap((service) => service.hooks.map((hook) => functionArn(this, hook.functionName))),
      ).flatMap((arn) => [arn, `${arn}:*`]),
      bus: [Stack.of(this).formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' })],
      topic: [this.topic.topicArn],
      lost: [this.lost.queueArn],
      stream: [this.table.tableStreamArn ?? ''],
      reportedSlos: unique(
        this.services.flatMap(({ slos }) => slos.filter(isReported).map(({ sli }) => reportedSloArn(this, sli.id))),
      ),
      artifacts: unique(
        buckets.map(({ bucket, key }) =>
          Arn.format({ service: 's3', region: '', account: '', resource: bucket, resourceName: key }, Stack.of(this)),
        ),
      ),
      artifactKeys: unique(buckets.flatMap(({ kmsKey }) => (kmsKey === undefined ? [] : [kmsKey]))),
      everything: ['*'],
    }
  }

  /** The state machine, with the names of its functions put in. */
  private machine(stateMachineName: string): sfn.StateMachine {
    const text = readFileSync(new URL('../statemachines/release.asl.json', import.meta.url), 'utf8')
    const places = [...new Set([...text.matchAll(/\$\{([A-Z][A-Za-z]*)Function\}/g)].map((match) => match[1] ?? ''))]
    const called = places.map((place) => {
      const verb = verbs.find((one) => one.toLowerCase() === place.toLowerCase())
      if (verb === undefined) throw new Error(`bug: the state machine calls ${place}, and there is no such function`)
      return [place, this.functions[verb]] as const
    })
    const machine = new sfn.StateMachine(this, 'Release', {
      stateMachineName,
      definitionBody: sfn.DefinitionBody.fromString(text),
      definitionSubstitutions: Object.fromEntries(called.map(([place, fn]) => [`${place}Function`, fn.functionArn])),
      tracingEnabled: true,
      logs: {
        destination: new logs.LogGroup(this, 'ReleaseLog', {
          logGroupName: `/aws/vendedlogs/states/${stateMachineName}`,
          retention: logs.RetentionDays.ONE_MONTH,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        // Task tokens are in the inputs: no execution data in a log.
        includeExecutionData: false,
        level: sfn.LogLevel.ALL,
      },
    })
    // It wants a number as TimeoutSeconds, where JSONata may have an expression; test/statemachines has a validator that knows.
    const resource = machine.node.defaultChild as sfn.CfnStateMachine
    resource.addMetadata('cfn-lint', { config: { ignore_checks: ['E3601'] } })
    machine.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: called.map(([, fn]) => fn.functionArn),
      }),
    )
    return machine
  }
}
