// `tidegate drill`: rehearses the way back of a real service. It releases a version that had all traffic before, at 0 % or at a
// chosen weight, makes an alarm of its own fire, and looks at what became of it: the traffic, the time, and who was told.
import * as z from 'zod'
import type { ReleaseEvent } from '../../core/release/event.ts'
import { replay } from '../../core/release/advance.ts'
import { latestHeads } from '../../functions/steps/heads.ts'
import { hadWhole } from '../../core/release/head.ts'
import { Problem } from '../../core/problem.ts'
import { whole } from '../../core/listing.ts'
import { isSettled, type Release } from '../../core/release/release.ts'
import { endKey } from '../../core/release/pages.ts'
import { commandBack } from '../../core/release/return-record.ts'
import { drillAlarmOf } from '../../core/drill/drill.ts'
import { routingWords } from '../../core/service/routing.ts'
import type { Service } from '../../core/service/service.ts'
import { placedIn } from '../../core/service/target.ts'
import type { DrillAlarm } from '../backend/drill-alarm.ts'
import { exitCodes } from '../backend/screen.ts'
import type { Cli } from '../backend/surroundings.ts'

type DrillOptions = {
  /** Percent of the traffic that the version gets. */
  readonly weight: number
  /** By function; without it, versions that had all traffic before. */
  readonly versions?: Readonly<Record<string, string>>
  readonly reason: string
  readonly everyMs: number
  /** Resolves when it is time to look again; false if the user interrupted. */
  readonly pause: (ms: number) => Promise<boolean>
}

type Drill = {
  readonly cli: Cli
  readonly alarm: DrillAlarm
  readonly service: Service
  readonly options: DrillOptions
}

// A version may be asleep, and is woken first. A way back takes seconds; if it fails, it is tried every minute.
const looksUntilShifted = 900
const looksUntilBack = 150

/**
 * @returns 0 when the traffic came back and a person was told, 1 when not, 2 when no drill may begin now
 * @throws Problem `service_missing`, `call_invalid`, and those of AWS
 */
export async function drill(cli: Cli, alarm: DrillAlarm, name: string, options: DrillOptions): Promise<number> {
  const service = await cli.backend.services.get(name)
  const asked = z.looseObject({ may: z.boolean(), because: z.string() }).parse(await cli.backend.order('ask', name))
  if (!asked.may) return refused(cli, asked.because)
  const versions = options.versions ?? (await versionsBefore(cli, service))
  const alarmName = drillAlarmOf(name)
  await alarm.open(alarmName, `A drill of ${name} is under way. It may be deleted when none is.`)
  try {
    return await rehearse({ cli, alarm, service, options }, versions, alarmName)
  } finally {
    await alarm.remove(alarmName).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error
      cli.screen.note(`The alarm ${alarmName} could not be deleted: ${error.message}`)
    })
  }
}

function refused({ screen }: Cli, because: string): number {
  screen.say(`No drill now: ${because}`, { drill: 'refused', because })
  return exitCodes.refused
}

async function rehearse(drill: Drill, versions: Readonly<Record<string, string>>, alarmName: string): Promise<number> {
  const { cli, alarm, service, options } = drill
  const { screen } = cli
  const { weight, reason } = options
  const releaseId = await request(drill, versions)
  screen.note(`DRILL: release ${releaseId} of ${service.name} gives ${weight} % to ${wordsOf(versions)}.`)
  const shifted = await until(drill, releaseId, looksUntilShifted, ({ release }) => release.state.phase === 'baking')
  if (shifted === 'interrupted') return giveUp(drill, releaseId)
  if (shifted === undefined || isSettled(shifted.release)) return early(drill, releaseId, shifted?.release)
  const firedMs = await alarm.fire(alarmName, `DRILL: ${reason}`)
  screen.note(`The alarm ${alarmName} fires.`)
  const isOver = ({ events }: Seen): boolean => events.some(({ type }) => type === 'returnFailed')
  const after = await until(drill, releaseId, looksUntilBack, isOver)
  if (after === 'interrupted') return giveUp(drill, releaseId)
  const seen = after ?? shifted
  const failed = [
    ...failures(seen, alarmName),
    ...(await notOnStable(drill, seen.release)),
    ...(await untold(drill, seen)),
  ]
  const times = timesOf(seen, firedMs)
  const told = !failed.some((one) => one.startsWith('Nobody was told'))
  const { ending } = seen.release
  screen.say(failed.length === 0 ? passedLines(seen.release, times) : failedLines(drill, seen.release, failed), {
    drill: failed.length === 0 ? 'passed' : 'failed',
    ...{ releaseId, service: service.name, versions, weight, ...times, told, failed },
    ...(ending === undefined ? {} : { outcome: ending.outcome }),
  })
  return failed.length === 0 ? exitCodes.done : exitCodes.notReleased
}

const Started = z.looseObject({ releases: z.tuple([z.looseObject({ releaseId: z.string() })]) })

async function request({ cli, service, options }: Drill, versions: Readonly<Record<string, string>>): Promise<string> {
  const { weight, reason } = options
  const { releases } = Started.parse(await cli.backend.order('drill', service.name, { versions, weight, reason }))
  return releases[0].releaseId
}

type Seen = { readonly release: Release; readonly events: readonly ReleaseEvent[] }

/** @returns the release once `isDone`, or settled; as it is after so many looks; `undefined` if its log has not begun by then */
async function until(
  { cli, options }: Drill,
  releaseId: string,
  looks: number,
  isDone: (seen: Seen) => boolean,
): Promise<Seen | 'interrupted' | undefined> {
  let seen: Seen | undefined
  for (let look = 0; look < looks; look++) {
    const { events } = await cli.backend.journal.read(releaseId)
    const release = replay(events)
    seen = release === undefined ? undefined : { release, events }
    if (seen !== undefined && (isSettled(seen.release) || isDone(seen))) return seen
    if (!(await options.pause(options.everyMs))) return 'interrupted'
  }
  return seen
}

