// The pages about releases: which ends a person is told of, and in which words; what to do by hand when an alias could not be
// put back; a part of AWS that is away while releases are live.
import { lookThere } from '../around/changes.ts'
import { differsSentences } from '../around/configuration.ts'
import { nameWords, quoted } from '../foreign-text.ts'
import { aboutOwner, type Page, type PageKind, pageOf } from '../page.ts'
import { routingWords, type Routing } from '../service/routing.ts'
import type { Outcome } from './event.ts'
import { drillWord, isOwn, sentenceOf, whyWords } from './head.ts'
import type { Outage, Part } from './outage.ts'
import { type AlarmDoubt, putBackAlone, type Release } from './release.ts'
import { commandBack, type Ended, type ReturnRecord, type ReturnTarget } from './return-record.ts'

type Named = Pick<ReturnRecord, 'releaseId' | 'service' | 'runbook' | 'owner' | 'drill'>

/** An end that nobody asked for is told, once. An abort or a refusal is one when no person has ordered it. */
export function isToBeTold({ ending, paged }: Pick<Release, 'ending' | 'paged'>): boolean {
  if (ending === undefined || paged === true) return false
  const { outcome, by } = ending
  if (outcome === 'aborted') return by === 'sweep' || by === 'tidegate'
  if (outcome === 'rejected') return isOwn(by)
  return outcome === 'rolledBack' || outcome === 'interrupted'
}

const deciderWords = (by: string): string => (isOwn(by) ? by : nameWords(by))

const kindOfEnd = (outcome: Outcome | undefined): PageKind =>
  outcome === 'rolledBack' || outcome === 'interrupted' || outcome === 'rejected' ? outcome : 'aborted'

/** The key under which it is kept that a person is told how a release ended. */
export const endKey = (releaseId: string): string => keyOf(releaseId, 'ended')
const keyOf = (releaseId: string, what: string): string => `release/${releaseId}/${what}`

const aboutRelease = (of: Named, what: string) => ({
  key: keyOf(of.releaseId, what),
  service: of.service,
  releaseId: of.releaseId,
  ...aboutOwner(of),
})

const seeWhy = (releaseId: string): string => `See why: tidegate log ${releaseId}`

export function endPage(release: Release): Page {
  const { id: releaseId, ending, service, alarmDoubt, drill } = release
  const why = ending === undefined ? [] : [`Why: ${whyWords(ending)}`, `Decided by: ${deciderWords(ending.by)}`]
  const kind = kindOfEnd(ending?.outcome)
  return pageOf(
    kind,
    {
      ...aboutRelease({ releaseId, service: service.name, ...aboutOwner(service) }, 'ended'),
      // A drill asks whether it is told at once.
      ...(drill === undefined && ending?.by.startsWith(alarmBy) === true ? { cause: ending.by } : {}),
    },
    {
      sentence: sentenceOf(release),
      lines: [
        ...why,
        ...(alarmDoubt === undefined ? [] : [doubtSentence(alarmDoubt)]),
        ...(kind === 'rolledBack' ? [...lookThere(release.around), ...differsSentences(release.targets)] : []),
      ],
      next: [
        seeWhy(releaseId),
        // Somebody else has moved an alias: what they left may be the candidate.
        ...(kind === 'interrupted' && release.oneWay === undefined
          ? [`Put all of it back: tidegate rollback ${service.name}`]
          : []),
      ],
    },
  )
}

/** What the evidence blamed went back alone. The end of the release is told only if nobody asked for it. */
export function putBackAlonePage(release: Release): Page {
  const { id: releaseId, service, targets, verdict } = release
  const names = putBackAlone(release)
  const pairs = names.map((name) => `${name}=N`).join(' ')
  return pageOf(
    'putBackAlone',
    aboutRelease({ releaseId, service: service.name, ...aboutOwner(service) }, 'putBackAlone'),
    {
      sentence: `${names.join(', ')} went back alone, and release ${releaseId} of ${service.name} goes on without.`,
      lines: [
        `Why: ${verdict?.because ?? 'not known'}`,
        ...lookThere(release.around),
        ...differsSentences(targets.filter(({ backMs }) => backMs !== undefined)),
      ],
      next: [
        seeWhy(releaseId),
        `Put all of it back: tidegate rollback ${service.name}`,
        `When it has ended, release what mends it: tidegate release ${service.name} --versions ${pairs}`,
      ],
    },
  )
}
// As whoever decides is called when an alarm does (functions/events/doubt.ts).
const alarmBy = 'alarm '

