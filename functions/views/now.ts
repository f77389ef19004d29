// Reads what is known of all services at this moment, for the pages that show many of them: one listing of each kind, and then a
// few reads for each service, several services at a time. What cannot be read is unknown, and stops nothing else.
import type { Listing } from '../../core/listing.ts'
import type { QueueEntry } from '../../core/queue/admission.ts'
import { Problem } from '../../core/problem.ts'
import type { Head } from '../../core/release/head.ts'
import type { ReturnRecord } from '../../core/release/return-record.ts'
import { isSettled, type Release } from '../../core/release/release.ts'
import { isObserved, type Service } from '../../core/service/service.ts'
import { placedIn } from '../../core/service/target.ts'
import type { AliasNow, FleetNow, GroupNow, ServiceNow, Stop } from '../../core/view/service-now.ts'
import type { Lease } from '../../cloud/ports.ts'
import { concurrently, sentenceOf } from '../steps/each.ts'
import { latestHeads } from '../steps/heads.ts'
import { loadIfThere } from '../steps/lease.ts'
import { aliasReadings } from './alias-readings.ts'
import { budgetsNow } from './budgets-now.ts'
import { driftOf, unchecked } from './drift.ts'
import type { World } from '../steps/world.ts'

export type NowPorts = Pick<
  World,
  | 'clock'
  | 'leases'
  | 'journal'
  | 'queues'
  | 'waitingLists'
  | 'history'
  | 'budgets'
  | 'line'
  | 'aliases'
  | 'outages'
  | 'returns'
> & {
  readonly services: Pick<World['services'], 'get' | 'list'>
  /** Where no version of a service that others move is shown, it is not there. */
  readonly observations?: Pick<World['observations'], 'seen'>
}

/** DynamoDB takes far more; the page is there in a second or two. */
const servicesAtOnce = 16
/** Among so many of the latest releases, the one that runs is looked for. */
const headsMost = 50
const waitingMost = 100

/** @throws Problem when not even the services can be listed */
export async function fleetNow(ports: NowPorts): Promise<FleetNow> {
  const [services, leases, records, queued, stops, outages] = await Promise.all([
    ports.services.list(),
    tried('Which releases are live', () => ports.leases.list()),
    tried('Which releases may have traffic', () => ports.returns.list()),
    tried('Which releases wait', () => ports.queues.list()),
    tried('Which lines are stopped', () => ports.line.list()),
    tried('Which parts of AWS are away', () => ports.outages.list()),
  ])
  const free = services.items.filter(({ name }) => !leases.found?.items.some((lease) => lease.name === name))
  const readings = await aliasReadings(
    ports,
    free
      .filter((service) => !isObserved(service))
      .flatMap((service) => service.targets.map((target) => placedIn(service, target))),
  )
  const facts = { leases: leases.found, records: records.found, queued: queued.found, stops: stops.found, readings }
  const defined = new Map(services.items.map((service) => [service.name, service]))
  const unreadable = new Map(services.unreadable.map(({ about, problem }) => [about.service, problem.message]))
  const names = [...new Set([...defined.keys(), ...unreadable.keys(), ...undefinedOnes(facts)])].sort()
  const found = await concurrently(names, servicesAtOnce, (name) =>
    serviceNow(ports, { name, service: defined.get(name), because: unreadable.get(name) }, facts),
  )
  const all = facts.stops?.items.find(({ service }) => service === undefined)
  return {
    nowMs: ports.clock.nowMs(),
    services: found,
    outages: outages.found ?? [],
    groups: await groupsNow(ports, services.items, facts.leases),
    unknown: [
      ...[leases, records, queued, stops, outages].flatMap(({ because }) => because ?? []),
      ...(records.found?.unreadable ?? []).map(
        ({ about, problem }) => `The return record of release ${about.releaseId} cannot be read: ${problem.message}`,
      ),
      ...(facts.stops?.unreadable ?? [])
        .filter(({ about }) => about.service === undefined)
        .map(({ problem }) => `Whether every line is stopped is not known: ${problem.message}`),
    ],
    ...(all === undefined ? {} : { stopped: stopOf(all) }),
  }
}

