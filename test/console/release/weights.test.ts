// The bar of a release with a one-way step: where it stands, and whether it is passed, is drawn, written, and said to a screen
// reader.
import { expect, it } from 'vitest'
import { weightsPart } from '../../../console/release/weights.ts'
import type { NewEvent } from '../../../core/release/event.ts'
import { releaseViewOf } from '../../../core/view/release/release-view.ts'
import { service } from '../../core/sample.ts'
import { at, begun, beside, logOf } from '../../core/view/release-log.ts'

const reason = 'the column goes'
const plan = { steps: [{ weight: 10 }, { weight: 50, oneWay: { reason } }].map((one) => ({ ...one, bake: '5m' })) }
const bar = (more: readonly NewEvent[], changes = {}): string => {
  const view = releaseViewOf(logOf([...begun({ service: service({ plan, ...changes }) }), ...more]), beside(at(9)))
  if (view === undefined) throw new Error('there is no release')
  return weightsPart(view).html
}
const passed: NewEvent = { type: 'oneWayPassed', atMs: at(6), step: 1, reason, revisions: {} }

it('shows a one-way step that is passed, at the weight before which it stands', () => {
  const text = bar([passed])
  expect(text).toContain('class="door" d="M500 0V32H524"')
  expect(text).toMatch(/aria-label="Set: 10 %. One-way step: passed before 50 %: there is no way back\. Served:/)
  expect(text).toContain('passed before 50 %: there is no way back (line with a foot)')
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
