// The ports of the hook on AWS. A shadow is a function of its own: a version runs under the role of its function, so only a
// function with another role keeps a version from writing (docs/aws.md §20). The shadow's `$LATEST` gets package and settings
// of the version, never its role, and is published. Each copy has a mark of its own, so that Lambda publishes it and gives it
// environments of its own.
import { paginateQuery } from '@aws-sdk/client-dynamodb'
import {
  DeleteFunctionCommand,
  type FunctionConfiguration,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  paginateListVersionsByFunction,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { allPages, asProblem, isNamed, translated } from '../cloud/aws/failure.ts'
import { Problem } from '../core/problem.ts'
import type { Answer } from '../core/shadow/features.ts'
import { partitionOf } from '../core/shadow/sample.ts'
import { awsLoadPorts, reservedOf } from './aws-load.ts'
import type { Copy, ShadowPorts } from './ports.ts'

type World = Pick<ShadowPorts, 'random'> & {
  /** Reads a package from the address that Lambda signs for it. */
  readonly download: (address: string) => Promise<Uint8Array>
} & Parameters<typeof awsLoadPorts>[0]

/** UpdateFunctionCode takes no larger one by value (docs/aws.md §1.4). */
const packageMaxBytes = 50_000_000

export function awsPorts(world: World): ShadowPorts {
  const { lambda, nowMs, random, log, rest } = world
  return {
    ...{ nowMs, random, log, rest },
    ...awsLoadPorts(world),
    samples: { read: (functionName) => readAll(world, functionName) },
    shadows: {
      clear: async (shadow) => {
        const pages = paginateListVersionsByFunction({ client: lambda }, { FunctionName: shadow })
        const versions = await allPages(
          pages,
          ({ Versions }) => Versions,
          `lambda:ListVersionsByFunction of ${shadow}`,
          shadow,
        )
        for (const { Version = '$LATEST' } of versions) if (Version !== '$LATEST') await remove(world, shadow, Version)
      },
      make: (copy) => make(world, copy),
      invoke: (shadow, version, event) => invoke(world, shadow, version, event),
      remove: (shadow, version) => remove(world, shadow, version),
      reserved: (shadow) => reservedOf(lambda, shadow),
    },
  }
}

async function readAll({ dynamodb, table }: World, functionName: string): Promise<readonly unknown[]> {
  const query = {
    TableName: table,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: partitionOf(functionName) } },
  }
  const items: unknown[] = []
  const read = async (): Promise<void> => {
    for await (const { Items = [] } of paginateQuery({ client: dynamodb }, query))
      items.push(...Items.map((item) => unmarshall(item)))
  }
  await translated(`dynamodb:Query of ${table}`, read())
  return items
}

async function make(world: World, { functionName, version, shadow, copy }: Copy): Promise<string> {
  const { lambda } = world
  const source = await translated(
    `lambda:GetFunction of ${functionName}:${version}`,
    lambda.send(new GetFunctionCommand({ FunctionName: functionName, Qualifier: version })),
  )
  const { Configuration: from = {}, Code: { Location } = {} } = source
  const now = await ready(world, shadow)
  if (now.Role === undefined || now.Role === from.Role)
    throw new Problem('shadow_invalid', `${shadow} has the role of ${functionName}, and may write what it writes.`)
  if (Location === undefined || from.PackageType === 'Image')
    throw new Problem('shadow_invalid', `${functionName} is a container image: a shadow has a package.`)
  const bytes = await world.download(Location)
  if (bytes.length > packageMaxBytes)
    throw new Problem(
      'shadow_invalid',
      `The package of ${functionName} has ${bytes.length} bytes, and a shadow takes 50 MB.`,
    )
  await translated(
    `lambda:UpdateFunctionConfiguration of ${shadow}`,
    lambda.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: shadow,
        ...settings(from, `${world.nowMs()}-${copy}`),
        RevisionId: now.RevisionId,
      }),
    ),
  )
  const { RevisionId } = await ready(world, shadow)
  const { Architectures } = from
  await translated(
    `lambda:UpdateFunctionCode of ${shadow}`,
    lambda.send(new UpdateFunctionCodeCommand({ FunctionName: shadow, ZipFile: bytes, Architectures, RevisionId })),
  )
  const after = await ready(world, shadow)
  if (after.CodeSha256 !== from.CodeSha256)
    throw new Problem('code_changed', `${shadow} does not have the package of ${functionName}:${version}.`)
  const { Version = '' } = await translated(
    `lambda:PublishVersion of ${shadow}`,
    lambda.send(
      new PublishVersionCommand({ FunctionName: shadow, CodeSha256: after.CodeSha256, RevisionId: after.RevisionId }),
    ),
  )
  await ready(world, shadow, Version)
  return Version
}

