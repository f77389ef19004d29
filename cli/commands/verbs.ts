// The commands, independent of their spelling: each takes a backend and a screen, and returns an exit code.
import * as z from 'zod'
import { replay } from '../../core/release/advance.ts'
import type { Outcome, ReleaseEvent } from '../../core/release/event.ts'
import { Problem } from '../../core/problem.ts'
import { isSettled, putBackAlone, type Release } from '../../core/release/release.ts'
import { loadLost, type LostPorts } from '../../functions/views/lost.ts'
import { isLogLost } from '../../functions/steps/by-record.ts'
import { eachShown, sentenceOf } from '../../functions/steps/each.ts'
import { latestHeads } from '../../functions/steps/heads.ts'
import { idsOf } from '../../functions/steps/log.ts'
import type { Backend } from '../backend/backend.ts'
import type { Cli } from '../backend/surroundings.ts'
import { exitCodes } from '../backend/screen.ts'
import type { Line } from '../backend/line.ts'
import { historyLines } from '../story/history.ts'
import { moment } from '../../core/view/release/moment.ts'
import { nextCommands, statusLines } from '../story/now.ts'
import { lostCommands, lostLines } from '../story/lost.ts'
import { logLines } from '../story/repeats.ts'
import { nowIn, watch, type WatchOptions } from './watch.ts'

type StartRoute = 'start' | 'start-bolder' | 'start-urgent'

const Accepted = z.looseObject({ releases: z.array(z.looseObject({ releaseId: z.string() })).min(1) })

/** @param follow watches the release to its end, which then determines the exit code */
export async function startRelease(
  cli: Cli,
  {
    route,
    service,
    call,
  }: { readonly route: StartRoute; readonly service: string; readonly call: Record<string, unknown> },
  follow: WatchOptions | undefined,
): Promise<number> {
  const accepted = Accepted.parse(await cli.backend.order(route, service, call))
  const releaseId = accepted.releases[0]?.releaseId ?? ''
  cli.screen.say(`Release ${releaseId} has been accepted.`, { releaseId })
  if (follow !== undefined) return watchRelease(cli, releaseId, follow)
  cli.screen.next(`tidegate watch ${service}`)
  return exitCodes.done
}

export async function watchRelease({ backend, screen }: Cli, which: string, options: WatchOptions): Promise<number> {
  const release = await watch(backend, screen, await releaseIdOf(backend, which), options)
  return release?.state.phase === 'settled' ? endCode(release) : exitCodes.interrupted
}

const good: readonly Outcome[] = ['promoted', 'alreadyReleased']
const endCode = (release: Release): number =>
  release.ending !== undefined && good.includes(release.ending.outcome) && putBackAlone(release).length === 0
    ? exitCodes.done
    : exitCodes.notReleased

/** Finds a release by its id, or a service's live release, or else its latest. */
async function releaseIdOf(backend: LostPorts, which: string): Promise<string> {
  const read = await readAny(backend, which)
  if (!('lost' in read) || read.lost.code !== 'release_missing') return which
  const holder = await backend.leases.holder(which)
  const held = holder === undefined ? undefined : await readAny(backend, holder)
  // Whoever holds the lease and has a damaged log is the one that is meant.
  if (holder !== undefined && held !== undefined && !isGone(held)) return holder
  const [open] = idsOf(await backend.openReleases.list(which))
  const returnable = (await backend.returns.list()).items.find(({ service }) => service === which)?.releaseId
  const latest = open ?? returnable ?? idsOf(await backend.history.list(which, 1))[0]
  if (latest !== undefined) return latest
  if ((await loadLost(backend, which, read.lost)) !== undefined) return which
  throw new Problem('release_missing', `There is no release ${which}, and no service ${which} that has a release.`)
}

type Read = { readonly release: Release; readonly events: readonly ReleaseEvent[] } | { readonly lost: Problem }

/** A release and its log, or why that is lost. @throws Problem that is not about its log */
async function readAny({ journal }: Pick<Backend, 'journal'>, releaseId: string): Promise<Read> {
  try {
    const { events } = await journal.read(releaseId)
    const release = replay(events)
    return release === undefined ? { lost: missing(releaseId) } : { release, events }
  } catch (error) {
    if (!isLogLost(error)) throw error
    return { lost: error }
  }
}

/** It has ended, or there is none. */
const isGone = (read: Read): boolean =>
  'lost' in read ? read.lost.code === 'release_missing' : isSettled(read.release)

