// One look at an alias that others move: what changed since the last one, and the verdict that a release of our own would have
// had. It reads and writes its own log, and nothing else: the function that runs it has no right to write an alias.
import { type NewObservedEvent, ObservedEvent } from '../../core/observe/event.ts'
import { lookedAt, nextOf, observed, type Observation, weightNow } from '../../core/observe/observation.ts'
import { rowOf } from '../../core/observe/report.ts'
import { type Change, changesOf } from '../../core/observe/seen.ts'
import type { AliasPlace } from '../../core/location.ts'
import { sameRouting } from '../../core/service/routing.ts'
import type { Service } from '../../core/service/service.ts'
import { placedIn, type Target } from '../../core/service/target.ts'
import { minuteMs } from '../../core/time.ts'
import { judge } from '../../core/verdict/judge/judge.ts'
import { baselineOf } from '../steps/baseline.ts'
import { gather } from '../steps/evidence.ts'
import { learnedErrors } from '../steps/past.ts'
import type { World } from '../steps/world.ts'
import { wentThrough } from './past.ts'

export type Observing = Pick<
  World,
  'clock' | 'log' | 'observations' | 'aliases' | 'versions' | 'telemetry' | 'prometheus' | 'journal' | 'history'
>

/**
 * @param movedAtMs when the alias was moved, if an event says so
 * @returns the shift that goes on, or has just ended
 */
export async function lookAt(
  deps: Observing,
  service: Service,
  target: Target,
  movedAtMs?: number,
): Promise<Observation | undefined> {
  const place = placedIn(service, target)
  const { routing } = await deps.aliases.read(place)
  const seen = await deps.observations.seen(service.name, target.functionName, target.alias)
  if (seen === undefined) {
    // A shift that is under way when observing begins is not judged: what ran before is not known.
    const first = { service: service.name, functionName: target.functionName, alias: target.alias, rev: 1, routing }
    await deps.observations.setSeen(first)
    return undefined
  }
  if (sameRouting(seen.routing, routing) && seen.last?.isOpen !== true) return undefined
  const last = seen.last && (await load(deps, service.name, seen.last.id))
  const changes = changesOf(seen.routing, routing, versionsIn(last, true), versionsIn(last, false))
  // Without an event, it was whole when it was last looked at.
  const wholeAtMs = movedAtMs ?? deps.clock.nowMs() - minuteMs
  const after = await noted(deps, { service, place, last, wholeAtMs }, changes)
  const isOpen = after?.isCounted === false
  const next = after === undefined ? {} : { last: { id: after.id, isOpen } }
  const isNew = !sameRouting(seen.routing, routing) || seen.last?.id !== after?.id || seen.last?.isOpen !== isOpen
  // Of two that look at once, one goes on.
  if (isNew && !(await deps.observations.setSeen({ ...seen, rev: seen.rev + 1, routing, ...next }))) return undefined
  if (after === undefined) return undefined
  const done = await goOn(deps, after)
  // Where something new was seen of the alias, also at the last look, the row is written in any case: another process may have
  // put an older one.
  await writeRow(deps, done, isNew)
  return done
}

/** Those whose row stands. They never change: what follows from an event is another one. */
const written = new WeakSet<Observation>()

/** A row that could not be written, or that another process may have written, is written at the next look. */
async function writeRow({ observations }: Pick<World, 'observations'>, one: Observation, isDue = false): Promise<void> {
  if (written.has(one) && !isDue) return
  await observations.putShift(rowOf(one))
  written.add(one)
}

function versionsIn(last: Observation | undefined, isOpen: boolean) {
  if (last === undefined || (last.end === undefined) !== isOpen) return undefined
  // What was put back or replaced is over at once.
  if (last.end !== undefined && last.end.how !== 'through') return undefined
  const [{ stable, candidate }] = last.targets
  return { stable, candidate, weightBp: weightNow(last) }
}

/** What a warm function remembers: logs only grow. */
const memories = new WeakMap<World['observations'], Map<string, Observation>>()
const rememberedMost = 64

async function load(
  { observations }: Pick<World, 'observations'>,
  service: string,
  id: string,
): Promise<Observation | undefined> {
  const known = memoryOf(observations).get(`${service}/${id}`)
  const now = observed(await observations.read(service, id, known?.seq), known)
  if (now !== undefined) remember(observations, now)
  return now
}

function memoryOf(observations: World['observations']): Map<string, Observation> {
  const memory = memories.get(observations) ?? new Map<string, Observation>()
  memories.set(observations, memory)
  return memory
}

function remember(observations: World['observations'], one: Observation): void {
  const memory = memoryOf(observations)
  const key = `${one.service.name}/${one.id}`
  memory.delete(key)
  if (!one.isCounted) memory.set(key, one)
  const [oldest] = memory.keys()
  if (oldest !== undefined && memory.size > rememberedMost) memory.delete(oldest)
}

/** Adds an event. Whoever was faster has seen the same. */
async function record(deps: Observing, before: Observation, event: NewObservedEvent): Promise<Observation> {
  const parsed = ObservedEvent.parse({ v: 1, seq: before.seq + 1, ...event })
  const { id, service } = before
  const after = observed([parsed], before) ?? before
  if (await deps.observations.append(service.name, id, parsed)) {
    remember(deps.observations, after)
    return after
  }
  return (await load(deps, service.name, id)) ?? before
}

