// Provisioned concurrency of versions, and the limits that it has to fit into. Only versions are asked for, never aliases: an
// alias with it takes no weights (docs/aws.md §1.3).
import {
  DeleteProvisionedConcurrencyConfigCommand,
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  paginateListProvisionedConcurrencyConfigs,
  PutProvisionedConcurrencyConfigCommand,
} from '@aws-sdk/client-lambda'
import type { LambdaClient, ProvisionedConcurrencyConfigListItem } from '@aws-sdk/client-lambda'
import { Problem } from '../../core/problem.ts'
import type { Concurrency, Provisioned } from '../ports.ts'
import { allPages, asProblem, isNamed, present, translated } from './failure.ts'
import { aliasesOf } from './traffic.ts'

export function awsConcurrency(client: LambdaClient): Concurrency {
  return {
    list: (functionName) => provisionedOf(client, functionName, provisionedIn),
    aliases: (functionName) => aliasesOf(client, functionName),
    async limits(FunctionName) {
      const own = `lambda:GetFunctionConcurrency of ${FunctionName}`
      const { ReservedConcurrentExecutions: reserved } = await translated(
        own,
        client.send(new GetFunctionConcurrencyCommand({ FunctionName })),
      )
      const call = 'lambda:GetAccountSettings'
      const { AccountLimit } = await translated(call, client.send(new GetAccountSettingsCommand({})))
      const unreserved = present(AccountLimit?.UnreservedConcurrentExecutions, 'UnreservedConcurrentExecutions', call)
      const account = present(AccountLimit?.ConcurrentExecutions, 'ConcurrentExecutions', call)
      return { ...(reserved === undefined ? {} : { reserved }), account, unreserved }
    },
    async ask(FunctionName, Qualifier, environments) {
      const place = `${FunctionName}:${Qualifier}`
      try {
        const wish = { FunctionName, Qualifier, ProvisionedConcurrentExecutions: environments }
        await client.send(new PutProvisionedConcurrencyConfigCommand(wish))
      } catch (error) {
        throw asked(error, place, environments)
      }
    },
    async remove(FunctionName, Qualifier) {
      try {
        await client.send(new DeleteProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier }))
      } catch (error) {
        // The version is gone, and so is what it had.
        if (isNamed(error, 'ResourceNotFoundException', 'ProvisionedConcurrencyConfigNotFoundException')) return
        throw asProblem(error, `lambda:DeleteProvisionedConcurrencyConfig of ${FunctionName}:${Qualifier}`)
      }
    },
  }
}

// What Lambda says when the account or the function has no room, as others have recorded it (docs/aws.md §1.3).
const noRoom = /below its minimum value|greater than the reservedConcurrentExecution/i

function asked(error: unknown, place: string, environments: number): Problem {
  if (isNamed(error, 'ResourceNotFoundException'))
    return new Problem('version_missing', `There is no ${place}.`, { cause: error })
  if (isNamed(error, 'InvalidParameterValueException') && noRoom.test(error.message)) {
    const words = `Lambda has no room for ${environments} provisioned environments of ${place}: ${error.message.slice(0, 300)}`
    return new Problem('concurrency_no_room', words, { cause: error })
  }
  return asProblem(error, `lambda:PutProvisionedConcurrencyConfig of ${place}`)
}

const states: Readonly<Record<string, Provisioned['state']>> = { READY: 'ready', IN_PROGRESS: 'allocating' }

/** An unknown status counts as failed. */
export function provisionedIn(found: ProvisionedConcurrencyConfigListItem, call: string): Provisioned {
  const because = found.StatusReason
  return {
    qualifier: qualifierIn(found, call),
    environments: present(
      found.RequestedProvisionedConcurrentExecutions,
      'RequestedProvisionedConcurrentExecutions',
      call,
    ),
    state: states[present(found.Status, 'Status', call)] ?? 'failed',
    ...(because === undefined ? {} : { because }),
  }
}

export const qualifierIn = ({ FunctionArn }: ProvisionedConcurrencyConfigListItem, call: string): string =>
  present(FunctionArn, 'FunctionArn', call).split(':').at(-1) ?? ''

/**
 * What versions and aliases of a function have.
 * @throws Problem `version_missing` without such a function
 */
export async function provisionedOf<T>(
  client: LambdaClient,
  FunctionName: string,
  read: (found: ProvisionedConcurrencyConfigListItem, call: string) => T,
): Promise<readonly T[]> {
  const call = `lambda:ListProvisionedConcurrencyConfigs of ${FunctionName}`
  const pages = paginateListProvisionedConcurrencyConfigs({ client }, { FunctionName })
  const found = await allPages(pages, (page) => page.ProvisionedConcurrencyConfigs, call, FunctionName)
  return found.map((one) => read(one, call))
}
