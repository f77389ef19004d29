// AWS Lambda: functions, versions, aliases and Invoke over REST-JSON. The rules for aliases are in alias-rules.ts.
import { AwsError, isAwsError, notImplemented } from '../aws-error.ts'
import type { LocalClock } from '../clock.ts'
import { optionalNumber, optionalText, text } from '../field.ts'
import { parseJson } from '../json-body.ts'
import type { Input } from '../json-protocol.ts'
import type { Runtime } from '../runtime.ts'
import type { ObjectStore } from '../s3.ts'
import type { Bus, Caller, Invoker, LocalRequest, LocalResponse, LocalService, MetricSink } from '../service.ts'
import { trailEvent } from './trail.ts'
import { aliasOf, checkAliasName, checkRouting, staleRevision, versionOf, weightsIn } from './alias-rules.ts'
import {
  type Alias,
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
import { invocations } from './invocation.ts'

export type LambdaDeps = {
  readonly clock: LocalClock
  readonly metrics: MetricSink
  readonly bus: Bus
  readonly runtime: Runtime
  readonly objects: ObjectStore
  readonly random: () => number
  readonly ids: () => string
  /** How long a change of code, or a new version, takes to become ready. */
  readonly pendingMs?: number
}

type Ask = {
  readonly name: string
  readonly qualifier?: string
  readonly rest: string
  readonly body: Input
  readonly request: LocalRequest
  readonly caller: Caller
}
type Route = readonly [method: string, path: RegExp, act: (ask: Ask) => unknown]

export function localLambda(deps: LambdaDeps): LocalService & Invoker {
  const functions = new Map<string, LambdaFunction>()
  const { pendingMs = 0 } = deps
  const now = (): number => deps.clock.nowMs()
  const invoker = invocations({ ...deps, functions })

  const find = (name: string): LambdaFunction => {
    const fn = functions.get(name)
    if (fn === undefined) throw functionNotFound(name)
    return fn
  }
  const trail = (ask: Ask, eventName: string, response: unknown): void =>
    deps.bus.emit(
      trailEvent(
        eventName,
        ask.caller,
        { functionName: ask.name, ...ask.body, ...(ask.rest === '' ? {} : { Name: ask.rest }) },
        response,
      ),
    )
  const fresh = (version: string, config: FunctionConfig): FunctionVersion => ({
    version,
    config,
    revisionId: deps.ids(),
    modifiedMs: now(),
    readyAtMs: now() + pendingMs,
  })
  const checkReady = (fn: LambdaFunction): void => {
    if (now() >= fn.latest.readyAtMs) return
    throw new AwsError(
      'ResourceConflictException',
      `The operation cannot be performed at this time. An update is in progress for resource: ${functionArn(fn.name)}`,
      409,
    )
  }
  const checkRevision = (body: Input, revisionId: string): void => {
    const wanted = optionalText(body, 'RevisionId')
    if (wanted !== undefined && wanted !== revisionId) throw staleRevision()
  }

  function codeIn(body: Input): Code {
    const zip = optionalText(body, 'ZipFile')
    if (zip !== undefined) return codeOf(Buffer.from(zip, 'base64'))
    const image = optionalText(body, 'ImageUri')
    if (image !== undefined) return codeOf(deps.objects.readImage(image) ?? new Uint8Array(), image)
    const bucket = text(body, 'S3Bucket')
    const key = text(body, 'S3Key')
    const bytes = deps.objects.read(bucket, key, optionalText(body, 'S3ObjectVersion'))
    if (bytes !== undefined) return codeOf(bytes)
    throw new AwsError(
      'InvalidParameterValueException',
      'Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.',
    )
  }

  function create({ body }: Ask): unknown {
    const { name } = parseFunctionName(text(body, 'FunctionName'))
    if (functions.has(name)) throw new AwsError('ResourceConflictException', `Function already exist: ${name}`, 409)
    const config = configFrom(body, {
      role: text(body, 'Role'),
      handler: '',
      runtime: '',
      memorySize: 128,
      timeout: 3,
      environment: {},
      description: '',
      code: codeIn((body['Code'] ?? {}) as Input),
    })
    const fn: LambdaFunction = {
      name,
      latest: fresh('$LATEST', config),
      published: new Map(),
      aliases: new Map(),
      nextVersion: 1,
    }
    functions.set(name, fn)
    return describeVersion(fn, body['Publish'] === true ? publish(fn, '') : fn.latest, now())
  }

  function publish(fn: LambdaFunction, description: string): FunctionVersion {
    const last = fn.published.get(String(fn.nextVersion - 1))
    if (last !== undefined && sameConfig(last.config, fn.latest.config)) return last
    const version = fresh(String(fn.nextVersion), {
      ...fn.latest.config,
      description: description === '' ? fn.latest.config.description : description,
    })
    fn.nextVersion++
    fn.published.set(version.version, version)
    // Publishing gives $LATEST a new revision; an alias keeps its own (facts: aws.md §1.1).
    fn.latest = { ...fn.latest, revisionId: deps.ids() }
    return version
  }

  function updateLatest(ask: Ask, config: (fn: LambdaFunction) => FunctionConfig): unknown {
    const fn = find(ask.name)
    checkRevision(ask.body, fn.latest.revisionId)
    const next = config(fn)
    if (ask.body['DryRun'] === true) return describeVersion(fn, { ...fn.latest, config: next }, now())
    checkReady(fn)
    fn.latest = fresh('$LATEST', next)
    return describeVersion(fn, ask.body['Publish'] === true ? publish(fn, '') : fn.latest, now())
  }

  function putAlias(ask: Ask, name: string, before: Alias | undefined): unknown {
    const fn = find(ask.name)
    const version = optionalText(ask.body, 'FunctionVersion') ?? before?.version ?? text(ask.body, 'FunctionVersion')
    const weights = weightsIn(ask.body, before?.weights ?? {})
    if (before !== undefined) checkRevision(ask.body, before.revisionId)
    checkRouting(fn, version, weights)
    const description = optionalText(ask.body, 'Description') ?? before?.description ?? ''
    const alias: Alias = { name, version, weights, description, revisionId: deps.ids() }
    fn.aliases.set(name, alias)
    const described = describeAlias(fn, alias)
    trail(ask, before === undefined ? 'CreateAlias20150331' : 'UpdateAlias20150331', described)
    return described
  }

  const qualified = (ask: Ask): FunctionVersion => {
    const fn = find(ask.name)
    const { qualifier = '$LATEST' } = ask
    return versionOf(fn, fn.aliases.get(qualifier)?.version ?? qualifier)
  }

  function deleteFunction(ask: Ask): undefined {
    const fn = find(ask.name)
    if (ask.qualifier === undefined) return void functions.delete(ask.name)
    const version = qualified(ask)
    const users = [...fn.aliases.values()].filter(
      (alias) => alias.version === version.version || version.version in alias.weights,
    )
    if (users.length > 0) {
      const names = users.map((alias) => alias.name).join(', ')
      throw new AwsError(
        'ResourceConflictException',
        `Unable to delete version because the following aliases reference it: [${names}]`,
        409,
      )
    }
    fn.published.delete(version.version)
    return undefined
  }

  const routes: readonly Route[] = [
    ['POST', /^$/, (ask) => ({ status: 201, body: create(ask) })],
    [
      'GET',
      /^\/$/,
      (ask) => ({
        Configuration: describeVersion(find(ask.name), qualified(ask), now()),
        Code: { RepositoryType: 'S3', Location: '' },
      }),
    ],
    ['DELETE', /^\/$/, (ask) => ({ status: 204, body: deleteFunction(ask) })],
    ['GET', /^\/configuration$/, (ask) => describeVersion(find(ask.name), qualified(ask), now())],
    ['PUT', /^\/configuration$/, (ask) => updateLatest(ask, (fn) => configFrom(ask.body, fn.latest.config))],
    [
      'PUT',
      /^\/code$/,
      (ask) => {
        const described = updateLatest(ask, (fn) => ({ ...fn.latest.config, code: codeIn(ask.body) }))
        if (ask.body['DryRun'] !== true) trail(ask, 'UpdateFunctionCode20150331v2', described)
        return described
      },
    ],
    [
      'POST',
      /^\/versions$/,
      (ask) => {
        const fn = find(ask.name)
        checkRevision(ask.body, fn.latest.revisionId)
        checkReady(fn)
        const sha = optionalText(ask.body, 'CodeSha256')
        if (sha !== undefined && sha !== '' && sha !== fn.latest.config.code.sha256) {
          throw new AwsError(
            'InvalidParameterValueException',
            `CodeSHA256 (${sha}) is different from current CodeSHA256 in $LATEST (${fn.latest.config.code.sha256}). Please try again with the CodeSHA256 in $LATEST.`,
          )
        }
        const described = describeVersion(fn, publish(fn, optionalText(ask.body, 'Description') ?? ''), now())
        trail(ask, 'PublishVersion20150331', described)
        return { status: 201, body: described }
      },
    ],
    [
      'GET',
      /^\/versions$/,
      (ask) => {
        const fn = find(ask.name)
        return { Versions: [fn.latest, ...fn.published.values()].map((version) => describeVersion(fn, version, now())) }
      },
    ],
    [
      'POST',
      /^\/aliases$/,
      (ask) => {
        const name = checkAliasName(text(ask.body, 'Name'))
        if (find(ask.name).aliases.has(name))
          throw new AwsError('ResourceConflictException', `Alias already exists: ${functionArn(ask.name, name)}`, 409)
        return { status: 201, body: putAlias(ask, name, undefined) }
      },
    ],
    [
      'GET',
      /^\/aliases$/,
      (ask) => ({ Aliases: [...find(ask.name).aliases.values()].map((alias) => describeAlias(find(ask.name), alias)) }),
    ],
    ['GET', /^\/aliases\/.+$/, (ask) => describeAlias(find(ask.name), aliasOf(find(ask.name), ask.rest))],
    ['PUT', /^\/aliases\/.+$/, (ask) => putAlias(ask, ask.rest, aliasOf(find(ask.name), ask.rest))],
    [
      'DELETE',
      /^\/aliases\/.+$/,
      (ask) => {
        find(ask.name).aliases.delete(ask.rest)
        trail(ask, 'DeleteAlias20150331', null)
        return { status: 204, body: undefined }
      },
    ],
  ]

  return {
    invoke: invoker.invoke,
    handle: async (request, caller) => {
      try {
        const [, encoded = '', tail = ''] = /^\/20[0-9-]+\/functions(?:\/([^/]*)(\/.*)?)?\/?$/.exec(request.path) ?? []
        if (!/^\/20[0-9-]+\/functions/.test(request.path))
          throw notImplemented(`Lambda ${request.method} ${request.path}`)
        const isRoot = encoded === ''
        const named = isRoot
          ? { name: '' }
          : parseFunctionName(decodeURIComponent(encoded), request.query.get('Qualifier') ?? undefined)
        const path = isRoot ? '' : tail === '' ? '/' : tail
        if (request.method === 'POST' && path === '/invocations') return await invoker.answer(request, named)
        const route = routes.find(([method, pattern]) => method === request.method && pattern.test(path))
        if (route === undefined) throw notImplemented(`Lambda ${request.method} ${request.path}`)
        const rest = path.startsWith('/aliases/') ? decodeURIComponent(path.slice('/aliases/'.length)) : ''
        return answer(route[2]({ ...named, rest, body: parseJson(request), request, caller }))
      } catch (error) {
        if (!isAwsError(error)) throw error
        return refusal(error)
      }
    },
  }
}

const json = { 'content-type': 'application/json' }

function answer(result: unknown): LocalResponse {
  const shaped = typeof result === 'object' && result !== null && 'status' in result && 'body' in result
  const { status, body } = shaped ? (result as { status: number; body: unknown }) : { status: 200, body: result }
  return { status, headers: json, body: body === undefined ? '' : JSON.stringify(body) }
}

export function refusal(error: AwsError): LocalResponse {
  const body = {
    Type: error.status < 500 ? 'User' : 'Service',
    Message: error.message,
    message: error.message,
    ...error.extra,
  }
  return { status: error.status, headers: { ...json, 'x-amzn-errortype': error.code }, body: JSON.stringify(body) }
}

function configFrom(body: Input, before: FunctionConfig): FunctionConfig {
  const variables = (body['Environment'] as Input | undefined)?.['Variables']
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
    ...(typeof deadLetter === 'string' ? { deadLetterArn: deadLetter } : {}),
  }
}

/** What makes two versions the same: code and configuration, the description aside. */
const sameConfig = (a: FunctionConfig, b: FunctionConfig): boolean => {
  const essence = ({ code, description: _, ...rest }: FunctionConfig): string => JSON.stringify([code.sha256, rest])
  return essence(a) === essence(b)
}
