// A release's log for people: one line for each event, with the time since the request.
import { candidateWords } from '../../core/service/candidate.ts'
import { chargeWords } from '../../core/release/charge.ts'
import { quoted } from '../../core/foreign-text.ts'
import { formatDuration } from '../../core/duration.ts'
import type { Move, ReleaseEvent } from '../../core/release/event.ts'
import { beforeWords } from '../../core/service/gates.ts'
import { doubtSentence } from '../../core/release/pages.ts'
import { isOwn } from '../../core/release/head.ts'
import { bakeEndMs } from '../../core/release/next.ts'
import { candidateShareBp, type Release } from '../../core/release/release.ts'
import type { Verdict } from '../../core/verdict/evidence/evidence.ts'
import type { Line, Piece, Tone } from '../backend/line.ts'
import { bar } from './weights.ts'

/** `m:ss` since the release was requested. */
export function clockTime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  return `${String(Math.floor(seconds / 60)).padStart(3)}:${String(seconds % 60).padStart(2, '0')}`
}

type Told = readonly [what: string, words: string, tone?: Tone]

/**
 * @param after the state of the release after the event
 * @param many what stands before the words of one that stands for many, and when the first of them was
 */
export function storyLine(
  event: ReleaseEvent,
  after: Release,
  { more, fromMs }: { readonly more: string; readonly fromMs: number } = { more: '', fromMs: event.atMs },
): Line {
  const [what, words, tone] = tell(event, after)
  return { head: headOf(fromMs, after, what, tone), rest: [more + words] }
}

const headOf = (atMs: number, { requestedAtMs }: Release, what: string, tone: Tone | undefined): readonly Piece[] => {
  const text = what.padEnd(9)
  return [`${clockTime(atMs - requestedAtMs)}  `, tone === undefined ? text : { text, tone }, ' ']
}

const verdictTones = { pass: 'good', fail: 'bad', unknown: 'caution' } as const

/** A look's line where each signal has one of its own. */
export const lookLine = ({ atMs, verdict }: Look, after: Release): Line => ({
  head: headOf(atMs, after, verdict.kind, verdictTones[verdict.kind]),
  rest: [`${lookWords(verdict)}${timeLeft(atMs, after)}`],
})

function lookWords({ kind, because, signals }: Verdict): string {
  if (kind === 'pass') return 'the evidence is enough'
  const unknown = signals.filter((one) => one.kind === 'unknown').length
  return unknown === 0 ? because : `${unknown} of ${signals.length} signals unknown`
}

type Look = Extract<ReleaseEvent, { type: 'judged' }>

const turnWords = ({
  atMs,
  beginsAtMs,
}: {
  readonly atMs: number
  readonly beginsAtMs?: number | undefined
}): string =>
  beginsAtMs === undefined
    ? ''
    : `; begins in ${formatDuration(Math.ceil((beginsAtMs - atMs) / 1000))}, after releases of other services`

/** A person's reason is quoted; the controller's own is not. */
const orderWords = ({ by, reason }: { readonly by: string; readonly reason: string }): string =>
  isOwn(by) ? reason : quoted(reason)

const requestWords = ({ candidate, reason }: Extract<ReleaseEvent, { type: 'requested' }>): string =>
  `${candidateWords(candidate)}${reason === undefined ? '' : `: ${quoted(reason)}`}`

// One case for each event type.
function tell(event: ReleaseEvent, after: Release): Told {
  switch (event.type) {
    case 'requested':
      return ['requested', requestWords(event)]
    case 'queued':
      return ['queued', `behind release ${event.behind}`]
    case 'admitted':
      return ['admitted', `release ${after.id} holds the lease of ${after.service.name}${turnWords(event)}`]
    case 'carried':
      return ['carried', `by execution ${event.execution.split(':').at(-1) ?? ''}`, 'faint']
    case 'prepared':
      return ['prepared', [...event.targets.map(targetWords), ...alarmWords(event.alarms)].join('; ')]
    case 'gated':
    case 'approved':
    case 'overridden':
    case 'gateReopened':
      return tellGate(event)
    case 'refused':
      return ['refused', `${event.because} (${event.code})`, 'bad']
    case 'hookCalled':
    case 'hookDeferred':
    case 'hookAnswered':
      return ['hook', `${event.point}: ${hookWords(event)}`]
    case 'moveIntended':
      return ['intends', moveWords(event.move), 'faint']
    case 'moved':
      return moved(event.purpose, after)
    case 'judged':
      return [
        event.verdict.kind,
        `${event.verdict.because}${timeLeft(event.atMs, after)}`,
        verdictTones[event.verdict.kind],
      ]
    case 'paused':
      return ['paused', `by ${event.by}: ${quoted(event.reason)}`, 'caution']
    case 'resumed':
      return ['resumed', `by ${event.by}`]
    case 'promoteOrdered':
      return ['promote', `ordered by ${event.by}: ${orderWords(event)}`]
    case 'returnOrdered':
      return ['back', `ordered by ${event.by}: ${orderWords(event)}`, 'bad']
    case 'interrupted':
    case 'moverNamed':
      return ['foreign', foreignWords(event), 'bad']
    case 'alarmDoubted':
      return ['doubt', doubtSentence(event), 'caution']
    case 'paged':
      return ['paged', 'a person has been told']
    case 'returnFailed':
      return ['STUCK', event.because, 'bad']
    case 'settled':
      return ['settled', endWords(after), endTone(after)]
    case 'charged':
      return ['charged', event.charges.map(chargeWords).join('; ')]
  }
}

