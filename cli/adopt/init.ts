// `tidegate init`: writes the first definition of a service, from what Lambda and CloudWatch tell of its function. What they do
// not tell, for want of rights, of a network or of the function, is left open and said in the file.
import { oneLine } from '../../core/foreign-text.ts'
import { isElsewhere, type Place } from '../../core/location.ts'
import { Problem } from '../../core/problem.ts'
import { exitCodes, type Screen } from '../backend/screen.ts'
import { type Account, alarmsOn } from './account.ts'
import { chosenAlias, releasesIn, trafficBy } from './chosen.ts'
import type { Known } from './facts.ts'
import { checkDefinition, definitionText } from './first-definition.ts'
import { measured } from './measured.ts'
import { noting } from './asking.ts'
import { notesOn } from './notes.ts'
import { noneRegistered, type Registered, serviceOf } from './registered.ts'
import { proveNothing, warnings } from './warnings.ts'
import { writtenNew } from './written.ts'

type InitOptions = {
  readonly name: string
  readonly functionName: string
  /** Without it: the function's only alias, the one that most requests come by, or `live`. */
  readonly alias?: string
  readonly file: string
  readonly registered?: Registered
}

/**
 * @param account `undefined` to ask nobody
 * @throws Problem `definition_invalid` when a name cannot be in a definition, `call_invalid` when the file is there, when the
 * function is not, or when a registered service has that name or alias
 */
export async function initService(
  screen: Screen,
  account: Account | undefined,
  { name, functionName, alias, file, registered = noneRegistered }: InitOptions,
): Promise<number> {
  const bare = { name, functionName, alias: alias ?? 'live', notes: [] }
  // Names are wrong before anybody is asked about them.
  checkDefinition(definitionText(bare))
  if (registered.services.some((service) => service.name === name)) throw registeredAlready(name, file)
  const known = account === undefined ? bare : await lookedUp(account, bare, alias)
  const service = serviceOf(registered, functionName, known.alias)
  if (service !== undefined) throw registeredAlready(service, file, `${functionName}:${known.alias}`)
  const text = definitionText(known)
  checkDefinition(text)
  if (!(await writtenNew(file, text)))
    throw new Problem('call_invalid', `The file ${file} is there already, and is left as it is.`)
  const nothing = proveNothing(known)
  const { note } = registered
  const notes = [
    ...(note === undefined ? [] : [note]),
    ...known.notes,
    ...(nothing === undefined ? [] : [nothing]),
    ...warnings(known),
  ]
  screen.say(
    [`${file} is written.`, ...notes, 'Read it, and then:', `  tidegate validate ${file}`, `  tidegate apply ${file}`],
    { file, service: name, function: functionName, alias: known.alias, notes },
  )
  return exitCodes.done
}

const registeredAlready = (service: string, file: string, place?: string): Problem =>
  new Problem(
    'call_invalid',
    `Service ${service} is registered already${place === undefined ? '' : `, and releases ${place}`}. Its definition: tidegate get ${service} > ${file}.`,
  )

/** A definition of a misspelt function would be applied, and then release nothing. */
async function functionMissing(account: Account, functionName: string): Promise<Problem> {
  const where = isElsewhere({ functionName }) ? '' : ` in ${await account.region()}, in the account of your credentials`
  return new Problem(
    'call_invalid',
    `There is no function ${functionName}${where}. To write a definition before there is one: --offline.`,
  )
}

/** Each question by itself: who may not ask one may ask another. */
async function lookedUp(account: Account, bare: Known, named: string | undefined): Promise<Known> {
  const place: Place = { functionName: bare.functionName, service: bare.name }
  const notes: string[] = []
  const asked = noting(notes)
  const aliases = await asked('Its aliases', async () => {
    try {
      return await account.aliases(place)
    } catch (error) {
      if (error instanceof Problem && error.code === 'version_missing') return 'no function' as const
      throw error
    }
  })
  if (aliases === 'no function') throw await functionMissing(account, bare.functionName)
  const names = [...new Set([...(named === undefined ? [] : [named]), ...(aliases ?? []).map(({ name }) => name)])]
  const nowMs = account.nowMs()
  const [found] =
    (await asked('Its metrics', () => measured(account.telemetry, [{ place, aliases: names }], nowMs))) ?? []
  if (typeof found === 'string') notes.push(oneLine(`Its metrics could not be looked up: ${found}`, 400))
  const known = typeof found === 'object' ? found : undefined
  const alias = named ?? chosenAlias(aliases ?? [], known, undefined)?.name ?? bare.alias
  if (aliases !== undefined) notes.push(...notesOn(bare.functionName, alias, aliases))
  const alarms = await asked('Alarms', () => account.alarms())
  const versions = await asked('Its versions', () => account.versions(place))
  const invokers = await asked('Who may invoke it', () => account.invokers(place, alias))
  const mappings = await asked('Its event sources', () => account.mappings(place))
  const provisioned = await asked('Its provisioned concurrency', () => account.provisioned(place))
  return {
    ...{ ...bare, alias, notes, asOfMs: nowMs },
    otherAliases: (aliases ?? []).map(({ name }) => name).filter((name) => name !== alias),
    ...(known === undefined ? {} : { ...trafficBy(alias, known), performance: known.performance }),
    ...(alarms === undefined ? {} : { alarms: alarmsOn(alarms, bare.functionName, alias) }),
    ...(versions === undefined ? {} : { releases: releasesIn(versions, nowMs).length }),
    ...(invokers === undefined || mappings === undefined ? {} : { triggers: [...invokers, ...mappings] }),
    ...(provisioned === undefined ? {} : { provisioned }),
  }
}
