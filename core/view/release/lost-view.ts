// What the page of a release shows whose log is lost or damaged: what its head, its entry and its return record still say, what
// the controller does about it, and how to put its traffic back.
import { nameWords, oneLine, withoutStop } from '../../foreign-text.ts'
import { ownerWords } from '../../owner.ts'
import type { Problem } from '../../problem.ts'
import type { ReleaseEvent } from '../../release/event.ts'
import { endedWords, type Head, isOwn, tookOver, whyWords } from '../../release/head.ts'
import { noWayBackWords } from '../../definition/one-way.ts'
import { commandBack, type ReturnRecord } from '../../release/return-record.ts'
import { candidateWords } from '../../service/candidate.ts'
import { clockWords, moveWords } from './moment.ts'
import { type Back, type InCharge, putBackPromoted, removedWords } from './steering.ts'
import type { Tone } from './told.ts'

/** What is left of it; each may be missing. */
export type Left = {
  readonly record?: ReturnRecord | undefined
  readonly head?: Head | undefined
  /** It is among the open releases. */
  readonly open?: {
    readonly service: string
    readonly requestedAtMs?: number
    readonly requested?: Extract<ReleaseEvent, { type: 'requested' }>
  }
  /** What else of it could not be read. */
  readonly unknown: readonly string[]
}

export type LostView = {
  readonly id: string
  readonly nowMs: number
  readonly service?: string
  readonly title: string
  readonly state: string
  readonly tone: Tone
  /** What is known of where it stands. */
  readonly sentence: string
  /** What the controller does about it, or that nothing is done. */
  readonly next: string
  readonly facts: readonly { readonly name: string; readonly words: string }[]
  readonly back: Back
  /** The section of the runbook. */
  readonly runbook: Problem['code']
  readonly unknown: readonly string[]
}

type Standing = Pick<LostView, 'state' | 'tone' | 'sentence' | 'next'>

/** @param inCharge of a promoted release: whether it is still what the service runs */
export function lostViewOf(id: string, problem: Problem, left: Left, inCharge: InCharge, nowMs: number): LostView {
  const { record, head, open } = left
  const service = record?.service ?? open?.service ?? head?.service
  const targets = record?.targets ?? headTargets(head)
  return {
    id,
    nowMs,
    ...(service === undefined ? {} : { service }),
    title: targets.length === 0 ? id : moveWords(targets, 'stable', 'candidate'),
    ...standingOf(problem, left, nowMs),
    facts: factsOf(left, service, nowMs),
    back: backOf(id, left, inCharge),
    runbook: problem.code,
    unknown: left.unknown,
  }
}

const headTargets = (head: Head | undefined) => targetsIn(head?.versions ?? {})
const targetsIn = (all: Head['versions']) =>
  Object.entries(all).map(([functionName, versions]) => ({ functionName, ...versions }))

const isEnded = ({ head }: Left): boolean => head?.settledAtMs !== undefined

function standingOf(problem: Problem, left: Left, nowMs: number): Standing {
  const { record, head, open } = left
  const lost =
    problem.code === 'release_missing'
      ? 'Its log is not there.'
      : `Its log cannot be read: ${oneLine(problem.message, 300)}`
  if (record?.ended !== undefined) {
    const { outcome, atMs } = record.ended
    const sentence = `${lost} It was ended without it at ${clockWords(atMs, nowMs)}: ${endWords({ ...record.ended, outcome })}.`
    return { state: endedWords(outcome), tone: 'bad', sentence, next: 'Nothing of it is left to do.' }
  }
  if (head?.settledAtMs !== undefined && head.outcome !== undefined) {
    const { outcome, because = '', endedBy = 'unknown' } = head
    const ended = `It had ended at ${clockWords(head.settledAtMs, nowMs)}: ${endWords({ outcome, because, by: endedBy }, head.putBack)}.`
    const next = 'Nothing moves because of that: what it did and why is lost, unless the log has a copy.'
    return { state: endedWords(outcome, head.putBack), tone: 'hold', sentence: `${lost} ${ended}`, next }
  }
  if (record !== undefined) {
    const sentence = `${lost} Traffic of it may have moved; what ran before is known from its return record.`
    const told =
      record.toldAtMs === undefined ? '' : ' It has tried, and a person was paged because it did not succeed.'
    const next = `Every minute the controller's sweep looks for such releases: it puts the traffic back by the return record, ends the release and pages somebody.${told} Pressing does that now.`
    return { state: 'log lost', tone: 'bad', sentence, next }
  }
  if (open !== undefined)
    return problem.code === 'release_missing'
      ? {
          state: 'not begun',
          tone: 'hold',
          sentence: `It was accepted${open.requestedAtMs === undefined ? '' : ` at ${clockWords(open.requestedAtMs, nowMs)}`}, and its log is not there: as far as is known, no traffic has moved.`,
          next: "If it does not begin by itself within a minute or two, the controller's sweep begins it from what was asked for.",
        }
      : {
          state: 'log lost',
          tone: 'bad',
          sentence: `${lost} It has no return record: as far as is known, no traffic has moved.`,
          next: "The controller's sweep ends it within a minute or two, and pages somebody. Look at the aliases if that lasts.",
        }
  const next =
    'The controller has nothing to act on. Look at the aliases of the service, and put them back by hand if need be.'
  return {
    state: 'log lost',
    tone: 'bad',
    sentence: `${lost} Neither an entry nor a return record of it is left.`,
    next,
  }
}

