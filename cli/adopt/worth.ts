// Where it pays: what releases of the last days cost that a canary would have ended, and how much is at stake at each release.
// Pure.
import { hourMs } from '../../core/time.ts'
import { badUntil, type Offer } from '../promise/words.ts'
import type { Hour, Usual } from '../promise/usual.ts'

export type Worth = {
  /** Releases after which many more requests failed than usual, and how many did. */
  readonly badReleases: number
  readonly badRequests: number
  /** How many of those would not have failed: found as soon as promised, at the weight of that step. */
  readonly saved: number
  /** Requests a minute times releases: what is at stake where no release was bad. */
  readonly exposure: number
}

/** For so long after a release, what fails is counted as its doing, until an hour is as usual. */
const hoursAfter = 24
/** Many more: three times as often as usual, and a hundredth of the requests more. */
const times = 3
const added = 0.01

/** @param releases when versions were published; that they got their traffic in that hour is a guess, and is said to be one */
export function worthOf(
  hours: readonly Hour[],
  releases: readonly number[],
  usual: Usual | undefined,
  offer: Offer | undefined,
): Worth {
  if (usual === undefined) return { badReleases: 0, badRequests: 0, saved: 0, exposure: 0 }
  const at = new Map(hours.map((hour) => [hour.atMs, hour]))
  const begins = [...new Set(releases.map((atMs) => Math.floor(atMs / hourMs) * hourMs))].toSorted((a, b) => a - b)
  let [badReleases, badRequests, saved] = [0, 0, 0]
  for (const [index, begin] of begins.entries()) {
    const { extra, requests } = after(at, begin, begins[index + 1] ?? Infinity, usual.rate)
    if (extra === 0) continue
    badReleases++
    badRequests += extra
    saved += Math.max(0, extra - served(offer, extra / requests))
  }
  return {
    badReleases,
    badRequests: Math.round(badRequests),
    saved: Math.round(saved),
    exposure: usual.mean * releases.length,
  }
}

function after(at: ReadonlyMap<number, Hour>, begin: number, next: number, rate: number) {
  let [extra, requests] = [0, 0]
  for (let hour = 0; hour < hoursAfter; hour++) {
    const atMs = begin + hour * hourMs
    const found = atMs < next || hour === 0 ? at.get(atMs) : undefined
    const share = found === undefined ? 0 : found.failed / found.requests
    const isBad = share > times * rate && share > rate + added
    // It may have begun at the end of its first hour.
    if (!isBad && hour > 0) break
    if (found === undefined || !isBad) continue
    extra += found.failed - rate * found.requests
    requests += found.requests
  }
  return { extra, requests }
}

/** What the fault would have failed until it is found. A size that is not promised would not have been found. */
function served(offer: Offer | undefined, share: number): number {
  if (offer === undefined) return Infinity
  const sizes = Object.entries(offer.promised.found).map(([size, minutes]) => ({ size: Number(size), minutes }))
  const size = sizes.filter((one) => one.size <= share).toSorted((a, b) => b.size - a.size)[0]
  return size === undefined ? Infinity : badUntil(offer.traffic, offer.fit, share, size.minutes)
}
