// What a person is paged with: which ends are told, and every line of every page.
import { describe, expect, it } from 'vitest'
import { Page, pageOf, textOf } from '../../../core/page.ts'
import { isToldNow } from '../../../core/release/outage.ts'
import * as pages from '../../../core/release/pages.ts'
import type { Release } from '../../../core/release/release.ts'
import { type ReturnRecord, returnRecordOf } from '../../../core/release/return-record.ts'
import { prepared, t0, target } from '../sample.ts'

const runbook = 'https://runbooks.example/checkout'
const release = prepared({ runbook })
const record = returnRecordOf(release) as ReturnRecord
const command = `aws lambda update-alias --function-name checkout --name live --function-version 1 --routing-config '{"AdditionalVersionWeights":{}}'`
const lines = (page: Page): readonly string[] => textOf(page).split('\n')
const read = (kind: string): string => `What to do: docs/operate.md#${kind}`
const why = 'See why: tidegate log checkout-1'

it('a subject is the sentence, as much of it as SNS takes; the text has all of it', () => {
  expect(pageOf('rolledBack', { key: 'k' }, { sentence: 'x'.repeat(130), lines: ['Why: y'] })).toEqual({
    kind: 'rolledBack',
    key: 'k',
    subject: `${'x'.repeat(96)}...`,
    lines: ['x'.repeat(130), 'Why: y'],
    next: [],
  })
})

it('a message of any length is one that SNS and the table take, and ends with a whole line', () => {
  const long = Array.from({ length: 500 }, (_, index) => `${index}${'\u20ac'.repeat(1990)}`)
  const page = pageOf('away', { key: 'k' }, { sentence: 's', lines: long, next: long })
  expect(Buffer.byteLength(textOf(page))).toBeLessThan(200_000)
  expect(Page.parse(page)).toEqual(page)
  for (const part of [page.lines, page.next]) {
    expect(part.at(-2)).toMatch(/^\d+\u20ac{1990}$/)
    expect(part.at(-1)).toMatch(/^\.\.\. and \d+ more lines, for which there is no room here\.$/)
  }
})

it('a message names the owner, the page of the release and the section of the runbook', () => {
  const owner = { name: 'Team Shop', contact: '+49 30 1234', channel: '#shop' }
  const page = pageOf('rolledBack', { key: 'k', releaseId: 'a-1', service: 'a', owner, runbook }, { sentence: 's' })
  expect(textOf(page, 'https://console.example').split('\n')).toEqual([
    's',
    'Owner: "Team Shop", "+49 30 1234", channel "#shop"',
    `Runbook: ${runbook}`,
    'See it: https://console.example/release/a-1',
    read('rolledBack'),
  ])
})

describe('an end', () => {
  type Ending = NonNullable<Release['ending']>
  it.each<[Ending['outcome'], string, boolean]>([
    ['rolledBack', 'verdict', true],
    ['rolledBack', 'ann', true],
    ['interrupted', 'unknown', true],
    ['aborted', 'sweep', true],
    ['aborted', 'tidegate', true],
    ['aborted', 'ann', false],
    ['promoted', 'verdict', false],
    ['superseded', 'release checkout-2', false],
    ['rejected', 'gate', true],
    ['rejected', 'verdict', true],
    ['rejected', 'ann', false],
    ['alreadyReleased', 'tidegate', false],
  ])('%s by %s: a person is told: %s', (outcome, by, isTold) => {
    const ending = { outcome, by, because: 'x' }
    expect(pages.isToBeTold({ ending })).toBe(isTold)
    expect(pages.isToBeTold({ ending, paged: true })).toBe(false)
  })

  it('that is not decided is none', () => {
    expect(pages.isToBeTold({})).toBe(false)
  })

  it('is told with its reason, and with the runbook where there is one', () => {
    const ending = { outcome: 'rolledBack' as const, by: 'verdict', because: 'errors: 5 of 9.' }
    const told = [
      'Release checkout-1 of checkout was rolled back: errors: 5 of 9.',
      'Why: errors: 5 of 9.',
      'Decided by: verdict',
    ]
    expect(lines(pages.endPage({ ...release, ending }))).toEqual([
      ...told,
      why,
      `Runbook: ${runbook}`,
      read('rolledBack'),
    ])
    expect(lines(pages.endPage({ ...prepared(), ending }))).toEqual([...told, why, read('rolledBack')])
  })

  it('is told with the reason of a person as their words', () => {
    const ending = { outcome: 'rolledBack' as const, by: 'ann', because: 'orders "drop".' }
    expect(lines(pages.endPage({ ...prepared(), ending }))).toEqual([
      `Release checkout-1 of checkout was rolled back: ann says "orders 'drop'".`,
      `Why: ann says "orders 'drop'."`,
      'Decided by: ann',
      why,
      read('rolledBack'),
    ])
  })
})

