// What an event of a release log says, in the words that everybody gets: a word, a sentence, and whose act it is. Words of others
// are quoted.
import { changeWords } from '../../around/changes.ts'
import { differsSentences } from '../../around/configuration.ts'
import { inWaveWords } from '../../definition/waves.ts'
import { formatDuration } from '../../duration.ts'
import { nameWords, oneLine, quoted } from '../../foreign-text.ts'
import { extraWords, keptWords, needWords } from '../../concurrency/words.ts'
import { chargeWords } from '../../release/charge.ts'
import { isLateBad, lateWords } from '../../release/late.ts'
import type { Move, ReleaseEvent } from '../../release/event.ts'
import { endedWords, isOwn, whyWords } from '../../release/head.ts'
import { bakeEndMs } from '../../release/next.ts'
import { doubtSentence } from '../../release/pages.ts'
import { putBackAlone, toldShareBp, type Release } from '../../release/release.ts'
import { candidateWords } from '../../service/candidate.ts'
import { watchEndWords } from '../../watch/words.ts'
import { beforeWords } from '../../definition/approval.ts'
import { percentWords } from './moment.ts'

export type Tone = 'good' | 'bad' | 'hold' | 'plain'

export type Told = {
  /** One word or two, such as `put back`. */
  readonly what: string
  readonly tone: Tone
  readonly words: string
  /** A person, or a part of the controller by its own name. */
  readonly by?: string
}

type EventOf<T extends ReleaseEvent['type']> = Extract<ReleaseEvent, { type: T }>

const wordsMost = 700
const told = (what: string, tone: Tone, words: string, by?: string): Told => ({
  what,
  tone,
  words: oneLine(words, wordsMost),
  ...(by === undefined ? {} : { by: isOwn(by) ? by : nameWords(by) }),
})

/** Whether the controller decided it itself; it also pauses under the name of the rule that says so. */
export const isOurs = (by: string): boolean => isOwn(by) || /^((policy|signals)\.|waves$)/.test(by)

/** A person's reason is quoted; the controller's own is not. */
const reasonWords = ({ by, reason }: { readonly by: string; readonly reason: string }): string =>
  isOurs(by) ? reason : quoted(reason)

/**
 * One case for each event type.
 * @param after the state of the release after the event
 */
export function tell(event: ReleaseEvent, after: Release): Told {
  switch (event.type) {
    case 'requested':
      return requestedTold(event)
    case 'queued':
      return told('queued', 'hold', `behind release ${event.behind}`)
    case 'admitted':
      return told('admitted', 'plain', `it holds the lease of ${after.service.name}${turnWords(event)}`)
    case 'carried':
      return told('carried', 'plain', `by execution ${event.execution.split(':').at(-1) ?? ''}`)
    case 'prepared':
      return told('prepared', 'plain', preparedWords(event))
    case 'gated':
      return told(event.allowed ? 'gate' : 'held', event.allowed ? 'plain' : 'hold', event.because)
    case 'approved':
      return approvedTold(event)
    case 'overridden':
      return told('override', 'hold', quoted(event.reason), event.by)
    case 'gateReopened':
      return told('gate', 'plain', `asked again: ${event.because}`)
    case 'concurrencyAsked':
      return told('asks', 'plain', `Lambda for provisioned concurrency: ${event.targets.map(needWords).join(', ')}`)
    case 'refused':
      return told('refused', 'bad', `${event.because} (${event.code})`)
    case 'hookCalled':
    case 'hookDeferred':
    case 'hookAnswered':
      return hookTold(event)
    case 'moveIntended':
      return told('intends', 'plain', intentWords(event.move, after))
    default:
      return toldLater(event, after)
  }
}

type Later = Exclude<
  ReleaseEvent,
  EventOf<
    | 'requested'
    | 'queued'
    | 'admitted'
    | 'carried'
    | 'prepared'
    | 'gated'
    | 'approved'
    | 'overridden'
    | 'gateReopened'
    | 'concurrencyAsked'
    | 'refused'
    | 'hookCalled'
    | 'hookDeferred'
    | 'hookAnswered'
    | 'moveIntended'
  >
>

