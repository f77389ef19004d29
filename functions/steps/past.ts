// Reads what a release may learn from: stable's errors in the last hours, and the logs of earlier releases that were promoted.
// What cannot be read teaches nothing, and the release goes on without it.
import { replay } from '../../core/release/advance.ts'
import { Problem } from '../../core/problem.ts'
import { minuteMs } from '../../core/time.ts'
import type { Head } from '../../core/release/head.ts'
import type { Release } from '../../core/release/release.ts'
import type { AliasPlace } from '../../core/location.ts'
import type { Service } from '../../core/service/service.ts'
import type { Looked } from '../../core/verdict/evidence/logged.ts'
import { pastMinutes, pastQuestions, releaseMinutes, stableMinutes } from '../../core/verdict/evidence/past.ts'
import { errorNulls, type Learned } from '../../core/verdict/counts/count-design.ts'
import { learn } from '../../core/verdict/counts/learn.ts'
import type { CountMinute } from '../../core/verdict/processes/split-process.ts'
import { concurrently } from './each.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'history' | 'telemetry' | 'log'>

/** So many earlier releases teach. */
export const releasesMax = 10
/** Among so many of the latest releases the promoted ones are looked for. */
export const headsMax = 50
/** Of a longer log only the first events are read: the minutes after the first shifts teach most. */
const eventsMax = 300
const readAtOnce = 3

/**
 * Whether a release's errors are looked at. One without steps, as a rollback of a promoted release, is never judged: it must not
 * wait for what it cannot use.
 */
export const learns = ({ signals, policy, plan }: Service): boolean =>
  signals.errors !== 'off' && policy.learning !== 'off' && plan.steps.length > 0

/**
 * Releases of a service that were promoted by its plan and never undone, newest first. What a person promoted early may be bad,
 * and so may what was taken back later.
 * @param history newest first
 */
export async function promotedReleases(
  deps: Deps,
  service: Service,
  history: readonly Head[],
): Promise<readonly Release[]> {
  if (!learns(service)) return []
  const heads = history.slice(0, headsMax)
  const undone = new Set(heads.map(({ backFrom }) => backFrom))
  const promoted = heads.filter(
    ({ outcome, backFrom, releaseId }) => outcome === 'promoted' && backFrom === undefined && !undone.has(releaseId),
  )
  const found = await concurrently(promoted.slice(0, releasesMax), readAtOnce, ({ releaseId }) =>
    orNothing(deps, `release ${releaseId}`, undefined, async () => {
      const { events } = await deps.journal.read(releaseId, { atMost: eventsMax })
      return events.some(({ type }) => type === 'promoteOrdered') ? undefined : replay(events)
    }),
  )
  return found.filter((one) => one !== undefined)
}

/** What a target's past says about its errors; `undefined` when they are not looked at, or when nothing could be read. */
export async function learnedErrors(
  deps: Deps,
  service: Service,
  target: AliasPlace,
  stable: string,
  earlier: readonly Looked[],
): Promise<Learned | undefined> {
  const { errors } = service.signals
  if (errors === 'off' || !learns(service)) return undefined
  const stableAlone = await orNothing(deps, 'stable', [], () => readStable(deps, target, stable))
  const releases = earlier.map((release) => releaseMinutes(release, target)).filter(({ length }) => length > 0)
  const nulls = errorNulls({ releases: releases.length })
  return learn({ tolerance: errors.tolerance, nulls }, { stable: stableAlone, releases })
}

async function readStable(deps: Deps, target: AliasPlace, stable: string): Promise<readonly CountMinute[]> {
  // The last minutes may not have come in full.
  const endMs = Math.floor(deps.clock.nowMs() / minuteMs - 2) * minuteMs
  const asked = { startMs: endMs - pastMinutes * minuteMs, endMs, periodSeconds: 60 }
  return stableMinutes(await deps.telemetry.read(pastQuestions(target, stable), asked))
}

export async function orNothing<T>(
  deps: Pick<Deps, 'log'>,
  what: string,
  nothing: T,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    deps.log({ ...error.line, message: `Nothing is learned from ${what}: ${error.message}` })
    return nothing
  }
}
