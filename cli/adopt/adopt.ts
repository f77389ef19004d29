// `tidegate adopt`: writes a definition for each function of an account and region that has an alias to be moved, and a
// report of where it pays. It changes nothing there: every call only reads (account.ts). What cannot be told of one function
// is said, and stops no other.
import { join } from 'node:path'
import { concurrently, sentenceOf } from '../../functions/steps/each.ts'
import { exitCodes, type Screen } from '../backend/screen.ts'
import type { Account } from './account.ts'
import { type Existing, existingIn } from './existing.ts'
import { adoptOne, type Listed, tellOfAccount, together, withAliases } from './fleet.ts'
import { type Asked, callsFor, dollarsFor, measured, seriesOf } from './measured.ts'
import { serviceNames } from './names.ts'
import { noneRegistered, type Registered, serviceOf } from './registered.ts'
import { type Adopted, byWorth, type Left, type Report, reportDocument, reportText, savedWords } from './report.ts'
import { writtenReport } from './written.ts'

type Options = {
  readonly out: string
  /** Whether the cost is agreed to. */
  readonly yes: boolean
  /** Whether the definitions only watch. */
  readonly observes?: boolean
  readonly registered?: Registered
}

const shownMost = 5

/**
 * @returns 1 if something of a function could not be read or written
 * @throws Problem if the functions of the account cannot be listed, or `out` cannot be written to
 */
export async function adopt(
  screen: Screen,
  account: Account,
  { out, yes, observes = false, registered = noneRegistered }: Options,
): Promise<number> {
  const folder = join(out, 'services')
  const existing = await existingIn(folder)
  const all = (await account.functions()).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const region = await account.region()
  const { fresh, there } = apart(all, existing, registered)
  const { found, left } = await withAliases(account, fresh)
  const asked = found.map(({ name, aliases }): Asked => ({
    place: { functionName: name, service: 'adopt' },
    aliases: aliases.map((one) => one.name),
  }))
  const cost = costWords(all.length, region, asked)
  if (!yes) {
    screen.say([...cost, 'Nothing is written yet. To go on: the same command with --yes.'], {
      ...{ functions: all.length, region, adoptable: found.length, series: seriesOf(asked) },
      ...{ dollars: dollarsFor(seriesOf(asked)), left: [...there, ...left] },
    })
    return exitCodes.done
  }
  screen.note(cost)
  const nowMs = account.nowMs()
  const told = await tellOfAccount(account)
  const metrics = await measured(account.telemetry, asked, nowMs)
  const names = serviceNames(
    found.map(({ name }) => name),
    new Set([...existing.names, ...registered.services.map((service) => service.name)]),
  )
  const outcomes = await concurrently([...found.entries()], together, async ([index, one]): Promise<Adopted | Left> => {
    try {
      const name = names.get(one.name) ?? one.name
      return await adoptOne({ account, told, nowMs, folder, name, observes }, one, metrics[index] ?? 'it was not asked')
    } catch (error) {
      return { functionName: one.name, because: sentenceOf(error), kind: 'failed' }
    }
  })
  const report = reportOf(outcomes, {
    ...{ region, nowMs, functions: all.length, left: [...there, ...left] },
    notes: [
      ...existing.unread.map((file) => `${file} is no definition that can be read. It is left as it is.`),
      ...(registered.note === undefined ? [] : [registered.note]),
      ...told.notes,
    ],
    groups: told.groups,
  })
  const file = await writtenReport(join(out, 'report.md'), reportText(report))
  screen.say(endWords(report, folder, file), reportDocument(report, file))
  return report.left.some(({ kind }) => kind === 'failed') ? exitCodes.different : exitCodes.done
}

/** Why a function gets no definition: there is one already, or it is the controller's. */
function thereFor(name: string, { fileOf }: Existing, registered: Registered): string | undefined {
  const file = fileOf.get(name)
  if (file !== undefined) return `${file} defines it already, and is left as it is`
  const service = serviceOf(registered, name)
  if (service !== undefined) return `the registered service ${service} has it, and is left as it is`
  const isController = registered.prefix !== undefined && name.startsWith(`${registered.prefix}-`)
  return isController ? 'it is a function of the controller' : undefined
}

function apart(all: readonly Listed[], existing: Existing, registered: Registered) {
  const there = all.flatMap(({ name }): Left[] => {
    const because = thereFor(name, existing, registered)
    return because === undefined ? [] : [{ functionName: name, because, kind: 'there' }]
  })
  const taken = new Set(there.map(({ functionName }) => functionName))
  return { fresh: all.filter(({ name }) => !taken.has(name)), there }
}

const costWords = (functions: number, region: string, asked: readonly Asked[]): readonly string[] => [
  `${functions} functions in ${region}. ${asked.length} of them have an alias on a published version, and no definition yet.`,
  `Their ${seriesOf(asked)} metrics of 28 days take ${callsFor(asked)} ${callsFor(asked) === 1 ? 'call' : 'calls'} of GetMetricData: about $${dollarsFor(seriesOf(asked)).toFixed(2)}, at $0.01 for 1,000 metrics. Every call only reads.`,
]

function reportOf(
  outcomes: readonly (Adopted | Left)[],
  { left, groups, ...rest }: Omit<Report, 'adopted' | 'unmatched'> & { readonly groups: Report['unmatched'] },
): Report {
  const adopted = outcomes.flatMap((one) => ('because' in one ? [] : [one]))
  const failed = outcomes.flatMap((one) => ('because' in one ? [one] : []))
  const matched = new Set(adopted.map(({ known }) => known.group).filter((group) => group !== undefined))
  return {
    ...rest,
    adopted: adopted.toSorted(byWorth),
    left: [...left, ...failed],
    unmatched: groups.filter(
      (group) => ![...matched].some((one) => one.name === group.name && one.application === group.application),
    ),
  }
}

function endWords({ adopted, left }: Report, folder: string, file: string): readonly string[] {
  const shown = adopted.filter(({ worth }) => worth.saved > 0).slice(0, shownMost)
  return [
    `${adopted.length} definitions are written to ${folder}. ${left.length} functions got none. ${file} says why, and where it pays.`,
    ...shown.map(({ known, worth }) => `  ${known.name}: ${savedWords(worth)}`),
    ...(adopted.length === 0
      ? []
      : ['Read them, and then:', `  tidegate validate ${folder}`, `  tidegate apply ${folder}`]),
  ]
}
