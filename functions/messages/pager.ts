// Tells people: once for each fact, together what has one cause, and after a quiet window what can wait for its end. A message is
// kept in the table before it is sent and until it was; what a function could not send, the sweep does. Only if the table does
// not answer is it sent as it is: a person must not wait for the table.
import type { Clock, Messages, Messenger, Pager } from '../../cloud/ports.ts'
import { causeMs, type Channel, isTold, type Kept, keptOf, withOthers } from '../../core/message/kept.ts'
import { sentOf } from '../../core/message/sent.ts'
import { inParts, together } from '../../core/message/together.ts'
import { type Page, severityOf } from '../../core/page.ts'
import { isAway, Problem } from '../../core/problem.ts'
import type { Timetable } from '../../core/service/timetable.ts'
import { each, readable } from '../steps/each.ts'
import type { World } from '../steps/world.ts'

type Deps = {
  readonly clock: Clock
  readonly messages: Messages
  readonly messenger: Messenger
  readonly log: World['log']
  readonly trouble: World['trouble']
  /** Quiet windows of the installation. */
  readonly quiet: Timetable
  readonly rests: Rests
}

export function keepingPager(given: Omit<Deps, 'rests'>): Pager {
  const deps = { ...given, rests: restsOf(given.clock) }
  const { clock, messages, trouble } = deps
  return {
    async page(page, planned = []) {
      let kept: Kept | undefined
      try {
        kept = await accept(deps, page, [...planned, ...deps.quiet])
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        trouble(error, { message: page.key })
        await sendUnkept(deps, page)
        return
      }
      if (kept !== undefined) await send(deps, [kept])
    },
    async over(key) {
      const nowMs = clock.nowMs()
      const kept = await messages.get(key)
      if (kept?.waits === 'transient') return messages.remove(key)
      // It waits for a window, for others, or for a channel that does not answer: whoever gets it hears that it is over.
      if (kept !== undefined) return messages.replace({ ...kept, overAtMs: nowMs })
      const told = await messages.told(key)
      if (told?.overAtMs === undefined && told !== undefined) await messages.setTold(key, { ...told, overAtMs: nowMs })
    },
    sendKept: (mayBegin = () => true) => sendKept(deps, mayBegin),
  }
}

/** How long a channel rests that has twice not answered. */
const restMs = 20_000

type Rests = { is(channel: Channel): boolean; watch(channel: Channel, sending: () => Promise<void>): Promise<void> }

/**
 * Whoever tells may have traffic to put back. So the second message that a channel does not take is the last that anybody waits
 * for: it rests, and what comes is kept. A refusal is about one message.
 */
function restsOf(clock: Clock): Rests {
  const missed = new Map<Channel, number>()
  const untilMs = new Map<Channel, number>()
  return {
    is: (channel) => clock.nowMs() < (untilMs.get(channel) ?? 0),
    async watch(channel, sending) {
      try {
        await sending()
        missed.delete(channel)
      } catch (error) {
        if (isAway(error)) {
          const count = (missed.get(channel) ?? 0) + 1
          missed.set(channel, count)
          if (count >= 2) untilMs.set(channel, clock.nowMs() + restMs)
        }
        throw error
      }
    },
  }
}

/** @returns what is to be sent now; `undefined` when the fact was told already, or waits */
async function accept(deps: Deps, page: Page, windows: Timetable): Promise<Kept | undefined> {
  const { clock, messages, log } = deps
  const nowMs = clock.nowMs()
  const told = await messages.told(page.key)
  if (told !== undefined && isTold(page, told, nowMs)) {
    if (told.overAtMs !== undefined) await messages.setTold(page.key, { atMs: told.atMs })
    log({ message: 'told already', key: page.key })
    return undefined
  }
  const wanted = keptOf(page, nowMs, windows)
  // Whoever claims a cause tells at once; others of it are told together with those that follow.
  const isFirst =
    wanted.waits !== 'sending' ||
    page.cause === undefined ||
    (await messages.claim(`cause/${page.kind}/${page.cause}`, nowMs, nowMs - causeMs))
  const kept = isFirst ? wanted : withOthers(wanted)
  const inTheWay = await messages.keep(kept)
  if (inTheWay === undefined) return kept.waits === 'sending' ? kept : undefined
  const { overAtMs, ...found } = inTheWay
  // It goes on, or has begun again.
  if (overAtMs !== undefined) await messages.replace(found)
  // Another function sends it at this moment, or the sweep will.
  if (found.dueAtMs > nowMs) return undefined
  return (await claimed(deps, nameOf(found))) ? found : undefined
}

