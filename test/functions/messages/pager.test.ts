// Who is told what, and when: once for each fact, together what has one cause, after a quiet window what can wait; and nothing is
// lost, whatever fails.
import { beforeEach, describe, expect, it } from 'vitest'
import type { Messages, Messenger, Pager } from '../../../cloud/ports.ts'
import type { Channel } from '../../../core/message/kept.ts'
import { type Page, type PageKind, pageOf } from '../../../core/page.ts'
import { Problem } from '../../../core/problem.ts'
import type { Timetable } from '../../../core/service/timetable.ts'
import { alsoFiringPage } from '../../../core/release/pages.ts'
import { keepingPager } from '../../../functions/messages/pager.ts'
import { prepared } from '../../core/sample.ts'
import { memoryMessenger } from '../../memory/pager.ts'
import { memoryMessages, messagesKey } from '../../memory/stores/messages.ts'
import { type MemoryTable, memoryTable } from '../../memory/stores/table.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const t0 = Date.UTC(2026, 0, 10, 2)
const iso = (ms: number): string => new Date(ms).toISOString()

let nowMs: number
let table: MemoryTable
let sent: { page: Page; channel: Channel }[]
let troubles: unknown[]
/** What fails, by its name; each name fails as often as it is listed. */
let failing: string[]

const failIf = (name: string): void => {
  const index = failing.indexOf(name)
  if (index < 0) return
  failing.splice(index, 1)
  throw new Problem('aws_unavailable', `${name} does not answer.`)
}
const guarded = <T extends object>(port: T): T =>
  Object.fromEntries(
    Object.entries(port).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'function'
        ? async (...args: unknown[]): Promise<unknown> => {
            failIf(name)
            if (name === 'send') failIf(`send ${String(args[1])}`)
            return await (value as (...given: unknown[]) => Promise<unknown>)(...args)
          }
        : value,
    ]),
  ) as T

function open(quiet: Timetable = []): Pager {
  const messages: Messages = guarded(memoryMessages(table))
  const messenger: Messenger = guarded(memoryMessenger(sent))
  const trouble = (error: unknown): void => void troubles.push(error)
  return keepingPager({ clock: { nowMs: () => nowMs }, messages, messenger, log: () => undefined, trouble, quiet })
}

beforeEach(() => {
  nowMs = t0
  table = memoryTable()
  sent = []
  troubles = []
  failing = []
  read = 0
})

/** What people got by mail since somebody asked last. */
let read = 0
const told = (pager: Pager): Promise<readonly string[]> => pager.sendKept().then(() => heard())
function heard(): readonly string[] {
  const all = sent.filter(({ channel }) => channel === 'topic').slice(read)
  read += all.length
  return all.map(({ page }) => page.lines.join('\n'))
}

const page = (kind: PageKind, key: string, more: Partial<Page> = {}): Page =>
  pageOf(kind, { key, service: 'checkout', ...more }, { sentence: `${kind} ${key}.` })
const window = (fromMs: number, toMs: number): Timetable => [{ from: iso(fromMs), to: iso(toMs) }]

describe('one fact', () => {
  it('is told once, at once, to every channel, however often it is found', async () => {
    const pager = open()
    await Promise.all(Array.from({ length: 20 }, () => pager.page(page('rolledBack', 'a'))))
    await pager.page(page('rolledBack', 'a'))
    nowMs += hourMs
    await open().page(page('rolledBack', 'a'))
    await pager.sendKept()
    expect(sent.map(({ channel }) => channel)).toEqual(['topic', 'chat'])
    expect(heard()).toEqual(['rolledBack a.'])
  })

  it('is told once more after an hour if the traffic is still not back', async () => {
    const pager = open()
    for (let minute = 0; minute <= 125; minute++) {
      await pager.page(page('notBack', 'a'))
      nowMs += minuteMs
    }
    expect(heard()).toHaveLength(3)
  })

  it('that is over soon was transient: nobody is told', async () => {
    const pager = open()
    await pager.page(page('budgetBurnsSlowly', 'a'))
    nowMs += 9 * minuteMs
    expect(await told(pager)).toEqual([])
    await pager.over('a')
    nowMs += hourMs
    expect(await told(pager)).toEqual([])
    await pager.page(page('budgetBurnsSlowly', 'a'))
    nowMs += 10 * minuteMs
    expect(await told(pager)).toEqual(['budgetBurnsSlowly a.'])
  })

  it('that comes and goes is one fact, until it was away for half an hour', async () => {
    const pager = open()
    const burn = page('budgetBurnsFast', 'a')
    for (let turn = 0; turn < 5; turn++) {
      await pager.page(burn)
      nowMs += 10 * minuteMs
      await pager.over('a')
      nowMs += 19 * minuteMs
    }
    expect(heard()).toEqual(['budgetBurnsFast a.'])
    nowMs += 11 * minuteMs
    await pager.page(burn)
    expect(heard()).toEqual(['budgetBurnsFast a.'])
    await pager.over('never heard of')
  })
})

