// The commands, independent of their spelling: each takes a backend and a screen, and returns an exit code.
import * as z from 'zod'
import { replay } from '../../core/release/advance.ts'
import type { Outcome } from '../../core/release/event.ts'
import { Problem } from '../../core/problem.ts'
import type { Release } from '../../core/release/release.ts'
import { liveHolder } from '../../functions/steps/lease.ts'
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
  release.ending !== undefined && good.includes(release.ending.outcome) ? exitCodes.done : exitCodes.notReleased

/** Finds a release by its id, or a service's live release, or else its latest. */
async function releaseIdOf(
  backend: Pick<Backend, 'journal' | 'leases' | 'openReleases' | 'history'>,
  which: string,
): Promise<string> {
  if ((await backend.journal.read(which)).events.length > 0) return which
  const live = await liveHolder(backend, which)
  if (live !== undefined) return live.release.id
  const [open] = idsOf(await backend.openReleases.list(which))
  const latest = open ?? idsOf(await backend.history.list(which, 1))[0]
  if (latest !== undefined) return latest
  throw new Problem('release_missing', `There is no release ${which}, and no service ${which} that has a release.`)
}

/** @throws Problem `release_missing` */
export async function releaseOf(
  backend: Pick<Backend, 'journal' | 'leases' | 'openReleases' | 'history'>,
  which: string,
): Promise<Release> {
  const release = replay((await backend.journal.read(await releaseIdOf(backend, which))).events)
  if (release === undefined) throw new Problem('release_missing', `There is no release ${which}.`)
  return release
}

export async function showStatus({ backend, screen }: Cli, service: string | undefined): Promise<number> {
  if (service !== undefined) await backend.services.get(service)
  const ids = idsOf(await backend.openReleases.list(service))
  const { done, failed } = await eachShown(ids, async (releaseId) => {
    const { events } = await backend.journal.read(releaseId)
    const release = replay(events)
    if (release === undefined || release.state.phase === 'settled') return []
    return [{ release, lines: statusLines(release, nowIn(backend, events)) }]
  })
  const unreadable = failed.map(({ item, error }) => ({ release: item, because: sentenceOf(error) }))
  const lines = [
    ...done.flat().flatMap((one) => one.lines),
    ...unreadable.map(({ release, because }) => `${release} is open, and cannot be read: ${because}`),
  ]
  screen.say(lines.length === 0 ? 'No release is under way.' : lines, {
    releases: done.flat().map(({ release }) => release),
    ...(unreadable.length === 0 ? {} : { unreadable }),
  })
  const [only, another] = done.flat()
  if (only !== undefined && another === undefined) screen.next(...nextCommands(only.release))
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
  const { events } = await backend.journal.read(await releaseIdOf(backend, which))
  const release = replay(events)
  if (release === undefined) return exitCodes.done
  if (screen.json) for (const event of events) screen.say('', event)
  else screen.note([headLine(release), ...logLines(events)])
  screen.next(...nextCommands(release))
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
