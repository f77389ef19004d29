// Reads definitions from files and checks them with their policies. The controller registers them, and knows who asks for it.
import * as z from 'zod'
import { besidesWords } from '../../core/concurrency/words.ts'
import { Problem } from '../../core/problem.ts'
import { wholePlanWords } from '../../core/service/plan.ts'
import { isObserved, type Service } from '../../core/service/service.ts'
import { placedIn, targetsWords } from '../../core/service/target.ts'
import { checkedDefinition } from '../../policy/definition.ts'
import { exitCodes } from '../backend/screen.ts'
import type { Cli } from '../backend/surroundings.ts'
import { definitionFiles } from '../backend/definition-files.ts'
import { readYaml } from '../backend/text-file.ts'

const Answer = z.looseObject({ isKnown: z.boolean(), changed: z.array(z.string()), service: z.unknown() })

/** Changes are named up to this many. */
const namedMost = 10

/**
 * Applies every definition that it can: what is refused stops no other.
 * @param paths files and folders
 * @throws Problem `definition_invalid`, before anything is sent, and what the controller answers
 */
export async function applyFiles({ backend, screen }: Cli, paths: readonly string[]): Promise<number> {
  const definitions = await readDefinitions((await definitionFiles(paths)).files)
  const refused: Refused[] = []
  // A definition later in the list may give up the alias that an earlier one takes over: so as long as that goes on, again.
  let left: readonly Definition[] = definitions
  for (;;) {
    const found = await applyEach({ backend, screen }, left)
    const taken = found.filter(({ problem }) => problem.code === 'alias_taken')
    refused.push(...found.filter((one) => !taken.includes(one)))
    if (taken.length === 0 || found.length === left.length) {
      refused.push(...taken)
      break
    }
    left = taken.map(({ one }) => one)
  }
  return ended(definitions, refused, screen)
}

type Refused = { readonly one: Definition; readonly problem: Problem }

async function applyEach(cli: Cli, definitions: readonly Definition[]): Promise<readonly Refused[]> {
  const refused: Refused[] = []
  for (const one of definitions) {
    try {
      await applyOne(cli, one.service, one.definition)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      refused.push({ one, problem: error })
    }
  }
  return refused
}

function ended(definitions: readonly Definition[], refused: readonly Refused[], screen: Cli['screen']): number {
  const [first] = refused
  const [service] = definitions.map((one) => one.service)
  if (first === undefined) {
    if (service !== undefined && definitions.length === 1) screen.next(nextOf(service), `tidegate get ${service.name}`)
    return exitCodes.done
  }
  if (definitions.length === 1) throw first.problem
  const sentences = refused.map(({ one, problem }) => `${one.service.name}: ${problem.message}`)
  throw new Problem(
    first.problem.code,
    `${refused.length} of ${definitions.length} definitions were not applied. ${sentences.join(' ')}`,
  )
}

const nextOf = (service: Service): string =>
  isObserved(service)
    ? `tidegate observed ${service.name}`
    : `tidegate release ${service.name} --version latest --dry-run`

async function applyOne({ backend, screen }: Cli, checked: Service, definition: unknown): Promise<void> {
  const { name, targets } = checked
  const { service, isKnown, changed } = Answer.parse(await backend.order('apply', name, { definition }))
  const planned = isObserved(checked)
    ? 'Others move it: Tidegate only looks, and says what it would have done.'
    : `Plan: ${wholePlanWords(checked)}.`
  const said = [`Service ${name} applied: ${targetsWords(targets)}. ${planned}`, ...besidesWords(checked)]
  screen.say([...said, changeWords(isKnown, changed)], service)
  if (!screen.json) screen.note(await missingAliases(backend, checked))
}

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

export type Definition = { readonly file: string; readonly definition: unknown; readonly service: Service }

/** @throws Problem `definition_invalid`, of every file that is wrong */
export async function readDefinitions(files: readonly string[]): Promise<readonly Definition[]> {
  const read: Definition[] = []
  const wrong: Problem[] = []
  for (const file of files) {
    try {
      const definition = await readYaml(file, 'definition_invalid')
      const service = checkedDefinition(definition)
      const other = read.find((one) => one.service.name === service.name)
      if (other !== undefined)
        throw new Problem('definition_invalid', `It defines the service ${service.name}, as ${other.file} does.`)
      read.push({ file, definition, service })
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      wrong.push(files.length === 1 ? error : new Problem(error.code, `${file}: ${error.message}`))
    }
  }
  const [first] = wrong
  if (wrong.length === 1 && first !== undefined) throw first
  if (first !== undefined)
    throw new Problem(
      first.code,
      `${wrong.length} of ${files.length} files are not valid. ${wrong.map(({ message }) => message).join(' ')}`,
    )
  return read
}
