// The bar of a release with a one-way step: where it stands, and whether it is passed, is drawn, written, and said to a screen
// reader.
import { describe, expect, it } from 'vitest'
import { weightsPart } from '../../../console/release/weights.ts'
import type { NewEvent } from '../../../core/release/event.ts'
import { releaseViewOf } from '../../../core/view/release/release-view.ts'
import { service, target } from '../../core/sample.ts'
import { at, begun, beside, logOf, requested } from '../../core/view/release-log.ts'

const reason = 'the column goes'
const plan = { steps: [{ weight: 10 }, { weight: 50, oneWay: { reason } }].map((one) => ({ ...one, bake: '5m' })) }
const shown = (events: readonly NewEvent[]): string => {
  const view = releaseViewOf(logOf(events), beside(at(9)))
  if (view === undefined) throw new Error('there is no release')
  return weightsPart(view).html
}
const bar = (more: readonly NewEvent[], changes = {}): string =>
  shown([...begun({ service: service({ plan, ...changes }) }), ...more])
/** One alias is written, and the write has succeeded. */
function moved(functionName: string, weightBp: number, minutes: number): readonly NewEvent[] {
  const purpose = weightBp === 0 ? 'rollBack' : 'shift'
  const desired = { version: '1', ...(weightBp === 0 ? {} : { additional: { version: '2', weightBp } }) }
  const targets = [{ functionName, alias: 'live', expected: `r${minutes}`, desired }]
  return [
    { type: 'moveIntended', atMs: at(minutes), move: { purpose, weightBp, targets } },
    { type: 'moved', atMs: at(minutes), purpose, revisions: { [functionName]: `r${minutes + 1}` } },
  ]
}
const passed: NewEvent = { type: 'oneWayPassed', atMs: at(6), step: 1, reason, revisions: {} }

it('shows a one-way step that is passed, at the weight before which it stands', () => {
  const text = bar([passed])
  expect(text).toContain('class="door" d="M500 0V32H524"')
  expect(text).toMatch(/aria-label="Set: 10 %. One-way step: passed before 50 %: there is no way back\. Served:/)
  expect(text).toContain(
    'passed before 50 %: there is no way back (line with a foot). Why: &quot;the column goes&quot;',
  )
})

it('shows one that is ahead as such, and nothing where there is none', () => {
  expect(bar([])).toMatch(/class="door ahead"/)
  expect(bar([])).toContain('One-way step: before 50 %, not passed yet.')
  expect(bar([], { plan: 'Canary10Percent5Minutes' })).not.toMatch(/door|ne-way/)
})

it('says which wave each step is of', () => {
  const waves = [
    { name: 'pilot', targets: ['checkout'] },
    { name: 'rest', targets: ['cart'] },
  ]
  const targets = ['checkout', 'cart'].map((name) => ({ function: name, alias: 'live' }))
  const text = bar([], { plan: { steps: [{ weight: 10, bake: '5m' }] }, waves, targets })
  expect(text).toContain('pilot 10 % for 5m')
  expect(bar([])).toContain('10 % for 5m')
})

describe('of a release in waves', () => {
  const names = ['pilot', 'america']
  const targets = names.map((functionName) => ({ ...target, functionName }))
  const plan = { steps: [{ weight: 50, bake: '5m' }] }
  const waves = names.map((name) => ({ name, targets: [name] }))
  const wanted = { plan, waves, targets: names.map((name) => ({ function: name, alias: 'live' })) }
  const inWaves: readonly NewEvent[] = [
    requested({ service: service(wanted), candidate: { kind: 'versions', versions: { pilot: '2', america: '2' } } }),
    { type: 'admitted', atMs: at(0) },
    { type: 'prepared', atMs: at(0), targets, alarms: [] },
    ...moved('pilot', 5000, 0),
  ]

  it('says what each alias gives, where they differ', () => {
    expect(shown(inWaves)).toContain('50 % of the traffic on the candidate: pilot 50 %, america 0 %')
    expect(bar([])).toMatch(/10 % of the traffic on the candidate</)
  })

  it('says which step an ended release was in: it has not done it', () => {
    expect(shown(inWaves)).toContain('now: pilot 50 % for 5m')
    const ended = shown([
      ...inWaves,
      { type: 'returnOrdered', atMs: at(1), by: 'user/ann', reason: 'x', outcome: 'rolledBack' },
      ...moved('pilot', 0, 1),
      { type: 'settled', atMs: at(1) },
    ])
    expect(ended).toContain('ended at: pilot 50 % for 5m')
    expect(ended).not.toContain('done: ')
  })
})