function toldLater(event: Later, after: Release): Told {
  switch (event.type) {
    case 'moved':
      return movedTold(event)
    case 'judged':
      return lookTold(event, after)
    case 'paused':
      return told('paused', 'hold', reasonWords(event), event.by)
    case 'resumed':
      return told('resumed', 'plain', '', event.by)
    case 'promoteOrdered':
      return told('promote', 'plain', reasonWords(event), event.by)
    case 'returnOrdered':
      return told('back', 'bad', reasonWords(event), event.by)
    case 'interrupted':
      return told('foreign', 'bad', `${event.because}${suspectWords(event.suspect)}`)
    case 'moverNamed':
      return told('foreign', 'bad', `CloudTrail says that it was ${nameWords(event.suspect)}`)
    case 'alarmDoubted':
      return told('doubt', 'hold', doubtSentence(event))
    case 'dependenciesChanged':
      return told('changed', 'hold', `${event.changes.map(changeWords).join('; ')}; stable has it, too`)
    case 'returnFailed':
      return told('STUCK', 'bad', event.because)
    case 'paged':
      return told('paged', 'plain', 'a person has been told')
    case 'settled':
      return settledTold(after, event.atMs)
    case 'oneWayPassed':
      return told('one-way', 'hold', `from here on nothing goes back: ${quoted(event.reason)}`)
    case 'frozen':
      return told('frozen', 'bad', `it stays at ${percentWords(toldShareBp(after))}: ${reasonWords(event)}`, event.by)
    case 'frozenTold':
      return told('paged', 'plain', frozenWords(after))
    case 'fixBegun':
      return told('fix', 'plain', `release ${event.by}, its forward fix, is being prepared; it stays frozen until then`)
    case 'fixEnded':
      return told('frozen', 'bad', `its forward fix came to nothing: ${event.reason}`)
    case 'fixedForward':
      return told('fixed', 'plain', `release ${event.by}, its forward fix, takes its place; the traffic stays`)
    case 'charged':
      return told('charged', 'plain', event.charges.map(chargeWords).join('; '))
    case 'watched':
      return watchedTold(event)
    case 'lateCharged':
      return told('charged', isLateBad(event) ? 'bad' : 'plain', `after the promotion: ${lateWords(event)}`)
  }
}

const watchTones = {
  time: 'good',
  fault: 'bad',
  unknown: 'hold',
  moved: 'hold',
  release: 'plain',
  rolledBack: 'plain',
} as const
const watchedTold = (event: EventOf<'watched'>): Told => told('watch', watchTones[event.how], watchEndWords(event))

const frozenWords = ({ frozen }: Release): string =>
  frozen?.kind === 'oneWay'
    ? 'the line is stopped, and a person has been told: there is no way back, so a forward fix is wanted'
    : 'a person has been told, and decides'

const lookTones = { pass: 'good', fail: 'bad', unknown: 'hold' } as const
const lookTold = ({ atMs, verdict: { kind, because } }: EventOf<'judged'>, after: Release): Told =>
  told(kind, lookTones[kind], `${because}${timeLeft(atMs, after)}`)

/** What of the bake was left at a look. */
export function timeLeft(atMs: number, release: Release): string {
  const endMs = bakeEndMs(release)
  if (endMs === undefined) return ''
  return endMs > atMs ? ` [${formatDuration((endMs - atMs) / 1000)} left]` : ' [held]'
}

function settledTold(release: Release, atMs: number): Told {
  const { ending } = release
  if (ending === undefined) return told('settled', 'plain', '')
  const { outcome, by } = ending
  const isGood = outcome === 'promoted' || outcome === 'alreadyReleased'
  const alone = putBackAlone(release)
  const more = [extraWords(release, atMs), keptWords(release, atMs)].filter((some) => some !== undefined)
  const words = [`${endedWords(outcome, alone)}: ${whyWords(ending)}`, ...more].join('; ')
  const tone = !isGood ? 'bad' : alone.length > 0 ? 'hold' : 'good'
  return told('settled', tone, words, isOwn(by) ? by : undefined)
}

const suspectWords = (suspect: string | undefined): string =>
  suspect === undefined ? '; CloudTrail has not said by whom yet' : ` (${nameWords(suspect)})`

const turnWords = ({ atMs, beginsAtMs }: EventOf<'admitted'>): string =>
  beginsAtMs === undefined
    ? ''
    : `; it begins in ${formatDuration(Math.ceil((beginsAtMs - atMs) / 1000))}, after releases of other services`

