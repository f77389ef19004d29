// The sheet that people fill in after a release went wrong: what happened, by which evidence and thresholds, what was missing,
// what it cost. All of it is read from the log; what to do about it is left to people.
import { formatDuration } from '../../duration.ts'
import { oneLine } from '../../foreign-text.ts'
import { replay } from '../../release/advance.ts'
import type { ReleaseEvent } from '../../release/event.ts'
import { isOwn, sentenceOf } from '../../release/head.ts'
import { isToBeTold } from '../../release/pages.ts'
import type { Release } from '../../release/release.ts'
import type { Harm } from './harm.ts'
import { clockWords, digits, percentWords } from './moment.ts'
import { type Beside, factsOf, looksOf, lookWords, releaseViewOf } from './release-view.ts'
import type { SignalTile } from './signal-tiles.ts'
import type { TimelineRow } from './timeline.ts'

export type PostMortem = {
  readonly id: string
  readonly service: string
  readonly title: string
  /** When it was asked for: times are shown with another date only if they are of another day. */
  readonly dayMs: number
  readonly sentence: string
  readonly facts: readonly { readonly name: string; readonly words: string }[]
  readonly timeline: readonly TimelineRow[]
  /** At which look it was decided, and what each signal said there. */
  readonly evidence: { readonly sentence: string; readonly thresholds: string; readonly signals: readonly SignalTile[] }
  readonly missing: readonly string[]
  readonly harm: Harm
}

/** @returns `undefined` if the log does not begin with a request */
export function postMortemOf(events: readonly ReleaseEvent[], beside: Beside): PostMortem | undefined {
  const release = replay(events)
  const view = releaseViewOf(events, beside)
  if (release === undefined || view === undefined) return undefined
  const { alpha, ruleOut } = release.service.policy
  const looks = looksOf(events)
  return {
    id: view.id,
    service: view.service,
    title: view.title,
    dayMs: release.requestedAtMs,
    sentence: view.isSettled
      ? oneLine(sentenceOf(release), 700)
      : `It has not ended yet. ${view.now.sentence} ${view.now.more}`.trim(),
    facts: [...factsOf(release, release.requestedAtMs), ...timesOf(events, release, release.requestedAtMs)],
    timeline: view.timeline,
    evidence: {
      sentence: lookWords(release, looks, looks.length, release.requestedAtMs),
      thresholds: `Evidence of ${digits(1 / alpha)} to 1 over all signals puts it back (alpha ${digits(alpha)})${ruleOut === undefined ? '' : `; a pass has to rule out a fault of ${digits(ruleOut.points)} points of all requests`}.`,
      signals: view.tiles,
    },
    missing: missingOf(events, release, view.tiles),
    harm: view.harm,
  }
}

/** How long each part of it took. */
function timesOf(events: readonly ReleaseEvent[], release: Release, dayMs: number): PostMortem['facts'] {
  const { shifts, state, ending, requestedAtMs } = release
  const first = shifts[0]
  const fact = (name: string, words: string | undefined): PostMortem['facts'] =>
    words === undefined ? [] : [{ name, words }]
  const back = events.find((event) => event.type === 'moved' && event.purpose === 'rollBack')
  const decided = events.find(
    (event) =>
      event.type === 'returnOrdered' ||
      event.type === 'interrupted' ||
      (event.type === 'judged' && event.verdict.kind === 'fail'),
  )
  const since = (fromMs: number | undefined, toMs: number | undefined): string =>
    fromMs === undefined || toMs === undefined ? '' : `, ${formatDuration((toMs - fromMs) / 1000)} later`
  return [
    ...fact('first traffic', first === undefined ? 'none' : clockWords(first.sinceMs, dayMs)),
    ...fact(
      'most traffic',
      first === undefined ? undefined : percentWords(Math.max(...shifts.map((one) => one.weightBp))),
    ),
    ...fact(
      'decided to go back',
      decided === undefined ? undefined : `${clockWords(decided.atMs, dayMs)}${since(first?.sinceMs, decided.atMs)}`,
    ),
    ...fact(
      'traffic back',
      back === undefined ? undefined : `${clockWords(back.atMs, dayMs)}${since(decided?.atMs, back.atMs)}`,
    ),
    ...fact(
      'ended',
      state.phase === 'settled'
        ? `${clockWords(state.atMs, dayMs)}, ${formatDuration((state.atMs - requestedAtMs) / 1000)} after it was asked for`
        : undefined,
    ),
    ...fact('decided by', ending === undefined ? undefined : oneLine(ending.by, 200)),
  ]
}

const namedMost = 20

/** What the evidence lacked, and which guards were not there. */
function missingOf(events: readonly ReleaseEvent[], release: Release, tiles: readonly SignalTile[]): readonly string[] {
  const { service, excludedAlarms, overridden, ending, charges, exposure } = release
  const looks = events.flatMap((event) => (event.type === 'judged' ? [event.verdict] : []))
  const unknown = looks.filter((verdict) => verdict.kind === 'unknown').length
  const unread = looks.filter(({ readings }) => readings?.complete === false).length
  const hooks = events.filter((event) => event.type === 'hookAnswered' && event.answer === 'unknown').length
  const lines = [
    ...(looks.length === 0 ? ['Nobody looked at any evidence.'] : []),
    ...(unknown === 0 ? [] : [`${unknown} of ${looks.length} looks did not know whether it was good.`]),
    ...(unread === 0
      ? []
      : [`${unread} of ${looks.length} looks could not read everything that they asked CloudWatch for.`]),
    ...tiles.flatMap(({ kind, signal, because }) =>
      kind === 'unknown'
        ? [`${signal} was not known at the last look: ${because}`]
        : kind === 'excluded'
          ? [`${signal} was not judged: ${because}`]
          : [],
    ),
    ...(service.signals.alarms.length === 0 ? ['No alarm guards this service.'] : []),
    ...(service.slos.length === 0 ? ['The service has no error budget, so the harm is not counted against one.'] : []),
    ...(service.slos.length > 0 && exposure !== undefined && charges === undefined
      ? ['The harm is not counted against the error budgets yet; that takes at least 20 minutes after the end.']
      : []),
    ...excludedAlarms.map((alarm) => `Alarm ${alarm} fired already before the release, so it said nothing.`),
    ...(hooks === 0 ? [] : [`${hooks} answers of hooks were unknown.`]),
    ...(overridden === undefined ? [] : ['The gates were overridden.']),
    ...(isToBeTold(release) && ending !== undefined && isOwn(ending.by)
      ? ['The log does not say that a person was paged.']
      : []),
    ...(service.runbook === undefined ? ['The service names no runbook.'] : []),
  ].map((line) => oneLine(line, 500))
  return lines.length <= namedMost
    ? lines
    : [...lines.slice(0, namedMost), `And ${lines.length - namedMost} more: the log has them.`]
}
