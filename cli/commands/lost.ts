// `tidegate lost`: lists, resends or drops events that were not handled. An event leaves the queue only after Lambda accepted it;
// if it fails again, it comes back by itself. A message that cannot be read is listed, and does not block the others.
import { createHash } from 'node:crypto'
import type { ReceivedMessage } from '../../cloud/ports.ts'
import { type Controller, type LostEvent, readLost } from '../../core/lost-event.ts'
import { Problem } from '../../core/problem.ts'
import { keepsFailures, scheduledVerbs } from '../../functions/rules.ts'
import type { LostBackend } from '../backend/backend.ts'
import { exitCodes, type Screen } from '../backend/screen.ts'

type LostCli = { readonly backend: LostBackend; readonly screen: Screen }

/** The same event for the same function, which may be in the queue several times. */
type Entry = {
  readonly id: string
  readonly read: ReturnType<typeof readLost>
  readonly messages: readonly ReceivedMessage[]
}

export function chosen(ids: readonly string[], { all }: { readonly all?: boolean }): readonly string[] | 'all' {
  if (ids.length > 0 === (all === true))
    throw new Problem('call_invalid', 'Give ids of `tidegate lost list`, or --all.')
  return all === true ? 'all' : ids
}

export async function listLost({ backend, screen }: LostCli, limit: number): Promise<number> {
  const entries = await look(backend, limit)
  await giveBack(backend, entries)
  if (entries.length === 0) {
    screen.say('No event is lost.', { lost: [] })
    return exitCodes.done
  }
  for (const entry of entries) screen.say(lines(entry), shown(entry))
  const count = entries.reduce((sum, { messages }) => sum + messages.length, 0)
  const more = count >= limit ? ', and perhaps more (--limit)' : ''
  screen.note(['', `${count} kept${more}. Mend the cause, then: tidegate lost retry --all, or one of these ids.`])
  return exitCodes.different
}

export async function retryLost(
  { backend, screen }: LostCli,
  ids: readonly string[] | 'all',
  limit: number,
): Promise<number> {
  const entries = await look(backend, limit)
  const wanted = entries.filter(({ id, read }) => (ids === 'all' ? read.kind === 'event' : ids.includes(id)))
  await giveBack(
    backend,
    entries.filter((entry) => !wanted.includes(entry)),
  )
  const troubles: Problem[] = ids === 'all' ? [] : missing(ids, entries)
  for (const entry of wanted) {
    try {
      await sendAgain(backend, entry)
      const { id, read } = entry
      screen.say(`${id}  sent again${read.kind === 'event' ? ` to ${backend.name}-${read.verb}: ${read.what}` : ''}`, {
        ...shown(entry),
        retried: true,
      })
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      troubles.push(error)
      await giveBack(backend, [entry])
      screen.say(`${entry.id}  stays: ${error.message}`, { ...shown(entry), retried: false, problem: error.code })
    }
  }
  if (wanted.length === 0 && troubles.length === 0) screen.say('There is nothing to send again.', { lost: [] })
  return codeOf(screen, troubles)
}

/** Sends one of several identical events, which does the work of all. */
async function sendAgain(backend: LostBackend, { id, read, messages }: Entry): Promise<void> {
  if (read.kind === 'unreadable') throw new Problem('call_invalid', `${id} cannot be sent again: ${read.why}.`)
  await backend.kept.send(`${backend.name}-${read.verb}`, read.payload)
  for (const message of messages) await backend.kept.remove(message)
}

export async function dropLost({ backend, screen }: LostCli, ids: readonly string[], limit: number): Promise<number> {
  const entries = await look(backend, limit)
  const wanted = entries.filter(({ id }) => ids.includes(id))
  await giveBack(
    backend,
    entries.filter((entry) => !wanted.includes(entry)),
  )
  for (const entry of wanted) {
    for (const message of entry.messages) await backend.kept.remove(message)
    screen.say(`${entry.id}  dropped`, { ...shown(entry), dropped: true })
  }
  return codeOf(screen, missing(ids, entries))
}