function requestedTold({ candidate, provenance, reason, urgent, planBy, fixes }: EventOf<'requested'>): Told {
  const { commit, build, author, source, requestedBy } = provenance
  const facts = [
    candidateWords(candidate),
    ...(commit === undefined ? [] : [`commit ${oneLine(commit, 64)}`]),
    ...(build === undefined ? [] : [`build ${oneLine(build, 100)}`]),
    ...(author === undefined ? [] : [`by author ${nameWords(author)}`]),
    ...(urgent === true ? ['urgent: a security fix'] : []),
    ...(planBy === 'call' ? ['with a plan of its own'] : []),
    ...(fixes === undefined ? [] : [`forward fix of release ${fixes}`]),
    ...(reason === undefined ? [] : [quoted(reason)]),
  ]
  const asked = requestedBy === undefined && source !== 'api' ? [...facts, `asked for by an event of ${source}`] : facts
  return told('requested', 'plain', asked.join('; '), requestedBy)
}

function preparedWords({ targets, alarms, oneWay }: EventOf<'prepared'>): string {
  const versions = targets.map(
    ({ functionName, alias, stable, candidate }) => `${functionName}:${alias} from version ${stable} to ${candidate}`,
  )
  const firing = alarms.map(({ name, state }) =>
    state === 'alarm' ? `alarm ${name} fires already and is excluded` : `alarm ${name} is ${state}`,
  )
  const taken =
    oneWay === undefined
      ? []
      : [`it takes over ${percentWords(oneWay.weightBp)}, past a one-way step: ${quoted(oneWay.reason)}`]
  const scaled = targets.flatMap(({ functionName, stable, scaled: environments }) =>
    environments === undefined
      ? []
      : [`${functionName}:${stable} is scaled by load and has ${environments} environments, so no fewer are promised`],
  )
  return [[...versions, ...taken, ...scaled, ...firing].join('; '), ...differsSentences(targets)].join('. ')
}

function approvedTold({ answer, beforeBp, wave, reason, by }: EventOf<'approved'>): Told {
  const words = `${beforeWords({ beforeBp, wave })}${reason === undefined ? '' : `: ${quoted(reason)}`}`
  return answer === 'approve' ? told('approved', 'good', words, by) : told('declined', 'bad', words, by)
}

function hookTold(event: EventOf<'hookCalled' | 'hookDeferred' | 'hookAnswered'>): Told {
  switch (event.type) {
    case 'hookCalled':
      return told('hook', 'plain', `${event.point}: called${event.attempt > 1 ? `, attempt ${event.attempt}` : ''}`)
    case 'hookDeferred':
      if (event.said !== undefined) return told('hook', 'plain', `${event.point}: ${event.said}`)
      return told(
        'hook',
        'hold',
        `${event.point}: ${event.unheard === true ? 'nobody knows whether it was reached; it may answer' : 'it will answer later'}`,
      )
    case 'hookAnswered': {
      const tone = { pass: 'good', fail: 'bad', unknown: 'hold' } as const
      const proof = event.proof === 'none' ? ' (without a nonce)' : ''
      return told('hook', tone[event.answer], `${event.point}: ${event.answer}: ${event.because}${proof}`)
    }
  }
}

function intentWords({ purpose, weightBp, targets }: Move, { service, state }: Release): string {
  if (purpose === 'rollBack') return 'to put everything back on stable'
  if (purpose === 'promote') return 'to promote the candidate'
  if (purpose === 'putBack')
    return `to put back ${targets.map(({ functionName }) => functionName).join(', ')} alone, and to go on with the others`
  const wave = state.phase === 'shifting' ? inWaveWords(service, state.step) : ''
  return `to give the candidate ${percentWords(weightBp)}${wave}`
}

const movedTold = ({ purpose }: EventOf<'moved'>): Told =>
  ({
    shift: told('shifted', 'plain', 'the candidate has its new share of the traffic'),
    promote: told('promoted', 'good', 'all traffic is on the candidate'),
    putBack: told('put back', 'bad', 'they are on stable again, and the others go on'),
    rollBack: told('put back', 'bad', 'all traffic is on stable again'),
  })[purpose]