/**
 * While a release goes back, more of its alarms fire: they are named together.
 * @param key tells one finding of alarms from another
 */
export const alsoFiringPage = (
  { id: releaseId, service, drill }: Pick<Release, 'id' | 'service' | 'drill'>,
  alarms: readonly string[],
  key: string,
): Page =>
  pageOf(
    'alsoFiring',
    {
      ...aboutRelease({ releaseId, service: service.name, ...aboutOwner(service) }, `alarms/${key}`),
      cause: `alarms of release ${releaseId}`,
    },
    {
      sentence: `${rehearsed({ drill })}${alsoFiringSentence(alarms.length, releaseId, service.name)}`,
      lines: alarms.map((alarm) => `Alarm ${nameWords(alarm)} fires.`),
    },
  )

export const alsoFiringSentence = (count: number, releaseId: string, service: string): string =>
  `${count === 1 ? 'One more alarm fires' : `${count} more alarms fire`} while release ${releaseId} of ${service} goes back.`

const saidOfAlarm: Readonly<Record<AlarmDoubt['state'], string>> = {
  ok: 'says OK',
  insufficientData: 'says INSUFFICIENT_DATA',
  missing: 'knows no such alarm',
}
export const doubtSentence = ({ state }: AlarmDoubt): string =>
  `The event said ALARM, CloudWatch ${saidOfAlarm[state]}: if nobody can explain it, someone forged it.`

const rehearsed = (known: Pick<ReturnRecord, 'drill'> | undefined): string =>
  known?.drill === undefined ? '' : drillWord

const again = 'It is tried again every minute.'

/** @param known what puts it back, as far as anybody knows */
export const notBackSentence = (
  releaseId: string,
  known: Pick<ReturnRecord, 'service' | 'drill'> | undefined,
): string =>
  `${rehearsed(known)}Release ${releaseId}${known === undefined ? '' : ` of ${known.service}`} could not be put back.`

export const notBackPage = (releaseId: string, known: ReturnRecord | undefined, because: string): Page =>
  pageOf(
    'notBack',
    known === undefined ? { key: `release/${releaseId}/notBack`, releaseId } : aboutRelease(known, 'notBack'),
    { sentence: notBackSentence(releaseId, known), lines: [because], next: [...byHand(known), again] },
  )

function byHand(known: ReturnRecord | undefined): readonly string[] {
  if (known === undefined) return ['Its log cannot be read now: `tidegate rollback` says what to do by hand.']
  return ['Put it back by hand:', ...known.targets.map(commandBack)]
}

/** @param lines why, and what became of each alias */
export const notBackWithoutLogPage = (record: Named, lines: readonly string[]): Page =>
  pageOf('notBackWithoutLog', aboutRelease(record, 'notBackWithoutLog'), {
    sentence: `${rehearsed(record)}Release ${record.releaseId} of ${record.service} could not be put back, and its log cannot be read.`,
    lines,
    next: [again],
  })

/** @param lines why, and what became of each alias */
export const endedWithoutLogPage = (record: Named, { by }: Pick<Ended, 'by'>, lines: readonly string[]): Page =>
  pageOf('endedWithoutLog', aboutRelease(record, 'ended'), {
    sentence: `${rehearsed(record)}Release ${record.releaseId} of ${record.service} was ended without its log.`,
    lines: [...lines, `Decided by: ${deciderWords(by)}`],
    next: [
      `${record.service} may release again. If the log is wanted, restore the item that is named above from the table's backup.`,
    ],
  })

/**
 * @param what was done to which event, such as `event 7 was overwritten`
 * @param by the function that found it: each finds other changes
 */
