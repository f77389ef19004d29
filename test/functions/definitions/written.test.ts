// A definition that is shown can be applied again, and is then the same service.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import { parse, stringify } from 'yaml'
import { parseDefinition } from '../../../core/service/definition.ts'
import { written, writtenBriefly } from '../../../functions/definitions/written.ts'

const sample = parse(
  readFileSync(new URL('../../../examples/checkout/service.yaml', import.meta.url), 'utf8'),
) as Record<string, unknown>
const again = (form: unknown): unknown => parse(stringify(form))

const weight = fc.integer({ min: 1, max: 10_000 }).map((bp) => bp / 100)
const bake = fc.oneof(
  fc.integer({ min: 60, max: 604_800 }).map((s) => `${s}s`),
  fc.integer({ min: 1, max: 168 }).map((h) => `${h}h`),
)
const plan = fc.oneof(
  fc.constantFrom('AllAtOnce', 'Canary10Percent5Minutes', 'Linear10PercentEvery1Minute'),
  fc.record({ canary: fc.record({ stepWeight: weight, interval: bake }) }),
  fc.record({ allAtOnce: fc.record({ bake, holdBack: fc.integer({ min: 0, max: 50 }) }) }),
  fc
    .tuple(
      fc.uniqueArray(weight, { minLength: 1, maxLength: 8 }),
      fc.array(bake, { minLength: 9, maxLength: 9 }),
      fc.boolean(),
      fc.integer({ min: 0, max: 50 }),
    )
    .map(([weights, bakes, whole, holdBack]) => ({
      steps: [...weights.filter((one) => !whole || one < 100).toSorted((a, b) => a - b), ...(whole ? [100] : [])].map(
        (one, index) => ({
          weight: one,
          bake: bakes[index] ?? '5m',
        }),
      ),
      holdBack,
    })),
)
const spoken = fc.record(
  {
    plan,
    policy: fc.record(
      {
        lookEvery: fc.integer({ min: 30, max: 3600 }).map((s) => `${s}s`),
        hold: fc.record({ unknown: fc.integer({ min: 0, max: 9999 }).map((s) => `${s}s`) }),
        budgetEvery: fc.constantFrom('5m', '1h'),
        wake: fc.boolean(),
        early: fc.record({ ratio: fc.constant(3) }),
        ruleOut: fc.constantFrom('off', { points: 5, ratio: 2 }),
        waitingMost: fc.integer({ min: 1, max: 1000 }),
      },
      { requiredKeys: [] },
    ),
    versions: fc.record(
      { keep: fc.integer({ min: 3, max: 1000 }), keepFor: fc.integer({ min: 1, max: 3650 }).map((days) => `${days}d`) },
      { requiredKeys: [] },
    ),
    pace: fc.record({ bold: plan, careful: plan, urgent: plan, damage: weight }, { requiredKeys: [] }),
    signals: fc.constantFrom(
      {},
      { latency: 'off', errors: { tolerance: 2 } },
      { alarms: ['a'], coldStarts: {}, cost: { role: 'critical' } },
    ),
    hooks: fc.constantFrom([], [{ at: 'afterPromotion', function: 'arm', timeout: '90s' }]),
    slos: fc.constantFrom(
      [],
      [
        {
          name: 'fast',
          objective: 99.95,
          window: { calendar: 'month', timeZone: 'Europe/Berlin' },
          sli: { fasterThanMs: 300 },
        },
      ],
      [{ name: 'apps', sli: { applicationSignals: 'checkout slo' } }],
      [{ name: 'steady', objective: 99, slices: { minutes: 5, objective: 99.5 } }],
    ),
    gates: fc.constantFrom(
      {},
      {
        approvals: [
          { before: 'begin' },
          { before: 12.5, count: 2, by: ['ann', 'ben'], expires: '36h', whenExpired: 'approve' },
        ],
      },
      {
        freezes: [{ days: ['fri'], from: '16:00', to: '08:00', timeZone: 'Europe/Berlin' }],
        provenance: { scan: { high: 3 } },
      },
    ),
    runbook: fc.constant('https://example.com/x'),
  },
  { requiredKeys: ['plan'] },
)

it('a definition is the same service again, in full and in brief', () => {
  fc.assert(
    fc.property(spoken, (said) => {
      const service = parseDefinition({ name: 'shop', targets: [{ function: 'cart', alias: 'live' }], ...said })
      for (const form of [written(service), writtenBriefly(service)])
        expect(parseDefinition(again(form))).toEqual(service)
    }),
    { numRuns: repeats(500, 100) },
  )
})

it('the sample is what its file says, without what the defaults say', () => {
  const brief = writtenBriefly(parseDefinition(sample))
  expect(brief).toMatchObject({
    plan: { steps: [{ weight: 10, bake: '5m' }, { weight: 50 }, { weight: 100 }], holdBack: 10 },
    signals: { alarms: ['checkout-errors'], errors: { minimumSamples: 20 } },
    hooks: [{ at: 'beforeTraffic', function: 'checkout-smoke', timeout: '2m' }],
  })
  expect(Object.keys(brief)).not.toContain('policy')
  expect(JSON.stringify(brief)).not.toMatch(/Bp|Seconds|Ppm/)
})