/** What one listing found for all services; `undefined` when it could not be read. */
type Facts = {
  readonly leases: Listing<Lease, Pick<Lease, 'name'>> | undefined
  /** Of releases that may have traffic. */
  readonly records: Awaited<ReturnType<World['returns']['list']>> | undefined
  readonly queued: readonly { readonly service: string; readonly entry: QueueEntry }[] | undefined
  readonly stops: Awaited<ReturnType<World['line']['list']>> | undefined
  /** What was read of aliases; without it, they are read now. */
  readonly readings?: Awaited<ReturnType<typeof aliasReadings>>
}

/** Whoever has no definition any more may still have a release. */
const undefinedOnes = ({ leases, queued }: Facts): readonly string[] => [
  ...[...(leases?.items ?? []), ...(leases?.unreadable ?? []).map(({ about }) => about)]
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('#')),
  ...(queued ?? []).map(({ service }) => service),
]

/** One service alone, without reading the others. @throws Problem when what is live cannot be listed */
export async function oneNow(ports: NowPorts, name: string): Promise<ServiceNow> {
  const [found, leases, records, queued, stops] = await Promise.all([
    definitionOf(ports, name),
    tried('Which releases are live', () => ports.leases.list()),
    tried('Which releases may have traffic', () => ports.returns.list()),
    tried('Which releases wait', () => ports.queues.first(name)),
    tried('Which lines are stopped', () => ports.line.list()),
  ])
  const facts = {
    leases: leases.found,
    records: records.found,
    queued: queued.found?.map((entry) => ({ service: name, entry })),
    stops: stops.found,
  }
  return serviceNow(ports, { name, ...found }, facts)
}

async function definitionOf({ services }: Pick<NowPorts, 'services'>, name: string): Promise<Omit<Named, 'name'>> {
  try {
    return { service: await services.get(name), because: undefined }
  } catch (error) {
    const isMissing = error instanceof Problem && error.code === 'service_missing'
    return { service: undefined, because: isMissing ? undefined : sentenceOf(error) }
  }
}

type Named = { readonly name: string; readonly service: Service | undefined; readonly because: string | undefined }

async function serviceNow(
  ports: NowPorts,
  { name, service, because }: Named,
  { leases, records, queued, stops, readings }: Facts,
): Promise<ServiceNow> {
  const record = records?.items.find((one) => one.service === name)
  const holder = leases?.items.find((lease) => lease.name === name)?.holder ?? record?.releaseId
  const [live, heads, budgets] = await Promise.all([
    holder === undefined ? noneLive : liveOf(ports, holder, record),
    tried('Its history', () => latestHeads(ports, name, headsMost)),
    service === undefined ? [] : budgetsNow(ports, service),
  ])
  const isFree = live.live === undefined && live.lost === undefined
  const isOthers = service !== undefined && isObserved(service)
  const aliases =
    service === undefined || isOthers || !isFree ? [] : await aliasesNow(ports, service, heads.found?.items, readings)
  const seen = isOthers ? await tried('What its aliases have', () => seenAliases(ports, service)) : undefined
  const stop = stops?.items.find((one) => one.service === name)
  const spoilt = [
    ...(leases?.unreadable ?? []).filter(({ about }) => about.name === name),
    ...(stops?.unreadable ?? []).filter(({ about }) => about.service === name),
    ...(heads.found?.unreadable ?? []),
  ]
  const missing = because ?? (service === undefined ? 'There is no definition of it.' : undefined)
  return {
    name,
    ...(service === undefined ? {} : { service }),
    ...(service === undefined && because === undefined ? { isRemoved: true as const } : {}),
    ...live,
    waiting: (queued ?? [])
      .filter((one) => one.service === name && one.entry.releaseId !== holder)
      .map(({ entry }) => entry),
    heads: heads.found?.items ?? [],
    budgets,
    aliases: seen?.found ?? aliases,
    ...(stop === undefined ? {} : { stopped: stopOf(stop) }),
    unknown: [
      ...(missing === undefined ? [] : [missing]),
      ...(leases === undefined ? ['Whether a release is live is not known.'] : []),
      ...[heads, seen].flatMap((one) => one?.because ?? []),
      ...spoilt.map(({ problem }) => problem.message),
    ],
  }
}

