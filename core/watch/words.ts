// The watch after a promotion, in the words that everybody gets.
import { formatDuration } from '../duration.ts'
import { minuteWords } from '../time.ts'
import { noWayBackWords } from '../definition/one-way.ts'
import { aboutOwner, type Page, pageOf } from '../page.ts'
import type { WatchEnd } from '../definition/watch-end.ts'
import type { Release } from '../release/release.ts'
import { minuteMs } from '../time.ts'
import { explainedAt } from './past.ts'
import { type Read, slotsOfWatch, type Watch } from './watch.ts'

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`
const minutesTold = 15

/** `14h of 24h` */
const ofTime = (seen: number, all: number): string => `${formatDuration(seen * 60)} of ${formatDuration(all * 60)}`

/** Why there is a fault: the last minutes of the target that shows it most. */
export function faultWords(watch: Watch, read: Read): string {
  const rows = watch.targets.flatMap(({ functionName, alias, past }, place) => {
    const minutes = (read[place] ?? []).slice(-minutesTold)
    const last = minutes.at(-1)
    if (past === undefined || past === 'unknown' || last === undefined) return []
    const sum = (of: 'invocations' | 'bad'): number => minutes.reduce((all, one) => all + one[of], 0)
    const [invocations, bad, explained] = [sum('invocations'), sum('bad'), explainedAt(past, last.atMs)]
    const share = bad / Math.max(1, invocations)
    const words = `errors of ${functionName}:${alias}: ${percent(share)} of ${invocations} requests failed in the last ${minutes.length} minutes with data; at most ${percent(explained)} is usual at this time of the week`
    return [{ words, times: share / explained }]
  })
  return rows.toSorted((a, b) => b.times - a.times)[0]?.words ?? 'errors: more than is usual at this time of the week'
}

/** One line about a watch that goes on. */
export function watchNowWords(watch: Watch, nowMs: number): string {
  const { untilMs, targets } = watch
  const until = minuteWords(untilMs)
  const whole = formatDuration(slotsOfWatch(watch) * 5 * 60)
  const seen = formatDuration(watch.seenSlots * 5 * 60)
  if (targets.some(({ past }) => past === undefined))
    return `Watched until ${until}: what was usual before is being read.`
  return `Watched until ${until}: no fault seen; ${seen} of ${whole} seen${nowMs > untilMs ? ', and it ends now' : ''}.`
}

/** How it ended, in a sentence without its full stop. */
export function watchEndWords(end: WatchEnd): string {
  const seen = ofTime(end.seenMinutes, end.minutes)
  switch (end.how) {
    case 'time':
      return `watched to the end, no fault seen; ${seen} had data`
    case 'fault':
      return `a fault was found late: ${end.because}; ${end.onFault === 'rollBack' ? 'it goes back' : 'a person is told'}`
    default:
      return `the watch ended, no fault seen; ${seen} had data: ${end.because}`
  }
}

/** What was done about a fault: it goes back by a release, it could not, or the definition asks a person. */
export type Answered =
  | { readonly kind: 'back'; readonly releaseId: string; readonly words: string }
  | { readonly kind: 'notBack'; readonly because: string }
  | { readonly kind: 'asks' }

const answerWords = (answered: Answered): string => {
  switch (answered.kind) {
    case 'back':
      return `It goes back${answered.words} by release ${answered.releaseId}.`
    case 'notBack':
      return `It was not put back: ${answered.because}`
    case 'asks':
      return 'The definition says that a person decides (watch.onFault).'
  }
}

/** The page about a fault that is found late. */
export function lateFaultPage(
  { id, service, targets, oneWay }: Release,
  end: WatchEnd & { readonly atMs: number },
  promotedAtMs: number,
  answered: Answered,
): Page {
  const after = formatDuration(Math.max(60, Math.round((end.atMs - promotedAtMs) / minuteMs) * 60))
  const before = targets.map(({ functionName, alias, stable }) => `${functionName}:${alias} ${stable}`).join(', ')
  const isOneWay = oneWay !== undefined && answered.kind !== 'back'
  return pageOf(
    'lateFault',
    { key: `release/${id}/lateFault`, service: service.name, releaseId: id, ...aboutOwner(service) },
    {
      sentence: `Release ${id} of ${service.name} shows a fault ${after} after its promotion.`,
      lines: [
        `Why: ${end.because}`,
        `Before it ran: ${before}`,
        isOneWay ? noWayBackWords(oneWay.reason) : answerWords(answered),
      ],
      next: [
        ...(isOneWay ? [`Release a forward fix: tidegate release ${service.name} --version N`] : []),
        ...(isOneWay || answered.kind === 'back'
          ? []
          : [`Put it back: tidegate rollback ${service.name} --release ${id}`]),
        `See why: tidegate log ${id}`,
      ],
    },
  )
}
