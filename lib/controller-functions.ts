// The Lambda functions of the controller, each with its own role, its own log group and only the permissions of its verb.
import { fileURLToPath } from 'node:url'
import { ArnFormat, AssetHashType, DockerImage, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import * as logs from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { locate } from '../core/location.ts'
import type { CopyEnvironment, Environment, TelemetryEnvironment } from '../functions/environment.ts'
import { observedTag } from '../core/reach/reach.ts'
import type { Verb } from '../functions/handlers.ts'
import type { Heard } from '../functions/heard.ts'
import { timeoutSeconds } from '../functions/rules.ts'
import { bundle, writeBundle } from './bundle.ts'
import { patternsOf } from '../cloud/kinds.ts'
import { itemRights, onlyWhere, permissions, type Scope } from '../functions/permissions.ts'
import { grantAll, type Tag } from './role-policies.ts'
import { roleNameOf, rolePathOf } from './role-names.ts'

/** The ARNs behind each scope; an empty list means that nothing of that kind exists yet. */
export type Resources = Readonly<Record<Scope, readonly string[]>>

/** A stack that is made before its services are known: those of `tidegate apply` (lib/template). */
export type ForAnyService = {
  /** One package for all functions: the handler of `judge` is `judge.handler`. */
  readonly code: lambda.Code
  /** What a function must be tagged with, to be released or to be called as a hook. */
  readonly tag: Tag
  /** In the place of what would be derived from the services. */
  readonly resources: Partial<Resources>
  readonly heard: (moverArns: readonly string[]) => Heard
  /** `TIDEGATE_REACH`. */
  readonly reach: string
}

export type ControllerFunction = { readonly fn: lambda.Function; readonly role: iam.Role }

type Part = {
  readonly verb: Verb
  /** The controller's name: prefix of its functions' names, and path of their roles. */
  readonly controller: string
  readonly environment: Environment | CopyEnvironment | TelemetryEnvironment
  readonly resources: Resources
  readonly forAny?: Pick<ForAnyService, 'code' | 'tag'> | undefined
}

// More memory also means more CPU: for the verdict's mathematics, and for compiling the policy evaluator at a cold start.
const memory: Partial<Readonly<Record<Verb, number>>> = {
  judge: 512,
  gate: 512,
  ask: 512,
  pipeline: 512,
  approve: 512,
  override: 512,
  apply: 512,
  measure: 1024,
}

export function controllerFunction(
  scope: Construct,
  { verb, controller, environment, resources, forAny }: Part,
): ControllerFunction {
  const name = verb.charAt(0).toUpperCase() + verb.slice(1)
  const logGroup = new logs.LogGroup(scope, `${name}Log`, {
    retention: logs.RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  })
  const role = new iam.Role(scope, `${name}Role`, {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    description: `Tidegate: ${verb}`,
    // Roles in other accounts trust it by its name (target-access.ts).
    roleName: roleNameOf(controller, verb, Stack.of(scope).region),
    path: rolePathOf(controller),
  })
  grantAll(role, [
    { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] },
    ...grantsOf(verb, resources, forAny?.tag),
  ])
  const fn = new lambda.Function(scope, name, {
    functionName: `${controller}-${verb}`,
    description: `Tidegate: ${verb}`,
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    handler: `${forAny === undefined ? 'index' : verb}.handler`,
    code: forAny?.code ?? codeOf(verb),
    role,
    logGroup,
    timeout: Duration.seconds(timeoutSeconds(verb)),
    tracing: lambda.Tracing.ACTIVE,
    memorySize: memory[verb] ?? 256,
    environment: { ...environment },
  })
  return { fn, role }
}

/** For what makes a function and may not know of this file. */
export const makingOf = (
  forAny: ForAnyService | undefined,
): { readonly controllerFunction: typeof controllerFunction } => ({
  controllerFunction: (scope, part) => controllerFunction(scope, { ...part, forAny }),
})

/** Functions of users: where their names are not known, their tag is asked for. */
const tagged: readonly Scope[] = [
  'targets',
  'targetVersions',
  'provisioned',
  'provisionedVersions',
  'headroom',
  'hooks',
]
/** Those that are only watched have the same tag with another value. */
const watched: readonly Scope[] = ['observed', 'observedVersions']

const grantsOf = (verb: Verb, resources: Resources, tag: Tag | undefined) => [
  ...itemRights(verb).map(({ actions, kinds }) => ({
    actions,
    resources: resources.table,
    partitionKeys: patternsOf(kinds),
  })),
  ...Object.entries(permissions[verb])
    .map(([scope, actions]) => ({
      ...{ actions, resources: resources[scope as Scope] },
      ...(tag !== undefined && tagged.includes(scope as Scope) ? { tag } : {}),
      ...(onlyWhere[scope as Scope] === undefined ? {} : { where: onlyWhere[scope as Scope] }),
      ...(tag !== undefined && watched.includes(scope as Scope) ? { tag: { ...tag, value: observedTag } } : {}),
    }))
    .filter((grant) => grant.resources.length > 0),
]

/** Bundles only when the CDK needs the code: not for `cdk list`, nor for a stack that was not requested. */
export const codeOf = (verb: Parameters<typeof bundle>[0]): lambda.Code =>
  lambda.Code.fromAsset(fileURLToPath(new URL('../functions', import.meta.url)), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never used, because tryBundle does the work. But the CDK requires an image, and `command` makes the assets differ.
      image: DockerImage.fromRegistry('none'),
      command: [verb],
      local: {
        tryBundle(folder) {
          writeBundle(folder, 'index.mjs', bundle(verb))
          return true
        },
      },
    },
  })

/** @param functionName a name, or the full ARN of a function elsewhere */
export const functionArn = (scope: Construct, functionName: string): string =>
  locate(functionName).region !== undefined
    ? functionName
    : Stack.of(scope).formatArn({
        service: 'lambda',
        resource: 'function',
        resourceName: functionName,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      })

/** @param id the name of an SLO of Application Signals, or its ARN */
export const reportedSloArn = (scope: Construct, id: string): string =>
  id.startsWith('arn:')
    ? id
    : Stack.of(scope).formatArn({ service: 'application-signals', resource: 'slo', resourceName: id })