type Holder = { readonly live?: Release; readonly lost?: NonNullable<ServiceNow['lost']> }
const noneLive: Holder = {}

/** Whoever has ended holds a lease that nobody has dropped yet. */
async function liveOf(ports: NowPorts, releaseId: string, record: ReturnRecord | undefined): Promise<Holder> {
  try {
    const loaded = await loadIfThere(ports, releaseId)
    if (loaded === undefined && record?.releaseId === releaseId)
      return {
        lost: {
          releaseId,
          because: 'there is no log of it, and traffic of it may have moved.',
          targets: record.targets,
        },
      }
    return loaded === undefined || isSettled(loaded.release) ? {} : { live: loaded.release }
  } catch (error) {
    const targets = record?.releaseId === releaseId ? record.targets : undefined
    return { lost: { releaseId, because: sentenceOf(error), ...(targets === undefined ? {} : { targets }) } }
  }
}

async function aliasesNow(
  ports: NowPorts,
  service: Service,
  heads: readonly Head[] | undefined,
  readings: Facts['readings'],
): Promise<readonly AliasNow[]> {
  return Promise.all(
    service.targets.map(async (target): Promise<AliasNow> => {
      const { functionName, alias } = target
      const reading = readings?.(target)
      if (readings !== undefined && reading === undefined)
        return { functionName, alias, ...unchecked(functionName, heads ?? []) }
      const read: NowPorts['aliases']['read'] = (place) =>
        reading === undefined ? ports.aliases.read(place) : asRead(reading)
      try {
        const found = await driftOf({ aliases: { read } }, placedIn(service, target), heads ?? [])
        const unknown = heads === undefined ? { unknown: 'where the last release left it cannot be read' } : {}
        return { functionName, alias, ...found, ...unknown }
      } catch (error) {
        return { functionName, alias, unknown: sentenceOf(error) }
      }
    }),
  )
}

/** As they were last looked at, from the table: others move them, so where a release left them says nothing. */
async function seenAliases({ observations }: NowPorts, { name, targets }: Service): Promise<readonly AliasNow[]> {
  if (observations === undefined) return []
  return Promise.all(
    targets.map(async ({ functionName, alias }): Promise<AliasNow> => {
      const routing = (await observations.seen(name, functionName, alias))?.routing
      return { functionName, alias, ...(routing === undefined ? {} : { routing }) }
    }),
  )
}

const asRead = <T>(result: PromiseSettledResult<T>): Promise<T> =>
  result.status === 'fulfilled' ? Promise.resolve(result.value) : Promise.reject(result.reason as Error)

async function groupsNow(
  { waitingLists }: Pick<NowPorts, 'waitingLists'>,
  services: readonly Service[],
  leases: Facts['leases'],
): Promise<readonly GroupNow[]> {
  const sizes = new Map<string, number>()
  for (const { gates } of services)
    if (gates.concurrency !== undefined)
      sizes.set(gates.concurrency.group, Math.max(gates.concurrency.max, sizes.get(gates.concurrency.group) ?? 0))
  return concurrently([...sizes].sort(), servicesAtOnce, async ([group, max]) => ({
    group,
    max,
    holders: (leases?.items ?? []).filter(({ name }) => name.startsWith(`#${group}/`)).map(({ holder }) => holder),
    waiting: (await tried('', () => waitingLists.first(group, waitingMost))).found?.length,
  }))
}

const stopOf = ({ by, reason, sinceMs }: Stop): Stop => ({ by, reason, sinceMs })

type Tried<T> = { readonly found?: T; readonly because?: string }

async function tried<T>(what: string, read: () => Promise<T>): Promise<Tried<T>> {
  try {
    return { found: await read() }
  } catch (error) {
    return { because: `${what} is not known: ${sentenceOf(error)}` }
  }
}
