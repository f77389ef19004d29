// Lambda's state, and the API operations that change it: functions, versions, aliases. Every operation takes the request and
// returns Lambda's answer, or throws Lambda's error.
import { AwsError } from '../protocol/aws-error.ts'
import type { LocalClock } from '../time/clock.ts'
import { optionalNumber, optionalText, text } from '../protocol/field.ts'
import type { Input } from '../protocol/json-protocol.ts'
import type { ObjectStore } from '../s3/s3.ts'
import type { Bus, Caller, Site } from '../protocol/service.ts'
import { checkedPackage } from './package.ts'
import { checkAliasName, checkRouting, staleRevision, versionOf, weightsIn } from './alias-rules.ts'
import {
  type Alias,
  aliasOf,
  type Code,
  codeOf,
  describeAlias,
  describeVersion,
  functionArn,
  type FunctionConfig,
  functionNotFound,
  type FunctionVersion,
  type LambdaFunction,
  parseFunctionName,
} from './lambda-function.ts'
import { moving } from './transitional-weights.ts'
import { trailEvent } from './trail.ts'

export type Registry = {
  readonly functions: Map<string, LambdaFunction>
  readonly site: Site
  readonly clock: LocalClock
  readonly bus: Bus
  readonly objects: ObjectStore
  readonly ids: () => string
  /** How long a code change or a new version takes to become ready. */
  readonly pendingMs: number
  /** How long provisioned concurrency takes to become ready. */
  readonly provisionMs: number
  /** Why provisioned concurrency of a qualifier cannot be allocated; `undefined`: it can. */
  readonly provisionFailure?: ((functionName: string, qualifier: string) => string | undefined) | undefined
}

/** A request to a function: its name and qualifier, the alias that the path names, the body. */
export type Ask = {
  readonly name: string
  readonly qualifier?: string
  readonly alias: string
  readonly body: Input
  readonly caller: Caller
  readonly query: URLSearchParams
}

export function find(registry: Registry, name: string): LambdaFunction {
  const fn = registry.functions.get(name)
  if (fn === undefined) throw functionNotFound({ name, site: registry.site })
  return fn
}

/** The version that a qualifier points to; for an alias, its primary version. */
export function qualified(
  registry: Registry,
  { name, qualifier = '$LATEST' }: Pick<Ask, 'name' | 'qualifier'>,
): FunctionVersion {
  const fn = find(registry, name)
  return versionOf(fn, fn.aliases.get(qualifier)?.version ?? qualifier)
}

export function describe(
  registry: Registry,
  fn: LambdaFunction,
  version: FunctionVersion,
  qualifier?: string,
): Record<string, unknown> {
  return describeVersion(fn, version, registry.clock.nowMs(), qualifier)
}

function fresh({ clock, ids, pendingMs }: Registry, version: string, config: FunctionConfig): FunctionVersion {
  return { version, config, revisionId: ids(), modifiedMs: clock.nowMs(), readyAtMs: clock.nowMs() + pendingMs }
}

function trail({ bus, clock, site }: Registry, eventName: string, ask: Ask, response: unknown): void {
  const parameters = { functionName: ask.name, ...ask.body, ...(ask.alias === '' ? {} : { name: ask.alias }) }
  bus.emit(trailEvent(eventName, { atMs: clock.nowMs(), caller: ask.caller, site, parameters, response }))
}

function checkRevision(body: Input, revisionId: string): void {
  const wanted = optionalText(body, 'RevisionId')
  if (wanted !== undefined && wanted !== revisionId) throw staleRevision()
}

function checkReady({ clock }: Registry, fn: LambdaFunction): void {
  if (clock.nowMs() >= fn.latest.readyAtMs) return
  const message = `The operation cannot be performed at this time. An update is in progress for resource: ${functionArn(fn)}`
  throw new AwsError('ResourceConflictException', message, 409)
}

