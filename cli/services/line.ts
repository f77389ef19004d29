// Commands about the stopped line: stopping it, starting it again, and what is stopped by whom and why.
import { exitCodes } from '../backend/screen.ts'
import type { Cli } from '../backend/surroundings.ts'
import { stopWords } from './service-facts.ts'

type Stops = Awaited<ReturnType<Cli['backend']['line']['list']>>
type Stop = Stops['items'][number]

const namesOf = (services: readonly string[]): string => (services.length === 0 ? 'every service' : services.join(', '))

/** @param services empty for all services */
export async function stopLine(
  { backend, screen }: Cli,
  services: readonly string[],
  why: { readonly reason: string },
): Promise<number> {
  if (services.length === 0) await backend.order('stop-every-line', undefined, why)
  for (const service of services) await backend.order('stop-line', service, why)
  screen.say(
    `The line of ${namesOf(services)} is stopped: no release begins, and none takes a further step. Traffic stays where it is.`,
    { stopped: services.length === 0 ? 'all' : services },
  )
  screen.next(['tidegate line start', ...services].join(' '))
  return exitCodes.done
}

/**
 * A service may be stopped by itself and with all others, and each stop is lifted by itself: so it says what stays stopped.
 * @param services empty to lift the stop of all services
 */
export async function startLine({ backend, screen }: Cli, services: readonly string[]): Promise<number> {
  const before = await backend.line.list()
  if (services.length === 0) await backend.order('start-every-line', undefined)
  for (const service of services) await backend.order('start-line', service)
  const { items, unreadable } = await backend.line.list()
  const still = items.filter(
    ({ service }) => services.length === 0 || service === undefined || services.includes(service),
  )
  const asked = services.length === 0 ? [undefined] : services
  const [wasStopped, wasNot] = partition(asked, (service) => mayBeStopped(before, service))
  const lifted = [
    ...(wasStopped.length === 0 ? [] : [`The stop of ${subjects(wasStopped)} is lifted.`]),
    ...(wasNot.length === 0 ? [] : [`There was no stop of ${subjects(wasNot)} to lift.`]),
  ]
  const stays = still.map((stop) => `${subject(stop)} stopped: ${howToStart(stop)} (${stopWords(stop)}).`)
  const isFree = wasStopped.length > 0 && still.length + unreadable.length === 0
  const none = isFree ? ['Releases begin and go on again.'] : []
  screen.say([...lifted, ...none, ...stays, ...unreadWords(unreadable)], {
    started: services.length === 0 ? 'all' : services,
    stillStopped: still,
  })
  return unreadable.length === 0 ? exitCodes.done : exitCodes.refused
}

const mayBeStopped = ({ items, unreadable }: Stops, service: string | undefined): boolean =>
  [...items, ...unreadable.map(({ about }) => about)].some((one) => one.service === service)
const partition = <T>(all: readonly T[], isFirst: (one: T) => boolean): readonly [readonly T[], readonly T[]] => [
  all.filter(isFirst),
  all.filter((one) => !isFirst(one)),
]
const subjects = (services: readonly (string | undefined)[]): string =>
  namesOf(services.filter((one) => one !== undefined))

const subject = ({ service }: Stop): string => (service === undefined ? 'Every service stays' : `${service} stays`)
const howToStart = ({ service }: Stop): string =>
  `\`tidegate line start${service === undefined ? '' : ` ${service}`}\` lifts that`

/** @returns 1 if anything is stopped */
export async function showLine({ backend, screen }: Cli): Promise<number> {
  const { items, unreadable } = await backend.line.list()
  const lines = [
    ...items.map((stop) => (stop.service === undefined ? stopWords(stop) : `${stop.service}: ${stopWords(stop)}`)),
    ...unreadWords(unreadable),
  ]
  screen.say(lines.length === 0 ? 'No line is stopped.' : lines, {
    stopped: items,
    ...(unreadable.length === 0 ? {} : { unreadable: unreadable.map(({ about }) => about.service ?? 'all') }),
  })
  if (unreadable.length > 0) return exitCodes.refused
  return items.length === 0 ? exitCodes.done : exitCodes.different
}

const unreadWords = (unreadable: Stops['unreadable']): readonly string[] =>
  unreadable.map(
    ({ about, problem }) =>
      `${about.service ?? 'every service'} may be stopped; that cannot be read: ${problem.message}`,
  )