const missing = (releaseId: string): Problem =>
  new Problem('release_missing', `There is no log of release ${releaseId}.`)

/** @throws Problem `release_missing` */
export async function releaseOf(backend: LostPorts, which: string): Promise<Release> {
  const release = replay((await backend.journal.read(await releaseIdOf(backend, which))).events)
  if (release === undefined) throw new Problem('release_missing', `There is no release ${which}.`)
  return release
}

export async function showStatus({ backend, screen }: Cli, service: string | undefined): Promise<number> {
  if (service !== undefined) await backend.services.get(service)
  const [open, records] = await Promise.all([backend.openReleases.list(service), backend.returns.list()])
  // Whatever may have traffic is shown, also when nothing else of it is left.
  const returnable = records.items.filter((record) => service === undefined || record.service === service)
  const ids = [...new Set([...idsOf(open), ...returnable.map(({ releaseId }) => releaseId)])]
  const { done, failed } = await eachShown(ids, async (releaseId) => {
    const read = await readAny(backend, releaseId)
    if ('lost' in read) {
      const view = await loadLost(backend, releaseId, read.lost)
      return view === undefined
        ? []
        : [{ lines: lostLines(view), lost: { release: releaseId, because: view.sentence } }]
    }
    const { release, events } = read
    return release.state.phase === 'settled' ? [] : [{ release, lines: statusLines(release, nowIn(backend, events)) }]
  })
  const unreadable = [
    ...done.flat().flatMap((one) => ('lost' in one ? [one.lost] : [])),
    ...failed.map(({ item, error }) => ({ release: item, because: sentenceOf(error) })),
  ]
  const releases = done.flat().flatMap((one) => ('lost' in one ? [] : [one.release]))
  const lines = [
    ...done.flat().flatMap((one) => one.lines),
    ...failed.map(({ item, error }) => `${item} is open, and cannot be read: ${sentenceOf(error)}`),
  ]
  screen.say(lines.length === 0 ? 'No release is under way.' : lines, {
    releases,
    ...(unreadable.length === 0 ? {} : { unreadable }),
  })
  const [only, another] = releases
  if (only !== undefined && another === undefined) screen.next(...nextCommands(only))
  if (lines.length === 0 && service !== undefined) screen.next(`tidegate history ${service}`)
  return unreadable.length === 0 ? exitCodes.done : exitCodes.refused
}

export async function showHistory({ backend, screen }: Cli, service: string, limit: number): Promise<number> {
  await backend.services.get(service)
  const { items, unreadable } = await latestHeads(backend, service, limit)
  const lines = [
    ...historyLines(items),
    ...unreadable.map(({ about, problem }) => `${about.releaseId} cannot be read: ${problem.message}`),
  ]
  screen.say(lines.length === 0 ? `No release of ${service} has ended yet.` : lines, {
    releases: items,
    ...(unreadable.length === 0 ? {} : { unreadable: unreadable.map(({ about }) => about.releaseId) }),
  })
  const [latest] = items
  if (latest !== undefined) screen.next(`tidegate log ${latest.releaseId}`)
  return unreadable.length === 0 ? exitCodes.done : exitCodes.refused
}

/** The whole log of one release: each event as JSON, and for people once what repeats. */
export async function showLog({ backend, screen }: Cli, which: string): Promise<number> {
  const releaseId = await releaseIdOf(backend, which)
  const read = await readAny(backend, releaseId)
  if ('lost' in read) {
    const view = await loadLost(backend, releaseId, read.lost)
    if (view === undefined) throw read.lost
    screen.say(lostLines(view), {
      release: releaseId,
      problem: read.lost.code,
      because: view.sentence,
      next: view.next,
    })
    screen.next(...lostCommands(view))
    return exitCodes.refused
  }
  const { release, events } = read
  if (screen.json) for (const event of events) screen.say('', event)
  else screen.note([headLine(release), ...logLines(events)])
  const next = nextCommands(release).filter((command) => !command.startsWith('tidegate log '))
  screen.next(...(next.length === 0 ? [`tidegate post-mortem ${release.id}`] : next))
  return exitCodes.done
}

const headLine = ({ id, service, requestedAtMs }: Release): Line => ({
  head: [],
  rest: [
    {
      text: `Release ${id} of ${service.name}, requested at ${moment(requestedAtMs)}. Times are since then.`,
      tone: 'faint',
    },
  ],
})