export function createFunction(registry: Registry, { body }: Ask): Record<string, unknown> {
  const { name } = parseFunctionName(text(body, 'FunctionName'), registry.site)
  if (registry.functions.has(name)) {
    throw new AwsError('ResourceConflictException', `Function already exist: ${name}`, 409)
  }
  const blank: FunctionConfig = {
    role: text(body, 'Role'),
    handler: '',
    runtime: '',
    memorySize: 128,
    timeout: 3,
    environment: {},
    description: '',
    code: codeIn(registry, (body['Code'] ?? {}) as Input),
  }
  const latest = fresh(registry, '$LATEST', configFrom(body, blank))
  const fn: LambdaFunction = {
    name,
    site: registry.site,
    latest,
    published: new Map(),
    aliases: new Map(),
    policies: new Map(),
    tags: { ...(body['Tags'] as Record<string, string> | undefined) },
    provisioned: new Map(),
    eventInvokeConfigs: new Map(),
    executions: [],
    nextVersion: 1,
    underWay: 0,
  }
  registry.functions.set(name, fn)
  const made = describe(registry, fn, body['Publish'] === true ? publish(registry, fn, '') : fn.latest)
  // CreateFunction always answers with Pending.
  const pending = { State: 'Pending', StateReason: 'The function is being created.', StateReasonCode: 'Creating' }
  return { ...made, ...pending, LastUpdateStatus: undefined }
}

function codeIn({ objects }: Registry, body: Input): Code {
  const zip = optionalText(body, 'ZipFile')
  if (zip !== undefined) return codeOf(checkedPackage(Buffer.from(zip, 'base64')))
  const image = optionalText(body, 'ImageUri')
  if (image !== undefined) return codeOf(objects.readImage(image) ?? new Uint8Array(), image)
  const bytes = objects.read(text(body, 'S3Bucket'), text(body, 'S3Key'), optionalText(body, 'S3ObjectVersion'))
  if (bytes !== undefined) return codeOf(checkedPackage(bytes))
  const message =
    'Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.'
  throw new AwsError('InvalidParameterValueException', message)
}

/** Publishes `$LATEST` as a version; returns the last version again if nothing has changed. */
function publish(registry: Registry, fn: LambdaFunction, description: string): FunctionVersion {
  const last = fn.published.get(String(fn.nextVersion - 1))
  if (last !== undefined && sameConfig(last.config, fn.latest.config)) return last
  const config = description === '' ? fn.latest.config : { ...fn.latest.config, description }
  const version = fresh(registry, String(fn.nextVersion), config)
  fn.nextVersion++
  fn.published.set(version.version, version)
  // Publishing gives $LATEST a new revision; an alias keeps its own (docs/aws.md §1.1).
  fn.latest = { ...fn.latest, revisionId: registry.ids() }
  return version
}

/** Versions are the same if code and configuration are, ignoring the description. */
function sameConfig(a: FunctionConfig, b: FunctionConfig): boolean {
  const essence = ({ code, description: _, ...rest }: FunctionConfig): string => JSON.stringify([code.sha256, rest])
  return essence(a) === essence(b)
}

export function publishVersion(registry: Registry, ask: Ask): Record<string, unknown> {
  const fn = find(registry, ask.name)
  checkRevision(ask.body, fn.latest.revisionId)
  checkReady(registry, fn)
  const wanted = optionalText(ask.body, 'CodeSha256') ?? ''
  const { sha256 } = fn.latest.config.code
  if (wanted !== '' && wanted !== sha256) {
    const message = `CodeSHA256 (${wanted}) is different from current CodeSHA256 in $LATEST (${sha256}). Please try again with the CodeSHA256 in $LATEST.`
    throw new AwsError('InvalidParameterValueException', message)
  }
  const described = describe(registry, fn, publish(registry, fn, optionalText(ask.body, 'Description') ?? ''))
  trail(registry, 'PublishVersion20150331', ask, described)
  return described
}

function updateLatest(registry: Registry, ask: Ask, config: FunctionConfig): Record<string, unknown> {
  const fn = find(registry, ask.name)
  checkRevision(ask.body, fn.latest.revisionId)
  if (ask.body['DryRun'] === true) return describe(registry, fn, { ...fn.latest, config })
  checkReady(registry, fn)
  fn.latest = fresh(registry, '$LATEST', config)
  return describe(registry, fn, ask.body['Publish'] === true ? publish(registry, fn, '') : fn.latest)
}

export function updateConfiguration(registry: Registry, ask: Ask): Record<string, unknown> {
  return updateLatest(registry, ask, configFrom(ask.body, find(registry, ask.name).latest.config))
}

export function updateCode(registry: Registry, ask: Ask): Record<string, unknown> {
  const { config } = find(registry, ask.name).latest
  const described = updateLatest(registry, ask, { ...config, code: codeIn(registry, ask.body) })
  if (ask.body['DryRun'] !== true) trail(registry, 'UpdateFunctionCode20150331v2', ask, described)
  return described
}

