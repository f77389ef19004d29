// Decides whether a request is new. A redelivered event is the same request. The same artifact pushed again is a new request if
// its release has ended, or if something else was requested in between.
import { type Candidate, candidateWords } from '../service/candidate.ts'
import type { ReleaseEvent } from '../release/event.ts'
import type { Head } from '../release/head.ts'
import type { ReleaseRequest } from '../release/request.ts'

type Requested = Extract<ReleaseEvent, { type: 'requested' }>

/** Another release of the service. `askedAtMs` is the time of the event that requested it, if there was one. */
type Known = {
  readonly releaseId: string
  readonly candidate: string
  readonly askedAtMs: number
  readonly endedAtMs?: number | undefined
}

/** Open and ended releases of a service. A release in both lists has ended. A drill answers nobody's request for a release. */
export function knownReleases(
  open: readonly { readonly releaseId: string; readonly requested: Requested }[],
  heads: readonly Head[],
): readonly Known[] {
  const ended = heads.filter(({ settledAtMs, drill }) => settledAtMs !== undefined && drill === undefined)
  const isEnded = new Set(ended.map(({ releaseId }) => releaseId))
  return [
    ...ended.map(({ releaseId, candidate, requestedAtMs, settledAtMs }) => ({
      releaseId,
      candidate,
      askedAtMs: requestedAtMs,
      endedAtMs: settledAtMs,
    })),
    ...open
      .filter(({ releaseId, requested }) => !isEnded.has(releaseId) && requested.drill === undefined)
      .map(({ releaseId, requested }) => ({
        releaseId,
        candidate: candidateWords(requested.candidate),
        askedAtMs: requested.provenance.eventAtMs ?? requested.atMs,
      })),
  ]
}

/**
 * @param eventAtMs when the artifact was pushed, according to its event. A redelivered event keeps its time.
 * @returns the release requested by this event, or by another event of the same push; `undefined` when the request is new
 */
export function askedBefore(candidate: Candidate, eventAtMs: number, known: readonly Known[]): string | undefined {
  const words = candidateWords(candidate)
  const [latest] = known.filter((one) => one.candidate === words).toSorted((a, b) => b.askedAtMs - a.askedAtMs)
  if (latest === undefined) return undefined
  const hasEnded = latest.endedAtMs !== undefined && eventAtMs > latest.endedAtMs
  const isOvertaken = known.some(
    (one) => one.candidate !== words && one.askedAtMs > latest.askedAtMs && eventAtMs > one.askedAtMs,
  )
  return hasEnded || isOvertaken ? undefined : latest.releaseId
}

/** How a call with a known key differs from the first call; `undefined` when both ask for the same. */
export function contradiction(
  first: Requested,
  asked: Pick<ReleaseRequest, 'plan' | 'urgent' | 'drill'> & { readonly candidate: Candidate },
): string | undefined {
  const [before, now] = [sortedWords(first.candidate), sortedWords(asked.candidate)]
  if (before !== now) return `asked for ${before} before, and for ${now} now`
  if ((first.urgent === true) !== (asked.urgent === true))
    return `asked for ${first.urgent === true ? 'an urgent' : 'a usual'} release before`
  if ((first.drill === true) !== (asked.drill !== undefined))
    return `asked for a ${first.drill === true ? 'drill' : 'release'} before`
  if (asked.drill !== undefined)
    return first.service.plan.steps[0]?.weightBp === asked.drill.weightBp
      ? undefined
      : 'asked for another weight before'
  const plan = first.planBy === 'call' ? first.service.plan : undefined
  return JSON.stringify(plan?.steps) === JSON.stringify(asked.plan?.steps) ? undefined : 'asked for another plan before'
}

const sortedWords = (candidate: Candidate): string =>
  candidate.kind === 'versions'
    ? candidateWords({ ...candidate, versions: Object.fromEntries(Object.entries(candidate.versions).toSorted()) })
    : candidateWords(candidate)
