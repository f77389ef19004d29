// Published versions of functions: what there is, what names them, and the deletion of one. A listing ends with its last page, or
// it fails: half of what names a version must not look like all of it.
import {
  DeleteFunctionCommand,
  GetAccountSettingsCommand,
  GetPolicyCommand,
  paginateListDurableExecutionsByFunction,
  paginateListEventSourceMappings,
  paginateListVersionsByFunction,
} from '@aws-sdk/client-lambda'
import type { FunctionConfiguration, LambdaClient } from '@aws-sdk/client-lambda'
import { Problem } from '../../core/problem.ts'
import type { PublishedVersion, Uses } from '../../core/versions/keep.ts'
import type { OldVersions, VersionRemoval } from '../ports.ts'
import { provisionedOf, qualifierIn } from './concurrency.ts'
import { allPages, asProblem, isNamed, present, translated } from './failure.ts'
import { aliasesOf } from './traffic.ts'

export function awsOldVersions(client: LambdaClient): OldVersions {
  return {
    async list(FunctionName) {
      const call = `lambda:ListVersionsByFunction of ${FunctionName}`
      const pages = paginateListVersionsByFunction({ client }, { FunctionName })
      const found = await allPages(pages, ({ Versions }) => Versions, call, FunctionName)
      return found.filter(({ Version }) => Version !== '$LATEST').map((one) => publishedIn(one, call))
    },
    async uses(FunctionName) {
      return {
        aliases: await aliasesOf(client, FunctionName),
        mappings: await mappingsOf(client, FunctionName),
        provisioned: await provisionedOf(client, FunctionName, qualifierIn),
      }
    },
    async held(FunctionName, { version: Qualifier, isDurable }, aliases) {
      return {
        callers: await callersOf(client, { FunctionName, Qualifier }),
        isRunning: isDurable && (await isRunning(client, { FunctionName, Qualifier }, aliases)),
      }
    },
    async storage() {
      const call = 'lambda:GetAccountSettings'
      const { AccountLimit, AccountUsage } = await translated(call, client.send(new GetAccountSettingsCommand({})))
      return {
        usedBytes: present(AccountUsage?.TotalCodeSize, 'AccountUsage.TotalCodeSize', call),
        limitBytes: present(AccountLimit?.TotalCodeSize, 'AccountLimit.TotalCodeSize', call),
      }
    },
  }
}

/** A call without a qualifier, or with `$LATEST`, would be about the function. */
const versionForm = /^[1-9][0-9]*$/

export const awsVersionRemoval = (client: LambdaClient): VersionRemoval => ({
  async remove(FunctionName, version) {
    if (!versionForm.test(version) || FunctionName === '' || FunctionName.includes(':'))
      throw new Error(`bug: ${JSON.stringify(version)} of ${JSON.stringify(FunctionName)} is no published version`)
    try {
      await client.send(new DeleteFunctionCommand({ FunctionName, Qualifier: version }))
      return { kind: 'deleted' }
    } catch (error) {
      if (isNamed(error, 'ResourceNotFoundException')) return { kind: 'gone' }
      // An alias points at it, or another reference that Lambda knows of.
      if (isNamed(error, 'ResourceConflictException', 'InvalidParameterValueException'))
        return { kind: 'kept', because: error.message.slice(0, 300) }
      throw asProblem(error, `lambda:DeleteFunction of ${FunctionName}:${version}`)
    }
  },
})

type Version = { readonly FunctionName: string; readonly Qualifier: string }

function publishedIn(found: FunctionConfiguration, call: string): PublishedVersion {
  const publishedAtMs = Date.parse(present(found.LastModified, 'LastModified', call))
  if (Number.isNaN(publishedAtMs)) throw new Problem('aws_unavailable', `AWS answered ${call} with no time.`)
  return {
    version: present(found.Version, 'Version', call),
    codeSha256: present(found.CodeSha256, 'CodeSha256', call),
    bytes: present(found.CodeSize, 'CodeSize', call),
    publishedAtMs,
    isDurable: found.DurableConfig !== undefined,
  }
}

/** Of the whole region: whether a list of one function has the mappings of its versions is not documented. */
async function mappingsOf(client: LambdaClient, functionName: string): Promise<Uses['mappings']> {
  const call = 'lambda:ListEventSourceMappings'
  const pages = paginateListEventSourceMappings({ client }, {})
  const found = await allPages(pages, ({ EventSourceMappings }) => EventSourceMappings, call, functionName)
  return found.flatMap(({ UUID, EventSourceArn, FunctionArn }) => {
    const [name, qualifier] = present(FunctionArn, 'FunctionArn', call).split(':function:')[1]?.split(':') ?? []
    return name === functionName && qualifier !== undefined
      ? [{ source: EventSourceArn ?? UUID ?? 'an event source', qualifier }]
      : []
  })
}

async function callersOf(client: LambdaClient, version: Version): Promise<number> {
  const call = `lambda:GetPolicy of ${version.FunctionName}:${version.Qualifier}`
  try {
    const { Policy } = await client.send(new GetPolicyCommand(version))
    const { Statement } = JSON.parse(present(Policy, 'Policy', call)) as { readonly Statement?: unknown }
    // A policy that is not understood is one.
    return Array.isArray(Statement) ? Statement.length : 1
  } catch (error) {
    // It has no policy, or is gone itself.
    if (isNamed(error, 'ResourceNotFoundException')) return 0
    throw asProblem(error, call)
  }
}

/**
 * An execution goes on with the version that it began with, which its ARN names (docs/aws.md §1.1). Whether a list of the
 * version has those that began by an alias is not documented, so the aliases are asked too.
 */
async function isRunning(client: LambdaClient, version: Version, aliases: readonly string[]): Promise<boolean> {
  for (const Qualifier of [version.Qualifier, ...aliases])
    for (const arn of await runningOf(client, { ...version, Qualifier })) {
      const [, began = ''] = /:function:[^:/]+:([^:/]+)\/durable-execution\//.exec(arn) ?? []
      // An ARN that does not say a version may mean any.
      if (began === version.Qualifier || !versionForm.test(began)) return true
    }
  return false
}

async function runningOf(client: LambdaClient, version: Version): Promise<readonly string[]> {
  const call = `lambda:ListDurableExecutionsByFunction of ${version.FunctionName}:${version.Qualifier}`
  const pages = paginateListDurableExecutionsByFunction({ client }, { ...version, Statuses: ['RUNNING'] })
  const found = await allPages(pages, (page) => present(page.DurableExecutions, 'DurableExecutions', call), call, call)
  return found.map(({ DurableExecutionArn }) => present(DurableExecutionArn, 'DurableExecutionArn', call))
}
