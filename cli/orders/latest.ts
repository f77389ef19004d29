// `--version latest`: the newest published version of each target. The command line finds it, with the rights of the person who
// calls, so that the controller is always told a number: what is released is in the call, and a repeated call asks for the same.
import { Problem } from '../../core/problem.ts'
import type { Service } from '../../core/service/service.ts'
import { placedIn } from '../../core/service/target.ts'
import type { FunctionFacts } from '../backend/function-facts.ts'

/** @throws Problem `version_missing`, and what Lambda refuses */
export async function newestVersions(
  functions: Pick<FunctionFacts, 'newest'>,
  service: Service,
): Promise<Readonly<Record<string, string>>> {
  const found = await Promise.all(
    service.targets.map(async (target): Promise<readonly [string, string]> => {
      const version = await functions.newest(placedIn(service, target))
      if (version === undefined)
        throw new Problem(
          'version_missing',
          `No version of ${target.functionName} is published; $LATEST is not released.`,
        )
      return [target.functionName, version]
    }),
  )
  return Object.fromEntries(found)
}
