// The end of a watch: it is written into the release's log, and what follows is done. Every part may run twice: a fault goes back
// once, because the way back from a release is one request, and a person is told once, because the page has one key.
import { own } from '../../core/own.ts'
import { isAway, Problem } from '../../core/problem.ts'
import { headOf, undoneBy, watchName } from '../../core/release/head.ts'
import type { Release } from '../../core/release/release.ts'
import { endOf, toCharge, type Watch } from '../../core/watch/watch.ts'
import { type Answered, lateFaultPage, watchEndWords } from '../../core/watch/words.ts'
import { goBack, placeBefore } from '../orders/go-back.ts'
import { checkPublished } from '../orders/published.ts'
import { latestHeads } from '../steps/heads.ts'
import { isOver } from '../steps/lease.ts'
import { load, record } from '../steps/log.ts'
import type { World } from '../steps/world.ts'

export type Finishing = Parameters<typeof goBack>[0] & Pick<World, 'watches' | 'leases' | 'pager'>

/** @returns that it has ended */
export async function finish(deps: Finishing, watch: Watch): Promise<true> {
  const { ending } = watch
  const loaded = await record(deps, await load(deps, watch.releaseId), (release) => {
    const end = endOf(watch)
    if (release.watched !== undefined || end === undefined || ending === undefined) return undefined
    return { type: 'watched', atMs: ending.atMs, ...end }
  })
  const { release, link } = loaded
  const { watched } = release
  await deps.history.put(headOf(release, link))
  if (watched?.how === 'fault') await act(deps, watch, release, watched)
  const rest = watched === undefined ? undefined : toCharge(watch)
  await (rest === undefined ? deps.watches.remove(watch) : deps.watches.put(rest))
  const words = watched === undefined ? 'it was over' : watchEndWords(watched)
  deps.log({ message: `The watch has ended: ${words}`, service: watch.service, releaseId: watch.releaseId })
  return true
}

/** First back, then the page: somebody who gets up wants to know what has been done. */
async function act(
  deps: Finishing,
  watch: Watch,
  release: Release,
  watched: NonNullable<Release['watched']>,
): Promise<void> {
  const page = (answered: Answered): Promise<void> =>
    deps.pager.page(lateFaultPage(release, watched, watch.promotedAtMs, answered), release.service.planned)
  if (watched.onFault !== 'rollBack') return page({ kind: 'asks' })
  let answered: Answered
  try {
    answered = await putBack(deps, watch, watched.because)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    await page({ kind: 'notBack', because: error.message })
    // The next look tries again.
    if (isAway(error) || error.code === 'aws_throttled') throw error
    return
  }
  await page(answered)
}

/**
 * By the order that a person gives, and only from this release to the versions that its log names. A newer release that is under
 * way, or was promoted, is left alone.
 */
async function putBack(deps: Finishing, watch: Watch, because: string): Promise<Answered> {
  const { service, releaseId } = watch
  const notBack = (why: string): Answered => ({ kind: 'notBack', because: why })
  const gone = (await latestHeads(deps, service, 20)).items.find(({ backFrom }) => backFrom === releaseId)
  if (gone?.outcome === 'promoted') return { kind: 'back', releaseId: gone.releaseId, words: '' }
  const holder = await deps.leases.holder(service)
  if (holder !== undefined && holder !== releaseId && !(await isOver(deps, holder))) {
    const { release } = await load(deps, holder)
    if (undoneBy(release.key) === releaseId) return { kind: 'back', releaseId: holder, words: '' }
    return notBack(`release ${holder} is under way, and goes first.`)
  }
  const place = await placeBefore(deps, service, undefined)
  if (place.from !== releaseId) return notBack(`release ${place.from} was promoted since.`)
  const recorded = Object.fromEntries(watch.targets.map(({ functionName, stable }) => [functionName, stable]))
  const isSame = Object.keys(recorded).every((name) => own(place.versions, name) === own(recorded, name))
  if (!isSame) return notBack('the history names other versions than the log of the release.')
  await checkPublished(deps, await deps.services.get(service), { kind: 'versions', versions: place.versions })
  const ordered = await goBack(deps, place, { by: watchName, reason: because.slice(0, 500) })
  const words = watch.targets.map(({ functionName, stable }) => `${functionName}:${stable}`).join(', ')
  return { kind: 'back', releaseId: ordered.releaseId, words: ` to ${words}` }
}
