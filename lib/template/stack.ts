// The controller as one template for teams without the CDK: nothing of its bootstrap, one package for all functions, and
// parameters in the place of definitions, because services are registered by `tidegate apply` (docs/decisions/0075).
import { App, BootstraplessSynthesizer, type CfnCondition, CfnOutput, Stack } from 'aws-cdk-lib'
import * as events from 'aws-cdk-lib/aws-events'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import * as s3 from 'aws-cdk-lib/aws-s3'
import * as sns from 'aws-cdk-lib/aws-sns'
import type { IStackSynthesizer } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'
import { observedTag, type Reach } from '../../core/reach/reach.ts'
import { everything } from '../../functions/heard.ts'
import { permissions, type Scope } from '../../functions/permissions.ts'
import { ReleaseController } from '../controller.ts'
import type { Resources } from '../controller-functions.ts'
import { homeOf } from '../wiring.ts'
import { chatBy } from './chat.ts'
import { everyPlatform, incidentsBy } from './incidents.ts'
import { copyBy, copyFor } from './log-copy.ts'
import { everyReceiver, prometheusBy, telemetryBy } from './telemetry.ts'
import { onlyIf } from './only-if.ts'
import { form, type Given, parametersOf, tag } from './parameters.ts'
import { policiesOfPeople } from './people.ts'

/** @param version also names the package: `tidegate-VERSION.zip` */
export function templateStack(version: string): Stack {
  const app = new App({
    analyticsReporting: false,
    // It would look before conditions are said (only-if.ts); cfn-lint looks at the whole (`npm run e2e`).
    builtinCloudFormationValidation: false,
    context: { 'aws:cdk:enable-path-metadata': false },
  })
  const stack = new Stack(app, 'Tidegate', {
    description: `Tidegate ${version}: the release controller. Services are registered by tidegate apply.`,
    // The CDK's own class is not exact about optional properties.
    synthesizer: new BootstraplessSynthesizer() as unknown as IStackSynthesizer,
  })
  const given = parametersOf(stack)
  const home = { partition: stack.partition, ...homeOf(stack) }
  const machineArn = `arn:${home.partition}:states:${home.region}:${home.account}:stateMachine:tidegate-release`
  const bucket = s3.Bucket.fromBucketName(stack, 'Package', given.packageBucket)
  const controller = new ReleaseController(stack, 'Controller', {
    services: [],
    chat: { putBack: true },
    dashboards: true,
    logCopy: copyFor(stack, given.logCopy),
    telemetryOut: everyReceiver(stack, given.telemetry),
    incidentsOut: everyPlatform(stack, given.incidents),
    forAny: {
      code: lambda.Code.fromBucket(bucket, `${given.packagePrefix}tidegate-${version}.zip`),
      tag,
      resources: resourcesFor(home, given),
      // Of every other thing. Buckets may say much that is none of our business.
      heard: (movers) => ({
        ...everything(home, machineArn, movers),
        buckets: [{ site: home, names: [given.artifactBucket.value] }],
      }),
      reach: stack.toJsonString({
        functions: given.functionNames,
        tag,
        bucket: given.artifactBucket.value,
        key: given.artifactKey.value,
        repositories: given.imageRepositories.value,
        workspace: given.prometheus.workspace.value,
      } satisfies Reach),
    },
  })
  hearArtifacts(given, controller)
  readArtifacts(stack, controller, home, given)
  // Says at once that a function is not tagged.
  controller.functions.apply.addToRolePolicy(
    new iam.PolicyStatement({
      actions: ['lambda:GetAlias'],
      resources: [functionsOf(home, given.functionNames)],
      conditions: { StringEquals: { [`aws:ResourceTag/${tag.key}`]: [tag.value, observedTag] } },
    }),
  )
  mail(stack, given, controller)
  chatBy(given.chat, stack, controller)
  incidentsBy(given.incidents, controller)
  copyBy(given.logCopy, stack, controller)
  telemetryBy(given.telemetry, controller)
  prometheusBy(given.prometheus, stack, controller)
  dashboardsBy(given.dashboards, stack, controller)
  form(stack)
  policiesOfPeople(stack, controller)
  plainOutputs(stack)
  return stack
}

type Home = { readonly partition: string; readonly account: string; readonly region: string }

