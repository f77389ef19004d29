// One line turns a Lambda function into a target: its version is published with RETAIN, its alias is made once by a custom
// resource and belongs to the controller ever after. It is used wherever an alias is: permissions, event sources, function
// URLs, APIs, rules (docs/aws.md §10.4 has the traps of imported aliases that this class is there to avoid).
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import type * as iam from 'aws-cdk-lib/aws-iam'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { Problem } from '../core/problem.ts'
import type { ReleaseController } from './controller.ts'

export type ReleasedFunctionProps = {
  readonly controller: ReleaseController
  readonly function: lambda.Function
  /** As in the service definition. */
  readonly alias: string
}

/**
 * A deploy publishes the versions of this function. When artifacts become versions of it as well, CloudFormation fails: "A
 * version for this Lambda function exists" (docs/aws.md §10.3).
 */
function refuseSecondPublisher({ services }: ReleaseController, fn: lambda.Function, alias: string): void {
  const { functionName } = fn.node.defaultChild as lambda.CfnFunction
  const names = [functionName, fn.functionName]
  for (const { name, targets, triggers } of services) {
    if ((triggers.s3 ?? triggers.ecr) === undefined) continue
    if (!targets.some((one) => names.includes(one.functionName) && one.alias === alias)) continue
    const sentence = `Service ${name} publishes artifacts to ${functionName ?? alias}, and so does every deploy of a ReleasedFunction: use triggers.cloudFormation instead of triggers.s3 and triggers.ecr, or no ReleasedFunction.`
    throw new Problem('definition_invalid', sentence)
  }
}

export class ReleasedFunction extends lambda.QualifiedFunctionBase {
  readonly lambda: lambda.IFunction
  /** What the deploy has published: the candidate of the next release. */
  readonly version: lambda.Version
  readonly aliasName: string
  readonly functionName: string
  readonly functionArn: string
  readonly role?: iam.IRole
  readonly grantPrincipal: iam.IPrincipal
  readonly architecture: lambda.Architecture
  protected readonly qualifier: string
  // Without it no permission would be rendered, and callers would be refused.
  protected readonly canCreatePermissions = true

  constructor(scope: Construct, id: string, { controller, function: fn, alias }: ReleasedFunctionProps) {
    super(scope, id)
    refuseSecondPublisher(controller, fn, alias)
    this.lambda = fn
    this.version = fn.currentVersion
    this.aliasName = alias
    // A version that goes away with the next deploy would take the way back with it.
    fn.currentVersion.applyRemovalPolicy(RemovalPolicy.RETAIN)
    this.qualifier = alias
    this.functionName = `${fn.functionName}:${alias}`
    this.functionArn = `${fn.functionArn}:${alias}`
    if (fn.role !== undefined) this.role = fn.role
    this.grantPrincipal = fn.grantPrincipal
    this.architecture = fn.architecture
    controller.provisionAlias(this, 'Alias', { functionName: fn.functionName, alias }, this.version.version)
  }

  // The CDK's getter may be undefined and its own interface may not: whoever compiles with exactOptionalPropertyTypes could
  // not use this class as the function that it is.
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
