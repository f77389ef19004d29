// Nights that nobody planned: facts in any order and more than once, two sweeps at once, a function that dies when it has kept a
// message, a channel that is dead for an hour, a thousand messages. Each channel gets each fact once, and no night is too long.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Channel } from '../../../core/message/kept.ts'
import { type Page, type PageKind, pageOf } from '../../../core/page.ts'
import { Problem } from '../../../core/problem.ts'
import type { Timetable } from '../../../core/service/timetable.ts'
import { keepingPager } from '../../../functions/messages/pager.ts'
import { memoryMessages } from '../../memory/stores/messages.ts'
import { memoryTable } from '../../memory/stores/table.ts'

const minuteMs = 60_000
const t0 = Date.UTC(2026, 0, 10, 2)
const seed = Number(process.env['SEED'] ?? 20261126)
const channels: readonly Channel[] = ['topic', 'chat']
const iso = (ms: number): string => new Date(ms).toISOString()

class Death extends Error {}

function openNight(planned: Timetable = []) {
  const table = memoryTable()
  const night = {
    nowMs: t0,
    sent: [] as { readonly page: Page; readonly channel: Channel }[],
    dead: new Set<Channel>(),
    tried: 0,
    /** How long SNS takes for each message. */
    sendMs: 0,
    isDying: false,
    troubles: 0,
  }
  const clock = { nowMs: () => night.nowMs }
  const messages = memoryMessages(table)
  const open = () =>
    keepingPager({
      ...{
        clock,
        log: () => undefined,
        trouble: () => {
          night.troubles++
        },
        quiet: [],
      },
      messages: {
        ...messages,
        async keep(kept) {
          const inTheWay = await messages.keep(kept)
          if (night.isDying) {
            night.isDying = false
            throw new Death()
          }
          return inTheWay
        },
      },
      messenger: {
        channels,
        async send(page, channel) {
          night.tried++
          night.nowMs += night.sendMs
          await Promise.resolve()
          if (night.dead.has(channel)) throw new Problem('aws_unavailable', 'no answer')
          night.sent.push({ page, channel })
        },
      },
    })
  // Two functions, each in an environment of its own.
  const pagers = [open(), open()] as const
  const said = (channel: Channel): string =>
    night.sent
      .filter((one) => one.channel === channel)
      .map(({ page }) => page.lines.join('\n'))
      .join('\n')
  return Object.assign(night, {
    table,
    pagers,
    kept: async () => (await messages.list()).items.length,
    page: (at: number, page: Page) =>
      pagers[at % 2]?.page(page, planned).catch((error: unknown) => {
        if (!(error instanceof Death)) throw error
      }),
    times: (channel: Channel, words: string): number => said(channel).split(words).length - 1,
  })
}

const page = (kind: PageKind, key: string, more: Partial<Page> = {}): Page =>
  pageOf(kind, { key, service: 'checkout', ...more }, { sentence: `${kind} ${key}.` })

const facts: readonly Page[] = [
  page('rolledBack', 'a', { cause: 'alarm database' }),
  page('rolledBack', 'b', { cause: 'alarm database' }),
  page('rolledBack', 'c', { cause: 'alarm database' }),
  page('interrupted', 'd'),
  page('answersAgain', 'e'),
  page('rejected', 'f'),
  page('budgetBurnsFast', 'g'),
  page('budgetBurnsSlowly', 'h'),
]
const sentence = ({ lines: [first = ''] }: Page): string => first
/** What may be over before anybody hears of it. */
const mayEnd = (one: Page): boolean => one.kind.startsWith('budget')

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('page' as const), fact: fc.nat(7), at: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('over' as const), fact: fc.nat(7) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('minutes' as const), count: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('sweeps' as const), at: fc.nat(1), fact: fc.nat(7) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('dies' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('channel' as const), one: fc.constantFrom(...channels), is: fc.boolean() }),
  },
)

it('each channel gets each fact once, whatever happens in which order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.boolean(), async (steps, isQuiet) => {
      const night = openNight(isQuiet ? [{ from: iso(t0 + 10 * minuteMs), to: iso(t0 + 40 * minuteMs) }] : [])
      const found = new Set<Page>()
      const ended = new Set<Page>()
      const tell = (fact: number, at: number) => {
        const one = facts[fact] as Page
        found.add(one)
        return night.page(at, one)
      }
      for (const one of steps) {
        if (one.do === 'page') await tell(one.fact, one.at)
        else if (one.do === 'over') {
          const over = facts[one.fact] as Page
          if (!mayEnd(over)) continue
          ended.add(over)
          await night.pagers[0].over(over.key)
        } else if (one.do === 'minutes') night.nowMs += one.count * minuteMs
        else if (one.do === 'dies') night.isDying = true
        else if (one.do === 'channel') night.dead[one.is ? 'delete' : 'add'](one.one)
        else await Promise.all([...night.pagers.map((pager) => pager.sendKept()), tell(one.fact, one.at)])
      }
      night.dead.clear()
      night.isDying = false
      for (let minute = 0; minute < 60; minute++) {
        night.nowMs += minuteMs
        await Promise.all(night.pagers.map((pager) => pager.sendKept()))
      }
      expect(await night.kept()).toBe(0)
      for (const one of found)
        for (const channel of channels) {
          const times = night.times(channel, sentence(one))
          if (!ended.has(one) && !(isQuiet && mayEnd(one)))
            expect([channel, sentence(one), times]).toEqual([channel, sentence(one), 1])
          else if (!ended.has(one)) expect(times).toBeGreaterThan(0)
        }
    }),
    { seed, numRuns: 300 },
  )
})