const functionsOf = ({ partition, account, region }: Home, names: string): string =>
  `arn:${partition}:lambda:${region}:${account}:function:${names}`

const resourcesFor = (home: Home, { functionNames }: Given): Partial<Resources> => ({
  targets: [functionsOf(home, functionNames)],
  targetVersions: [functionsOf(home, `${functionNames}:*`)],
  provisioned: [functionsOf(home, functionNames)],
  provisionedVersions: [functionsOf(home, `${functionNames}:*`)],
  scaled: ['*'],
  headroom: [functionsOf(home, functionNames)],
  headroomOfAccount: ['*'],
  observed: [functionsOf(home, functionNames)],
  observedVersions: [functionsOf(home, `${functionNames}:*`)],
  // Whether one is there, and nothing else of it.
  consumedQueues: [`arn:${home.partition}:sqs:${home.region}:${home.account}:*`],
  consumedMappings: [`arn:${home.partition}:lambda:${home.region}:${home.account}:event-source-mapping:*`],
  // Of any name: what is called is what the tag is on.
  hooks: [functionsOf(home, '*')],
  reportedSlos: [`arn:${home.partition}:application-signals:${home.region}:${home.account}:slo/*`],
})

function child<T>(scope: IConstruct, id: string, kind: abstract new (...given: never[]) => T): T {
  const found: unknown = scope.node.findChild(id)
  if (found instanceof kind) return found
  throw new Error(`bug: ${scope.node.path} has another ${id}`)
}

/** A rule without a bucket would hear of all of them. */
function hearArtifacts({ artifactBucket }: Given, controller: ReleaseController): void {
  const rule = child(controller, 'Rule-s3', events.CfnRule)
  const permission = child(controller.functions.intake, 'Rule-s3', lambda.CfnPermission)
  for (const one of [rule, permission]) one.cfnOptions.condition = artifactBucket.has
}

/** IAM takes no empty list of resources, so each is a policy of its own, if it is given. */
function readArtifacts(
  stack: Stack,
  { functions }: ReleaseController,
  { partition, account, region }: Home,
  { artifactBucket, artifactKey, imageRepositories }: Given,
): void {
  const policyOn = (id: string, has: CfnCondition, scope: Scope, resource: string): void => {
    const { role } = functions.prepare
    const actions = permissions.prepare[scope as keyof typeof permissions.prepare] ?? []
    const policy = new iam.Policy(stack, `Reads${id}`, {
      statements: [new iam.PolicyStatement({ actions: [...actions], resources: [resource] })],
      ...(role === undefined ? {} : { roles: [role] }),
    })
    onlyIf(has, policy)
  }
  policyOn('ArtifactBucket', artifactBucket.has, 'artifacts', `arn:${partition}:s3:::${artifactBucket.value}/*`)
  policyOn('ArtifactKey', artifactKey.has, 'artifactKeys', artifactKey.value)
  policyOn(
    'ImageRepositories',
    imageRepositories.has,
    'repositories',
    `arn:${partition}:ecr:${region}:${account}:repository/${imageRepositories.value}`,
  )
}

function dashboardsBy(has: CfnCondition, stack: Stack, { dashboards }: ReleaseController): void {
  if (dashboards === undefined) return
  const policy = new iam.ManagedPolicy(stack, 'DashboardsPolicy', { description: 'Tidegate: Looks at its dashboards' })
  dashboards.grantView(policy)
  const out = new CfnOutput(stack, 'DashboardsPolicyArn', {
    value: policy.managedPolicyArn,
    description: 'Tidegate: Looks at its dashboards',
  })
  onlyIf(has, dashboards, policy, out)
}

function mail(stack: Stack, { pagesEmail, ticketsEmail }: Given, { topics }: ReleaseController): void {
  const subscribe = (id: string, { value: endpoint, has }: Given['pagesEmail'], topic: sns.ITopic): void =>
    onlyIf(has, new sns.CfnSubscription(stack, id, { topicArn: topic.topicArn, protocol: 'email', endpoint }))
  subscribe('MailPagesEmail', pagesEmail, topics.page)
  subscribe('MailTicketsEmail', ticketsEmail, topics.ticket)
}

/** Terraform and people read them by name. */
function plainOutputs(stack: Stack): void {
  for (const one of stack.node.findAll()) if (one instanceof CfnOutput) one.overrideLogicalId(one.node.id)
}
