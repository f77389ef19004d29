// What the comparison comes to, in one sentence. It names places and kinds, never a value: the sentence goes into the release
// log and into messages, and values are customers' data.
import { nameWords, oneLine } from '../foreign-text.ts'
import { type Answer, refusedIn } from './features.ts'
import { type Difference, judged, type Slower, tallied, type Tallies, upperTail } from './compare.ts'
import type { Path } from './path.ts'

export type Tried = {
  /** Of events that could be compared. */
  readonly events: number
  /** Events at which IAM refused stable something, by the action. */
  readonly refused: ReadonlyMap<string, number>
  /** Events at which every copy of stable failed. */
  readonly failed: number
  readonly tallies: Tallies
}
export const nothingTried: Tried = { events: 0, refused: new Map(), failed: 0, tallies: new Map() }

type Rules = { readonly ignored: readonly Path[]; readonly slower: Slower | undefined }

/**
 * @param answers of the candidate, and of each copy of stable
 * @returns with one more event. Where IAM refuses stable something, its answer is not what customers get: nothing is compared.
 */
export function withEvent(tried: Tried, answers: readonly [Answer, ...Answer[]], rules: Rules): Tried {
  const [, ...stable] = answers
  const action = stable.map(refusedIn).find((one) => one !== '')
  if (action !== undefined)
    return { ...tried, refused: new Map([...tried.refused, [action, (tried.refused.get(action) ?? 0) + 1]]) }
  const isFailed = stable.every(({ kind }) => kind === 'error')
  return {
    ...tried,
    events: tried.events + 1,
    failed: tried.failed + (isFailed ? 1 : 0),
    tallies: tallied(tried.tallies, answers, rules),
  }
}

export type Versions = { readonly functionName: string; readonly stable: string; readonly candidate: string }
export type ShadowVerdict = {
  readonly result: 'pass' | 'fail' | 'unknown'
  readonly message: string
  readonly differences: readonly Difference[]
}

type Asked = {
  readonly least: number
  readonly copies: number
  readonly unusable: ReadonlyMap<string, number>
  /** What it waits for, where there are too few samples. */
  readonly waits?: string
}

export function verdictOf(versions: Versions, tried: Tried, { least, copies, unusable, waits }: Asked): ShadowVerdict {
  const { functionName, stable, candidate } = versions
  const unknown = (message: string): ShadowVerdict => ({ result: 'unknown', message, differences: [] })
  const { events, failed, tallies } = tried
  if (events < least) {
    const why = [...leftOut(tried.refused), ...[...unusable].map(([reason, count]) => `${count} ${reason}`)]
    const because = why.length === 0 ? '' : ` (${why.join('; ')})`
    const after = waits === undefined ? '' : `: ${waits}`
    return unknown(`${functionName}: ${events} events could be compared, and it takes ${least}${because}${after}`)
  }
  if (failed * 2 > events)
    return unknown(`${functionName}: version ${stable} itself fails in the shadow, at ${failed} of ${events} events`)
  const { differences: all, least: seenIn } = judged(tallies, copies)
  const differences = told(all)
  if (differences.length > 0) {
    const [first, ...more] = differences.map((one) => words(one, events))
    const named = [first, ...more.slice(0, namedMax - 1)].join('; ')
    const rest = more.length < namedMax ? '' : `; and ${more.length + 1 - namedMax} more`
    return {
      result: 'fail',
      message: `${functionName}: version ${candidate} is not as version ${stable}: ${named}${rest}`,
      differences,
    }
  }
  const share = visibleShare(events, seenIn)
  const sees =
    share === undefined
      ? 'no difference could have been seen'
      : `a difference in ${share} % of events would have been seen`
  if (share === undefined) return unknown(`${functionName}: ${events} events are too few: ${sees}`)
  return {
    result: 'pass',
    message: `${functionName}: version ${candidate} answers ${events} events as version ${stable} does; ${sees}`,
    differences,
  }
}

const namedMax = 5

function* leftOut(refused: ReadonlyMap<string, number>): Iterable<string> {
  for (const [action, count] of refused) yield `at ${count} more IAM refuses stable ${action}`
}

/** The smallest share of events, in percent, that a difference may be in to be found with a probability of 95 %. */
export function visibleShare(events: number, seenIn: number): number | undefined {
  const found = Array.from({ length: 99 }, (_, index) => index + 1).find(
    (percent) => seenIn <= events && upperTail(seenIn, events, percent / 100) >= Math.log(0.95),
  )
  return found ?? (seenIn <= events ? 100 : undefined)
}

const order = [
  'refused',
  'outcome',
  'status',
  'missing',
  'new',
  'type',
  'length',
  'value',
  'higher',
  'lower',
  'header',
  'order',
  'slower',
]
/** What follows from a difference at the same path. */
const follows = new Map([
  ['type', ['length', 'value', 'higher', 'lower', 'order']],
  ['length', ['order']],
  ['value', ['higher', 'lower']],
])

/** Without what only follows from another difference. */
function told(all: readonly Difference[]): readonly Difference[] {
  const sorted = [...all].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || (a.path < b.path ? -1 : 1))
  const has = (kind: string): boolean => sorted.some((one) => one.kind === kind)
  if (has('refused') || has('outcome'))
    return sorted.filter(({ kind }) => kind === (has('refused') ? 'refused' : 'outcome') || kind === 'slower')
  return sorted.filter(
    (one) =>
      !sorted.some((other) => {
        if (other === one) return false
        if (other.path === one.path) return (follows.get(other.kind) ?? []).includes(one.kind)
        if (one.kind === 'order') return other.kind !== 'order' && other.path.startsWith(`${one.path}/`)
        return ['missing', 'new', 'type', 'length'].includes(other.kind) && one.path.startsWith(`${other.path}/`)
      }),
  )
}

const kinds = new Map<string, (at: string) => string>([
  ['refused', () => 'it tries what IAM refuses'],
  ['outcome', () => 'it ends in another way'],
  ['status', () => 'the status is another'],
  ['missing', (at) => `${at} is missing`],
  ['new', (at) => `${at} is new`],
  ['type', (at) => `${at} is of another type`],
  ['length', (at) => `${at} has another length`],
  ['value', (at) => `${at} has another value`],
  ['higher', (at) => `${at} is higher`],
  ['lower', (at) => `${at} is lower`],
  ['header', (at) => `the header ${at} has another value`],
  ['order', (at) => `${at} is in another order`],
  ['slower', () => 'it is slower'],
])

/** Names in an answer are somebody else's text. */
function words({ kind, path, events, said }: Difference, of: number): string {
  const at = nameWords(oneLine(path, 120))
  const more = said === undefined ? '' : ` (${nameWords(oneLine(said, 80))})`
  return `${(kinds.get(kind) ?? (() => kind))(at)}${more} at ${events} of ${of} events`
}
