// A function with its versions and aliases, and how AWS describes them. Published versions are immutable.
import { createHash } from 'node:crypto'
import { AwsError } from '../protocol/aws-error.ts'
import type { Site } from '../protocol/service.ts'

export type Destinations = { readonly onSuccess?: string; readonly onFailure?: string }
export type EventInvokeConfig = {
  readonly retries: number
  readonly ageSeconds: number
  readonly destinations: Destinations
  readonly modifiedMs: number
}

export type Code = { readonly sha256: string; readonly bytes: Uint8Array; readonly imageUri?: string }

export type FunctionConfig = {
  readonly role: string
  readonly handler: string
  readonly runtime: string
  readonly memorySize: number
  readonly timeout: number
  readonly environment: Readonly<Record<string, string>>
  readonly description: string
  readonly deadLetterArn?: string
  /** Of a durable function. */
  readonly durable?: Readonly<Record<string, unknown>>
  readonly layers?: readonly string[]
  /** Parts that are described as they were given. */
  readonly asGiven?: Readonly<Record<string, unknown>>
  readonly code: Code
}

/** `$LATEST`, or a published version. */
export type FunctionVersion = {
  readonly version: string
  readonly config: FunctionConfig
  readonly revisionId: string
  readonly modifiedMs: number
  /** Until then the state is Pending (a version) or InProgress ($LATEST). */
  readonly readyAtMs: number
}

export type Alias = {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly weights: Readonly<Record<string, number>>
  readonly revisionId: string
}

/** Provisioned concurrency of an alias or a version. */
export type Provisioned = {
  readonly requested: number
  readonly modifiedMs: number
  readonly readyAtMs: number
  /** How many serve until then: what was there before stays, up to what is wanted now. */
  readonly before: number
  /** Why it fails at that time, instead of becoming ready. */
  readonly fails?: string | undefined
}

export type LambdaFunction = {
  readonly name: string
  readonly site: Site
  latest: FunctionVersion
  readonly published: Map<string, FunctionVersion>
  readonly aliases: Map<string, Alias>
  readonly tags: Readonly<Record<string, string>>
  /** Keyed by qualifier. */
  readonly provisioned: Map<string, Provisioned>
  readonly eventInvokeConfigs: Map<string, EventInvokeConfig>
  /** The statements of each qualifier's resource policy, by statement id. */
  readonly policies: Map<string, Map<string, unknown>>
  /** Durable executions, in the order of their start. */
  readonly executions: DurableExecution[]
  nextVersion: number
  /** Reserved concurrency, shared by all versions. */
  reserved?: number | undefined
  /** Invocations that have started and not finished. */
  underWay: number
}

export type DurableExecution = {
  readonly name: string
  /** The version that it began with, and goes on with. */
  readonly version: string
  readonly startedMs: number
  stoppedMs?: number
}

type Named = { readonly name: string; readonly site: Site }

export const functionArn = ({ name, site: { account, region } }: Named, qualifier?: string): string =>
  `arn:aws:lambda:${region}:${account}:function:${name}${qualifier === undefined ? '' : `:${qualifier}`}`

export function codeOf(bytes: Uint8Array, imageUri?: string): Code {
  // For an image it is the digest in hex (docs/aws.md §1.2).
  const digest = imageUri?.split('@sha256:')[1]
  const sha256 = digest ?? createHash('sha256').update(bytes).digest('base64')
  return { sha256, bytes, ...(imageUri === undefined ? {} : { imageUri }) }
}

/** Extracts name and qualifier from a name, name:qualifier, partial or full ARN. @throws AwsError */
export function parseFunctionName(
  text: string,
  site: Site,
  qualifier?: string,
): { readonly name: string; readonly qualifier?: string } {
  const match =
    /^(?:arn:[a-z-]+:lambda:([a-z0-9-]+):([0-9]{12}):function:|([0-9]{12}):function:|function:)?([A-Za-z0-9_-]{1,64})(?::([A-Za-z0-9$_-]{1,128}))?$/.exec(
      text,
    )
  if (match === null) {
    const message = `1 validation error detected: Value '${text}' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern`
    throw new AwsError('ValidationException', message)
  }
  const [, region = site.region, inArn = site.account, account = inArn, name = '', inName] = match
  if (region !== site.region) {
    const message = `Functions from '${region}' are not reachable in this region ('${site.region}')`
    throw new AwsError('ResourceNotFoundException', message, 404)
  }
  if (account !== site.account) {
    const message = `User of account ${site.account} is not authorized to perform: lambda on resource: ${text} because no resource-based policy allows it`
    throw new AwsError('AccessDeniedException', message, 403)
  }
  const found = qualifier ?? inName
  return { name, ...(found === undefined ? {} : { qualifier: found }) }
}

export const functionNotFound = (named: Named, qualifier?: string): AwsError =>
  new AwsError('ResourceNotFoundException', `Function not found: ${functionArn(named, qualifier)}`, 404)

/**
 * FunctionConfiguration, as GetFunctionConfiguration and most other operations return it.
 * @param qualifier the one in the request: the returned ARN contains it, also if it is an alias
 */
export function describeVersion(
  fn: LambdaFunction,
  version: FunctionVersion,
  nowMs: number,
  qualifier?: string,
): Record<string, unknown> {
  const { config } = version
  const isLatest = version.version === '$LATEST'
  const ready = nowMs >= version.readyAtMs
  return {
    FunctionName: fn.name,
    FunctionArn: functionArn(fn, qualifier ?? (isLatest ? undefined : version.version)),
    Version: version.version,
    Role: config.role,
    ...(config.code.imageUri === undefined ? { Runtime: config.runtime, Handler: config.handler } : {}),
    PackageType: config.code.imageUri === undefined ? 'Zip' : 'Image',
    CodeSize: config.code.bytes.length,
    CodeSha256: config.code.sha256,
    Description: config.description,
    Timeout: config.timeout,
    MemorySize: config.memorySize,
    LastModified: new Date(version.modifiedMs).toISOString().replace('Z', '+0000'),
    RevisionId: version.revisionId,
    State: ready || isLatest ? 'Active' : 'Pending',
    LastUpdateStatus: ready ? 'Successful' : 'InProgress',
    Architectures: ['arm64'],
    Environment: { Variables: config.environment },
    LoggingConfig: { LogFormat: 'Text', LogGroup: `/aws/lambda/${fn.name}` },
    ...(config.layers === undefined ? {} : { Layers: config.layers.map((Arn) => ({ Arn, CodeSize: 1 })) }),
    ...config.asGiven,
    ...(config.durable === undefined ? {} : { DurableConfig: config.durable }),
    ...(config.deadLetterArn === undefined ? {} : { DeadLetterConfig: { TargetArn: config.deadLetterArn } }),
  }
}

export function describeAlias(fn: LambdaFunction, alias: Alias): Record<string, unknown> {
  return {
    AliasArn: functionArn(fn, alias.name),
    Name: alias.name,
    FunctionVersion: alias.version,
    Description: alias.description,
    RevisionId: alias.revisionId,
    ...(Object.keys(alias.weights).length === 0 ? {} : { RoutingConfig: { AdditionalVersionWeights: alias.weights } }),
  }
}

/** @param words the error text, which differs between operations (docs/aws.md §1.1) */
export function aliasOf(fn: LambdaFunction, name: string, words = 'Cannot find alias arn'): Alias {
  const alias = fn.aliases.get(name)
  if (alias === undefined) throw new AwsError('ResourceNotFoundException', `${words}: ${functionArn(fn, name)}`, 404)
  return alias
}
