// Whatever CloudWatch does (late, partial and missing points, outages) and however often the ledger is counted, in the end the
// ledger holds what happened, once: checked against a plain list.
import fc from 'fast-check'
import { it, expect } from 'vitest'
import { repeats } from '../repeats.ts'
import { steppedClock } from '../../cloud/local/time/clock.ts'
import { memoryCloud } from '../memory/memory.ts'
import { budgetAt, slotMs } from '../../core/budget/budget.ts'
import { isCounted } from '../../core/service/slo.ts'
import { budgetHandler } from '../../functions/listeners/budget.ts'
import { sampleService } from '../../local/sample-service.ts'

// Sunday morning, an hour before the clocks change in Berlin.
const startMs = Date.UTC(2026, 2, 29)
const slo = { name: 'available', objective: 99.9, window: { calendar: 'week', timeZone: 'Europe/Berlin' } }
const lateSlots = 36

/** What happened in a slot, when its points are complete, and which part of them arrives first. */
const slot = fc.record({
  all: fc.integer({ min: 1, max: 50 }),
  bad: fc.integer({ min: 0, max: 1 }),
  isGap: fc.boolean(),
  wholeAfter: fc.integer({ min: 1, max: lateSlots }),
  firstPart: fc.constantFrom(0, 0.5),
})
/** What the schedule does in a slot: nothing, once, twice; or CloudWatch does not answer. */
const schedule = fc.constantFrom<'none' | 'once' | 'twice' | 'outage'>('none', 'once', 'once', 'twice', 'outage')

it('late, duplicated and missing data and outages leave every request counted once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(slot, schedule), { minLength: 1, maxLength: 90 }),
      fc.integer({ min: 0, max: 60 }),
      async (story, silence) => {
        const clock = steppedClock(startMs)
        const cloud = memoryCloud({ clock })
        const service = sampleService({ slos: [slo] })
        await cloud.services.put(service)
        let isSilent = false
        cloud.inspect.answerReadings(({ metric }) => {
          if (isSilent) return { kind: 'unread', because: 'an outage' }
          const points = story.flatMap(([{ all, bad, isGap, wholeAfter, firstPart }], index) => {
            const atMs = startMs + index * slotMs
            const part = clock.nowMs() >= atMs + wholeAfter * slotMs ? 1 : firstPart
            if (isGap || part === 0 || clock.nowMs() < atMs + slotMs) return []
            return [{ minuteMs: atMs, value: (metric === 'Errors' ? bad : all) * part }]
          })
          return { kind: 'points', points }
        })
        const tick = budgetHandler({ ...cloud, clock, trouble: () => undefined })
        for (const [index, [, todo]] of story.entries()) {
          await clock.advanceTo(startMs + (index + 1) * slotMs)
          isSilent = todo === 'outage'
          if (todo !== 'none') await tick({ budgets: true })
          if (todo === 'twice') await tick({ budgets: true })
        }
        // Nobody counts for a while; then all points have arrived, and they are counted again.
        const endMs = startMs + (story.length + lateSlots + silence) * slotMs
        await clock.advanceTo(endMs)
        isSilent = false
        await tick({ budgets: true })
        const truth = story.flatMap(([{ all, bad, isGap }], index) =>
          isGap ? [] : [{ atMs: startMs + index * slotMs, good: all - bad, bad }],
        )
        const counted = (await cloud.budgets.read('checkout', 'available', startMs, endMs)).items
        expect(counted).toEqual(truth)
        // The week in Berlin ends at 22:00 UTC on this Sunday; later slots belong to the next week.
        const [own] = service.slos
        if (own === undefined || !isCounted(own)) throw new Error('no SLO')
        const { good, bad } = budgetAt(own, counted, endMs)
        const sunday = Date.UTC(2026, 2, 29, 22)
        const inWindow = truth.filter(({ atMs }) => endMs < sunday || atMs >= sunday)
        expect([good, bad]).toEqual([
          inWindow.reduce((sum, one) => sum + one.good, 0),
          inWindow.reduce((sum, one) => sum + one.bad, 0),
        ])
      },
    ),
    { numRuns: repeats(300, 80), seed: 5 },
  )
})
