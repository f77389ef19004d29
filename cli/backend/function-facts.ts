// The newest published version of a function, with the rights of the person who calls. A file of its own, so that the other
// commands do not load this client.
import { LambdaClient, type LambdaClientConfig, paginateListVersionsByFunction } from '@aws-sdk/client-lambda'
import { clientAt } from '../../cloud/aws/client-at.ts'
import { isNamed, translated } from '../../cloud/aws/failure.ts'
import type { Place } from '../../core/location.ts'
import { Problem } from '../../core/problem.ts'

export type FunctionFacts = {
  /**
   * The newest published version; `undefined` if none is published. @throws Problem `version_missing` if there is no function
   */
  newest(place: Place): Promise<string | undefined>
}

/** @param config for tests and the embedded cloud; without it the SDK finds region, credentials and endpoint itself */
export function functionFactsOnAws(config: LambdaClientConfig = {}): FunctionFacts {
  const roles = { use: 'look', session: 'tidegate-cli' } as const
  const lambda = clientAt((elsewhere) => new LambdaClient({ ...config, ...elsewhere }), roles)
  return {
    async newest(place) {
      const { functionName: FunctionName } = place
      const pages = paginateListVersionsByFunction({ client: lambda(place) }, { FunctionName })
      const versions = await collected(pages, `lambda:ListVersionsByFunction of ${FunctionName}`, FunctionName)
      const numbers = versions
        .flatMap(({ Versions = [] }) => Versions)
        .map(({ Version }) => Number(Version))
        .filter(Number.isInteger)
      return numbers.length === 0 ? undefined : String(Math.max(...numbers))
    },
  }
}

/** @throws Problem `version_missing` if there is no such function */
async function collected<T>(pages: AsyncIterable<T>, call: string, functionName: string): Promise<readonly T[]> {
  try {
    return await translated(call, Array.fromAsync(pages))
  } catch (error) {
    if (error instanceof Problem && isNamed(error.cause, 'ResourceNotFoundException'))
      throw new Problem('version_missing', `There is no function ${functionName}.`, { cause: error })
    throw error
  }
}
