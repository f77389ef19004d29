// Loads the page of one service: how it stands, its error budgets, and a part of its history.
import { warmNowWords } from '../../core/concurrency/words.ts'
import { withStop } from '../../core/foreign-text.ts'
import { whole } from '../../core/listing.ts'
import type { Head } from '../../core/release/head.ts'
import type { Service } from '../../core/service/service.ts'
import { isCounted, type Slo } from '../../core/service/slo.ts'
import { burnDown } from '../../core/view/burn-down.ts'
import {
  type BudgetShown,
  historyRow,
  type HistoryRow,
  serviceView,
  type ServiceView,
} from '../../core/view/service-view.ts'
import { isCharging } from '../../core/watch/watch.ts'
import { watchNowWords } from '../../core/watch/words.ts'
import type { HeadKey } from '../../cloud/ports.ts'
import { budgetsLeft, slotsOf } from '../budgets/left.ts'
import { concurrently, sentenceOf } from '../steps/each.ts'
import { latestHeads } from '../steps/heads.ts'
import { observedOf } from './observed.ts'
import { type NowPorts, oneNow } from './now.ts'
import type { World } from '../steps/world.ts'

type Ports = NowPorts & Pick<World, 'definitions' | 'observations' | 'openReleases' | 'watches'>

const rowsMost = 25
/** If the window of an error budget has more releases, what the older ones burned is shown as spent by no release. */
const headsMost = 300
const readAtOnce = 10

/**
 * @param next where the history goes on, as the page before said
 * @returns `undefined` when there is no such service, and never was
 */
export async function loadService(
  ports: Ports,
  name: string,
  { next }: { readonly next?: string } = {},
): Promise<ServiceView | undefined> {
  const [now, latest] = await Promise.all([oneNow(ports, name), latestHeads(ports, name, headsMost)])
  const { service } = now
  const nothing = now.heads.length + latest.unreadable.length === 0 && now.live === undefined && now.lost === undefined
  if (service === undefined && nothing && now.unknown.every((one) => one === noDefinition)) return undefined
  const part = await partOf(ports, name, next)
  const [history, budgets, applied, observed, watch, warm] = await Promise.all([
    concurrently(part.heads.slice(0, rowsMost), readAtOnce, (head) => rowOf(ports, head, latest.items)),
    service === undefined ? [] : Promise.all(service.slos.map((slo) => budgetOf(ports, service, slo, latest.items))),
    appliedBy(ports, name),
    observedOf(ports, service),
    watchWords(ports, name, now.heads),
    warmLines(ports, name, service),
  ])
  const last = part.heads[rowsMost - 1]
  return serviceView(now, ports.clock.nowMs(), {
    history,
    budgets,
    warm,
    unread: part.unread,
    ...(part.heads.length > rowsMost && last !== undefined ? { next: nextAfter(last) } : {}),
    ...(placeIn(next) === undefined ? {} : { isLater: true }),
    ...(applied === undefined ? {} : { applied }),
    ...(observed === undefined ? {} : { observed }),
    ...(watch === undefined ? {} : { watch }),
  })
}

/** How the watch after the last promotion stands, or how it ended. */
async function watchWords(
  { watches, clock }: Ports,
  service: string,
  heads: readonly Head[],
): Promise<string | undefined> {
  try {
    const live = (await watches.list(service)).items.filter((one) => !isCharging(one))
    const [watch] = live.toSorted((a, b) => b.promotedAtMs - a.promotedAtMs)
    if (watch !== undefined) return watchNowWords(watch, clock.nowMs())
    const { watched } = heads.find(({ outcome }) => outcome === 'promoted') ?? {}
    if (watched === undefined) return undefined
    return withStop(`The watch after the last promotion ended (${watched.how}): ${watched.because}`)
  } catch (error) {
    return `How the watch after the last promotion stands is not known: ${sentenceOf(error)}`
  }
}

/** What is kept warm after the last promotions. */
async function warmLines(
  { openReleases, clock }: Ports,
  name: string,
  service: Service | undefined,
): Promise<readonly string[]> {
  try {
    const { warm } = await openReleases.all(name)
    return warm.map((one) => warmNowWords(one, service, clock.nowMs()))
  } catch (error) {
    return [`What is kept warm after the last promotion is not known: ${sentenceOf(error)}`]
  }
}

/** What `oneNow` says of a service without a definition. */
const noDefinition = 'There is no definition of it.'

const nextAfter = ({ requestedAtMs, releaseId }: HeadKey): string => `${requestedAtMs}.${releaseId}`

/** A text that is no such place begins at the newest. */
function placeIn(next: string | undefined): HeadKey | undefined {
  const [, at = '', releaseId = ''] = /^(\d{1,15})\.(.{1,64})$/s.exec(next ?? '') ?? []
  return releaseId === '' ? undefined : { requestedAtMs: Number(at), releaseId }
}

async function partOf(ports: Ports, name: string, next: string | undefined) {
  const before = placeIn(next)
  const { items, unreadable } =
    before === undefined
      ? await latestHeads(ports, name, rowsMost + 1)
      : await ports.history.list(name, rowsMost + 1, before)
  const unread = unreadable.map(({ about, problem }) => `Release ${about.releaseId} cannot be read: ${problem.message}`)
  return { heads: items, unread }
}

/** Without its first event, a row says less. */
async function rowOf({ journal }: Ports, head: Head, heads: readonly Head[]): Promise<HistoryRow> {
  try {
    const [first] = (await journal.read(head.releaseId, { atMost: 1 })).events
    return historyRow(head, first?.type === 'requested' ? first : undefined, heads)
  } catch {
    return historyRow(head, undefined, heads)
  }
}

async function budgetOf(ports: Ports, service: Service, slo: Slo, heads: readonly Head[]): Promise<BudgetShown> {
  try {
    if (!isCounted(slo)) return await reportedBudget(ports, service, slo)
    const mark = await ports.budgets.mark(service.name, slo.name)
    if (mark === undefined) return { slo: slo.name, because: 'it has not been counted yet' }
    const slots = await slotsOf(ports, service.name, slo, mark.readToMs)
    return burnDown(slo, slots, heads, mark.readToMs)
  } catch (error) {
    return { slo: slo.name, because: sentenceOf(error) }
  }
}

/** Application Signals counts it, and says only what is left. */
async function reportedBudget(ports: Ports, service: Service, slo: Slo): Promise<BudgetShown> {
  const [left] = await budgetsLeft(ports, { ...service, slos: [slo] })
  const share = left?.leftShare
  const because =
    share === undefined ? (left?.because ?? 'it was not read') : `${Math.round(share * 1000) / 10} % is left`
  return { slo: slo.name, because: `Application Signals counts it: ${because}` }
}

async function appliedBy({ definitions }: Ports, name: string): Promise<ServiceView['applied']> {
  try {
    const [last] = whole(await definitions.list(name, 1))
    return last === undefined ? undefined : { by: last.by, atMs: last.atMs }
  } catch {
    return undefined
  }
}
