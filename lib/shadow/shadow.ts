// Shadows for functions: the table of samples, the hook, and for each function one of its own under a role that IAM refuses every
// write. The hook puts versions there; nothing of yours deploys to it (docs/shadow.md).
import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb'
import type * as ec2 from 'aws-cdk-lib/aws-ec2'
import * as iam from 'aws-cdk-lib/aws-iam'
import type * as kms from 'aws-cdk-lib/aws-kms'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import * as logs from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type * as z from 'zod'
import { own } from '../../core/own.ts'
import { Problem } from '../../core/problem.ts'
import { parseConfigs, type ShadowConfig } from '../../core/shadow/config.ts'
import { claimPartitionOf, partitionOf } from '../../core/shadow/sample.ts'

export type ShadowedFunction = Partial<Omit<z.input<typeof ShadowConfig>, 'shadow'>> & {
  /** What its versions may read, and nothing else: each action begins with Get, List, Query and the like, or is kms:Decrypt. */
  readonly reads?: readonly ShadowRead[]
  /** Where it runs, if its versions need a network: one without a way to the internet keeps them from calling others. */
  readonly network?: Pick<lambda.FunctionOptions, 'vpc' | 'vpcSubnets' | 'securityGroups'> & { readonly vpc: ec2.IVpc }
  /** ARNs of the versions of layers that it uses. */
  readonly layers?: readonly string[]
}
export type ShadowRead = { readonly actions: readonly string[]; readonly resources: readonly string[] }

export type ShadowProps = {
  /** Has the code of the hook, and what it answers to after a load. */
  readonly controller: {
    readonly shadowHookCode: () => lambda.Code
    /** Where it is in the code; `index.handler` if left out. */
    readonly shadowHookHandler?: string
    readonly grantAnswer: (grantee: iam.IGrantable) => iam.Grant
  }
  /** The name of the hook, for `hooks` of the service; `tidegate-shadow` if left out. */
  readonly hookName?: string
  /** By the name of the function that is released. */
  readonly functions: Readonly<Record<string, ShadowedFunction>>
  /** Encrypts the samples; if left out, a key of AWS in your account. */
  readonly encryptionKey?: kms.IKey
}

/** What does not change anything, by its name. */
const readingAction =
  /^[a-z0-9-]+:(BatchGet|Describe|Get|Head|List|Lookup|Query|Scan|Search|Select)[A-Za-z]*$|^kms:Decrypt$/
const always = ['logs:CreateLogStream', 'logs:PutLogEvents']
const ofNetwork = [
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
]

export class Shadow extends Construct {
  /** Of samples. Give it to the functions by `grantSampling`. */
  readonly table: dynamodb.Table
  readonly hook: lambda.Function
  private readonly encryptionKey: kms.IKey | undefined

  /** @throws Problem `shadow_invalid` */
  constructor(
    scope: Construct,
    id: string,
    { controller, hookName = 'tidegate-shadow', functions, encryptionKey }: ShadowProps,
  ) {
    super(scope, id)
    const configs = parseConfigs(
      Object.fromEntries(
        Object.entries(functions).map(([name, { reads: _, network: __, layers: ___, ...config }]) => [
          name,
          { ...config, shadow: `${name}-shadow` },
        ]),
      ),
    )
    this.encryptionKey = encryptionKey
    this.table = new dynamodb.Table(this, 'Samples', {
      tableName: `${hookName}-samples`,
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
      sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expiresAt',
      ...(encryptionKey === undefined
        ? { encryption: dynamodb.TableEncryption.AWS_MANAGED }
        : { encryption: dynamodb.TableEncryption.CUSTOMER_MANAGED, encryptionKey }),
      // No backup: what is kept for hours is not kept for longer elsewhere.
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: false },
      removalPolicy: RemovalPolicy.DESTROY,
    })
    for (const [name, config] of Object.entries(functions)) shadowOf(this, name, config, own(configs, name)?.load)
    this.hook = this.hookFor(controller, hookName, configs, functions)
    controller.grantAnswer(this.hook)
  }

  /** Lets a function keep samples of its own events. */
  grantSampling(grantee: iam.IGrantable, functionName: string): iam.Grant {
    this.encryptionKey?.grantEncryptDecrypt(grantee)
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['dynamodb:PutItem'],
      resourceArns: [this.table.tableArn],
      conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [partitionOf(functionName)] } },
    })
  }

  private hookFor(
    { shadowHookCode, shadowHookHandler = 'index.handler' }: ShadowProps['controller'],
    hookName: string,
    configs: Readonly<Record<string, ShadowConfig>>,
    functions: ShadowProps['functions'],
  ): lambda.Function {
    const names = Object.keys(configs)
    const shadows = Object.values(configs).map(({ shadow }) => shadow)
    const { role, logGroup } = roleOf(this, 'Hook', hookName)
    allow(role, ['dynamodb:Query'], [this.table.tableArn])
    allow(
      role,
      ['lambda:GetFunction'],
      names.map((name) => arnOf(this, `${name}:*`)),
    )
    allow(
      role,
      onShadows,
      shadows.map((name) => arnOf(this, name)),
    )
    allow(
      role,
      onCopies,
      shadows.map((name) => arnOf(this, `${name}:*`)),
    )
    const layers = Object.values(functions).flatMap((one) => one.layers ?? [])
    if (layers.length > 0) allow(role, ['lambda:GetLayerVersion'], layers)
    this.encryptionKey?.grantEncryptDecrypt(role)
    this.allowRuns(role, hookName, configs)
    if (loadsOf(configs).length > 0) this.allowLoads(role, configs)
    return new lambda.Function(this, 'Hook', {
      functionName: hookName,
      description: 'Tidegate: tries candidates in the shadow',
      ...{ runtime: lambda.Runtime.NODEJS_24_X, architecture: lambda.Architecture.ARM_64, handler: shadowHookHandler },
      // A package of 50 MB is there twice, as it is and in base64.
      ...{ code: shadowHookCode(), role, logGroup, timeout: Duration.minutes(14), memorySize: 1024 },
      environment: { TIDEGATE_SAMPLES: this.table.tableName, TIDEGATE_SHADOWS: JSON.stringify(configs) },
      // A run that fails is not begun a second time: the controller asks again.
      ...{ retryAttempts: 0, maxEventAge: Duration.minutes(1) },
    })
  }

  /** It works beside the call, claims a shadow, and says how many calls there were where samples are missing. */
  private allowRuns(role: iam.Role, hookName: string, configs: Readonly<Record<string, ShadowConfig>>): void {
    allow(role, ['lambda:InvokeFunction'], [arnOf(this, hookName)])
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['dynamodb:PutItem'],
        resources: [this.table.tableArn],
        conditions: {
          'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': Object.keys(configs).map(claimPartitionOf) },
        },
      }),
    )
    // IAM knows no resource for it (docs/aws.md §9).
    allow(role, ['cloudwatch:GetMetricData'], ['*'])
  }

  /** It reads what production uses, and may set no limit and call nothing that is released. */
  private allowLoads(role: iam.Role, configs: Readonly<Record<string, ShadowConfig>>): void {
    allow(
      role,
      ['lambda:GetFunctionConcurrency'],
      loadsOf(configs).map(({ shadow }) => arnOf(this, shadow)),
    )
    // Neither for this one.
    allow(role, ['lambda:GetAccountSettings'], ['*'])
  }
}