/** Less than the minute from sweep to sweep. */
const claimedMs = 50_000

/** Two sweeps may run at once, and a fact be found meanwhile: one of them sends. If it dies, the sweep of a minute later does. */
function claimed({ clock, messages }: Deps, name: string): Promise<boolean> {
  const nowMs = clock.nowMs()
  return messages.claim(`sending/${name}`, nowMs, nowMs - claimedMs)
}

/** Those that are told together; not with what a channel has already. */
const nameOf = ({ group, sent }: Kept): string => [group, ...sent].join(' ')

/** Sends those of one group as one message. A channel that fails is tried again by the sweep, and no other. */
async function send(deps: Deps, group: readonly [Kept, ...Kept[]]): Promise<void> {
  const { clock, messages, messenger, rests } = deps
  const page = together(group)
  const about = () => ({ message: group[0].group })
  const before = group[0].sent
  const open = messenger.channels.filter((channel) => !before.includes(channel))
  const { done } = await each(
    deps,
    open.filter((channel) => !rests.is(channel)),
    about,
    async (channel) => {
      await rests.watch(channel, () => messenger.send(page, channel))
      return channel
    },
    open.length,
  )
  if (done.length === 0 && open.length > 0) return
  const atMs = clock.nowMs()
  await noteSent(deps, page, done)
  await each(
    deps,
    group,
    about,
    async (kept) => {
      const { page: one, waits, overAtMs } = kept
      if (done.length < open.length) return messages.replace({ ...kept, sent: [...before, ...done] })
      // What waited for a quiet window, and goes on after it, is told again.
      if (waits !== 'quiet') await messages.setTold(one.key, { atMs, ...(overAtMs === undefined ? {} : { overAtMs }) })
      return messages.remove(one.key)
    },
    atOnce,
  )
}

/** For people who look later. What could not be noted was told all the same. */
async function noteSent(deps: Deps, page: Page, to: readonly Channel[]): Promise<void> {
  if (to.length === 0) return
  await each(
    deps,
    [sentOf(page, to, deps.clock.nowMs())],
    ({ key }) => ({ message: key }),
    (sent) => deps.messages.noteSent(sent),
  )
}

/** @throws Problem when nobody could be told */
async function sendUnkept(deps: Deps, page: Page): Promise<void> {
  const { messenger } = deps
  const { channels } = messenger
  const { failed } = await each(
    deps,
    channels,
    (channel) => ({ message: page.key, channel }),
    (channel) => messenger.send(page, channel),
    channels.length,
  )
  // Whoever was told must not be told again each time that another channel fails.
  if (failed.length === channels.length) throw failed[0]?.error
}

// Each takes a few calls, which DynamoDB and SNS handle easily.
const atOnce = 10

/** What nobody has heard of comes first, then pages, then what has waited longest. So a dead channel holds up no other. */
const order = (a: Kept, b: Kept): number =>
  a.sent.length - b.sent.length || urgency(a) - urgency(b) || a.dueAtMs - b.dueAtMs
const urgency = ({ page: { kind } }: Kept): number => (severityOf(kind) === 'page' ? 0 : 1)

async function sendKept(deps: Deps, mayBegin: () => boolean): Promise<void> {
  const { clock, messages, log } = deps
  const nowMs = clock.nowMs()
  const items = readable(deps, await messages.list())
  const due = Map.groupBy(items.filter(({ dueAtMs }) => dueAtMs <= nowMs).toSorted(order), nameOf)
  const { left } = await each(
    deps,
    [...due],
    ([message]) => ({ message }),
    async ([name, [first, ...more]]) => {
      if (first === undefined || !(await claimed(deps, name))) return
      const about = () => ({ message: name })
      await each(deps, inParts([first, ...more]), about, (part) => send(deps, part), 1, mayBegin)
    },
    atOnce,
    mayBegin,
  )
  if (left.length > 0) log({ message: 'messages are left for the next sweep', left: left.length })
}
