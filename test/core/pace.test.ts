// Who begins when: in order, apart, and the same whoever computes it.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { beginsAtMs, type Waiting } from '../../core/pace.ts'

const waiting = fc.record({
  releaseId: fc.uuid(),
  requestedAtMs: fc.integer({ min: 0, max: 300_000 }),
  targets: fc.array(fc.constant({ functionName: 'f', alias: 'live' }), { minLength: 1, maxLength: 20 }),
})
const many = fc.uniqueArray(waiting, { minLength: 1, maxLength: 60, selector: (one) => one.releaseId })
const of = (open: readonly Waiting[], { releaseId }: Waiting): number => beginsAtMs(open, releaseId) ?? Number.NaN

it('whoever is alone begins at once, and whoever is not open never', () => {
  const one = { releaseId: 'r', requestedAtMs: 7, targets: [{ functionName: 'f', alias: 'live' }] }
  expect(beginsAtMs([one], 'r')).toBe(7)
  expect(beginsAtMs([one], 'other')).toBeUndefined()
})

it('no two begin within the time that the first one takes, and none before it was asked for', () => {
  fc.assert(
    fc.property(many, (open) => {
      const begins = open
        .map((one) => ({ atMs: of(open, one), targets: one.targets.length, requestedAtMs: one.requestedAtMs }))
        .sort((a, b) => a.atMs - b.atMs)
      for (const [index, one] of begins.entries()) {
        expect(one.atMs).toBeGreaterThanOrEqual(one.requestedAtMs)
        const next = begins[index + 1]
        if (next !== undefined) expect(next.atMs - one.atMs).toBeGreaterThanOrEqual(one.targets * 1000)
      }
    }),
  )
})

it('the order of the list does not matter, nor do those who come later', () => {
  fc.assert(
    fc.property(many, waiting, (open, late) => {
      const after = { ...late, releaseId: 'zz', requestedAtMs: Math.max(...open.map((one) => one.requestedAtMs)) + 1 }
      for (const one of open) expect(of([...open, after].reverse(), one)).toBe(of(open, one))
    }),
  )
})
