// Detects drift: definitions in files against the registered ones, and aliases against where the last release left them.
import { Problem } from '../../core/problem.ts'
import type { Routing } from '../../core/service/routing.ts'
import { routingWords } from '../../core/service/routing.ts'
import type { AliasPlace } from '../../core/location.ts'
import type { Service } from '../../core/service/service.ts'
import { placedIn } from '../../core/service/target.ts'
import type { Head } from '../../core/release/head.ts'
import { changesOf, type FieldChange } from '../../functions/definitions/changes.ts'
import { liveHolder } from '../../functions/steps/lease.ts'
import { whole } from '../../core/listing.ts'
import { eachShown, sentenceOf } from '../../functions/steps/each.ts'
import { latestHeads } from '../../functions/steps/heads.ts'
import { exitCodes } from '../backend/screen.ts'
import { readDefinition } from './apply.ts'
import type { Cli } from '../backend/surroundings.ts'
import { own } from '../../core/own.ts'

type Change = { readonly field: string; readonly registered?: unknown; readonly file?: unknown }
type Drift = {
  readonly service: string
  readonly definition: readonly Change[]
  readonly aliases: readonly { readonly alias: string; readonly because: string }[]
}

type Unknown = { readonly service: string; readonly because: string }

/**
 * @param files definitions to compare; without any, checks the aliases of every registered service
 * @returns 1 if anything drifted or may have, as `diff` does
 */
export async function showDrift({ backend, screen }: Cli, files: readonly string[]): Promise<number> {
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
  for (const file of files) {
    const wanted = await readDefinition(file)
    const registered = await registeredAs(backend, wanted.name)
    drifts.push({
      service: wanted.name,
      definition: registered === undefined ? [{ field: '', file: wanted }] : changesOf(registered, wanted).map(inFile),
      aliases: registered === undefined ? [] : await driftedAliases(backend, registered),
    })
  }
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

async function registeredAs(backend: Cli['backend'], name: string): Promise<Service | undefined> {
  try {
    return await backend.services.get(name)
  } catch (error) {
    if (error instanceof Problem && error.code === 'service_missing') return undefined
    throw error
  }
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
    const because = await driftOf(backend, placedIn(service, target), heads)
    if (because !== undefined) found.push({ alias: `${target.functionName}:${target.alias}`, because })
  }
  return found
}

async function driftOf(
  backend: Cli['backend'],
  target: AliasPlace,
  heads: readonly Head[],
): Promise<string | undefined> {
  let routing: Routing
  try {
    routing = (await backend.aliases.read(target)).routing
  } catch (error) {
    if (error instanceof Problem && error.code === 'alias_missing') return error.message
    throw error
  }
  if (routing.additional !== undefined) return `it is split without a release: ${routingWords(routing)}`
  const last = heads.find((head) => own(head.versions, target.functionName) !== undefined)
  const versions = last === undefined ? undefined : own(last.versions, target.functionName)
  // After an interruption, the alias belongs to the person who moved it.
  if (last === undefined || versions === undefined || last.outcome === 'interrupted') return undefined
  const left = last.outcome === 'promoted' ? versions.candidate : versions.stable
  if (routing.version === left) return undefined
  return `it has version ${routing.version}, and release ${last.releaseId} left it at ${left}`
}

function linesOf({ service, definition, aliases }: Drift): readonly string[] {
  const text = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value))
  return [
    ...definition.map(({ field, registered, file }) =>
      field === ''
        ? `${service}: not registered yet`
        : `${service}: ${field} is ${text(registered)}, but ${text(file)} in the file`,
    ),
    ...aliases.map(({ alias, because }) => `${service}: alias ${alias}: ${because}`),
  ]
}