describe('an alias that could not be put back', () => {
  it('is told with the command that does it', () => {
    expect(lines(pages.notBackPage('checkout-1', record, 'States.Timeout: x'))).toEqual([
      'Release checkout-1 of checkout could not be put back.',
      'States.Timeout: x',
      'Put it back by hand:',
      command,
      'It is tried again every minute.',
      `Runbook: ${runbook}`,
      read('notBack'),
    ])
  })

  it('is told when nobody knows which aliases the release has', () => {
    expect(lines(pages.notBackPage('checkout-1', undefined, 'x'))).toEqual([
      'Release checkout-1 could not be put back.',
      'x',
      'Its log cannot be read now: `tidegate rollback` says what to do by hand.',
      'It is tried again every minute.',
      read('notBack'),
    ])
  })

  it('is told without the log', () => {
    expect(lines(pages.notBackWithoutLogPage(record, ['Why: x']))).toEqual([
      'Release checkout-1 of checkout could not be put back, and its log cannot be read.',
      'Why: x',
      'It is tried again every minute.',
      `Runbook: ${runbook}`,
      read('notBackWithoutLog'),
    ])
  })
})

it('a release that was ended without its log is told with what became of each alias', () => {
  const moved = { version: '1', additional: { version: '7', weightBp: 500 } }
  const { back, deleted, failed } = pages.aliasLines
  const own = { ...target, functionName: 'checkout' }
  const became = [back(own), deleted(own), pages.aliasLines.moved(own, moved), ...failed(own, 'denied.')]
  expect(lines(pages.endedWithoutLogPage(record, { by: 'ann' }, became))).toEqual([
    'Release checkout-1 of checkout was ended without its log.',
    'Alias checkout:live: all traffic is on version 1.',
    'Alias checkout:live was deleted by somebody else.',
    expect.stringMatching(/^Alias checkout:live was moved by somebody else to .*5 %.*: it is left alone\.$/),
    'Alias checkout:live could not be put back: denied.',
    `  ${command}`,
    'Decided by: ann',
    "checkout may release again. If the log is wanted, restore the item that is named above from the table's backup.",
    `Runbook: ${runbook}`,
    read('endedWithoutLog'),
  ])
})

describe('a part of AWS that is away', () => {
  it.each([
    [0, undefined, false],
    [44_999, undefined, false],
    [45_000, undefined, true],
    [90_000, t0, false],
  ])('for %d ms, told before: %s, is told now: %s', (awayMs, toldAtMs, isTold) => {
    const outage = { sinceMs: t0, ...(toldAtMs === undefined ? {} : { toldAtMs }) }
    expect(isToldNow(outage, t0 + awayMs)).toBe(isTold)
  })

  it.each(['DynamoDB', 'Step Functions', 'CloudWatch', 'Lambda', 'EventBridge'] as const)(
    '%s is told with what it means and how to put releases back, and told again when it is back',
    (part) => {
      const outage = { part, sinceMs: t0, because: 'HTTP 503' }
      const [sentence, since, because, meaning, ...more] = lines(pages.awayPage(outage, ['by hand']))
      expect([sentence, since, because, more]).toEqual([
        `${part} does not answer: releases are not as safe as they should be.`,
        'Since: 2026-01-01T00:00:00.000Z',
        'HTTP 503',
        ['by hand', read('away')],
      ])
      expect(meaning).toMatch(/^[A-Z].{40,}\.$/)
      expect(lines(pages.answersAgainPage(outage))).toEqual([
        `${part} answers again.`,
        'It was away since 2026-01-01T00:00:00.000Z. Releases go on by themselves.',
        read('answersAgain'),
      ])
    },
  )

  it('names the way back of twenty releases, and how many more there are', () => {
    const live = Array.from({ length: 21 }, (_, index) => ({
      releaseId: `r-${index}`,
      service: 'checkout',
      targets: [target],
    }))
    expect(pages.waysBack([])).toEqual([])
    expect(pages.waysBack(live.slice(0, 1))).toEqual(['checkout (r-0), back by hand:', command])
    expect(pages.waysBack(live.slice(0, 20))).toHaveLength(40)
    expect(pages.waysBack(live).slice(-2)).toEqual([command, '... and 1 more releases'])
  })
})
