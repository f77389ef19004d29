// What is told of an account at once, and of each of its functions: each question by itself, so that a missing right or one
// strange function takes nothing else away.
import { join } from 'node:path'
import { oneLine } from '../../core/foreign-text.ts'
import { FunctionName, type Place } from '../../core/location.ts'
import { concurrently, sentenceOf } from '../../functions/steps/each.ts'
import { offerFor } from '../promise/words.ts'
import { type Account, alarmsOn } from './account.ts'
import { chosenAlias, releasesIn, trafficBy } from './chosen.ts'
import type { AliasFact, DeployGroup, Known } from './facts.ts'
import { checkDefinition, definitionText } from './first-definition.ts'
import type { Measured } from './measured.ts'
import { noting } from './asking.ts'
import { notesOn } from './notes.ts'
import type { Adopted, Left } from './report.ts'
import type { Mapping } from './triggers.ts'
import { proveNothing, warnings } from './warnings.ts'
import { worthOf } from './worth.ts'
import { writtenNew } from './written.ts'

/** So many functions are asked about at once. */
export const together = 5

export type Listed = Awaited<ReturnType<Account['functions']>>[number]
type Found = Listed & { readonly aliases: readonly AliasFact[] }

/** Of the whole account; what could not be told is absent, and a note. */
type Told = {
  readonly alarms: Awaited<ReturnType<Account['alarms']>> | undefined
  readonly mappings: readonly Mapping[] | undefined
  readonly groups: readonly DeployGroup[]
  readonly notes: readonly string[]
}

/** Those that have an alias on a published version, and why the others have none that could be moved. */
export async function withAliases(
  account: Account,
  functions: readonly Listed[],
): Promise<{ readonly found: readonly Found[]; readonly left: readonly Left[] }> {
  const outcomes = await concurrently(functions, together, async (one): Promise<Found | Left> => {
    const { name: functionName } = one
    if (!FunctionName.safeParse(functionName).success)
      return { functionName, because: 'a function of this name cannot be a target', kind: 'name' }
    try {
      const aliases = await account.aliases({ functionName, service: 'adopt' })
      const because = whyNone(functionName, aliases)
      if (because !== undefined) return { functionName, because, kind: 'alias' }
      return { ...one, aliases: aliases.filter(({ version }) => version !== '$LATEST') }
    } catch (error) {
      return { functionName, because: sentenceOf(error), kind: 'failed' }
    }
  })
  return {
    found: outcomes.flatMap((one) => ('because' in one ? [] : [one])),
    left: outcomes.flatMap((one) => ('because' in one ? [one] : [])),
  }
}

function whyNone(functionName: string, aliases: readonly AliasFact[]): string | undefined {
  if (aliases.length === 0)
    return `it has no alias. Publish a version, make an alias on it, and let callers use that: aws lambda publish-version --function-name ${functionName}; aws lambda create-alias --function-name ${functionName} --name live --function-version VERSION`
  if (aliases.some(({ version }) => version !== '$LATEST')) return undefined
  const names = aliases.map(({ name }) => name).join(', ')
  return `${names} ${aliases.length === 1 ? 'points' : 'point'} at $LATEST, which cannot be part of a weighted alias. Point it at a published version.`
}

export async function tellOfAccount(account: Account): Promise<Told> {
  const notes: string[] = []
  const asked = noting(notes)
  const alarms = await asked('Alarms', () => account.alarms())
  const mappings = await asked('Event sources', () => account.mappings())
  const told = await asked('Deployment groups of CodeDeploy', () => account.groups())
  return { alarms, mappings, groups: told?.groups ?? [], notes: [...notes, ...(told?.notes ?? [])] }
}

type With = {
  readonly account: Account
  readonly told: Told
  readonly nowMs: number
  readonly folder: string
  readonly name: string
  /** Whether the definition only watches. */
  readonly observes: boolean
}

/** Writes its definition. @throws Problem if that cannot be written */
export async function adoptOne(context: With, one: Found, metrics: Measured | string): Promise<Adopted | Left> {
  const { folder, name, observes } = context
  const { known, releases } = await lookedUp(context, one, metrics)
  const text = definitionText(known, observes)
  checkDefinition(text)
  const file = join(folder, `${name}.yaml`)
  if (!(await writtenNew(file, text)))
    return { functionName: one.name, because: `${file} is there already, and is left as it is`, kind: 'there' }
  const offer = known.usual && offerFor(known.usual)
  const nothing = proveNothing(known)
  return {
    known,
    file,
    ...(offer === undefined ? {} : { offer }),
    ...(nothing === undefined ? {} : { nothing }),
    warnings: [...known.notes, ...warnings(known)],
    worth: worthOf(typeof metrics === 'string' ? [] : metrics.all, releases, known.usual, offer),
  }
}

async function lookedUp(
  { account, told, nowMs, name }: With,
  { name: functionName, arn, aliases }: Found,
  metrics: Measured | string,
): Promise<{ readonly known: Known; readonly releases: readonly number[] }> {
  const place: Place = { functionName, service: name }
  const notes: string[] = []
  const asked = noting(notes)
  const tags = await asked('Its tags', () => account.tags(arn))
  const group = groupFor(told.groups, functionName, tags ?? {})
  const found = typeof metrics === 'string' ? undefined : metrics
  if (typeof metrics === 'string') notes.push(oneLine(`Its metrics could not be looked up: ${metrics}`, 400))
  const alias = chosenAlias(aliases, found, group)?.name ?? 'live'
  notes.push(...notesOn(functionName, alias, aliases))
  const versions = await asked('Its versions', () => account.versions(place))
  const invokers = await asked('Who may invoke it', () => account.invokers(place, alias))
  const provisioned = await asked('Its provisioned concurrency', () => account.provisioned(place))
  const releases = releasesIn(versions ?? [], nowMs)
  const stack = tags?.['aws:cloudformation:stack-name']
  const mappings = told.mappings?.filter((one) => one.functionName === functionName)
  const alarms = told.alarms && [...new Set([...alarmsOn(told.alarms, functionName, alias), ...(group?.alarms ?? [])])]
  const known: Known = {
    ...{ name, functionName, alias, notes, asOfMs: nowMs },
    otherAliases: aliases.map((other) => other.name).filter((other) => other !== alias),
    ...(found === undefined ? {} : { ...trafficBy(alias, found), performance: found.performance }),
    ...(alarms === undefined ? {} : { alarms }),
    ...(versions === undefined ? {} : { releases: releases.length }),
    ...(invokers === undefined || mappings === undefined ? {} : { triggers: [...invokers, ...mappings] }),
    ...(provisioned === undefined ? {} : { provisioned }),
    ...(group === undefined ? {} : { group }),
    ...(stack === undefined ? {} : { stack }),
  }
  return { known, releases }
}

/** By its deployments; or by the names that SAM gives to what it makes, where the group has not deployed anything yet. */
function groupFor(
  groups: readonly DeployGroup[],
  functionName: string,
  tags: Readonly<Record<string, string>>,
): DeployGroup | undefined {
  const [stack, logicalId] = [tags['aws:cloudformation:stack-name'], tags['aws:cloudformation:logical-id']]
  const isOfSam = ({ name }: DeployGroup): boolean =>
    stack !== undefined && logicalId !== undefined && name.startsWith(`${stack}-${logicalId}DeploymentGroup`)
  return (
    groups.find((group) => group.functionName === functionName) ??
    groups.find((group) => group.functionName === undefined && isOfSam(group))
  )
}
