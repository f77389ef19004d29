// Reads definitions from files and checks them with their policies. The controller registers them, and knows who asks for it.
import * as z from 'zod'
import { Problem } from '../../core/problem.ts'
import { planWords } from '../../core/service/plan.ts'
import type { Service } from '../../core/service/service.ts'
import { placedIn } from '../../core/service/target.ts'
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
  const checked = checkedDefinition(definition)
  const { name, targets, plan } = checked
  const { service, isKnown, changed } = Answer.parse(await backend.order('apply', name, { definition }))
  screen.say(
    [`Service ${name} applied: ${aliasWords(targets)}. Plan: ${planWords(plan)}.`, changeWords(isKnown, changed)],
    service,
  )
  if (!screen.json) screen.note(await missingAliases(backend, checked))
  screen.next(`tidegate release ${name} --version latest --dry-run`, `tidegate get ${name}`)
  return exitCodes.done
}

const aliasWords = (targets: Service['targets']): string =>
  targets.map(({ functionName, alias }) => `${functionName}:${alias}`).join(', ')

/** A definition may come before its function does. Whoever may not look hears nothing. */
async function missingAliases({ aliases }: Pick<Cli['backend'], 'aliases'>, service: Service): Promise<string[]> {
  const notes = await Promise.all(
    service.targets.map(async (target) => {
      try {
        await aliases.read(placedIn(service, target))
        return []
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        return error.code === 'alias_missing' ? [`${error.message} A release is refused until it is there.`] : []
      }
    }),
  )
  return notes.flat()
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
