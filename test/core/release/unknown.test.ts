// A signal that stays unknown: its own definition says what follows, and after how long.
import { describe, expect, it } from 'vitest'
import type { Release } from '../../../core/release/release.ts'
import type { SignalVerdict, Verdict } from '../../../core/verdict/evidence/evidence.ts'
import { after, prepared, shifted, t0 } from '../sample.ts'

const minute = 60_000
const unknownErrors: SignalVerdict = { signal: 'errors', kind: 'unknown', because: 'errors: PartialData' }
const unknown = (signals: SignalVerdict[]): Verdict => ({
  kind: 'unknown',
  quiet: false,
  because: 'PartialData',
  window: { startMs: t0, endMs: t0 },
  signals,
})
const passed: Verdict = { ...unknown([{ ...unknownErrors, kind: 'pass' }]), kind: 'pass' }
const baking = (errors: Record<string, unknown>): Release => shifted(prepared({ signals: { errors } }), t0)
/** After one look a minute, each with this verdict. */
const looked = (release: Release, minutes: number, verdict = unknown([unknownErrors])): Release =>
  Array.from({ length: minutes }, (_, at) => at + 1).reduce(
    (now, at) => after(now, { type: 'judged', atMs: t0 + at * minute, verdict }),
    release,
  )

describe('a signal that stays unknown', () => {
  it('pauses for a person if it is configured to, once its time is over and not before', () => {
    const release = baking({ whenUnknown: 'pause', unknownMinutes: 3 })
    expect(looked(release, 3).paused).toBeUndefined()
    expect(looked(release, 4).paused).toMatchObject({
      by: 'signals.whenUnknown',
      reason: 'errors has been unknown for 3m',
    })
  })

  it('rolls back if it is configured to', () => {
    const release = looked(baking({ whenUnknown: 'rollBack', unknownMinutes: 2 }), 3)
    expect(release).toMatchObject({
      ending: { outcome: 'rolledBack', because: 'errors has been unknown for 2m' },
    })
  })

  it('holds by default, and if it is advisory', () => {
    expect(looked(baking({ unknownMinutes: 1 }), 4)).toMatchObject({ state: { phase: 'baking' } })
    const advisory = baking({ role: 'advisory', whenUnknown: 'rollBack', unknownMinutes: 1 })
    expect(looked(advisory, 4)).toMatchObject({ state: { phase: 'baking' } })
  })

  it('starts its time again after it was known', () => {
    const release = looked(baking({ whenUnknown: 'pause', unknownMinutes: 3 }), 3)
    const spoken = after(release, { type: 'judged', atMs: t0 + 3.5 * minute, verdict: passed })
    const again = after(spoken, { type: 'judged', atMs: t0 + 4 * minute, verdict: unknown([unknownErrors]) })
    expect(again.paused).toBeUndefined()
    expect(again.unknownSince).toEqual({ errors: t0 + 4 * minute })
  })

  it('of one target among several counts for the service', () => {
    const release = baking({ whenUnknown: 'pause', unknownMinutes: 1 })
    const ofCart = unknown([{ ...unknownErrors, signal: 'errors:cart' }])
    expect(looked(release, 2, ofCart).paused?.reason).toBe('errors:cart has been unknown for 1m')
  })
})
