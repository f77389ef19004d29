// Where a release stands, in the words that everybody gets: the CLI, the pages, a fleet. Its state, why, what happens next and
// when.
import { formatDuration } from '../../duration.ts'
import { nameWords, oneLine, quoted, withoutStop } from '../../foreign-text.ts'
import type { Outcome } from '../../release/event.ts'
import { askDueMs, beginPoint, gatePoint, heldNow } from '../../release/gating.ts'
import { endedWords, outcomeWords, whyWords } from '../../release/head.ts'
import { noWayBackWords } from '../../definition/one-way.ts'
import { inWaveWords } from '../../definition/waves.ts'
import { fixCommand } from '../../freeze/words.ts'
import { bakeEndMs, nextAct } from '../../release/next.ts'
import {
  putBackAlone,
  toldShareBp,
  hasTraffic,
  type Held,
  isReturning,
  type Release,
  weightAt,
} from '../../release/release.ts'
import { wholeBp } from '../../service/routing.ts'
import { watchOf } from '../../watch/watch.ts'
import { watchEndWords } from '../../watch/words.ts'
import { hookWords } from './hook-now.ts'
import { candidateName, clockWords, goesBack, inTime, limitWords, percentWords, stableName } from './moment.ts'
import { isOurs, type Tone } from './told.ts'

export type Now = {
  /** One word, or a few. */
  readonly state: string
  readonly tone: Tone
  /** It stands by itself; where there are several, they are one text. */
  readonly sentence: string
  /** What a page about this release alone says besides; may be empty. */
  readonly more: string
}

const becauseMost = 240

const open = (words: string): string => withoutStop(oneLine(words, becauseMost))
const small = (words: string): string => words.replace(/^./, (first) => first.toLowerCase())
const capital = (words: string): string => words.replace(/^./, (first) => first.toUpperCase())

const now = (state: string, tone: Tone, sentence: string, more = ''): Now => ({ state, tone, sentence, more })

/** @param nowMs of the cloud in which the release runs */
export function nowOf(release: Release, nowMs: number): Now {
  const { state, paused } = release
  const held = heldNow(release)
  if (state.phase === 'settled') return ended(release, state.atMs, nowMs)
  if (state.phase === 'settling') return settling(release)
  if (isReturning(release)) return returning(release, nowMs)
  if (paused !== undefined) return pausedNow(release, paused, nowMs)
  if (held !== undefined) return heldAtGate(release, held, nowMs)
  switch (state.phase) {
    case 'requested':
      return now('waiting', 'hold', 'Waiting to begin: no traffic has moved.')
    case 'queued':
      return now('waiting', 'hold', `Waiting: release ${state.behind} goes first. No traffic has moved.`)
    case 'preparing':
      return preparing(state.beginsAtMs ?? 0, nowMs)
    case 'hooks':
      return now('hook', state.unknown === undefined ? 'plain' : 'hold', hookWords(release, nowMs), stays(release))
    case 'shifting':
      if (state.alone === true)
        return now('going back', 'bad', `${putBackAlone(release).join(', ')} goes back alone, and the others go on.`)
      return now('shifting', 'plain', `${candidateName(release)} is about to get ${shareWords(release, state.step)}.`)
    case 'baking':
      return baking(release, state.step, nowMs)
    default:
      return returning(release, nowMs)
  }
}

/** Whether it goes on by itself now. */
export function standingOf(release: Release, nowMs: number): 'moving' | 'held' | 'returning' {
  if (isReturning(release)) return 'returning'
  const isUndecided = nowMs >= (bakeEndMs(release) ?? Infinity) && release.verdict?.kind !== 'pass'
  return release.paused !== undefined || heldNow(release) !== undefined || isUndecided ? 'held' : 'moving'
}

const shareWords = (release: Release, step: number): string => {
  const weightBp = weightAt(release, step)
  return weightBp === wholeBp
    ? 'all traffic'
    : `${percentWords(weightBp)} of the traffic${inWaveWords(release.service, step)}`
}

/** What the candidate has now. */
const shareNow = (release: Release): string => {
  const { state } = release
  const step = state.phase === 'baking' ? state.step : 'step' in state ? state.step - 1 : -1
  return `${percentWords(toldShareBp(release))}${inWaveWords(release.service, step)}`
}

const endTones: Readonly<Record<Outcome, Tone>> = {
  promoted: 'good',
  alreadyReleased: 'good',
  rolledBack: 'bad',
  interrupted: 'bad',
  aborted: 'plain',
  superseded: 'plain',
  rejected: 'hold',
}

