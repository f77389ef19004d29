// The resources that experiments share: a temporary function with two versions, roles with minimal permissions, queues, tables,
// state machines. Each is created on first use and recorded. Also time, which may be an emulator's.
import { createHash } from 'node:crypto'
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  GetFunctionConfigurationCommand,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { zipSync } from 'fflate'
import { Problem } from '../../core/problem.ts'
import { type Belongings, belongingsIn } from './belongings.ts'
import { careOf, policyName, tagKey } from './care.ts'
import { type Clients, clientsOf, type Config } from './clients.ts'
import { denialIn, stop } from './errors.ts'

type Statement = {
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

export type Lab = {
  readonly prefix: string
  readonly region: string
  readonly accountId: string
  readonly clients: Clients
  readonly belongings: Belongings
  readonly tags: readonly { readonly Key: string; readonly Value: string }[]
  readonly mayMakeRoles: boolean
  readonly nowMs: () => number
  readonly arn: (service: string, rest: string) => string
  /** @throws if the user interrupted */
  readonly pause: (ms: number) => Promise<void>
  readonly note: (text: string) => void
  /** Polls. @returns `undefined` if the time is over */
  readonly until: <T>(what: string, longestMs: number, probe: () => Promise<T | undefined>) => Promise<T | undefined>
  /** The temporary function, which has versions 1 and 2. @returns its name */
  readonly fn: () => Promise<string>
  /** Creates an alias of it. @returns its name */
  readonly alias: (name: string, version: string, weights?: Readonly<Record<string, number>>) => Promise<string>
  /** Creates a role that a service can assume, with these permissions. @returns its ARN */
  readonly roleFor: (name: string, service: string, statements: readonly Statement[]) => Promise<string>
  /** SDK clients with a role that has exactly these permissions. */
  readonly as: (name: string, statements: readonly Statement[]) => Promise<Clients>
  /** Whether this endpoint checks permissions at all: whether it denies a role without permissions anything. */
  readonly checksRights: () => Promise<boolean>
}

/** The handler fails or sleeps on request. */
const source = (words: string): string => `// ${words}
export const handler = async (event) => {
  if (event?.fail) throw new Error('asked to fail')
  if (event?.sleepMs) await new Promise((resolve) => setTimeout(resolve, event.sleepMs))
  return { words: '${words}' }
}
`
// A fixed modification time, because otherwise every build would be a different package.
export const packageOf = (words: string): Uint8Array =>
  zipSync({ 'index.mjs': [new TextEncoder().encode(source(words)), { mtime: '2026-01-01' }] })
export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64')

export type LabOptions = {
  readonly config: Config
  readonly prefix: string
  readonly file: string
  /** The role of the temporary function, if the run does not create roles. */
  readonly roleArn?: string | undefined
  readonly mayMakeRoles: boolean
  readonly nowMs: () => number
  /** Resolves to false if the user interrupted. */
  readonly pause: (ms: number) => Promise<boolean>
  readonly note: (text: string) => void
}

export async function openLab(options: LabOptions): Promise<Lab> {
  const { config, prefix, nowMs, note, mayMakeRoles } = options
  const clients = clientsOf(config)
  const region = await clients.lambda.config.region()
  const { Account: accountId = '' } = await clients.sts.send(new GetCallerIdentityCommand({}))
  const arn = (service: string, rest: string): string => `arn:aws:${service}:${region}:${accountId}:${rest}`
  const belongings = belongingsIn({
    prefix,
    file: options.file,
    nowMs,
    care: careOf(clients, { region, accountId, prefix }),
  })
  const pause = async (ms: number): Promise<void> => {
    if (!(await options.pause(ms))) throw stop()
  }
  const base = { prefix, region, accountId, clients, belongings, mayMakeRoles, nowMs, note, arn, pause }
  const tags = [{ Key: tagKey, Value: prefix }]
  const until: Lab['until'] = async (what, longestMs, probe) => {
    const startMs = nowMs()
    for (let saidMs = startMs; ;) {
      const found = await probe()
      if (found !== undefined) return found
      const passedMs = nowMs() - startMs
      if (passedMs >= longestMs) return undefined
      if (nowMs() - saidMs >= 30_000) {
        note(`  waiting for ${what}: ${Math.round(passedMs / 1000)} s of at most ${Math.round(longestMs / 1000)} s`)
        saidMs = nowMs()
      }
      await pause(Math.min(5000, Math.max(1000, passedMs / 10)))
    }
  }
  const roles = rolesIn({ ...base, tags, until }, config)
  const fn = once(() => makeFunction({ ...base, tags, until }, options, roles.roleFor))
  const aliases = new Set<string>()
  return {
    ...base,
    ...roles,
    ...{ tags, until, fn },
    async alias(name, version, weights = {}) {
      const FunctionName = await fn()
      const RoutingConfig = { AdditionalVersionWeights: { ...weights } }
      // The alias is deleted with its function, so it is not recorded.
      if (!aliases.has(name))
        await clients.lambda.send(
          new CreateAliasCommand({ FunctionName, Name: name, FunctionVersion: version, RoutingConfig }),
        )
      aliases.add(name)
      return name
    },
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}

type Base = Pick<
  Lab,
  'prefix' | 'accountId' | 'clients' | 'belongings' | 'mayMakeRoles' | 'arn' | 'tags' | 'until' | 'note'
>

function rolesIn(lab: Base, config: Config): Pick<Lab, 'roleFor' | 'as' | 'checksRights'> {
  const { prefix, clients, belongings, tags, accountId, until } = lab
  async function make(name: string, Principal: object, statements: readonly Statement[]): Promise<string> {
    const RoleName = `${prefix}-${name}`
    const trust = document([{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }])
    const { Role } = await belongings.make('role', RoleName, () =>
      clients.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust, Tags: [...tags] })),
    )
    if (statements.length > 0) {
      const PolicyDocument = document(statements.map(allow))
      await clients.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: policyName, PolicyDocument }))
    }
    return Role?.Arn ?? ''
  }
  const known = new Map<string, Promise<Clients>>()
  const as: Lab['as'] = (name, statements) => {
    const found = known.get(name) ?? assume(name, statements)
    known.set(name, found)
    return found
  }
  async function assume(name: string, statements: readonly Statement[]): Promise<Clients> {
    const RoleArn = await make(name, { AWS: `arn:aws:iam::${accountId}:root` }, statements)
    const command = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'tidegate-verify' })
    // A new role takes a while to propagate.
    const session = await until(`the role ${prefix}-${name}`, 90_000, async () => {
      try {
        return (await clients.sts.send(command)).Credentials
      } catch (error) {
        if (denialIn(error) === undefined) throw error
        return undefined
      }
    })
    const {
      AccessKeyId: accessKeyId = '',
      SecretAccessKey: secretAccessKey = '',
      SessionToken: sessionToken,
    } = session ?? {}
    if (session === undefined) throw new Problem('permission_denied', `AWS denied sts:AssumeRole of ${RoleArn}.`)
    return clientsOf({
      ...config,
      credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
    })
  }
  return {
    roleFor: (name, service, statements) => make(name, { Service: service }, statements),
    as,
    checksRights: once(async () => {
      const nobody = await as('nobody', [])
      const command = new GetFunctionConfigurationCommand({ FunctionName: `${prefix}-fn` })
      return nobody.lambda.send(command).then(
        () => false,
        (error: unknown) => denialIn(error) !== undefined,
      )
    }),
  }
}

