// What repeats is told once, and what decides is always told.
import { describe, expect, it } from 'vitest'
import { historyLines } from '../../../cli/story/history.ts'
import { logLines, telling } from '../../../cli/story/repeats.ts'
import { unfolded } from '../../../core/view/release/timeline.ts'
import type { NewEvent } from '../../../core/release/event.ts'
import type { Head } from '../../../core/release/head.ts'
import { t0 } from '../../core/sample.ts'
import { at, begun, fewSamples, held, logOf } from '../../core/view/release-log.ts'
import { plain } from './plain.ts'

const minutes = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at)
const lookedAt = (events: readonly NewEvent[]): readonly string[] =>
  logLines(logOf([...begun(), ...events]))
    .slice(begun().length)
    .map((line) => plain(line))

describe('a log', () => {
  it('tells many looks and gates that say the same as one, with the latest words', () => {
    const told = lookedAt([
      fewSamples(1, 'unknown', 2),
      fewSamples(2, 'unknown', 9),
      ...minutes(5, 18).map((at) => fewSamples(at, 'unknown', at)),
    ])
    expect(told).toHaveLength(2)
    expect(told[0]).toMatch(/^ {2}1:00 {2}unknown {3}×2 until 2:00: errors: 9 of 20 samples .*\[3m left\]$/)
    expect(told[1]).toMatch(/^ {2}5:00 {2}unknown {3}×14 until 18:00: errors: 18 of 20 samples .*\[held\]$/)
  })

  it('tells both of two that take turns', () => {
    const told = lookedAt([
      fewSamples(5, 'pass', 40),
      ...minutes(5, 11).flatMap((at) => [held(at), fewSamples(at + 0.5, 'pass', 40 + at)]),
    ])
    expect(told.map((line) => line.slice(8, 40))).toEqual([
      expect.stringMatching(/^pass {6}errors/),
      expect.stringMatching(/^held {6}×7 until 11:00: /),
      expect.stringMatching(/^pass {6}×7 until 11:30: /),
    ])
  })

  it('tells what decides, other words, and what comes after something else', () => {
    const other = {
      ...held(6),
      because: 'releases of checkout are stopped by ann: "ticket 2"',
      gates: ['stop'],
    } as NewEvent
    const again = { ...other, atMs: at(7), because: 'releases of checkout are stopped by ann: "ticket 3"' } as NewEvent
    const reopened: NewEvent = { type: 'gateReopened', atMs: at(8), because: 'x' }
    const told = lookedAt([
      fewSamples(4, 'pass', 38),
      fewSamples(5, 'pass', 40),
      held(5),
      other,
      again,
      reopened,
      { ...again, atMs: at(8) },
    ])
    expect(told.map((line) => line.slice(8, 17).trim())).toEqual([
      'pass',
      'pass',
      'held',
      'held',
      'held',
      'gate',
      'held',
    ])
    expect(told.join('\n')).not.toContain('×')
  })
})

describe('what is told as it comes', () => {
  const heard = (evidence: boolean, events: readonly NewEvent[]): readonly string[] => {
    const tell = telling(evidence)
    return unfolded(logOf([...begun(), ...events]))
      .slice(begun().length)
      .map((step) => plain(tell(step)))
      .filter((text) => text !== '')
  }

  it('is said once, and again after a quarter of an hour', () => {
    const told = heard(false, [
      ...minutes(5, 21).map((at) => fewSamples(at, 'unknown', at)),
      fewSamples(22, 'pass', 30),
    ])
    expect(told.map((text) => text.slice(2, 40))).toEqual([
      expect.stringMatching(/^5:00 {2}unknown {3}errors: 5 of/),
      expect.stringMatching(/^0:00 {2}unknown {3}×16 since 5:00: /),
      expect.stringMatching(/^2:00 {2}pass {6}errors/),
    ])
  })

  it('has a line for each signal that says something new, and for all of them when a look decides', () => {
    const told = heard(true, [
      fewSamples(1, 'unknown', 2),
      fewSamples(2, 'unknown', 9),
      fewSamples(3, 'pass', 30),
      fewSamples(5, 'pass', 40),
    ])
    expect(told.map((text) => text.split('\n').map((line) => line.trimStart().slice(0, 24).trim()))).toEqual([
      ['1:00  unknown   1 of 3 s', 'pass     alarm checkout-', 'unknown  errors: 2 of 20', 'excluded throttles: Clou'],
      ['3:00  pass      the evid', 'pass     errors: 30 of 2'],
      ['5:00  pass      the evid', 'pass     alarm checkout-', 'pass     errors: 40 of 2', 'excluded throttles: Clou'],
    ])
  })
})

describe('a history', () => {
  const head = (changes: Partial<Head>): Head => ({
    releaseId: 'checkout-00000000000000000001',
    service: 'checkout',
    requestedAtMs: t0,
    seq: 9,
    phase: 'settled',
    outcome: 'promoted',
    because: 'all traffic is on checkout:2',
    endedBy: 'tidegate',
    candidate: 'checkout:2',
    source: 'api',
    versions: { checkout: { stable: '1', candidate: '2' } },
    ...changes,
  })
  const lines = (...heads: readonly Head[]): readonly string[] => historyLines(heads).map((line) => plain(line))

  it('has moments with their zone, and quotes what a person said', () => {
    expect(lines(head({}), head({ outcome: 'aborted', because: 'too late', endedBy: 'user/ann' }))).toEqual([
      '2026-01-01 00:00:00Z  checkout-00000000000000000001 promoted     all traffic is on checkout:2',
      '2026-01-01 00:00:00Z  checkout-00000000000000000001 aborted      user/ann says "too late"',
    ])
    const { endedBy: _, ...old } = head({ outcome: 'rolledBack', because: 'errors are worse' })
    expect(lines(old)[0]).toMatch(/rolledBack {3}"errors are worse"$/)
  })

  it('says that a release was a drill', () => {
    expect(lines(head({ drill: true, outcome: 'rolledBack' }))[0]).toContain('rolledBack   DRILL: ')
  })

  it('says of a way back what it undid, for whom and why', () => {
    const back = { backFrom: 'checkout-9', versions: { checkout: { stable: '2', candidate: '1' } }, by: 'user/ann' }
    const undid = 'undid release checkout-9: checkout from version 2 back to 1, by user/ann: "orders drop"'
    expect(lines(head({ ...back, reason: 'back from checkout-9: orders drop' }))[0]).toMatch(new RegExp(`${undid}$`))
    expect(lines(head({ ...back, reason: 'back from checkout-9 to checkout:1: orders drop' }))[0]).toMatch(
      new RegExp(`${undid}$`),
    )
  })

  it('tells many that moved nothing as one, and never what had traffic', () => {
    const flood = minutes(1, 14).map((minute) =>
      head({
        releaseId: `checkout-${String(minute).padStart(20, '0')}`,
        requestedAtMs: at(20 - minute),
        outcome: 'superseded',
        because: `release checkout-${String(minute).padStart(20, 'a')} is newer`,
        endedBy: `release checkout-${String(minute).padStart(20, 'a')}`,
      }),
    )
    const told = lines(...flood, head({}), head({}))
    expect(told).toHaveLength(3)
    expect(told[0]).toContain('superseded   ×14 since 00:06:00Z, this one is the last: release checkout-')
  })
})