describe('one cause', () => {
  const cause = 'alarm database-cpu'

  it('of five releases is a message at once, and one that names the others within a minute', async () => {
    const pager = open()
    const five = ['a', 'b', 'c', 'd', 'e'].map((key) => page('rolledBack', key, { cause, service: `service-${key}` }))
    await Promise.all(five.map((one) => pager.page(one)))
    const [first = '', ...more] = heard()
    expect(more).toEqual([])
    nowMs += minuteMs
    const [others = '', ...none] = await told(pager)
    expect(none).toEqual([])
    expect(others.split('\n')[0]).toBe(`4 more messages of one cause, "${cause}".`)
    for (const { lines } of five) expect(`${first}\n${others}`.split(lines[0] ?? '')).toHaveLength(2)
    nowMs += minuteMs
    expect(await told(pager)).toEqual([])
  })

  it('of another hour is another message', async () => {
    const pager = open()
    await pager.page(page('rolledBack', 'a', { cause }))
    nowMs += 10 * minuteMs + 1
    await pager.page(page('rolledBack', 'b', { cause }))
    await pager.page(page('rolledBack', 'c'))
    await pager.page(page('interrupted', 'd', { cause }))
    expect(heard()).toEqual(['rolledBack a.', 'rolledBack b.', 'rolledBack c.', 'interrupted d.'])
  })

  it('of thirty alarms is one message that names them', async () => {
    const pager = open()
    const release = { ...prepared(), id: 'a-1' }
    const names = Array.from({ length: 30 }, (_, index) => `alarm-${index}`)
    await pager.page(alsoFiringPage(release, names.slice(0, 20), 'found'))
    for (const name of names) await pager.page(alsoFiringPage(release, [name], name))
    nowMs += 2 * minuteMs
    const [all = '', ...more] = await told(pager)
    expect(more).toEqual([])
    expect(all.split('\n')[0]).toBe('30 more alarms fire while release a-1 of checkout goes back.')
    for (const name of names) expect(all.split(`Alarm ${name} fires.`)).toHaveLength(2)
    expect(sent.at(-1)?.page).toMatchObject({ releaseId: 'a-1', service: 'checkout' })
  })
})