describe('a channel that is dead for an hour', () => {
  it('gets everything then, and the others get nothing twice, also of one cause that goes on', async () => {
    const night = openNight()
    night.dead.add('chat')
    for (let minute = 0; minute < 60; minute++) {
      await night.page(minute, page('rolledBack', `release-${minute}`, { cause: 'alarm database' }))
      night.nowMs += minuteMs
      await night.pagers[0].sendKept()
    }
    night.dead.clear()
    for (let minute = 0; minute < 3; minute++) {
      night.nowMs += minuteMs
      await night.pagers[0].sendKept()
    }
    for (let minute = 0; minute < 60; minute++)
      for (const channel of channels)
        expect([channel, minute, night.times(channel, `rolledBack release-${minute}.`)]).toEqual([channel, minute, 1])
  })

  it('holds nobody up: it is tried twice in a while, and the other has everything in the first sweep', async () => {
    const night = openNight()
    for (let index = 0; index < 200; index++) await night.page(index, page('budgetBurnsSlowly', `budget-${index}`))
    night.dead.add('chat')
    night.nowMs += 10 * minuteMs
    await night.pagers[0].sendKept()
    expect(night.sent).toHaveLength(200)
    // As many as were begun before it was known.
    expect(night.tried - night.sent.length).toBeLessThanOrEqual(11)
    expect(night.troubles).toBeLessThanOrEqual(11)
  })

  it('and what it tells is over by then: that is said', async () => {
    const night = openNight()
    for (const channel of channels) night.dead.add(channel)
    await night.page(0, page('budgetBurnsFast', 'a'))
    night.nowMs += 5 * minuteMs
    await night.pagers[0].over('a')
    night.dead.clear()
    await night.pagers[0].sendKept()
    expect(night.sent.map(({ page: { lines } }) => lines)).toEqual(
      channels.map(() => ['budgetBurnsFast a.', `Over since ${iso(t0 + 5 * minuteMs)}.`]),
    )
  })
})

describe('a thousand messages', () => {
  it('are sent in the time that a sweep has, and the rest by the next ones; pages first', async () => {
    const night = openNight()
    for (let index = 0; index < 1000; index++) await night.page(0, page('budgetBurnsSlowly', `budget-${index}`))
    for (const channel of channels) night.dead.add(channel)
    await night.page(0, page('rolledBack', 'z'))
    night.dead.clear()
    night.nowMs += 10 * minuteMs
    night.sendMs = 50
    let sweeps = 0
    for (; (await night.kept()) > 0; sweeps++) {
      const beganMs = night.nowMs
      await night.pagers[0].sendKept(() => night.nowMs < beganMs + 30_000)
      expect(night.nowMs - beganMs).toBeLessThan(32_000)
      if (sweeps === 0) expect(night.sent.slice(0, 2).map(({ page: { key } }) => key)).toEqual(['z', 'z'])
      night.nowMs = beganMs + minuteMs
    }
    expect(sweeps).toBeGreaterThan(2)
    const told = new Set(night.sent.map(({ page: { key }, channel }) => `${channel} ${key}`))
    expect([told.size, night.sent.length]).toEqual([2002, 2002])
  })

  it('of one quiet window are all named, in as few messages as hold them', async () => {
    const endMs = t0 + 60 * minuteMs
    const night = openNight([{ from: iso(t0), to: iso(endMs) }])
    const long = 'x'.repeat(1500)
    for (let index = 0; index < 1000; index++)
      await night.page(
        0,
        pageOf(
          'rolledBack',
          { key: `r-${index}` },
          { sentence: `Release r-${index} ${index % 10 === 0 ? long : ''}.` },
        ),
      )
    night.nowMs = endMs
    await Promise.all(night.pagers.map((pager) => pager.sendKept()))
    const mails = night.sent.filter(({ channel }) => channel === 'topic')
    const named = mails.flatMap(({ page: { lines } }) =>
      lines.flatMap((line) => / Release (r-\d+) /.exec(line)?.[1] ?? []),
    )
    expect([named.length, new Set(named).size]).toEqual([1000, 1000])
    expect(mails.length).toBeLessThanOrEqual(10)
    for (const { page: one } of mails) expect(one.lines.join('\n')).not.toContain('there is no room')
  })
})

describe('the end of a window is what the clock shows', () => {
  const sundays: Timetable = [{ days: ['sun'], from: '02:00', to: '04:00', timeZone: 'Europe/Berlin' }]
  it.each([
    ['in which the clock is put forward', '2026-03-29T00:59:00Z', '2026-03-29T01:00:00Z', '2026-03-29T02:00:00Z'],
    ['in which the clock is put back', '2026-10-24T23:59:00Z', '2026-10-25T00:00:00Z', '2026-10-25T03:00:00Z'],
    ['in summer', '2026-07-04T23:59:00Z', '2026-07-05T00:00:00Z', '2026-07-05T02:00:00Z'],
  ])('%s', async (_, before, begins, ends) => {
    const night = openNight(sundays)
    const at = async (moment: number): Promise<number> => {
      night.nowMs = moment
      await night.page(0, page('interrupted', iso(moment)))
      await night.pagers[0].sendKept()
      return night.sent.filter(({ channel }) => channel === 'topic').length
    }
    expect(await at(Date.parse(before))).toBe(1)
    for (let moment = Date.parse(begins); moment < Date.parse(ends); moment += 5 * minuteMs)
      expect(await at(moment)).toBe(1)
    // What waited is one message; what happens at the end is told at once.
    expect(await at(Date.parse(ends))).toBeGreaterThanOrEqual(3)
    expect(await night.kept()).toBe(0)
  })
})
