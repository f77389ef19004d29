// `tidegate services` and `tidegate get`: which services there are, what each of them does now, and how one is defined.
import { stringify } from 'yaml'
import { routingWords } from '../../core/service/routing.ts'
import { isObserved, type Service } from '../../core/service/service.ts'
import { placedIn } from '../../core/service/target.ts'
import { written, writtenBriefly } from '../../functions/definitions/written.ts'
import { each, eachShown, sentenceOf } from '../../functions/steps/each.ts'
import { exitCodes } from '../backend/screen.ts'
import type { Cli } from '../backend/surroundings.ts'
import { minuteWords } from '../../core/time.ts'
import {
  budgetWords,
  documentOf,
  factsOfService,
  inChargeWords,
  leftPercent,
  liveWords,
  type ServiceFacts,
  stopWords,
} from './service-facts.ts'

/** So many services are asked about at once. */
const together = 10

/** @returns 2 if one of them cannot be read */
export async function listServices({ backend, screen }: Cli): Promise<number> {
  const [{ items, unreadable }, lines] = await Promise.all([backend.services.list(), backend.line.list()])
  const { done, failed } = await each(
    { trouble: () => undefined },
    items,
    () => ({}),
    (service) => factsOfService(backend, service, lines.items),
    together,
  )
  const left = [
    ...unreadable.map(({ about, problem }) => ({ service: about.service, because: problem.message })),
    ...failed.map(({ item, error }) => ({ service: item.name, because: sentenceOf(error) })),
    ...lines.unreadable.map(({ about, problem }) => ({ service: about.service ?? 'all', because: problem.message })),
  ]
  const table = done.length === 0 ? [] : [{ table: [heading, ...done.map(rowOf)] }]
  const words = left.map(({ service, because }) => `${service} cannot be read: ${because}`)
  const none =
    'No service is registered. Write a definition with `tidegate init`, and register it with `tidegate apply FILE`.'
  screen.say(table.length + words.length === 0 ? none : [...table, ...words], {
    services: done.map(documentOf),
    ...(left.length === 0 ? {} : { unreadable: left }),
  })
  const [first, another] = done
  if (first !== undefined) screen.next(`tidegate get ${another === undefined ? first.service.name : 'SERVICE'}`)
  return left.length === 0 ? exitCodes.done : exitCodes.refused
}

const heading = ['SERVICE', 'IN CHARGE', 'NOW', 'BUDGET LEFT', 'LAST RELEASE']

function rowOf(facts: ServiceFacts): readonly string[] {
  const { service, live, stops, budgets, last } = facts
  const stopped = stops.length === 0 ? [] : ['line stopped']
  const now = [...(live === undefined ? [] : [liveWords(live)]), ...stopped]
  const left = budgets.map((budget) => `${budget.slo} ${leftPercent(budget) ?? '?'}`)
  return [
    service.name,
    inChargeWords(facts.inCharge) || (last === undefined ? '-' : '?'),
    now.length > 0 ? now.join('; ') : isObserved(service) ? 'only observed' : 'nothing live',
    left.join(', ') || '-',
    last?.settledAtMs === undefined ? 'never' : `${minuteWords(last.settledAtMs)} ${last.outcome ?? ''}`,
  ]
}

/** @param all also the fields that the definition leaves to their defaults */
export async function getService({ backend, screen }: Cli, name: string, all: boolean): Promise<number> {
  const service = await backend.services.get(name)
  const { items, unreadable } = await backend.line.list()
  const facts = await factsOfService(backend, service, items)
  const aliases = await aliasesOf(backend, service)
  const form = all ? written(service) : writtenBriefly(service)
  const lines = [
    ...stringify(form, { lineWidth: 0 }).trimEnd().split('\n'),
    '',
    ...(all ? [] : ['# What is left out has its default: tidegate get --all']),
    ...aliases.map(({ alias, version, because }) => `# alias ${alias}: ${version ?? because ?? ''}`),
    `# ${facts.live === undefined ? 'no release is live' : liveWords(facts.live)}`,
    ...facts.budgets.map((budget) => `# budget ${budgetWords(budget)}`),
    ...(facts.stops.length === 0 ? [] : facts.stops.map((stop) => `# line: ${stopWords(stop)}`)),
    ...unreadable.map(({ problem }) => `# whether the line is stopped cannot be read: ${problem.message}`),
  ]
  screen.say(lines, { definition: form, aliases, ...documentOf(facts) })
  screen.next(
    ...(facts.live === undefined
      ? [`tidegate release ${name} --version latest --dry-run`, `tidegate history ${name}`]
      : [`tidegate watch ${name}`]),
  )
  return exitCodes.done
}

type Alias = { readonly alias: string; readonly version?: string; readonly because?: string }

/** The caller may have no right to look at them, or they may be in another account. */
async function aliasesOf(backend: Cli['backend'], service: Service): Promise<readonly Alias[]> {
  const { done, failed } = await eachShown(service.targets, async (target): Promise<Alias> => {
    const { routing } = await backend.aliases.read(placedIn(service, target))
    return { alias: `${target.functionName}:${target.alias}`, version: routingWords(routing) }
  })
  return [
    ...done,
    ...failed.map(({ item, error }) => ({
      alias: `${item.functionName}:${item.alias}`,
      because: `unknown: ${sentenceOf(error)}`,
    })),
  ]
}
