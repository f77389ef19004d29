// Turns a Lambda function into a target in one line. Its version is published with RETAIN. Its alias is created once by a custom
// resource, and then belongs to the controller. Use it wherever you would use an alias: permissions, event sources, function
// URLs, APIs, rules (docs/aws.md §10.4 lists the traps of imported aliases that this class avoids).
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import type * as iam from 'aws-cdk-lib/aws-iam'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { Problem } from '../core/problem.ts'
import { makesVersions } from '../core/service/artifacts.ts'
import type { ReleaseController } from './controller.ts'

export type ReleasedFunctionProps = {
  readonly controller: ReleaseController
  readonly function: lambda.Function
  /** The alias of the target in the service definition. */
  readonly alias: string
}

/**
 * A deployment publishes versions of this function. If artifacts are published as versions too, CloudFormation fails: "A version
 * for this Lambda function exists" (docs/aws.md §10.3).
 */
function refuseSecondPublisher({ services }: ReleaseController, fn: lambda.Function, alias: string): void {
  const { functionName } = fn.node.defaultChild as lambda.CfnFunction
  const names = [functionName, fn.functionName]
  for (const service of services) {
    const { name, targets } = service
    if (!makesVersions(service)) continue
    if (!targets.some((one) => names.includes(one.functionName) && one.alias === alias)) continue
    const sentence = `Service ${name} publishes artifacts to ${functionName ?? alias}, and so does every deploy of a ReleasedFunction: use triggers.cloudFormation instead of triggers.s3, triggers.ecr and allowedArtifacts, or no ReleasedFunction.`
    throw new Problem('definition_invalid', sentence)
  }
}

export class ReleasedFunction extends lambda.QualifiedFunctionBase {
  readonly lambda: lambda.IFunction
  /** The version that the deployment published: the candidate of the next release. */
  readonly version: lambda.Version
  readonly aliasName: string
  readonly functionName: string
  readonly functionArn: string
  readonly role?: iam.IRole
  readonly grantPrincipal: iam.IPrincipal
  readonly architecture: lambda.Architecture
  protected readonly qualifier: string
  // Without this, the CDK renders no permissions, and callers are refused.
  protected readonly canCreatePermissions = true

  constructor(scope: Construct, id: string, { controller, function: fn, alias }: ReleasedFunctionProps) {
    super(scope, id)
    refuseSecondPublisher(controller, fn, alias)
    this.lambda = fn
    this.version = fn.currentVersion
    this.aliasName = alias
    // Deleting the version at the next deployment would make a rollback impossible.
    fn.currentVersion.applyRemovalPolicy(RemovalPolicy.RETAIN)
    this.qualifier = alias
    this.functionName = `${fn.functionName}:${alias}`
    this.functionArn = `${fn.functionArn}:${alias}`
    if (fn.role !== undefined) this.role = fn.role
    this.grantPrincipal = fn.grantPrincipal
    this.architecture = fn.architecture
    controller.provisionAlias(this, 'Alias', { functionName: fn.functionName, alias }, this.version.version)
  }

  // The CDK's getter may return undefined, but its own interface does not allow that. Without the cast, code compiled with
  // exactOptionalPropertyTypes could not use this class as a function.
  override get tenancyConfig(): lambda.TenancyConfig {
    return this.lambda.tenancyConfig as lambda.TenancyConfig
  }

  override get resourceArnsForGrantInvoke(): string[] {
    return [this.functionArn]
  }

  override metric(metricName: string, props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    const [functionName = ''] = this.functionName.split(':')
    return this.lambda.metric(metricName, {
      period: Duration.minutes(1),
      ...props,
      dimensionsMap: { FunctionName: functionName, Resource: this.functionName },
    })
  }
}