const endWords = (ending: Parameters<typeof whyWords>[0], putBack: Head['putBack'] = []): string => {
  const why = withoutStop(oneLine(whyWords(ending), 500))
  return `${endedWords(ending.outcome, putBack)}${why === '' ? '' : `: ${why}`}`
}

function factsOf({ record, head, open }: Left, service: string | undefined, nowMs: number): LostView['facts'] {
  const fact = (name: string, words: string | undefined): LostView['facts'] =>
    words === undefined ? [] : [{ name, words: oneLine(words, 300) }]
  const requestedAtMs = record?.requestedAtMs ?? head?.requestedAtMs ?? open?.requestedAtMs
  const { provenance, candidate } = open?.requested ?? {}
  const by = head?.by ?? provenance?.requestedBy
  return [
    ...fact('service', service),
    ...fact('owner', record?.owner === undefined ? undefined : ownerWords(record.owner)),
    ...fact('candidate', head?.candidate ?? (candidate === undefined ? undefined : candidateWords(candidate))),
    ...fact('asked for by', by === undefined ? undefined : isOwn(by) ? by : nameWords(by)),
    ...fact('asked for at', requestedAtMs === undefined ? undefined : clockWords(requestedAtMs, nowMs)),
    ...fact('reason', head?.reason ?? open?.requested?.reason),
    ...fact('went back from', head?.backFrom),
  ]
}

function backOf(id: string, left: Left, inCharge: InCharge): Back {
  const { record, head } = left
  const { reason: oneWay } = (record?.oneWay?.isPassed === true ? record.oneWay : head?.oneWay) ?? {}
  if (oneWay !== undefined) return { sentence: noWayBackWords(oneWay), commands: [] }
  const commands = (record?.targets ?? []).map(commandBack)
  if (record !== undefined && record.ended === undefined && !isEnded(left))
    return {
      sentence:
        record.targets.length === 0
          ? 'Nothing of it had moved: pressing only ends it.'
          : 'By its return record: all traffic goes back within seconds, and the release ends.',
      order: {
        route: 'roll-back',
        service: record.service,
        label: record.targets.length === 0 ? 'End it' : `Put back: ${moveWords(record.targets, 'candidate', 'stable')}`,
        says: { releaseId: id },
        reason: 'its log cannot be read',
        danger: true,
      },
      commands,
    }
  if (head?.backFrom !== undefined)
    return { sentence: 'This release is itself a way back. Release the next version to go forward.', commands: [] }
  if (head?.outcome === 'promoted' && inCharge.kind === 'removed') return { sentence: removedWords, commands }
  if (head?.outcome === 'promoted')
    return inCharge.kind === 'not'
      ? { sentence: inCharge.because, commands: [] }
      : { ...putBackPromoted(head.service, id, moveWords(targetsIn(tookOver(head)), 'candidate', 'stable')), commands }
  if (record?.ended !== undefined)
    return { sentence: 'Its traffic is back already. If an alias is not, this is what it takes:', commands }
  const known = head === undefined ? [] : headTargets(head)
  return known.length === 0
    ? { sentence: 'Which versions it was about is not known.', commands: [] }
    : { sentence: `Its history names ${moveWords(known, 'stable', 'candidate')}.`, commands: [] }
}
