// Definitions in files: read, checked with their policies, registered.
import type { Service } from '../../core/service/service.ts'
import { checkedDefinition } from '../../policy/definition.ts'
import { exitCodes } from '../desk/screen.ts'
import type { Cli } from '../desk/surroundings.ts'
import { readYaml } from '../desk/text-file.ts'

export async function applyFile({ desk, screen }: Cli, file: string): Promise<number> {
  const service = await readDefinition(file)
  await desk.services.put(service)
  screen.say(
    `Service ${service.name} applied: ${service.targets.length} target(s), ${service.plan.steps.length} step(s).`,
    service,
  )
  return exitCodes.done
}

/** @throws Problem `definition_invalid` */
export const readDefinition = async (file: string): Promise<Service> =>
  checkedDefinition(await readYaml(file, 'definition_invalid'))