const missing = (ids: readonly string[], entries: readonly Entry[]): Problem[] =>
  ids
    .filter((id) => !entries.some((entry) => entry.id === id))
    .map(
      (id) =>
        new Problem(
          'call_invalid',
          `No event ${id} is kept: it was handled, dropped, or somebody else is looking at it.`,
        ),
    )

/** Everything that could be done is done by now; the problems determine the exit code. */
function codeOf(screen: Screen, troubles: readonly Problem[]): number {
  for (const { code, message, fix } of troubles)
    if (message.startsWith('No event')) screen.say(`${code}: ${message}`, { problem: { code, message, fix } })
  if (troubles.length === 0) return exitCodes.done
  return troubles.some(({ code }) => code !== 'call_invalid') ? exitCodes.aws : exitCodes.refused
}

/** Receives the messages: the caller must give back those that it does not remove. */
async function look({ kept, name }: LostBackend, limit: number): Promise<readonly Entry[]> {
  const controller: Controller = { ...(await kept.owner()), name, verbs: keepsFailures, scheduledVerbs }
  const groups = new Map<string, ReceivedMessage[]>()
  const reads = new Map<string, Entry['read']>()
  for (const message of await kept.receive(limit)) {
    const read = readLost(message, controller)
    const id = idOf(message, read)
    groups.set(id, [...(groups.get(id) ?? []), message])
    reads.set(id, reads.get(id) ?? read)
  }
  return [...groups]
    .map(([id, messages]): Entry => {
      const sorted = messages.toSorted((a, b) => a.keptAtMs - b.keptAtMs)
      return { id, messages: sorted, read: reads.get(id) ?? { kind: 'unreadable', why: '' } }
    })
    .sort((a, b) => firstMs(a) - firstMs(b))
}

const firstMs = ({ messages }: Entry): number => messages[0]?.keptAtMs ?? 0

/** The id stays the same if the event comes back. */
function idOf(message: ReceivedMessage, read: Entry['read']): string {
  const content = read.kind === 'event' ? `${read.verb} ${JSON.stringify(read.payload)}` : `message ${message.id}`
  return createHash('sha256').update(content).digest('hex').slice(0, 8)
}

async function giveBack({ kept }: LostBackend, entries: readonly Entry[]): Promise<void> {
  for (const { messages } of entries)
    for (const message of messages)
      // If this fails, the message reappears by itself after a few minutes.
      await kept.giveBack(message).catch((error: unknown) => {
        if (!(error instanceof Problem)) throw error
      })
}

const stamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`

function lines({ id, read, messages }: Entry): readonly string[] {
  const [first, last] = [messages[0]?.keptAtMs ?? 0, messages.at(-1)?.keptAtMs ?? 0]
  const times = messages.length === 1 ? '' : `  (${messages.length} times, last ${stamp(last)})`
  const head = `${id}  ${stamp(first)}  ${read.kind === 'event' ? read.verb : 'unreadable'}${times}`
  if (read.kind === 'unreadable')
    return [head, `    ${read.why}; it cannot be sent again, \`tidegate lost drop ${id}\` deletes it`]
  return [head, `    ${read.what}${about(read)}`, `    ${read.why}`]
}

const about = ({ service, releaseId }: LostEvent): string =>
  [service === undefined ? '' : `, service ${service}`, releaseId === undefined ? '' : `, release ${releaseId}`].join(
    '',
  )

/** Omits the event itself, which may contain credentials. */
function shown({ id, read, messages }: Entry): object {
  const { kind, why } = read
  const event =
    read.kind === 'event'
      ? { function: read.verb, what: read.what, service: read.service, releaseId: read.releaseId }
      : {}
  const times = messages.map(({ keptAtMs }) => new Date(keptAtMs).toISOString())
  return { id, kind, ...event, why, kept: messages.length, firstKeptAt: times[0], lastKeptAt: times.at(-1) }
}