type Watched = {
  readonly service: Service
  readonly place: AliasPlace
  readonly last: Observation | undefined
  readonly wholeAtMs: number
}

async function noted(deps: Observing, watched: Watched, changes: readonly Change[]): Promise<Observation | undefined> {
  let now = watched.last
  const atMs = deps.clock.nowMs()
  for (const change of changes) {
    if (change.kind === 'began') {
      // What is known of the one before is all that will be: its last minutes are read now.
      if (now !== undefined && !now.isCounted) await closed(deps, now)
      now = await begin(deps, watched, change)
    } else if (now !== undefined) {
      now = await record(deps, now, eventOf(change, now, atMs))
    }
  }
  return now
}

function eventOf(change: Exclude<Change, { kind: 'began' }>, now: Observation, atMs: number): NewObservedEvent {
  switch (change.kind) {
    case 'shifted':
      return { type: 'shifted', atMs, fromMs: now.lookedAtMs, weightBp: change.weightBp }
    case 'ended':
      return { type: 'ended', atMs, how: change.how }
    case 'undone':
      return { type: 'undone', atMs }
  }
}

async function begin(
  deps: Observing,
  { service, place, wholeAtMs }: Watched,
  { stable, candidate, weightBp }: Extract<Change, { kind: 'began' }>,
): Promise<Observation | undefined> {
  const atMs = deps.clock.nowMs()
  // The past ends when the alias was last seen whole: what came after may be the candidate's.
  const before = { ...deps, clock: { nowMs: () => wholeAtMs } }
  const versions = {
    stable: await deps.versions.describe(place, stable),
    candidate: await deps.versions.describe(place, candidate),
  }
  const learned = await learnedErrors(before, service, place, stable, await wentThrough(deps, service, place))
  const baseline = await baselineOf(before, service, place, versions)
  const alarms = service.signals.alarms.length === 0 ? [] : await deps.telemetry.alarms(service.signals.alarms)
  const { functionName, alias, roleArn } = place
  const id = `${functionName}:${alias}@${atMs}`
  const target = { functionName, ...(roleArn === undefined ? {} : { roleArn }), alias, stable, candidate }
  const event = ObservedEvent.parse({
    ...{ v: 1, seq: 1, atMs, type: 'began', id, service, alarms, weightBp },
    target: { ...target, baseline: { ...baseline, ...(learned === undefined ? {} : { learned }) } },
  })
  deps.log({ message: 'shift of others seen', service: service.name, id, stable, candidate, weightBp })
  await deps.observations.append(service.name, id, event)
  return load(deps, service.name, id)
}

async function goOn(deps: Observing, one: Observation): Promise<Observation> {
  const atMs = deps.clock.nowMs()
  switch (nextOf(one, atMs)) {
    case 'rest':
      return one
    case 'count':
      return closed(deps, one)
    case 'end':
      return record(deps, await judged(deps, one), { type: 'ended', atMs, how: 'through' })
    case 'judge':
      return judged(deps, one)
  }
}

/** What a look at a release does with the evidence, without anything that follows from it. */
async function judged(deps: Observing, one: Observation): Promise<Observation> {
  const atMs = deps.clock.nowMs()
  const { evidence, readings } = await gather(deps, lookedAt(one), atMs)
  const { verdict } = judge(one.service, evidence)
  const kept = readings === undefined ? verdict : { ...verdict, readings }
  return record(deps, one, { type: 'judged', atMs, verdict: kept })
}

async function closed(deps: Observing, one: Observation): Promise<Observation> {
  const atMs = deps.clock.nowMs()
  const { readings } = await gather(deps, lookedAt(one), atMs)
  const after = await record(deps, one, { type: 'counted', atMs, ...(readings === undefined ? {} : { readings }) })
  await writeRow(deps, after)
  return after
}

/** An event that names a shift comes within this time of when the shift was seen. */
const seenWithinMs = 2 * minuteMs

/** CloudTrail says, to the second, when somebody wrote the alias: the shift that was seen next was made then. */
export async function time(deps: Observing, one: Observation, movedAtMs: number): Promise<void> {
  const earliest = ({ fromMs, sinceMs }: Observation['seen'][number], index: number): number =>
    fromMs ?? (index === 0 ? sinceMs - seenWithinMs : Infinity)
  const shift = one.seen.findIndex(
    (seen, index) => movedAtMs <= seen.sinceMs && movedAtMs + secondMs > earliest(seen, index),
  )
  const found = one.seen[shift]
  if (found === undefined) return
  const isSame = found.sinceMs - movedAtMs < secondMs
  if (isSame && found.fromMs === undefined) return
  const sinceMs = isSame ? found.sinceMs : Math.max(movedAtMs, earliest(found, shift))
  const after = await record(deps, one, { type: 'timed', atMs: deps.clock.nowMs(), shift, sinceMs })
  await writeRow(deps, after)
}
const secondMs = 1000