/** What kept it from being a way back by its own alarm, in seconds, with a person told. */
function failures({ release, events }: Seen, alarmName: string): readonly string[] {
  const { ending, paged } = release
  const failed = events.findLast((event) => event.type === 'returnFailed')
  if (failed !== undefined) return [`The traffic could not be put back: ${failed.because}`]
  if (ending === undefined)
    return ['The alarm fired, and nothing came of it: see the rule and the log of tidegate-alarm.']
  const wrong: string[] = []
  if (ending.outcome !== 'rolledBack' || ending.by !== `alarm ${alarmName}`)
    wrong.push(`It ended as ${ending.outcome} by ${ending.by}, not by the drill's alarm: ${ending.because}`)
  if (!isSettled(release)) wrong.push('It has not ended yet: the state machine does not go on.')
  if (paged !== true) wrong.push('Nobody was told: no page was made.')
  return wrong
}

/** A page that is still kept has not been sent. */
async function untold({ cli }: Drill, { release }: Seen): Promise<readonly string[]> {
  const kept = release.paged === true ? await cli.backend.messages.get(endKey(release.id)) : undefined
  if (kept === undefined) return []
  if (kept.waits === 'quiet')
    return [`Nobody was told: pages wait for ${stamp(kept.dueAtMs)}, the end of a quiet window.`]
  return ['Nobody was told yet: the page could not be sent, and is kept.']
}

const stamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16)}Z`

async function notOnStable({ cli, service }: Drill, release: Release): Promise<readonly string[]> {
  const wrong: string[] = []
  for (const target of release.targets) {
    const { routing } = await cli.backend.aliases.read(placedIn(service, target))
    if (routing.version !== target.stable || routing.additional !== undefined)
      wrong.push(`${target.functionName}:${target.alias} is not back: ${routingWords(routing)}.`)
  }
  return wrong
}

type Times = { readonly secondsFromAlarm?: number; readonly secondsFromDecision?: number }

function timesOf({ events }: Seen, firedMs: number | undefined): Times {
  const decided = events.find(({ type }) => type === 'returnOrdered')?.atMs
  const back = events.find((event) => event.type === 'moved' && event.purpose === 'rollBack')?.atMs
  if (back === undefined) return {}
  return {
    ...(firedMs === undefined ? {} : { secondsFromAlarm: Math.max(0, (back - firedMs) / 1000) }),
    ...(decided === undefined ? {} : { secondsFromDecision: (back - decided) / 1000 }),
  }
}

const shown = (seconds: number | undefined): string => (seconds === undefined ? 'unknown' : `${seconds.toFixed(1)} s`)

const passedLines = ({ id, targets }: Release, times: Times): readonly string[] => [
  `The drill came back: ${targets.map((one) => `${one.functionName}:${one.alias} is on version ${one.stable}`).join(', ')}.`,
  `  from the alarm to the traffic  ${shown(times.secondsFromAlarm)}`,
  `  of that, from the decision on  ${shown(times.secondsFromDecision)}`,
  '  told                           a page was sent to the topic of pages: ask the person on call whether it came',
  `The log: tidegate log ${id}`,
]

const failedLines = ({ cli }: Drill, { id, targets }: Release, failed: readonly string[]): readonly string[] => [
  'The drill failed.',
  ...failed.map((one) => `  ${one}`),
  ...(failed.some((one) => one.includes('put back') || one.includes('not back'))
    ? ['Put it back by hand:', ...targets.map((target) => `  ${commandBack(target)}`)]
    : []),
  ...(cli.screen.json ? [] : [`The log: tidegate log ${id}`]),
]

function early({ cli }: Drill, releaseId: string, release: Release | undefined): number {
  const { outcome = 'unknown', because = 'it did not begin', code } = release?.ending ?? {}
  if (code === 'service_busy') return refused(cli, because)
  cli.screen.say(['The drill failed: it ended before its fault.', `  ${outcome}: ${because}`], {
    ...{ drill: 'failed', releaseId, outcome, failed: [because] },
  })
  return exitCodes.notReleased
}

/** Whoever stops a drill wants its traffic back too. */
async function giveUp({ cli, service }: Drill, releaseId: string): Promise<number> {
  await cli.backend.order('abort', service.name, { releaseId, reason: 'the drill was interrupted' })
  cli.screen.say('The drill was interrupted, and its release aborted.', { drill: 'interrupted', releaseId })
  return exitCodes.interrupted
}

const headsMost = 100

/** For each target, the version that last had all traffic and does not have it now. @throws Problem `call_invalid` */
async function versionsBefore({ backend }: Cli, service: Service): Promise<Readonly<Record<string, string>>> {
  const heads = whole(await latestHeads(backend, service.name, headsMost))
  const found = await Promise.all(
    service.targets.map(async (target) => {
      const { routing } = await backend.aliases.read(placedIn(service, target))
      const had = heads.flatMap((head) => hadWhole(head, target.functionName))
      return [target.functionName, had.find((version) => version !== routing.version)] as const
    }),
  )
  const lacks = found.filter(([, version]) => version === undefined).map(([functionName]) => functionName)
  if (lacks.length > 0)
    throw new Problem(
      'call_invalid',
      `No other version of ${lacks.join(', ')} has had all traffic: name one that is good, with --version.`,
    )
  return Object.fromEntries(found.map(([functionName, version]) => [functionName, version ?? '']))
}

const wordsOf = (versions: Readonly<Record<string, string>>): string =>
  Object.entries(versions)
    .map(([functionName, version]) => `${functionName}:${version}`)
    .join(', ')
