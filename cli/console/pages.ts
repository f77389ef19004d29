// Which page is at which path: what is read for it, and what shows it.
import type { Problem, ProblemCode } from '../../core/problem.ts'
import { type Frame, framed } from '../../console/frame.ts'
import { deliveryPage } from '../../console/delivery/delivery-page.ts'
import { lostPage } from '../../console/release/lost-page.ts'
import { postMortemMarkdown } from '../../console/release/post-mortem-markdown.ts'
import { postMortemPage } from '../../console/release/post-mortem-page.ts'
import { releasePage } from '../../console/release/release-page.ts'
import type { Period } from '../../core/measures/facts.ts'
import { dayMs } from '../../core/time.ts'
import { loadDelivery } from '../../functions/views/delivery.ts'
import { loadPostMortem } from '../../functions/views/post-mortem.ts'
import { loadAnyRelease } from '../../functions/views/lost.ts'
import { askedOf } from '../../functions/views/release.ts'
import { fleetPage } from '../../console/fleet/fleet-page.ts'
import { onCallPage } from '../../console/on-call/on-call-page.ts'
import { servicePage } from '../../console/service/service-page.ts'
import { loadFleet } from '../../functions/views/fleet.ts'
import { loadOnCall } from '../../functions/views/on-call.ts'
import { loadService } from '../../functions/views/service.ts'
import type { Answer } from './answer.ts'
import type { Backend } from '../backend/backend.ts'
import { documentAt, documents } from './runbook.ts'

/** Shows what was read, in any frame: also later, when the backend is away. */
export type Shown = (frame: Frame) => string
type Found = { readonly show: Shown } | { readonly text: Answer }
type Asked = { readonly backend: Backend; readonly path: string; readonly query: URLSearchParams }

const document = documents()

/** @returns `undefined` if there is no such page @throws Problem */
export async function pageAt({ backend, path, query }: Asked): Promise<Found | undefined> {
  const name = documentAt(path)
  if (name !== undefined) return runbook(name)
  const [first, second, third, ...rest] = path.slice(1).split('/').map(decoded)
  if (rest.length > 0) return undefined
  if (first === 'release' && second !== undefined) return ofRelease(backend, second, third, query)
  if (first === 'service' && second !== undefined && third === undefined)
    return found(await loadService(backend, second, nextOf(query)), servicePage)
  if (second !== undefined) return undefined
  if (first === '') return found(await loadFleet(backend), fleetPage)
  if (first === 'on-call') return found(await loadOnCall(backend), onCallPage)
  if (first === 'delivery')
    return found(await loadDelivery(backend, periodOf(query, backend.clock.nowMs())), deliveryPage)
  return undefined
}

async function ofRelease(
  backend: Backend,
  id: string,
  part: string | undefined,
  query: URLSearchParams,
): Promise<Found | undefined> {
  if (part !== undefined && part !== 'post-mortem' && part !== 'post-mortem.md') return undefined
  if (part !== 'post-mortem.md') {
    const any = await loadAnyRelease(backend, id, askedOf(query))
    if (any?.kind === 'lost') return found(any.view, lostPage)
    if (part === undefined) return found(any?.view, releasePage)
  }
  const sheet = await loadPostMortem(backend, id)
  if (sheet === undefined || part === 'post-mortem') return found(sheet, postMortemPage)
  return { text: { status: 200, headers: markdown, body: postMortemMarkdown(sheet) } }
}

const markdown = { 'content-type': 'text/markdown; charset=utf-8' }

const daysMost = 366
const usualDays = 28

function periodOf(query: URLSearchParams, nowMs: number): Period {
  const days = Number(query.get('days') ?? usualDays)
  const known = Number.isInteger(days) && days >= 1 && days <= daysMost ? days : usualDays
  return { fromMs: nowMs - known * dayMs, toMs: nowMs }
}

const found = <View>(view: View | undefined, show: (view: View, frame: Frame) => string): Found | undefined =>
  view === undefined ? undefined : { show: (frame) => show(view, frame) }

/** What cannot be decoded is the name of nothing. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

function nextOf(query: URLSearchParams): { readonly next?: string } {
  const next = query.get('next')
  return next === null ? {} : { next }
}

function runbook(name: string): Found | undefined {
  const found = document.get(name)?.()
  return found && { show: (frame) => framed({ ...frame, isDocument: true }, found.title, found.body) }
}

const statuses: Partial<Readonly<Record<ProblemCode, number>>> = {
  permission_denied: 403,
  route_refused: 403,
  service_missing: 404,
  release_missing: 404,
  aws_unavailable: 503,
  aws_throttled: 503,
}
export const statusOf = ({ code }: Problem): number => statuses[code] ?? 409