export const logChangedPage = (releaseId: string, what: readonly string[], by: string): Page =>
  pageOf(
    'logChanged',
    { key: `release/${releaseId}/logChanged/${by}`, releaseId },
    {
      sentence: `The log of release ${releaseId} was changed: ${what[0] ?? ''}.`,
      lines: [
        ...what.slice(1).map((more) => `Also: ${more}.`),
        'Tidegate only adds to logs. Somebody with rights of their own has done this, or code that is not ours.',
      ],
      next: [
        `What fits and what not: tidegate log ${releaseId} --verify`,
        'Who did it, and how to get the log back from the backup: docs/operate.md, "A log was changed".',
      ],
    },
  )

type Place = Pick<ReturnTarget, 'functionName' | 'alias'>
export const aliasWords = ({ functionName, alias }: Place): string => `Alias ${functionName}:${alias}`

/** What became of an alias that was to be put back without the log. */
export const aliasLines = {
  back: (target: ReturnTarget): string => `${aliasWords(target)}: all traffic is on version ${target.stable}.`,
  deleted: (target: ReturnTarget): string => `${aliasWords(target)} was deleted by somebody else.`,
  moved: (target: ReturnTarget, found: Routing): string =>
    `${aliasWords(target)} was moved by somebody else to ${routingWords(found)}: it is left alone.`,
  left: (target: ReturnTarget, found: Routing, reason: string): string =>
    `${aliasWords(target)} is left at ${routingWords(found)}: the release has passed a one-way step (${quoted(reason)}), and nothing goes back behind it.`,
  failed: (target: ReturnTarget, why: string): readonly string[] => [
    `${aliasWords(target)} could not be put back: ${why}`,
    `  ${commandBack(target)}`,
  ],
}

/** What it means for releases, and what a person can do. */
const meaning: Readonly<Record<Part, string>> = {
  DynamoDB:
    'Releases stay where they are. Their executions watch the alarms and put the traffic back when one fires; nothing else can be decided.',
  'Step Functions':
    'Releases are not carried on. An alarm that fires and `tidegate rollback` put the traffic back as ever.',
  CloudWatch:
    'Nobody knows how the candidates do: releases stay where they are. Put one back with `tidegate rollback`.',
  Lambda: 'No alias can be read or moved, neither forward nor back. A way back that is due is tried every minute.',
  EventBridge: 'Alarms are heard at the next look, not at once. Events to others wait until it is back.',
}

/** @param more how to put back by hand what is live */
export const awayPage = ({ part, sinceMs, because }: Outage, more: readonly string[]): Page =>
  pageOf(
    'away',
    { key: `away/${part}/${sinceMs}` },
    {
      sentence: `${part} does not answer: releases are not as safe as they should be.`,
      lines: [`Since: ${new Date(sinceMs).toISOString()}`, because, meaning[part]],
      next: more,
    },
  )

export const answersAgainPage = ({ part, sinceMs }: Outage): Page =>
  pageOf(
    'answersAgain',
    { key: `answersAgain/${part}/${sinceMs}` },
    {
      sentence: `${part} answers again.`,
      lines: [`It was away since ${new Date(sinceMs).toISOString()}. Releases go on by themselves.`],
    },
  )

type Live = {
  readonly releaseId: string
  readonly service: string
  readonly targets: readonly Parameters<typeof commandBack>[0][]
  readonly oneWay?: { readonly isPassed?: true | undefined } | undefined
}

/** SNS takes 256 kB; a person takes less. */
const shownMax = 20

export function waysBack(live: readonly Live[]): readonly string[] {
  const lines = live
    .slice(0, shownMax)
    .flatMap(({ releaseId, service, targets, oneWay }) =>
      oneWay?.isPassed === true
        ? [`${service} (${releaseId}) has passed a one-way step: leave it where it is.`]
        : [`${service} (${releaseId}), back by hand:`, ...targets.map(commandBack)],
    )
  return live.length > shownMax ? [...lines, `... and ${live.length - shownMax} more releases`] : lines
}