const foreignWords = (event: Extract<ReleaseEvent, { type: 'interrupted' | 'moverNamed' }>): string =>
  event.type === 'moverNamed'
    ? `CloudTrail says that it was ${event.suspect}`
    : `${event.because}${event.suspect === undefined ? '; CloudTrail has not said by whom yet' : ` (${event.suspect})`}`

function moved(purpose: Extract<ReleaseEvent, { type: 'moved' }>['purpose'], after: Release): Told {
  const words = bar(candidateShareBp(after))
  if (purpose === 'shift') return ['shifted', words]
  return purpose === 'promote' ? ['promoted', words, 'good'] : ['put back', words, 'bad']
}

const endTone = ({ ending }: Release): Tone =>
  ending?.outcome === 'promoted' || ending?.outcome === 'alreadyReleased' ? 'good' : 'bad'

const targetWords = ({
  functionName,
  alias,
  stable,
  candidate,
}: Extract<ReleaseEvent, { type: 'prepared' }>['targets'][number]): string =>
  `${functionName}:${alias} from version ${stable} to ${candidate}`

function hookWords(event: Extract<ReleaseEvent, { type: 'hookCalled' | 'hookDeferred' | 'hookAnswered' }>): string {
  switch (event.type) {
    case 'hookCalled':
      return `called${event.attempt > 1 ? ` for the ${event.attempt}th time` : ''}`
    case 'hookDeferred':
      return event.unheard === true ? 'nobody knows whether it was reached; it may answer' : 'will answer later'
    case 'hookAnswered':
      return `${event.answer}: ${event.because}${event.proof === 'none' ? ' (without a nonce)' : ''}`
  }
}

function tellGate(event: Extract<ReleaseEvent, { type: 'gated' | 'approved' | 'overridden' | 'gateReopened' }>): Told {
  switch (event.type) {
    case 'gated':
      return event.allowed ? ['gate', event.because, 'faint'] : ['held', event.because, 'caution']
    case 'approved':
      return [event.answer === 'approve' ? 'approved' : 'declined', approvalWords(event)]
    case 'overridden':
      return ['override', `by ${event.by}: ${quoted(event.reason)}`]
    case 'gateReopened':
      return ['gate', `asked again: ${event.because}`]
  }
}

function approvalWords({
  by,
  beforeBp,
  reason,
}: {
  by: string
  beforeBp: number
  reason?: string | undefined
}): string {
  return `by ${by}, ${beforeWords(beforeBp)}${reason === undefined ? '' : `: ${quoted(reason)}`}`
}

function moveWords({ purpose, weightBp }: Move): string {
  if (purpose === 'rollBack') return 'to put everything back on stable'
  return purpose === 'promote' ? 'to promote the candidate' : `to give the candidate ${weightBp / 100} %`
}

function alarmWords(alarms: readonly { name: string; state: string }[]): readonly string[] {
  return alarms.map(({ name, state }) =>
    state === 'alarm' ? `alarm ${name} fires already and is excluded` : `alarm ${name} is ${state}`,
  )
}

function timeLeft(atMs: number, release: Release): string {
  const endMs = bakeEndMs(release)
  if (endMs === undefined) return ''
  return endMs > atMs ? ` [${formatDuration((endMs - atMs) / 1000)} left]` : ' [held]'
}

export function endWords(release: Release): string {
  const { ending } = release
  return ending === undefined
    ? ''
    : `${ending.outcome}: ${ending.outcome === 'interrupted' ? ending.because : orderWords({ ...ending, reason: ending.because })} (${ending.by})`
}

const signalTones = { ...verdictTones, excluded: 'faint' } as const

/** One signal of a verdict. Its words name it. */
export const signalLine = ({ kind, because }: Verdict['signals'][number], before = '  '): Line => ({
  head: [before, { text: kind.padEnd(8), tone: signalTones[kind] }, ' '],
  rest: [because],
})