const document = (Statement: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement })
const allow = ({ actions, resources, condition }: Statement): object => ({
  Effect: 'Allow',
  Action: actions,
  Resource: resources,
  ...(condition === undefined ? {} : { Condition: condition }),
})

async function makeFunction(lab: Base, options: LabOptions, roleFor: Lab['roleFor']): Promise<string> {
  const { prefix, clients, belongings, until, arn, tags } = lab
  const { lambda } = clients
  const FunctionName = `${prefix}-fn`
  const send = { actions: ['sqs:SendMessage'], resources: [arn('sqs', `${prefix}-*`)] }
  const Role = options.roleArn ?? (await roleFor('runs', 'lambda.amazonaws.com', [send]))
  const make = new CreateFunctionCommand({
    ...{ FunctionName, Role, Runtime: 'nodejs24.x', Handler: 'index.handler', Timeout: 10, MemorySize: 128 },
    Description: 'Tidegate: throw-away, of verify-account',
    Code: { ZipFile: packageOf('one') },
    Tags: Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])),
  })
  await belongings.make('function', FunctionName, async () => {
    const made = await until('the role of the function', 90_000, async () => {
      try {
        return await lambda.send(make)
      } catch (error) {
        // A new role takes a while to become visible to Lambda.
        if (error instanceof Error && /cannot be assumed by Lambda/.test(error.message)) return undefined
        throw error
      }
    })
    if (made === undefined) throw new Problem('permission_denied', `Lambda cannot assume the role ${Role}.`)
  })
  await ready(lab, FunctionName)
  await lambda.send(new PublishVersionCommand({ FunctionName }))
  await ready(lab, FunctionName, '1')
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: packageOf('two') }))
  await ready(lab, FunctionName)
  await lambda.send(new PublishVersionCommand({ FunctionName }))
  await ready(lab, FunctionName, '2')
  return FunctionName
}

/** Waits until a function, or a version of it, is usable. */
export async function ready(
  { clients, until }: Pick<Lab, 'clients' | 'until'>,
  FunctionName: string,
  Qualifier?: string,
): Promise<void> {
  const command = new GetFunctionConfigurationCommand({
    FunctionName,
    ...(Qualifier === undefined ? {} : { Qualifier }),
  })
  const found = await until(`${FunctionName} ${Qualifier ?? ''}`.trim(), 180_000, async () => {
    const { State = 'Active', LastUpdateStatus = 'Successful' } = await clients.lambda.send(command)
    return State === 'Active' && LastUpdateStatus !== 'InProgress' ? State : undefined
  })
  if (found === undefined) throw new Problem('version_not_active', `${FunctionName} ${Qualifier ?? ''} is not active.`)
}