const loadsOf = (configs: Readonly<Record<string, ShadowConfig>>) =>
  Object.values(configs).filter(({ load }) => load !== undefined)

const onShadows = [
  'lambda:GetFunctionConfiguration',
  'lambda:UpdateFunctionConfiguration',
  'lambda:UpdateFunctionCode',
  'lambda:PublishVersion',
  'lambda:ListVersionsByFunction',
]
/** On versions alone: it cannot delete the function, nor call what is not published. */
const onCopies = ['lambda:GetFunctionConfiguration', 'lambda:InvokeFunction', 'lambda:DeleteFunction']

const allow = (role: iam.Role, actions: readonly string[], resources: readonly string[]): boolean =>
  role.addToPolicy(new iam.PolicyStatement({ actions: [...actions], resources: [...resources] }))

const arnOf = (scope: Construct, resourceName: string): string =>
  Stack.of(scope).formatArn({
    ...{ service: 'lambda', resource: 'function', resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME },
  })

function roleOf(
  scope: Construct,
  id: string,
  name: string,
): { readonly role: iam.Role; readonly logGroup: logs.LogGroup } {
  const logGroup = new logs.LogGroup(scope, `${id}Log`, {
    ...{ retention: logs.RetentionDays.ONE_WEEK, removalPolicy: RemovalPolicy.DESTROY },
  })
  const role = new iam.Role(scope, `${id}Role`, {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    description: name,
  })
  allow(role, always, [logGroup.logGroupArn])
  return { role, logGroup }
}

/**
 * The function in which versions are tried. What its role may not read is denied, and not only not allowed: so neither a
 * policy that is attached later nor that of a bucket or a queue lets it write.
 * @throws Problem `shadow_invalid`
 */
function shadowOf(
  scope: Construct,
  name: string,
  { reads = [], network }: ShadowedFunction,
  load: ShadowConfig['load'],
): lambda.Function {
  const writing = reads.flatMap(({ actions }) => actions).find((action) => !readingAction.test(action))
  if (writing !== undefined)
    throw new Problem(
      'shadow_invalid',
      `The shadow of ${name} may only read, and ${writing} does not look like reading.`,
    )
  const { role, logGroup } = roleOf(scope, `${name}-shadow`, `${name}-shadow`)
  for (const { actions, resources } of reads) allow(role, actions, resources)
  if (network !== undefined) allow(role, ofNetwork, ['*'])
  role.addToPolicy(
    new iam.PolicyStatement({
      effect: iam.Effect.DENY,
      notActions: [
        ...new Set([
          ...always,
          ...reads.flatMap(({ actions }) => actions),
          ...(network === undefined ? [] : ofNetwork),
        ]),
      ],
      resources: ['*'],
    }),
  )
  return new lambda.Function(scope, `${name}-shadow`, {
    functionName: `${name}-shadow`,
    description: `Tidegate: versions of ${name} are tried here`,
    ...{ runtime: lambda.Runtime.NODEJS_24_X, architecture: lambda.Architecture.ARM_64, handler: 'index.handler' },
    // Until the first version comes.
    code: lambda.Code.fromInline('exports.handler = async () => { throw new Error("nothing is tried") }'),
    ...{ role, logGroup, ...network },
    // A load takes these environments, and none of another function's.
    ...(load === undefined ? {} : { reservedConcurrentExecutions: load.concurrency }),
  })
}
