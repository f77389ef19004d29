// What the services have to hear of, and from which accounts and regions: rules.ts makes the rules of it.
import { isSame, type Site, siteFrom, siteOfFunction } from '../core/origin.ts'
import { drillAlarmOf } from '../core/drill/drill.ts'
import { isObserved, type Service } from '../core/service/service.ts'

/** A list of names, or all names: the embedded cloud is wired before it has services. */
export type Names = readonly string[] | 'all'
/** What is heard from one account and region. */
export type At<T> = { readonly site: Site } & T

export type Heard = {
  readonly home: Site
  readonly buckets: readonly At<{ readonly names: Names }>[]
  readonly repositories: readonly At<{ readonly names: Names }>[]
  /** Where stacks publish versions that are released. */
  readonly stacks: readonly Site[]
  /** Where incidents are told of. */
  readonly incidents: readonly Site[]
  readonly alarms: Names
  /** Services with error budgets. */
  readonly budgeted: Names
  /** Where aliases are moved, and by which roles of our own. */
  readonly aliases: readonly At<{ readonly movers: readonly string[] }>[]
  /** Where aliases are only watched. */
  readonly observed: readonly Site[]
  readonly machineArn: string
}

/** @param moverArns roles whose alias writes are the controller's own */
export function heardOf(all: readonly Service[], home: Site, machineArn: string, moverArns: readonly string[]): Heard {
  const services = all.filter((service) => !isObserved(service))
  const s3 = services.flatMap(({ triggers }) => triggers.s3 ?? [])
  const ecr = services.flatMap(({ triggers }) => triggers.ecr ?? [])
  const targets = services.flatMap((service) => service.targets)
  return {
    home,
    buckets: namesAt(home, s3, ({ account, bucket }) => [account, bucket]),
    repositories: namesAt(home, ecr, ({ registry, repository }) => [registry, repository]),
    stacks: sitesOf(
      services.filter(({ triggers }) => triggers.cloudFormation).flatMap((service) => service.targets),
      home,
    ),
    incidents: distinct([
      home,
      ...all.flatMap(({ incidents }) => (incidents.from ?? []).map((from) => siteFrom(from, home))),
    ]),
    alarms: unique(services.flatMap(({ name, signals }) => [...signals.alarms, drillAlarmOf(name)])),
    budgeted: unique(all.flatMap(({ name, slos }) => (slos.length === 0 ? [] : [name]))),
    aliases: sitesOf(targets, home).map((site) => {
      const there = targets.filter(({ functionName }) => isSame(siteOfFunction(functionName, home), site))
      return { site, movers: unique([...moverArns, ...there.flatMap(({ roleArn }) => roleArn ?? [])]) }
    }),
    observed: sitesOf(
      all.filter(isObserved).flatMap((service) => service.targets),
      home,
    ),
    machineArn,
  }
}
const unique = (values: readonly string[]): string[] => [...new Set(values)].sort()
const distinct = (sites: readonly Site[]): readonly Site[] =>
  sites.filter((site, index) => sites.findIndex((other) => isSame(site, other)) === index)
const sitesOf = (targets: Service['targets'], home: Site): readonly Site[] =>
  distinct(targets.map(({ functionName }) => siteOfFunction(functionName, home)))

/** The names by their account, in the controller's region: Lambda takes code from its own region only. */
function namesAt<T>(
  home: Site,
  all: readonly T[],
  of: (one: T) => readonly [account: string | undefined, name: string],
): readonly At<{ readonly names: Names }>[] {
  const byAccount = Map.groupBy(all.map(of), ([account = home.account]) => account)
  return [...byAccount].map(([account, them]) => ({
    site: { ...home, account },
    names: unique(them.map(([, name]) => name)),
  }))
}

/** @param elsewhere other accounts and regions whose events are forwarded to the bus */
export function everything(
  home: Site,
  machineArn: string,
  moverArns: readonly string[],
  elsewhere: readonly Site[] = [],
): Heard {
  const sites = [home, ...elsewhere]
  const all = sites.map((site) => ({ site, names: 'all' as const }))
  return {
    ...{ home, buckets: all, repositories: all, stacks: sites, incidents: sites, alarms: 'all', budgeted: 'all' },
    ...{ aliases: sites.map((site) => ({ site, movers: moverArns })), observed: sites, machineArn },
  }
}
