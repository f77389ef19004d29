// Reads definitions from files and checks them with their policies. The controller registers them, and knows who asks for it.
import * as z from 'zod'
import { planWords } from '../../core/service/plan.ts'
import type { Service } from '../../core/service/service.ts'
import { checkedDefinition } from '../../policy/definition.ts'
import { exitCodes } from '../backend/screen.ts'
import type { Cli } from '../backend/surroundings.ts'
import { readYaml } from '../backend/text-file.ts'

const Answer = z.looseObject({ isKnown: z.boolean(), changed: z.array(z.string()), service: z.unknown() })

/** Changes are named up to this many. */
const namedMost = 10

/** @throws Problem `definition_invalid`, before anything is sent, and what the controller answers */
export async function applyFile({ backend, screen }: Cli, file: string): Promise<number> {
  const definition = await readYaml(file, 'definition_invalid')
  const { name, targets, plan } = checkedDefinition(definition)
  const { service, isKnown, changed } = Answer.parse(await backend.order('apply', name, { definition }))
  screen.say(
    [`Service ${name} applied: ${targets.length} target(s). Plan: ${planWords(plan)}.`, changeWords(isKnown, changed)],
    service,
  )
  return exitCodes.done
}

function changeWords(isKnown: boolean, changed: readonly string[]): string {
  if (!isKnown) return 'It is new.'
  if (changed.length === 0) return 'Nothing in it has changed.'
  const more = changed.length > namedMost ? ` and ${changed.length - namedMost} more` : ''
  return `Changed: ${changed.slice(0, namedMost).join(', ')}${more}.`
}

/** @throws Problem `definition_invalid` */
export const readDefinition = async (file: string): Promise<Service> =>
  checkedDefinition(await readYaml(file, 'definition_invalid'))
