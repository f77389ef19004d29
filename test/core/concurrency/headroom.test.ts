// How much concurrency a service wants free, what may be written, and what readings come to.
import { describe, expect, it } from 'vitest'
import { headroomOf, headroomQuestions, headroomWindow } from '../../../core/concurrency/headroom.ts'
import type { Reading } from '../../../core/verdict/evidence/evidence.ts'
import { service } from '../sample.ts'

const with_ = (headroom: unknown, more: object = {}) => service({ ...more, gates: { headroom } })
const usual = { account: 20, reserved: 20 }

describe('a definition', () => {
  it('has 20 % of either, keeps what it says, and nothing where it says nothing', () => {
    expect(with_({}).gates.headroom).toEqual(usual)
    expect(with_({ account: 5, reserved: 'off' }).gates.headroom).toEqual({ account: 5, reserved: 'off' })
    expect(service().gates).not.toHaveProperty('headroom')
  })

  const far = { function: 'arn:aws:lambda:eu-west-1:222222222222:function:checkout', alias: 'live' }
  it.each<[what: string, headroom: unknown, says: RegExp, more?: object]>([
    ['a number alone', 20, /gates\.headroom/],
    ['nothing at all', null, /gates\.headroom/],
    ['both off', { account: 'off', reserved: 'off' }, /leave headroom out/],
    ['a share', { account: 0.2 }, /headroom\.account: write off, or how many percent must be free/],
    ['0 %', { reserved: 0 }, /headroom\.reserved: it must be at least 1/],
    ['all of it', { account: 100 }, /headroom\.account: it must be at most 90/],
    ['less than nothing', { account: -5 }, /headroom\.account: it must be at least 1/],
    ['percent as a text', { account: '20 %' }, /from 1 to 90/],
    ['another word', { account: 'on' }, /from 1 to 90/],
    ['an unknown field', { region: 20 }, /headroom.*region/],
    ['a list', [usual], /gates\.headroom/],
    ['a target elsewhere', usual, /own account and region only/, { targets: [far] }],
    ['a service that is only observed', usual, /has no steps to hold/, { mode: 'observe' }],
  ])('%s is refused, with a sentence', (_, headroom, says, more) => {
    expect(() => with_(headroom, more)).toThrow(says)
  })
})

const points = (...values: readonly number[]): Reading => ({
  kind: 'points',
  points: values.map((value, at) => ({ minuteMs: at * 60_000, value })),
})
const unread: Reading = { kind: 'unread', because: 'PartialData' }
type Bounds = Parameters<typeof headroomOf>[1][number]
const open: Bounds = { functionName: 'checkout', account: 1000 }
const own: Bounds = { functionName: 'checkout', account: 1000, reserved: 50 }
const found = (bounds: readonly Bounds[], readings: Record<string, Reading>, wanted = usual) =>
  headroomOf(wanted, bounds, new Map(Object.entries(readings)))

describe('what is free', () => {
  it.each<[what: string, account: Reading, tight: RegExp]>([
    ['just enough', points(800), /^$/],
    ['one too few', points(801), /^the account has claimed 801 of its concurrency of 1000, and 20 % must be free$/],
    ['the highest minute counts', points(100, 900, 100), /claimed 900/],
    ['no point', points(), /^how much of its concurrency the account has claimed is not known: no value in the last 5/],
    ['no answer', unread, /^how much .* claimed could not be read: PartialData$/],
    ['a value that is none', points(10, NaN), /is not known/],
    ['less than nothing', points(-1), /is not known/],
  ])('of the account: %s', (_, account, tight) => {
    expect(found([open], { account }).tight).toMatch(tight)
  })

  it.each<[what: string, readings: Record<string, Reading>, tight: RegExp]>([
    ['just enough', { checkout: points(40), account: points(999) }, /^$/],
    [
      'one too few',
      { checkout: points(41), account: points(60) },
      /^checkout uses 41 of its reserved concurrency of 50/,
    ],
    ['it ran nothing, and others did', { checkout: points(), account: points(60) }, /^$/],
    ['nobody knows whether it ran', { checkout: points(), account: unread }, /checkout uses is not known/],
    ['nobody knows whether anything ran', { checkout: points(), account: points() }, /checkout uses is not known/],
    ['no answer', { checkout: unread, account: points(60) }, /could not be read: PartialData/],
    ['not asked', { account: points(60) }, /could not be read: it was not answered/],
  ])('of what a function has reserved: %s', (_, readings, tight) => {
    expect(found([own], readings).tight).toMatch(tight)
  })

  it('a function that is switched off has never enough', () => {
    expect(found([{ ...own, reserved: 0 }], { checkout: points(0), account: points(5) }).tight).toMatch(/0 .* of 0/)
  })

  it('off is not looked at; of several functions each has its own', () => {
    const full = { checkout: points(50), account: points(999) }
    expect(headroomOf({ account: 20, reserved: 'off' }, [own], new Map(Object.entries(full)))).toEqual({
      tight: '',
      words: '',
    })
    const both = [own, { functionName: 'cart', account: 1000 }]
    expect(found(both, { checkout: points(10), account: points(900) })).toEqual({
      tight: 'the account has claimed 900 of its concurrency of 1000, and 20 % must be free',
      words: 'checkout uses 10 of its reserved concurrency of 50',
    })
  })
})

it('asks for the account, for each function that reserves, and for five whole minutes', () => {
  const asked = headroomQuestions([own, { functionName: 'cart', account: 1000 }])
  expect(asked.map(({ metric, dimensions, stat }) => [metric, dimensions, stat])).toEqual([
    ['ClaimedAccountConcurrency', {}, 'Maximum'],
    ['ConcurrentExecutions', { FunctionName: 'checkout' }, 'Maximum'],
  ])
  expect(headroomWindow(7.5 * 60_000)).toEqual({ startMs: 2 * 60_000, endMs: 7 * 60_000, periodSeconds: 60 })
})
