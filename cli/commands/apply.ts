// Reads definitions from files, checks them with their policies, and registers them.
import { planWords } from '../../core/service/plan.ts'
import type { Service } from '../../core/service/service.ts'
import { checkedDefinition } from '../../policy/definition.ts'
import { exitCodes } from '../backend/screen.ts'
import type { Cli } from '../backend/surroundings.ts'
import { readYaml } from '../backend/text-file.ts'

export async function applyFile({ backend, screen }: Cli, file: string): Promise<number> {
  const service = await readDefinition(file)
  await backend.services.put(service)
  screen.say(
    `Service ${service.name} applied: ${service.targets.length} target(s). Plan: ${planWords(service.plan)}.`,
    service,
  )
  return exitCodes.done
}

/** @throws Problem `definition_invalid` */
export const readDefinition = async (file: string): Promise<Service> =>
  checkedDefinition(await readYaml(file, 'definition_invalid'))