/** What of a version decides how it answers. Not its role, and not where its failures and traces go. */
function settings(from: FunctionConfiguration, mark: string) {
  const { Runtime, Handler, MemorySize, Timeout, EphemeralStorage, Layers = [], Environment } = from
  return {
    ...{ Runtime, Handler, MemorySize, Timeout, EphemeralStorage },
    Layers: Layers.flatMap(({ Arn }) => (Arn === undefined ? [] : [Arn])),
    Environment: { Variables: { ...Environment?.Variables, TIDEGATE_SHADOW: mark } },
  }
}

const attemptsMax = 60

/** Waits until Lambda has done what it was asked last. */
async function ready(world: World, FunctionName: string, Qualifier?: string): Promise<FunctionConfiguration> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const one = await translated(
      `lambda:GetFunctionConfiguration of ${FunctionName}`,
      world.lambda.send(new GetFunctionConfigurationCommand({ FunctionName, Qualifier })),
    )
    const { State = 'Active', LastUpdateStatus = 'Successful' } = one
    if (State === 'Failed' || LastUpdateStatus === 'Failed')
      throw new Problem('version_failed', `Lambda could not make ${FunctionName} ready: ${one.StateReasonCode ?? ''}`)
    if ((State === 'Active' || State === 'Inactive') && LastUpdateStatus === 'Successful') return one
    await world.rest(1000)
  }
  throw new Problem('version_not_active', `${FunctionName} was not ready after ${attemptsMax} seconds.`)
}

async function invoke(
  { lambda, nowMs, log }: World,
  FunctionName: string,
  Qualifier: string,
  event: unknown,
): Promise<Answer | 'throttled' | undefined> {
  const fromMs = nowMs()
  try {
    const { FunctionError, Payload } = await lambda.send(
      new InvokeCommand({ FunctionName, Qualifier, Payload: new TextEncoder().encode(JSON.stringify(event ?? null)) }),
    )
    return answerOf(FunctionError, new TextDecoder().decode(Payload), nowMs() - fromMs)
  } catch (error) {
    if (isNamed(error, 'TooManyRequestsException')) return 'throttled'
    log({ level: 'warn', message: asProblem(error, `lambda:InvokeFunction of ${FunctionName}`).message })
    return undefined
  }
}

function answerOf(functionError: string | undefined, text: string, ms: number): Answer {
  const value: unknown = text === '' ? null : JSON.parse(text)
  if (functionError === undefined) return { kind: 'answer', value, ms }
  const { errorType, errorMessage } = (typeof value === 'object' && value !== null ? value : {}) as Readonly<
    Record<string, unknown>
  >
  return { kind: 'error', type: textOf(errorType) ?? functionError, message: textOf(errorMessage) ?? '', ms }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

async function remove({ lambda, log }: World, FunctionName: string, Qualifier: string): Promise<void> {
  try {
    await lambda.send(new DeleteFunctionCommand({ FunctionName, Qualifier }))
  } catch (error) {
    log({ level: 'warn', message: asProblem(error, `lambda:DeleteFunction of ${FunctionName}:${Qualifier}`).message })
  }
}
