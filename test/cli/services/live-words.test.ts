// What `services`, `status` and `watch` say of a live release: what each alias gives, where they differ, and that it is held.
import { expect, it } from 'vitest'
import { shown } from '../../../cli/backend/screen.ts'
import { liveWords } from '../../../cli/services/service-facts.ts'
import { statusLines } from '../../../cli/story/now.ts'
import { weightLines } from '../../../cli/story/weights.ts'
import type { Release } from '../../../core/release/release.ts'
import { after, prepared, shifted, t0, verdict } from '../../core/sample.ts'

const names = ['dev', 'production']
const steps = [{ weight: 50, bake: '5m' }]
const held = (release: Release, point: number): Release =>
  after(release, { type: 'gated', atMs: t0, point, allowed: false, because: 'a freeze', gates: ['freeze'] })

it('says the share of the version', () => {
  expect(liveWords(shifted(prepared({ plan: { steps } }), t0))).toBe(
    'release checkout-1 is baking, step 1 of 1: checkout:2 has 50 %',
  )
})

it('says what each alias gives where a wave has not begun, and not that all have it', () => {
  const waves = names.map((name) => ({ name, targets: [name] }))
  const targets = names.map((name) => ({ function: name, alias: 'live' }))
  const release = shifted(prepared({ plan: { steps }, targets, waves }), t0)
  expect(liveWords(release)).toBe('release checkout-1 is baking, step 1 of 2: dev 50 %, production 0 %')
  expect(shown(statusLines(release, t0))).toMatch(/^ {2}dev 50 %, production 0 %$/m)
  expect(shown(weightLines(release))).toMatch(/^set .+ since 2026-01-01 00:00:00Z: dev 50 %, production 0 %$/m)
  const passed = after(release, { type: 'judged', atMs: t0 + 300_000, verdict: verdict('pass') })
  expect(liveWords(held(passed, 1))).toMatch(/ is held at a gate, step 2 of 2: /)
})
