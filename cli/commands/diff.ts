// Detects drift: definitions in files against the registered ones, and aliases against where the last release left them.
import { insteadOf } from '../../core/problem.ts'
import type { Service } from '../../core/service/service.ts'
import { placedIn } from '../../core/service/target.ts'
import { changesOf, type FieldChange } from '../../functions/definitions/changes.ts'
import { liveHolder } from '../../functions/steps/lease.ts'
import { whole } from '../../core/listing.ts'
import { eachShown, sentenceOf } from '../../functions/steps/each.ts'
import { latestHeads } from '../../functions/steps/heads.ts'
import { driftOf } from '../../functions/views/drift.ts'
import { exitCodes } from '../backend/screen.ts'
import { type Definition, readDefinitions } from './apply.ts'
import { definitionFiles } from '../backend/definition-files.ts'
import type { Cli } from '../backend/surroundings.ts'

type Change = { readonly field: string; readonly registered?: unknown; readonly file?: unknown }
type Drift = {
  readonly service: string
  readonly definition: readonly Change[]
  readonly aliases: readonly { readonly alias: string; readonly because: string }[]
}

type Unknown = { readonly service: string; readonly because: string }

/**
 * @param paths definitions to compare, and folders of them; without any, checks the aliases of every registered service
 * @returns 1 if anything drifted or may have, as `diff` does
 */
export async function showDrift({ backend, screen }: Cli, paths: readonly string[]): Promise<number> {
  const { files, isFolder } = await definitionFiles(paths)
  const drifts: Drift[] = []
  const unknown: Unknown[] = []
  if (files.length === 0) {
    const { items, unreadable } = await backend.services.list()
    const { done, failed } = await eachShown(items, async (service): Promise<Drift> => ({
      service: service.name,
      definition: [],
      aliases: await driftedAliases(backend, service),
    }))
    drifts.push(...done)
    unknown.push(
      ...unreadable.map(({ about, problem }) => ({ service: about.service, because: problem.message })),
      ...failed.map(({ item, error }) => ({ service: item.name, because: sentenceOf(error) })),
    )
  }
  const definitions = await readDefinitions(files)
  for (const { service: wanted } of definitions) {
    const registered = await backend.services.get(wanted.name).catch(insteadOf('service_missing', undefined))
    drifts.push({
      service: wanted.name,
      definition: registered === undefined ? [{ field: '', file: wanted }] : changesOf(registered, wanted).map(inFile),
      aliases: registered === undefined ? [] : await driftedAliases(backend, registered),
    })
  }
  if (isFolder) drifts.push(...(await withoutFile(backend, definitions)))
  const lines = [
    ...drifts.flatMap(linesOf),
    ...unknown.map(({ service, because }) => `${service}: it is unknown whether it drifted: ${because}`),
  ]
  screen.say(lines.length === 0 ? 'Nothing has drifted.' : lines, {
    drifts,
    ...(unknown.length === 0 ? {} : { unknown }),
  })
  return lines.length === 0 ? exitCodes.done : exitCodes.different
}

/** What is registered, while the folder that should have it does not. */
async function withoutFile(backend: Cli['backend'], definitions: readonly Definition[]): Promise<readonly Drift[]> {
  const filed = new Set(definitions.map(({ service }) => service.name))
  const { items, unreadable } = await backend.services.list()
  const names = [...items.map(({ name }) => name), ...unreadable.map(({ about }) => about.service)].sort()
  return names
    .filter((name) => !filed.has(name))
    .map((service) => ({ service, definition: [{ field: '', registered: service }], aliases: [] }))
}

const inFile = ({ field, before, after }: FieldChange): Change => ({
  field,
  ...(before === undefined ? {} : { registered: before }),
  ...(after === undefined ? {} : { file: after }),
})

async function driftedAliases(backend: Cli['backend'], service: Service): Promise<Drift['aliases']> {
  // A live release checks its aliases itself, and is interrupted if somebody else moved them.
  if ((await liveHolder(backend, service.name)) !== undefined) return []
  const heads = whole(await latestHeads(backend, service.name, 50))
  const found: { alias: string; because: string }[] = []
  for (const target of service.targets) {
    const { drift } = await driftOf(backend, placedIn(service, target), heads)
    if (drift !== undefined) found.push({ alias: `${target.functionName}:${target.alias}`, because: drift })
  }
  return found
}

function linesOf({ service, definition, aliases }: Drift): readonly string[] {
  const text = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value))
  return [
    ...definition.map(({ field, registered, file }) =>
      field === ''
        ? `${service}: ${file === undefined ? 'registered, and no file defines it' : 'not registered yet'}`
        : `${service}: ${field} is ${text(registered)}, but ${text(file)} in the file`,
    ),
    ...aliases.map(({ alias, because }) => `${service}: alias ${alias}: ${because}`),
  ]
}
