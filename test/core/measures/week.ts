// One week of one service, small enough to calculate by hand (in measures.test.ts). A day is 1440 minutes.
import { isCounted } from '../../../core/service/slo.ts'
import type { Incident } from '../../../core/measures/incident.ts'
import type { MeasureInput } from '../../../core/measures/facts.ts'
import { service } from '../sample.ts'
import { at, cost, log, signal } from './history.ts'

const tests = (passed: number, failed: number) => ({ passed, failed, skipped: 7 })

/** Day 0: promoted, two hours after its commit. */
const a = log('a', 0, { provenance: { commit: 'c0ffee', committedAtMs: at(-120), eventAtMs: at(-5) } })
  .prepare(1)
  .shift(2)
  .look(8, 'pass', [signal('errors', 'pass'), signal('latency', 'unknown'), cost(1.1)])
  .shift(8)
  .settle(9)
  .recorded({ tests: tests(98, 2), flags: ['new-cart'] })
/** Day 1: promoted after a look that could not decide; an incident on the same day is attributed to it. */
const b = log('b', 1440, { provenance: { eventAtMs: at(1430) } })
  .prepare(1441)
  .shift(1442)
  .look(1445, 'unknown', [signal('errors', 'unknown')])
  .look(1448, 'pass', [signal('errors', 'pass'), cost(0.9)])
  .shift(1448)
  .settle(1449)
  .recorded({ flags: [] })
/** Day 2: rolled back by the verdict, back within a minute. */
const c = log('c', 2880, { version: '7' })
  .prepare(2881)
  .shift(2882)
  .look(2890, 'fail', [signal('errors', 'fail')])
  .restore(2891)
  .settle(2892)
  .recorded({ tests: tests(40, 10) })
/** Day 3: rolled back by an alarm, back after ten minutes; somebody opened an incident for it. */
const d = log('d', 4320).prepare(4321).shift(4322).order(4332, 'alarm checkout-errors').restore(4342).settle(4343)
/** Day 4: AWS did not answer. */
const e = log('e', 5760).refuse(5761, 'aws_unavailable').settle(5762)
/** Day 5: promoted early by a person, and undone by g. */
const f = log('f', 7200).prepare(7201).shift(7202).hurry(7204).shift(7205).settle(7206)
const g = log('g', 7300, { key: 'back/f', version: '1', service: { plan: 'AllAtOnce' } })
  .prepare(7301)
  .shift(7302)
  .settle(7303)
/** Day 6: the candidate of c again, promoted this time. */
const h = log('h', 8640, { version: '7', provenance: { eventAtMs: at(8630) } })
  .prepare(8641)
  .shift(8642)
  .look(8650, 'pass', [signal('errors', 'pass'), signal('latency', 'excluded')])
  .shift(8650)
  .settle(8651)
/** One settled before the week, and one is live at its end. */
const before = log('y', -60).prepare(-59).shift(-58).look(-50, 'pass', []).shift(-50).settle(-10)
const live = log('z', 10_070).prepare(10_071).shift(10_072)

const incident = (id: string, opened: number, resolved?: number): Incident => ({
  service: 'checkout',
  source: 'pagerduty',
  id,
  openedAtMs: at(opened),
  ...(resolved === undefined ? {} : { resolvedAtMs: at(resolved) }),
})

const [slo] = service({ slos: [{ name: 'available', objective: 99 }] }).slos.filter(isCounted)
if (slo === undefined) throw new Error('unreachable')

export const week: MeasureInput = {
  releases: [a, b, c, ...[d, e, f, g, h, before, live].map((one) => one.recorded())],
  // The first belongs to d; the second to b, and is still open; the third to none, because d had settled 44 hours before.
  incidents: [incident('i1', 4330, 4390), incident('i2', 2000), incident('i3', 7000, 7010)],
  ledgers: [
    {
      service: 'checkout',
      slo,
      slots: [
        { atMs: at(0), good: 99, bad: 1 },
        { atMs: at(3 * 60), good: 95, bad: 5 },
      ],
    },
  ],
  period: { fromMs: at(0), toMs: at(7 * 1440) },
}