function ended(release: Release, endMs: number, nowMs: number): Now {
  const { ending } = release
  if (ending === undefined) return now('ended', 'plain', `Ended at ${clockWords(endMs, nowMs)}.`)
  const { outcome } = ending
  const alone = putBackAlone(release)
  const sentence = `${capital(endedWords(outcome, alone))} at ${clockWords(endMs, nowMs)}: ${endWords(ending)}.`
  return now(
    alone.length > 0 && outcome === 'promoted' ? 'promoted in part' : outcomeWords[outcome],
    alone.length > 0 && outcome === 'promoted' ? 'hold' : endTones[outcome],
    sentence,
    `${backWords(release)} ${watchWords(release, nowMs)}`.trim(),
  )
}

function watchWords(release: Release, nowMs: number): string {
  if (release.watched !== undefined) return `${capital(watchEndWords(release.watched))}.`
  const untilMs = watchOf(release)?.untilMs ?? 0
  return nowMs < untilMs ? `It is watched until ${clockWords(untilMs, nowMs)}.` : ''
}

function settling(release: Release): Now {
  const { ending } = release
  const [word, tone] = ending === undefined ? ['ended', 'plain' as const] : endOf(ending)
  const why = ending === undefined ? '' : `: ${endWords(ending)}`
  const more = `${backWords(release)} What it held is let go now; the next release can begin after that.`
  return now(`${word}, settling`, tone, `${capital(word)}${why}.`, more.trim())
}

const endOf = ({ outcome }: NonNullable<Release['ending']>): [string, Tone] => [
  outcomeWords[outcome],
  endTones[outcome],
]

/** Why it ended, in full: nothing comes after it. */
const endWords = (ending: NonNullable<Release['ending']>): string => withoutStop(oneLine(whyWords(ending), 500))

const backWords = ({ ending, shifts, targets, oneWay }: Release): string =>
  oneWay === undefined && shifts.length > 0 && ['rolledBack', 'aborted', 'superseded'].includes(ending?.outcome ?? '')
    ? `All traffic is on ${stableName({ targets })} again.`
    : ''

function returning(release: Release, nowMs: number): Now {
  const { ending, state } = release
  const why = ending === undefined ? 'ordered' : open(whyWords(ending))
  const more = state.phase === 'hooks' ? hookWords(release, nowMs) : ''
  return now('going back', 'bad', `Going back to ${stableName(release)}: ${why}.`, more)
}

function preparing(beginsAtMs: number, nowMs: number): Now {
  if (beginsAtMs > nowMs) {
    const begins = `it begins ${inTime(beginsAtMs, nowMs)}. No traffic has moved.`
    return now('waiting', 'hold', `Waiting for releases of other services: ${begins}`)
  }
  const words = 'Preparing: gates, aliases, versions and alarms are checked before any traffic moves.'
  return now('preparing', 'plain', words)
}

/** What the candidate has while nothing goes on. */
const stays = (release: Release): string =>
  hasTraffic(release)
    ? `${candidateName(release)} keeps ${percentWords(toldShareBp(release))} of the traffic, and bad evidence still puts it back.`
    : `No traffic has moved.${fixesWords(release)}`
/** Until a forward fix is prepared, the release that it fixes has its place. */
const fixesWords = ({ fixes, targets }: Release): string =>
  fixes === undefined || targets.length > 0
    ? ''
    : ` Release ${fixes} stays frozen where it is until this one is prepared.`

function pausedNow(release: Release, { by, reason, atMs }: NonNullable<Release['paused']>, nowMs: number): Now {
  const why = isOurs(by) ? open(reason) : withoutStop(quoted(reason, undefined, becauseMost))
  const endMs = atMs + release.service.policy.hold.pausedSeconds * 1000
  const at = shareNow(release)
  const since = clockWords(atMs, nowMs)
  if (release.frozen?.kind === 'oneWay')
    return now(
      'frozen',
      'bad',
      `Frozen at ${at} since ${since} by ${nameWords(by)}: ${why}. ${noWayBackWords(release.oneWay?.reason ?? '')}`,
      `${stays(release)} ${fixWords(release)}`.trim(),
    )
  const sentence = `Paused at ${at} since ${since} by ${nameWords(by)}: ${why}. ${limitWords(goesBack(release), endMs, 'paused', nowMs)}`
  return now('paused', 'hold', sentence, stays(release))
}

