// Tells people: once for each fact, together what has one cause, and after a quiet window what can wait for its end. A message is
// kept in the table before it is sent and until it was; what a function could not send, the sweep does. Only if the table does
// not answer is it sent as it is: a person must not wait for the table.
import type { Clock, Messages, Messenger, Pager } from '../../cloud/ports.ts'
import { causeMs, isTold, type Kept, keptOf, withOthers } from '../../core/message/kept.ts'
import { together } from '../../core/message/together.ts'
import type { Page } from '../../core/page.ts'
import { Problem } from '../../core/problem.ts'
import type { Timetable } from '../../core/service/timetable.ts'
import { each } from '../steps/each.ts'
import type { World } from '../steps/world.ts'

type Deps = {
  readonly clock: Clock
  readonly messages: Messages
  readonly messenger: Messenger
  readonly log: World['log']
  readonly trouble: World['trouble']
  /** Quiet windows of the installation. */
  readonly quiet: Timetable
}

export function keepingPager(deps: Deps): Pager {
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
      if (kept?.waits === 'quiet') return messages.replace({ ...kept, overAtMs: nowMs })
      const told = await messages.told(key)
      if (told?.overAtMs === undefined && told !== undefined) await messages.setTold(key, { ...told, overAtMs: nowMs })
    },
    sendKept: () => sendKept(deps),
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
  const found = inTheWay ?? kept
  if (found.waits === 'quiet' && found.overAtMs !== undefined) {
    const { overAtMs: _, ...again } = found
    await messages.replace(again)
  }
  // Another function sends it at this moment, or the sweep will.
  if (inTheWay !== undefined && inTheWay.dueAtMs > nowMs) return undefined
  return found.waits === 'sending' || found.dueAtMs <= nowMs ? found : undefined
}

/** Sends those of one group as one message. A channel that fails is tried again by the sweep, and no other. */
async function send(deps: Deps, group: readonly [Kept, ...Kept[]]): Promise<void> {
  const { clock, messages, messenger } = deps
  const page = together(group)
  const about = () => ({ message: group[0].group })
  // Those of a group may have been sent alone before, and then not to the same channels.
  const before = group.every(({ sent }) => sent.join() === group[0].sent.join()) ? group[0].sent : []
  const open = messenger.channels.filter((channel) => !before.includes(channel))
  const { failed } = await each(deps, open, about, (channel) => messenger.send(page, channel))
  const sent = messenger.channels.filter((channel) => !failed.some(({ item }) => item === channel))
  if (failed.length === open.length && open.length > 0) return
  const atMs = clock.nowMs()
  await each(deps, group, about, async (kept) => {
    if (failed.length > 0) return messages.replace({ ...kept, sent })
    // What waited for a quiet window, and goes on after it, is told again.
    if (kept.waits !== 'quiet') await messages.setTold(kept.page.key, { atMs })
    return messages.remove(kept.page.key)
  })
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
  )
  // Whoever was told must not be told again each time that another channel fails.
  if (failed.length === channels.length) throw failed[0]?.error
}

/** Less than the minute from sweep to sweep. */
const claimedMs = 50_000

async function sendKept(deps: Deps): Promise<void> {
  const { clock, messages, trouble } = deps
  const nowMs = clock.nowMs()
  const { items, unreadable } = await messages.list()
  for (const { about, problem } of unreadable) trouble(problem, about)
  const due = Map.groupBy(
    items.filter(({ dueAtMs }) => dueAtMs <= nowMs),
    ({ group }) => group,
  )
  await each(
    deps,
    [...due],
    ([message]) => ({ message }),
    async ([name, [first, ...more]]) => {
      // A sweep may run twice at once. One of them sends; if it dies, that of the next minute does.
      const isOurs = await messages.claim(`sending/${name}`, nowMs, nowMs - claimedMs)
      if (isOurs && first !== undefined) await send(deps, [first, ...more])
    },
  )
}
