// The last resort: an alias could not be put back. A person is told what to do by hand; the sweep goes on trying.
import { locate } from '../core/place.ts'
import { isReturning } from '../core/release.ts'
import { load, record } from './ledger.ts'
import { taskInput } from './task.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'pager' | 'log'>

export function pageHandler(deps: Deps) {
  return async (event: unknown): Promise<{ readonly sentence: string }> => {
    const { releaseId, error } = taskInput(event)
    const loaded = await load(deps, releaseId)
    const cause = (error?.Cause ?? 'no cause was given').slice(0, 700)
    const because = `${error?.Error ?? 'an error without a name'}: ${cause}`
    const { release } = await record(deps, loaded, (now) =>
      isReturning(now) ? { type: 'returnFailed', atMs: deps.clock.nowMs(), because } : undefined,
    )
    const sentence = `Release ${release.id} of ${release.service.name} could not be put back.`
    deps.log({ message: sentence, releaseId, because })
    const commands = release.targets.map(
      ({ functionName, alias, stable }) =>
        `aws lambda update-alias ${regionOf(functionName)}--function-name ${functionName} --name ${alias} --function-version ${stable} --routing-config '{"AdditionalVersionWeights":{}}'`,
    )
    const runbook = release.service.runbook === undefined ? [] : [`Runbook: ${release.service.runbook}`]
    const text = [sentence, because, 'Put it back by hand:', ...commands, 'The sweep goes on trying.', ...runbook]
    await deps.pager.page({ subject: sentence.slice(0, 100), text: text.join('\n') })
    return { sentence }
  }
}

const regionOf = (functionName: string): string => {
  const { region } = locate(functionName)
  return region === undefined ? '' : `--region ${region} `
}