function configFrom(body: Input, before: FunctionConfig): FunctionConfig {
  const variables = (body['Environment'] as Input | undefined)?.['Variables']
  const durable = body['DurableConfig'] as Input | undefined
  const deadLetter = (body['DeadLetterConfig'] as Input | undefined)?.['TargetArn']
  return {
    ...before,
    role: optionalText(body, 'Role') ?? before.role,
    handler: optionalText(body, 'Handler') ?? before.handler,
    runtime: optionalText(body, 'Runtime') ?? before.runtime,
    memorySize: optionalNumber(body, 'MemorySize') ?? before.memorySize,
    timeout: optionalNumber(body, 'Timeout') ?? before.timeout,
    environment: variables === undefined ? before.environment : (variables as Record<string, string>),
    description: optionalText(body, 'Description') ?? before.description,
    ...(durable === undefined ? {} : { durable }),
    ...(Array.isArray(body['Layers']) ? { layers: body['Layers'] as string[] } : {}),
    ...given(body, before),
    ...(typeof deadLetter === 'string' ? { deadLetterArn: deadLetter } : {}),
  }
}

const givenParts = ['TracingConfig', 'EphemeralStorage', 'VpcConfig', 'KMSKeyArn']

function given(body: Input, before: FunctionConfig): Pick<FunctionConfig, 'asGiven'> {
  const parts = Object.entries(body).filter(([name]) => givenParts.includes(name))
  return parts.length === 0 ? {} : { asGiven: { ...before.asGiven, ...Object.fromEntries(parts) } }
}

export function deleteFunction(registry: Registry, ask: Ask): void {
  const fn = find(registry, ask.name)
  if (ask.qualifier === undefined) {
    registry.functions.delete(ask.name)
    return
  }
  if (ask.qualifier === '$LATEST' || fn.aliases.has(ask.qualifier))
    throw new AwsError(
      'InvalidParameterValueException',
      `${ask.qualifier} version cannot be deleted without deleting the function.`,
    )
  const { version } = qualified(registry, ask)
  const users = [...fn.aliases.values()].filter((alias) => alias.version === version || version in alias.weights)
  if (users.length > 0) {
    const names = users.map((alias) => alias.name).join(', ')
    const message = `Unable to delete version because the following aliases reference it: [${names}]`
    throw new AwsError('ResourceConflictException', message, 409)
  }
  fn.published.delete(version)
  fn.policies.delete(version)
}

export function createAlias(registry: Registry, ask: Ask): Record<string, unknown> {
  const name = checkAliasName(text(ask.body, 'Name'))
  if (find(registry, ask.name).aliases.has(name)) {
    throw new AwsError(
      'ResourceConflictException',
      `Alias already exists: ${functionArn({ name: ask.name, site: registry.site }, name)}`,
      409,
    )
  }
  return putAlias(registry, { ...ask, alias: name }, undefined)
}

export function updateAlias(registry: Registry, ask: Ask): Record<string, unknown> {
  return putAlias(registry, ask, aliasOf(find(registry, ask.name), ask.alias, 'Alias not found'))
}

function putAlias(registry: Registry, ask: Ask, before: Alias | undefined): Record<string, unknown> {
  const fn = find(registry, ask.name)
  const { body, alias: name } = ask
  const version = optionalText(body, 'FunctionVersion') ?? before?.version ?? text(body, 'FunctionVersion')
  const weights = weightsIn(body, before?.weights ?? {})
  if (before !== undefined) checkRevision(body, before.revisionId)
  checkRouting(fn, version, weights)
  const description = optionalText(body, 'Description') ?? before?.description ?? ''
  const alias: Alias = { name, version, weights, description, revisionId: registry.ids() }
  const kept = before === undefined ? alias : moving(registry, fn, before, alias)
  fn.aliases.set(name, kept)
  const described = describeAlias(fn, kept)
  trail(registry, before === undefined ? 'CreateAlias20150331' : 'UpdateAlias20150331', ask, described)
  return described
}

export function deleteAlias(registry: Registry, ask: Ask): void {
  const fn = find(registry, ask.name)
  fn.aliases.delete(ask.alias)
  fn.provisioned.delete(ask.alias)
  trail(registry, 'DeleteAlias20150331', ask, null)
}
