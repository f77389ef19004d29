// Formats a release log for people: one line for each event, with the time since the request.
import { heldNow } from '../../core/release/gating.ts'
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
import { wholeBp } from '../../core/service/routing.ts'
import type { Verdict } from '../../core/verdict/evidence/evidence.ts'

const barWidth = 20

/** `██████░░░░  30 %`: the share of traffic on the candidate. */
function bar(weightBp: number): string {
  const filled = Math.round((weightBp / wholeBp) * barWidth)
  return `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${String(weightBp / 100).padStart(3)} %`
}

/** `m:ss` since the release was requested. */
function clockTime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  return `${String(Math.floor(seconds / 60)).padStart(3)}:${String(seconds % 60).padStart(2, '0')}`
}

/** @param after the state of the release after the event */
export function storyLine(event: ReleaseEvent, after: Release): string {
  const [what, words] = tell(event, after)
  return `${clockTime(event.atMs - after.requestedAtMs)}  ${what.padEnd(9)} ${words}`
}

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
function tell(event: ReleaseEvent, after: Release): readonly [string, string] {
  switch (event.type) {
    case 'requested':
      return ['requested', requestWords(event)]
    case 'queued':
      return ['queued', `behind release ${event.behind}`]
    case 'admitted':
      return ['admitted', `release ${after.id} holds the lease of ${after.service.name}${turnWords(event)}`]
    case 'carried':
      return ['carried', `by execution ${event.execution.split(':').at(-1) ?? ''}`]
    case 'prepared':
      return ['prepared', [...event.targets.map(targetWords), ...alarmWords(event.alarms)].join('; ')]
    case 'gated':
    case 'approved':
    case 'overridden':
    case 'gateReopened':
      return tellGate(event)
    case 'refused':
      return ['refused', `${event.because} (${event.code})`]
    case 'hookCalled':
    case 'hookDeferred':
    case 'hookAnswered':
      return ['hook', `${event.point}: ${hookWords(event)}`]
    case 'moveIntended':
      return ['intends', moveWords(event.move)]
    case 'moved':
      return [
        { shift: 'shifted', promote: 'promoted', rollBack: 'put back' }[event.purpose],
        bar(candidateShareBp(after)),
      ]
    case 'judged':
      return [event.verdict.kind, `${event.verdict.because}${timeLeft(event.atMs, after)}`]
    case 'paused':
      return ['paused', `by ${event.by}: ${quoted(event.reason)}`]
    case 'resumed':
      return ['resumed', `by ${event.by}`]
    case 'promoteOrdered':
      return ['promote', `ordered by ${event.by}: ${orderWords(event)}`]
    case 'returnOrdered':
      return ['back', `ordered by ${event.by}: ${orderWords(event)}`]
    case 'interrupted':
      return [
        'foreign',
        `${event.because}${event.suspect === undefined ? '; CloudTrail has not said by whom yet' : ` (${event.suspect})`}`,
      ]
    case 'moverNamed':
      return ['foreign', `CloudTrail says that it was ${event.suspect}`]
    case 'alarmDoubted':
      return ['doubt', doubtSentence(event)]
    case 'paged':
      return ['paged', 'a person has been told']
    case 'returnFailed':
      return ['STUCK', event.because]
    case 'settled':
      return ['settled', endWords(after)]
    case 'charged':
      return ['charged', event.charges.map(chargeWords).join('; ')]
  }
}

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

function tellGate(
  event: Extract<ReleaseEvent, { type: 'gated' | 'approved' | 'overridden' | 'gateReopened' }>,
): readonly [string, string] {
  switch (event.type) {
    case 'gated':
      return [event.allowed ? 'gate' : 'held', event.because]
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

/** The evidence of one verdict, one line for each signal. */
export function evidenceLines(verdict: Verdict): readonly string[] {
  return verdict.signals.map((signal) => `${signal.kind.padEnd(8)} ${signal.because}`)
}

/** A summary of the release in three lines. */
export function statusLines(release: Release, nowMs: number): readonly string[] {
  const { state, service, paused, verdict } = release
  const steps = [...service.plan.steps.map(({ weightBp }) => `${weightBp / 100} %`), 'promoted'].join(' → ')
  const step =
    'step' in state
      ? `, step ${Math.min(state.step + 1, service.plan.steps.length)} of ${service.plan.steps.length}`
      : ''
  const lines = [
    `${service.name}  ${release.id}  ${state.phase}${step}${paused === undefined ? '' : `, paused by ${paused.by}: ${quoted(paused.reason)}`}`,
    `  ${bar(candidateShareBp(release))}   ${steps}   ${candidateWords(release.candidate)}`,
  ]
  const held = heldNow(release)
  if (held !== undefined)
    lines.push(`  held at a gate for ${formatDuration((nowMs - held.sinceMs) / 1000)}: ${held.because}`)
  if (state.phase === 'preparing' && (state.beginsAtMs ?? 0) > nowMs)
    lines.push(`  ${turnWords({ atMs: nowMs, beginsAtMs: state.beginsAtMs }).slice(2)}`)
  const endMs = bakeEndMs(release)
  if (endMs !== undefined)
    lines.push(
      `  ${endMs > nowMs ? `${formatDuration((endMs - nowMs) / 1000)} left in this step` : 'the bake is over; held until the evidence suffices'}`,
    )
  if (verdict !== undefined)
    lines.push(`  ${verdict.kind}: ${verdict.because}`, ...evidenceLines(verdict).map((line) => `    ${line}`))
  if (release.ending !== undefined) lines.push(`  ${endWords(release)}`)
  return lines
}
