// The controller as one template for teams without the CDK: nothing of its bootstrap, one package for all functions, and
// parameters in the place of definitions, because services are registered by `tidegate apply` (docs/decisions/0075).
import { App, BootstraplessSynthesizer, CfnCondition, CfnOutput, CfnParameter, Fn, Stack } from 'aws-cdk-lib'
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
import { policiesOfPeople } from './people.ts'

/** What users tag their functions with. */
const tag = { key: 'tidegate', value: 'tidegate' } as const

/** @param version also names the package: `tidegate-VERSION.zip` */
export function templateStack(version: string): Stack {
  const app = new App({ analyticsReporting: false, context: { 'aws:cdk:enable-path-metadata': false } })
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
    forAny: {
      code: lambda.Code.fromBucket(bucket, `${given.packagePrefix}tidegate-${version}.zip`),
      tag,
      resources: resourcesFor(home, given),
      // Of every other thing. Buckets may say much that is none of our business.
      heard: (movers) => ({
        ...everything(home, machineArn, movers),
        buckets: [{ site: home, names: [given.artifactBucket] }],
      }),
      reach: stack.toJsonString({
        functions: given.functionNames,
        tag,
        bucket: given.artifactBucket,
        key: given.artifactKey,
        repositories: given.imageRepositories,
      } satisfies Reach),
    },
  })
  hearArtifacts(stack, controller)
  readArtifacts(stack, controller, home, given)
  // Says at once that a function is not tagged.
  controller.functions.apply.addToRolePolicy(
    new iam.PolicyStatement({
      actions: ['lambda:GetAlias'],
      resources: [functionsOf(home, given.functionNames)],
      conditions: { StringEquals: { [`aws:ResourceTag/${tag.key}`]: [tag.value, observedTag] } },
    }),
  )
  mail(stack, controller)
  policiesOfPeople(stack, controller)
  plainOutputs(stack)
  return stack
}

type Home = { readonly partition: string; readonly account: string; readonly region: string }
type Given = ReturnType<typeof parametersOf>

const functionsOf = ({ partition, account, region }: Home, names: string): string =>
  `arn:${partition}:lambda:${region}:${account}:function:${names}`

function parametersOf(stack: Stack) {
  const text = (id: string, description: string, allowedPattern: string, defaultValue?: string): string =>
    new CfnParameter(stack, id, {
      ...{ type: 'String', description, allowedPattern },
      ...(defaultValue === undefined ? {} : { default: defaultValue }),
    }).valueAsString
  const optional = (id: string, description: string, pattern: string): string => {
    const value = text(id, `${description} Empty: none.`, `^(${pattern})?$`, '')
    new CfnCondition(stack, `Has${id}`, { expression: Fn.conditionNot(Fn.conditionEquals(value, '')) })
    return value
  }
  const bucketName = '[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]'
  const mailAddress = '[^\\s@"]{1,64}@[^\\s@"]{1,190}'
  return {
    packageBucket: text(
      'PackageBucket',
      'The bucket in this region that you have put the package into.',
      `^${bucketName}$`,
    ),
    packagePrefix: text(
      'PackagePrefix',
      'What its key has before the name of the file, such as tidegate/.',
      '^[A-Za-z0-9!_.*()/-]{0,500}$',
      '',
    ),
    functionNames: text(
      'FunctionNames',
      `Functions that may be released: names with * and ?. They must also have the tag ${tag.key}=${tag.value}; those that are only observed ${tag.key}=${observedTag}.`,
      '^[A-Za-z0-9_*?-]{1,64}$',
      '*',
    ),
    artifactBucket: optional('ArtifactBucket', 'The bucket of packages that services are released from.', bucketName),
    artifactKey: optional(
      'ArtifactKey',
      'The ARN of the KMS key that these packages are encrypted with.',
      'arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]{1,128}',
    ),
    imageRepositories: optional(
      'ImageRepositories',
      'Repositories of images that services are released from: names with * and ?.',
      '[a-z0-9._/*?-]{1,256}',
    ),
    pagesEmail: optional('PagesEmail', 'Who is paged. The address must be confirmed.', mailAddress),
    ticketsEmail: optional('TicketsEmail', 'Who gets what can wait until the morning.', mailAddress),
  }
}

const resourcesFor = (home: Home, { functionNames }: Given): Partial<Resources> => ({
  targets: [functionsOf(home, functionNames)],
  targetVersions: [functionsOf(home, `${functionNames}:*`)],
  observed: [functionsOf(home, functionNames)],
  observedVersions: [functionsOf(home, `${functionNames}:*`)],
  // Of any name: what is called is what the tag is on.
  hooks: [functionsOf(home, '*')],
  reportedSlos: [`arn:${home.partition}:application-signals:${home.region}:${home.account}:slo/*`],
})

const conditionOf = (stack: Stack, id: string): CfnCondition => child(stack, `Has${id}`, CfnCondition)

function child<T>(scope: IConstruct, id: string, kind: abstract new (...given: never[]) => T): T {
  const found: unknown = scope.node.findChild(id)
  if (found instanceof kind) return found
  throw new Error(`bug: ${scope.node.path} has another ${id}`)
}

/** A rule without a bucket would hear of all of them. */
function hearArtifacts(stack: Stack, controller: ReleaseController): void {
  const rule = child(controller, 'Rule-s3', events.CfnRule)
  const permission = child(controller.functions.intake, 'Rule-s3', lambda.CfnPermission)
  for (const one of [rule, permission]) one.cfnOptions.condition = conditionOf(stack, 'ArtifactBucket')
}

/** IAM takes no empty list of resources, so each is a policy of its own, if it is given. */
function readArtifacts(
  stack: Stack,
  { functions }: ReleaseController,
  { partition, account, region }: Home,
  { artifactBucket, artifactKey, imageRepositories }: Given,
): void {
  const policyOn = (id: string, scope: Scope, resource: string): void => {
    const { role } = functions.prepare
    const actions = permissions.prepare[scope as keyof typeof permissions.prepare] ?? []
    const policy = new iam.Policy(stack, `Reads${id}`, {
      statements: [new iam.PolicyStatement({ actions: [...actions], resources: [resource] })],
      ...(role === undefined ? {} : { roles: [role] }),
    })
    child(policy, 'Resource', iam.CfnPolicy).cfnOptions.condition = conditionOf(stack, id)
  }
  policyOn('ArtifactBucket', 'artifacts', `arn:${partition}:s3:::${artifactBucket}/*`)
  policyOn('ArtifactKey', 'artifactKeys', artifactKey)
  policyOn(
    'ImageRepositories',
    'repositories',
    `arn:${partition}:ecr:${region}:${account}:repository/${imageRepositories}`,
  )
}

function mail(stack: Stack, { topics }: ReleaseController): void {
  const subscribe = (id: string, topic: sns.ITopic): void => {
    const endpoint = child(stack, id, CfnParameter).valueAsString
    const one = new sns.CfnSubscription(stack, `Mail${id}`, { topicArn: topic.topicArn, protocol: 'email', endpoint })
    one.cfnOptions.condition = conditionOf(stack, id)
  }
  subscribe('PagesEmail', topics.page)
  subscribe('TicketsEmail', topics.ticket)
}

/** Terraform and people read them by name. */
function plainOutputs(stack: Stack): void {
  for (const one of stack.node.findAll()) if (one instanceof CfnOutput) one.overrideLogicalId(one.node.id)
}
