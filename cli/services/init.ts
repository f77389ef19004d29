// `tidegate init`: writes the first definition of a service, from what Lambda and CloudWatch tell of its function. What they do
// not tell, for want of rights, of a network or of the function, is left open and said in the file.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parse } from 'yaml'
import { oneLine } from '../../core/foreign-text.ts'
import { Problem } from '../../core/problem.ts'
import { sentenceOf } from '../../functions/steps/each.ts'
import { wrongWith } from '../../policy/definition.ts'
import type { FunctionFacts } from '../backend/function-facts.ts'
import { exitCodes, type Screen } from '../backend/screen.ts'
import { definitionText, type Known } from './first-definition.ts'

type InitOptions = {
  readonly name: string
  readonly functionName: string
  /** Without it: the function's only alias, or `live`. */
  readonly alias?: string
  readonly file: string
}

const weekHours = 7 * 24
const alarmsMost = 50

/**
 * @param functions `undefined` to ask nobody
 * @throws Problem `definition_invalid` when a name cannot be in a definition, `call_invalid` when the file is there
 */
export async function initService(
  screen: Screen,
  functions: FunctionFacts | undefined,
  { name, functionName, alias, file }: InitOptions,
): Promise<number> {
  const bare = { name, functionName, alias: alias ?? 'live', notes: [] }
  // Names are wrong before anybody is asked about them.
  check(definitionText(bare))
  const known = functions === undefined ? bare : await lookedUp(functions, bare, alias)
  const text = definitionText(known)
  check(text)
  await written(file, text)
  screen.say(
    [
      `${file} is written.`,
      ...known.notes,
      'Read it, and then:',
      `  tidegate validate ${file}`,
      `  tidegate apply ${file}`,
    ],
    { file, service: name, function: functionName, alias: known.alias, notes: known.notes },
  )
  return exitCodes.done
}

function check(text: string): void {
  const [wrong] = wrongWith(parse(text))
  if (wrong === undefined) return
  throw new Problem('definition_invalid', `No definition can be written: ${wrong.field}: ${wrong.words}.`)
}

async function written(file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text, { flag: 'wx' })
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
    const why = isThere ? 'is there already, and is left as it is' : `cannot be written: ${sentenceOf(cause)}`
    throw new Problem('call_invalid', `The file ${file} ${why}.`, { cause })
  }
}

/** Each question by itself: who may not ask one may ask another. */
async function lookedUp(functions: FunctionFacts, bare: Known, named: string | undefined): Promise<Known> {
  const { functionName, name } = bare
  const notes: string[] = []
  const asked = async <T>(what: string, ask: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await ask()
    } catch (error) {
      // As one line of a comment, whatever it says.
      notes.push(oneLine(`${what} could not be looked up: ${sentenceOf(error)}`, 400))
      return undefined
    }
  }
  const aliases = await asked('Its aliases', () => functions.aliases({ functionName, service: name }))
  const [only, another] = aliases ?? []
  const alias = named ?? (another === undefined ? only?.name : undefined) ?? bare.alias
  if (aliases !== undefined) notes.push(...notesOn(functionName, alias, aliases))
  const alarms = await asked('Alarms', () => functions.alarms(functionName, alias))
  const traffic = await asked('Its traffic', () => functions.traffic(functionName, weekHours))
  if (alarms !== undefined && alarms.length > alarmsMost)
    notes.push(`It has ${alarms.length} alarms; a definition takes ${alarmsMost}.`)
  return {
    ...bare,
    alias,
    notes,
    ...(alarms === undefined ? {} : { alarms: alarms.slice(0, alarmsMost) }),
    ...(traffic === undefined ? {} : { traffic }),
  }
}

type Aliases = Awaited<ReturnType<FunctionFacts['aliases']>>

function notesOn(functionName: string, alias: string, aliases: Aliases): readonly string[] {
  const found = aliases.find((one) => one.name === alias)
  if (found?.version === '$LATEST')
    return [`Alias ${alias} points at $LATEST: point it at a published version before the first release.`]
  if (found !== undefined) return []
  const others =
    aliases.length === 0
      ? ''
      : ` It has ${aliases
          .slice(0, 5)
          .map((one) => one.name)
          .join(', ')}.`
  return [
    `${functionName} has no alias ${alias}.${others} To make it: aws lambda create-alias --function-name ${functionName} --name ${alias} --function-version VERSION`,
  ]
}