describe('a quiet window', () => {
  const endMs = t0 + 3 * hourMs
  const planned = window(t0 - hourMs, endMs)

  it.each<[PageKind, boolean]>([
    ['rolledBack', false],
    ['interrupted', false],
    ['aborted', false],
    ['rejected', false],
    ['endedWithoutLog', false],
    ['budgetBurnsFast', false],
    ['budgetBurnsSlowly', false],
    ['alsoFiring', false],
    ['notBack', true],
    ['notBackWithoutLog', true],
    ['logChanged', true],
    ['away', true],
    ['answersAgain', true],
  ])('%s is told in it: %s', async (kind, isTold) => {
    await open().page(page(kind, 'a'), planned)
    await open(planned).page(page(kind, 'b'))
    expect(heard()).toHaveLength(isTold ? 2 : 0)
  })

  it('ends with one message that names what waited, and what was over by then', async () => {
    const pager = open(planned)
    const owner = { name: 'shop', contact: 'shop@example.com' }
    await pager.page(page('rolledBack', 'a', { owner }))
    nowMs += minuteMs
    await pager.page(page('budgetBurnsFast', 'b', { service: 'cart' }))
    await pager.page(page('budgetBurnsFast', 'b', { service: 'cart' }))
    await pager.over('b')
    nowMs = endMs - 1
    expect(await told(pager)).toEqual([])
    nowMs = endMs
    expect(await told(pager)).toEqual([
      [
        'A quiet window has ended: 2 messages about cart, checkout waited for that.',
        `${iso(t0)}: rolledBack a. (owner: shop, shop@example.com)`,
        `${iso(t0 + minuteMs)}: budgetBurnsFast b. Over since ${iso(t0 + minuteMs)}.`,
      ].join('\n'),
    ])
    expect(await told(pager)).toEqual([])
    // What goes on is told again.
    await pager.page(page('budgetBurnsFast', 'b', { service: 'cart' }))
    expect(heard()).toEqual(['budgetBurnsFast b.'])
  })

  it('that never ends is summed up every day', async () => {
    const pager = open([
      { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', to: '00:00', timeZone: 'UTC' },
    ])
    await pager.page(page('rolledBack', 'a'))
    nowMs += 24 * hourMs - 1
    expect(await told(pager)).toEqual([])
    nowMs += 1
    expect(await told(pager)).toHaveLength(1)
  })

  it('of a time zone that nobody knows silences nothing', async () => {
    await open([{ days: ['sat'], from: '00:00', to: '23:00', timeZone: 'Nowhere/At-All' }]).page(
      page('rolledBack', 'a'),
    )
    expect(heard()).toHaveLength(1)
  })
})

describe('whatever fails', () => {
  it.each(['send', 'send topic'])('%s: it is kept, and the sweep sends it, once', async (name) => {
    const pager = open()
    // `send` fails for both channels.
    failing = name === 'send' ? [name, name, name, name] : [name, name]
    await pager.page(page('rolledBack', 'a'))
    expect(heard()).toEqual([])
    expect(troubles.length).toBeGreaterThan(0)
    await pager.page(page('rolledBack', 'a'))
    nowMs += minuteMs
    expect(await told(pager)).toEqual([])
    nowMs += minuteMs
    expect(await told(pager)).toEqual(['rolledBack a.'])
    nowMs += minuteMs
    expect(await told(pager)).toEqual([])
    expect(sent.map(({ channel }) => channel).sort()).toEqual(['chat', 'topic'])
  })

  it('a chat that fails does not make the e-mail come twice', async () => {
    const pager = open()
    failing = ['send chat', 'send chat']
    await pager.page(page('rolledBack', 'a'))
    for (let minute = 0; minute < 3; minute++) {
      nowMs += minuteMs
      await pager.sendKept()
    }
    expect(sent.map(({ channel }) => channel)).toEqual(['topic', 'chat'])
  })

  it.each(['told', 'keep', 'claim'])('%s: a person does not wait for the table', async (name) => {
    failing = [name]
    await open().page(page('rolledBack', 'a', { cause: 'x' }))
    expect(heard()).toEqual(['rolledBack a.'])
  })

  it('table and topic: it throws, and the caller tries again', async () => {
    failing = ['told', 'send topic', 'send chat']
    await expect(open().page(page('rolledBack', 'a'))).rejects.toMatchObject({ code: 'aws_unavailable' })
  })

  it('table and chat: whoever was told by e-mail is not told again', async () => {
    failing = ['told', 'send chat']
    await open().page(page('rolledBack', 'a'))
    expect(heard()).toEqual(['rolledBack a.'])
  })

  it.each(['setTold', 'remove'])('%s: it may come twice, and is not lost', async (name) => {
    const pager = open()
    failing = [name]
    await pager.page(page('rolledBack', 'a'))
    nowMs += minuteMs
    await pager.sendKept()
    expect(heard()).toEqual(['rolledBack a.', 'rolledBack a.'])
  })

  it('one message that cannot be sent or read holds up no other', async () => {
    const pager = open()
    for (const key of ['a', 'b', 'c']) await pager.page(page('budgetBurnsSlowly', key))
    table.corrupt(messagesKey, 'b', '{')
    nowMs += 10 * minuteMs
    failing = ['send topic']
    expect(await told(pager)).toEqual(['budgetBurnsSlowly c.'])
    expect(troubles.map((error) => (error as Problem).code)).toEqual(['item_unreadable', 'aws_unavailable'])
    nowMs += minuteMs
    expect(await told(pager)).toEqual(['budgetBurnsSlowly a.'])
  })

  it('a sweep that runs twice at once sends once', async () => {
    await open().page(page('budgetBurnsSlowly', 'a'))
    nowMs += 10 * minuteMs
    await Promise.all([open().sendKept(), open().sendKept()])
    expect(heard()).toEqual(['budgetBurnsSlowly a.'])
  })
})

it('what was sent is noted with the channels that took it, once for each message, and only that', async () => {
  const pager = open([...window(t0 - hourMs, t0 + hourMs)])
  failing = ['send chat']
  await pager.page(page('notBack', 'a', { releaseId: 'checkout-1' }))
  for (const key of ['b', 'c']) await pager.page(page('rolledBack', key))
  nowMs += hourMs
  await pager.sendKept()
  const { items } = await memoryMessages(table).recent(10)
  expect(items.map(({ kind, to, service, releaseId }) => [kind, to, service, releaseId])).toEqual([
    ['quietEnded', ['topic', 'chat'], 'checkout', undefined],
    ['notBack', ['chat'], 'checkout', 'checkout-1'],
    ['notBack', ['topic'], 'checkout', 'checkout-1'],
  ])
  expect(items[2]).toMatchObject({ atMs: t0, subject: 'notBack a.' })
})

it('what cannot be noted was told all the same, and is not told again', async () => {
  failing = ['noteSent']
  const pager = open()
  await pager.page(page('rolledBack', 'a'))
  nowMs += minuteMs
  await pager.sendKept()
  expect(heard()).toEqual(['rolledBack a.'])
  expect(troubles).toHaveLength(1)
})
