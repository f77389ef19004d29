// Reads a release for its page, whatever is left of it: where its log is lost, what its head, its entry and its return record
// say.
import { Problem } from '../../core/problem.ts'
import { type Left, type LostView, lostViewOf } from '../../core/view/release/lost-view.ts'
import type { Asked, ReleaseView } from '../../core/view/release/release-view.ts'
import { isLogLost } from '../steps/by-record.ts'
import { sentenceOf } from '../steps/each.ts'
import type { World } from '../steps/world.ts'
import { inChargeOf, loadRelease, type ReleasePorts } from './release.ts'

export type LostPorts = Pick<World, 'clock' | 'journal' | 'leases' | 'history' | 'returns' | 'openReleases'> &
  Pick<ReleasePorts, 'services'>
type Found = { readonly kind: 'whole'; readonly view: ReleaseView } | { readonly kind: 'lost'; readonly view: LostView }

/** @returns `undefined` if nothing is known of such a release @throws Problem that is not about its log */
export async function loadAnyRelease(
  ports: LostPorts & ReleasePorts,
  releaseId: string,
  asked: Asked = {},
): Promise<Found | undefined> {
  let lost: Problem
  try {
    const view = await loadRelease(ports, releaseId, asked)
    if (view !== undefined) return { kind: 'whole', view }
    lost = new Problem('release_missing', `There is no log of release ${releaseId}.`)
  } catch (error) {
    if (!isLogLost(error)) throw error
    lost = error
  }
  const view = await loadLost(ports, releaseId, lost)
  return view === undefined ? undefined : { kind: 'lost', view }
}

/** @returns `undefined` if there is nothing at all */
export async function loadLost(ports: LostPorts, releaseId: string, lost: Problem): Promise<LostView | undefined> {
  const left = await leftOf(ports, releaseId)
  const { record, head, open, unknown } = left
  const isThere = record !== undefined || head !== undefined || open !== undefined || unknown.length > 0
  if (!isThere && lost.code === 'release_missing') return undefined
  const service = head?.service
  const inCharge =
    head === undefined || service === undefined
      ? ({ kind: 'not', because: 'It was not promoted.' } as const)
      : await inChargeOf(ports, {
          id: releaseId,
          service,
          isPromoted: head.outcome === 'promoted',
          isBack: head.backFrom !== undefined,
        })
  return lostViewOf(releaseId, lost, left, inCharge, ports.clock.nowMs())
}

const headsMost = 100
/** Ids are made of the service's name (core/release/request.ts). */
const serviceIn = (releaseId: string): string | undefined => /^(.+)-[0-9a-f]{20}$/.exec(releaseId)?.[1]

async function leftOf({ returns, openReleases, history }: LostPorts, releaseId: string): Promise<Left> {
  const unknown: string[] = []
  const tried = async <T>(what: string, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read()
    } catch (error) {
      unknown.push(`${what} cannot be read: ${sentenceOf(error)}`)
      return undefined
    }
  }
  const record = await tried('Its return record', () => returns.get(releaseId))
  const key = await tried('The open releases', async () =>
    (await openReleases.keys()).find((one) => one.releaseId === releaseId),
  )
  const entry = key === undefined ? undefined : await tried('Its entry', () => openReleases.get(key))
  const service = record?.service ?? key?.service ?? serviceIn(releaseId)
  const heads = service === undefined ? undefined : await tried('Its history', () => history.list(service, headsMost))
  const spoilt = heads?.unreadable.find(({ about }) => about.releaseId === releaseId)
  if (spoilt !== undefined) unknown.push(`Its entry in the history cannot be read: ${spoilt.problem.message}`)
  return {
    record,
    head: heads?.items.find((head) => head.releaseId === releaseId),
    ...(key === undefined
      ? {}
      : {
          open: {
            service: key.service,
            ...(entry === undefined ? {} : { requestedAtMs: entry.requestedAtMs, requested: entry.requested }),
          },
        }),
    unknown,
  }
}