function fixWords({ id, service, frozen }: Release): string {
  if (frozen?.fix !== undefined) return `Its forward fix, release ${frozen.fix}, is being prepared.`
  const last = frozen?.unfixed === undefined ? '' : `The last fix came to nothing: ${open(frozen.unfixed.because)}. `
  return `${last}Its fix: ${fixCommand(service.name, id)}`
}

const pointWords = (release: Release, point: number): string => {
  if (point === beginPoint) return 'before it begins'
  const weightBp = weightAt(release, point)
  return release.service.plan.steps[point] === undefined
    ? 'before it is promoted'
    : `before ${percentWords(weightBp)}${inWaveWords(release.service, point)}`
}

function heldAtGate(release: Release, held: Held, nowMs: number): Now {
  const where = pointWords(release, gatePoint(release) ?? beginPoint)
  // Somebody has answered since: what the gates said is not what they will say.
  if (held.againAtMs === 0) return now('at a gate', 'plain', `The gates ${where} are asked again now.`, stays(release))
  const endMs = held.sinceMs + release.service.policy.hold.gatedSeconds * 1000
  const then = held.point === beginPoint ? 'is rejected' : goesBack(release)
  const sentence = [
    `Held at a gate ${where} since ${clockWords(held.sinceMs, nowMs)}: ${open(held.because)}.`,
    `The gates are asked again ${inTime(askDueMs(release), nowMs)}.`,
    limitWords(then, endMs, 'gated', nowMs),
  ].join(' ')
  return now('held at a gate', 'hold', sentence, stays(release))
}

/** Whether something has been put back alone. */
function withoutWords(release: Release): string {
  const names = putBackAlone(release)
  return names.length === 0 ? '' : ` without ${names.join(', ')}, put back`
}

function baking(release: Release, step: number, nowMs: number): Now {
  const { verdict, service } = release
  const { hold, whenHeldTooLong } = service.policy
  const { steps } = service.plan
  const at = shareNow(release)
  const isLast = step + 1 >= steps.length
  const name = small(candidateName(release))
  const next = isLast
    ? `${name} is promoted`
    : `${name} gets ${percentWords(weightAt(release, step + 1))}${inWaveWords(release.service, step + 1)}`
  const endMs = bakeEndMs(release) ?? nowMs
  const look = nextLook(release, nowMs)
  if (endMs > nowMs) {
    const left = formatDuration((endMs - nowMs) / 1000)
    const sentence = `Baking at ${at}${withoutWords(release)}, step ${step + 1} of ${steps.length}: ${left} left. At ${clockWords(endMs, nowMs)}, if the evidence allows it, ${next}.`
    return now('baking', 'plain', sentence, `${evidenceWords(release)} ${look}`.trim())
  }
  if (verdict?.kind === 'pass')
    return now('passed', 'good', `Passed at ${at}${withoutWords(release)}. Now ${next}.`, look)
  const isQuiet = verdict?.quiet === true
  const seconds = isQuiet ? hold.quietSeconds : hold.unknownSeconds
  const then = whenHeldTooLong === 'pause' ? 'is paused' : goesBack(release)
  const limit = limitWords(then, endMs + seconds * 1000, isQuiet ? 'quiet' : 'unknown', nowMs)
  const why =
    verdict === undefined
      ? 'nobody has looked at the evidence yet'
      : `the evidence is not enough yet: ${open(verdict.because)}`
  const sentence = `Held at ${at}: the bake is over and ${why}. ${limit}`
  return now('held', 'hold', sentence, `As soon as the evidence is enough, ${next}. ${look}`.trim())
}

function evidenceWords({ verdict }: Release): string {
  if (verdict === undefined) return 'Nobody has looked at the evidence yet.'
  if (verdict.kind === 'pass') return 'The evidence is good so far.'
  if (verdict.kind === 'fail') return `The evidence is bad: ${open(verdict.because)}.`
  const unknown = verdict.signals.filter((one) => one.kind === 'unknown' && one.advisory !== true)
  const [first] = unknown
  if (verdict.quiet || first === undefined || unknown.length === 1) return `Not known yet: ${open(verdict.because)}.`
  return `Whether it is good is not known yet for ${unknown.length} of ${verdict.signals.length} signals: ${open(first.because)}.`
}

function nextLook(release: Release, nowMs: number): string {
  const act = nextAct(release, nowMs)
  if (act.act === 'judge') return 'The next look is due now.'
  return act.act === 'bake' ? `The next look is ${inTime(nowMs + act.seconds * 1000, nowMs)}.` : ''
}
