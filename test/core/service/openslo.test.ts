// OpenSLO documents are converted to our SLOs completely, or refused with the place and the reason.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import { openSloDocuments } from '../../../cli/commands/openslo.ts'
import { importOpenSlo } from '../../../core/service/openslo.ts'
import { Problem } from '../../../core/problem.ts'
import { SloDefinition } from '../../../core/service/slo.ts'

const dimensions = [
  { name: 'FunctionName', value: 'checkout' },
  { name: 'Resource', value: 'checkout:live' },
]
const metric = (metricName: string, stat?: string, more: object = {}) => ({
  metricSource: { type: 'CloudWatch', spec: { namespace: 'AWS/Lambda', metricName, stat, dimensions, ...more } },
})
const errors = { bad: metric('Errors', 'Sum'), total: metric('Invocations', 'Sum') }
const rolling = { duration: '4w', isRolling: true }
const month = (startTime = '2024-01-01 00:00:00') => ({
  duration: '1M',
  isRolling: false,
  calendar: { startTime, timeZone: 'Europe/Berlin' },
})
type Parts = {
  readonly metadata?: object
  readonly window?: unknown
  readonly objectives?: unknown
  readonly sli?: unknown
  readonly spec?: object
}
const slo = ({ metadata, window = rolling, objectives = [{ target: 0.999 }], sli, spec }: Parts = {}) => ({
  apiVersion: 'openslo/v1',
  kind: 'SLO',
  metadata: { name: 'orders-succeed', displayName: 'Orders', labels: { team: ['shop'] }, ...metadata },
  spec: {
    service: 'checkout',
    indicator: { metadata: { name: 'orders' }, spec: sli ?? { ratioMetric: { counter: true, ...errors } } },
    timeWindow: [window],
    budgetingMethod: 'Occurrences',
    objectives,
    ...spec,
  },
})
const duration = { thresholdMetric: metric('Duration') }

const importing = (...values: unknown[]) =>
  importOpenSlo(values.map((value, index) => ({ place: `a.yaml, document ${index + 1}`, value })))
type ImportedSlo = ReturnType<typeof importOpenSlo>[number]
const definition = (value: unknown): ImportedSlo['definition'] | undefined => importing(value)[0]?.definition
function problem(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof Problem && error.code === 'openslo_invalid') return error.message
    throw error
  }
  return 'no problem'
}
const refused = (...values: unknown[]): string => problem(() => importing(...values))

describe('an OpenSLO document', () => {
  it('for errors over invocations is availability, with its target to the last digit', () => {
    expect(importing(slo())).toEqual([
      {
        definition: { name: 'orders-succeed', objective: 99.9, window: '28d', sli: 'availability' },
        measured: 'checkout:live',
      },
    ])
    for (const [target, objective] of [
      [0.07, 7],
      [0.9995, 99.95],
      [0.999999, 99.9999],
      [0.57, 57],
    ])
      expect(definition(slo({ objectives: [{ target }] }))?.objective).toBe(objective)
    expect(definition(slo({ objectives: [{ targetPercent: 99.95, op: 'gte' }] }))?.objective).toBe(99.95)
  })

  it('for a duration has its threshold, as a threshold metric or as good of all', () => {
    const threshold = slo({ sli: duration, objectives: [{ op: 'lte', value: 300, target: 0.99 }] })
    expect(definition(threshold)?.sli).toEqual({ fasterThanMs: 300 })
    const ratio = { good: metric('Duration', 'TC(:250)'), total: metric('Duration', 'SampleCount') }
    expect(definition(slo({ sli: { ratioMetric: ratio } }))?.sli).toEqual({ fasterThanMs: 250 })
  })

  it.each([
    [rolling, '28d'],
    [{ duration: '30d', isRolling: true }, '30d'],
    [{ duration: '48h', isRolling: true }, '2d'],
    [month(), { calendar: 'month', timeZone: 'Europe/Berlin' }],
    [
      { ...month('2024-07-01 00:00:00'), duration: '1Q' },
      { calendar: 'quarter', timeZone: 'Europe/Berlin' },
    ],
    [
      { ...month('2024-01-08T00:00'), duration: '1w' },
      { calendar: 'week', timeZone: 'Europe/Berlin' },
    ],
  ])('has the window %j as %j', (window, expected) => {
    expect(definition(slo({ window }))?.window).toEqual(expected)
  })

  it('for time slices has slices, and one SLO for each objective', () => {
    const objectives = [
      { target: 0.99, timeSliceTarget: 0.95, timeSliceWindow: 5 },
      { target: 0.995, timeSliceTarget: 0.9, timeSliceWindow: '1h' },
    ]
    const imported = importing(slo({ objectives, spec: { budgetingMethod: 'Timeslices' } }))
    expect(imported.map(({ definition: { name, slices } }) => [name, slices])).toEqual([
      ['orders-succeed-1', { minutes: 5, objective: 95 }],
      ['orders-succeed-2', { minutes: 60, objective: 90 }],
    ])
  })

  it('may refer to an SLI and a data source in other documents, in any order', () => {
    const source = {
      apiVersion: 'openslo/v1',
      kind: 'DataSource',
      metadata: { name: 'aws' },
      spec: { type: 'CloudWatch', connectionDetails: { role: 'x' } },
    }
    const metricSource = { ...metric('Duration').metricSource, type: undefined, metricSourceRef: 'aws' }
    const sli = {
      apiVersion: 'openslo/v1',
      kind: 'SLI',
      metadata: { name: 'speed' },
      spec: { thresholdMetric: { metricSource } },
    }
    const service = { apiVersion: 'openslo/v1', kind: 'Service', metadata: { name: 'checkout' }, spec: {} }
    const referring = slo({
      objectives: [{ op: 'lt', value: 300, target: 0.99 }],
      spec: { indicator: undefined, indicatorRef: 'speed' },
    })
    expect(importing(referring, service, sli, source)).toHaveLength(1)
    expect(refused(referring, source)).toContain('spec.indicatorRef: there is no SLI speed')
    expect(refused(referring, sli)).toContain('there is no DataSource aws')
    expect(refused(referring, sli, source, sli)).toContain('there is another SLI of this name')
    const prometheus = { ...source, spec: { type: 'Prometheus' } }
    expect(refused(referring, sli, prometheus)).toContain('only CloudWatch is read, and this is Prometheus')
  })
})

describe('a document that cannot be expressed here', () => {
  it.each([
    ['averaged slices', slo({ spec: { budgetingMethod: 'RatioTimeslices' } }), 'RatioTimeslices average ratios'],
    ['its alerts', slo({ spec: { alertPolicies: ['page'] } }), 'spec.alertPolicies'],
    ['no window', slo({ spec: { timeWindow: [] } }), 'spec.timeWindow: give exactly one'],
    ['an unclear window', slo({ window: { duration: '28d' } }), 'spec.timeWindow.0.isRolling'],
    ['a rolling month', slo({ window: { duration: '1M', isRolling: true } }), '1M is no number of days'],
    ['too long a window', slo({ window: { duration: '90d', isRolling: true } }), 'at most 60 days'],
    ['minutes for months', slo({ window: { ...month(), duration: '1m' } }), 'a small m is minutes'],
    ['a calendar year', slo({ window: { ...month(), duration: '1Y' } }), '1Y is no calendar window'],
    ['a month from noon', slo({ window: month('2024-01-01 12:00:00') }), 'a month begins on its first day'],
    ['a month from the 15th', slo({ window: month('2024-01-15 00:00:00') }), 'spec.timeWindow.0.calendar.startTime'],
    ['a day that is none', slo({ window: month('2024-02-31 00:00:00') }), 'spec.timeWindow.0.calendar.startTime'],
    ['a quarter from May', slo({ window: { ...month('2024-05-01 00:00:00'), duration: '1Q' } }), 'January, April'],
    ['a week from Sunday', slo({ window: { ...month('2024-01-07 00:00:00'), duration: '1w' } }), 'on a Monday'],
    ['a target of everything', slo({ objectives: [{ target: 1 }] }), 'spec.objectives.0.target: 1 is not a share'],
    ['a target with seven digits', slo({ objectives: [{ target: 0.9999999 }] }), 'at most six digits'],
    ['two targets', slo({ objectives: [{ target: 0.9, targetPercent: 90 }] }), 'either target or targetPercent'],
    ['no target', slo({ objectives: [{}] }), 'it is missing; give target or targetPercent'],
    ['a value for a ratio', slo({ objectives: [{ target: 0.9, value: 1 }] }), 'spec.objectives.0.value'],
    ['slices that are none', slo({ objectives: [{ target: 0.9, timeSliceTarget: 0.9 }] }), 'timeSliceTarget'],
    ['a service less', slo({ spec: { service: undefined } }), 'spec.service'],
    ['a field more', slo({ spec: { budgetAdjustment: 1 } }), 'budgetAdjustment'],
    ['a long name', slo({ metadata: { name: 'a'.repeat(31) } }), 'at most 30'],
    ['both indicators', slo({ spec: { indicatorRef: 'x' } }), 'either indicator or indicatorRef'],
    ['a ready ratio', slo({ sli: { ratioMetric: { raw: metric('Errors'), rawType: 'failure' } } }), 'makes no budget'],
    [
      'other errors',
      slo({ sli: { ratioMetric: { ...errors, bad: metric('Throttles') } } }),
      'Sum of Throttles over Sum of',
    ],
    [
      'good invocations',
      slo({ sli: { ratioMetric: { good: metric('Invocations'), total: metric('Invocations') } } }),
      'for errors give bad',
    ],
    [
      'a slow percentile',
      slo({ sli: { thresholdMetric: metric('Duration', 'p99') } }),
      'a stat says something of minutes',
    ],
    [
      'an upper target',
      slo({ sli: duration, objectives: [{ target: 0.9, op: 'gt', value: 3 }] }),
      'spec.objectives.0.op',
    ],
    [
      'a version',
      slo({
        sli: {
          thresholdMetric: metric('Duration', undefined, {
            dimensions: [...dimensions, { name: 'ExecutedVersion', value: '1' }],
          }),
        },
      }),
      'no others',
    ],
    [
      'another namespace',
      slo({ sli: { thresholdMetric: metric('Latency', undefined, { namespace: 'AWS/ApiGateway' }) } }),
      'AWS/ApiGateway is not read',
    ],
    [
      'two functions',
      slo({ sli: { ratioMetric: { ...errors, bad: metric('Errors', 'Sum', { region: 'eu-west-1' }) } } }),
      'the same function, alias and region',
    ],
    ['an older version', { ...slo(), apiVersion: 'openslo/v1alpha' }, 'apiVersion: openslo/v1alpha cannot be read'],
    ['an unknown kind', { ...slo(), kind: 'Composite' }, 'kind'],
    ['nothing', undefined, 'a.yaml, document 1'],
  ])('is refused because of %s', (_, value, sentence) => {
    const said = refused(value)
    expect(said).toContain(sentence)
    expect(said).toMatch(/^a\.yaml, document 1[ :]/)
  })

  it('keeps the others of its files from being imported, and so does a duplicate name', () => {
    expect(refused(slo(), slo({ metadata: { name: 'b' }, objectives: [{}] }))).toContain('document 2 (SLO b)')
    expect(refused(slo(), slo())).toContain('two SLOs have this name')
    expect(refused(slo(), slo({ metadata: { name: 'b' }, spec: { service: 'cart' } }))).toContain('one service')
    expect(refused()).toBe('There is no document of kind SLO.')
  })
})

describe('any input', () => {
  /** The first value most of the time, so that complete documents are valid now and then. */
  const mostly = <T>(good: T, ...others: T[]) =>
    fc.oneof({ arbitrary: fc.constant(good), weight: 12 }, ...others.map((other) => fc.constant(other)))
  const anyMetric = (metricName: string, stat?: string) =>
    fc.record({
      metricSource: fc.record({
        type: mostly('CloudWatch', 'Prometheus'),
        spec: fc.record({
          namespace: mostly('AWS/Lambda', 'AWS/EC2'),
          metricName: mostly(metricName, 'Errors', 'Duration'),
          stat: mostly(stat, 'Sum', 'p99', 'TC(:0)'),
          dimensions: mostly(dimensions, []),
        }),
      }),
    })
  const anyName = fc.oneof({ arbitrary: fc.string(), weight: 1 }, mostly('a', 'constructor', 'b'))
  const anyWindow = fc.oneof(
    fc.record({ duration: mostly('28d', '1M', '0d', '999999w'), isRolling: mostly(true, false) }),
    fc.record({
      duration: fc.oneof({ arbitrary: fc.string(), weight: 1 }, mostly('1M', '1Q', '28d', 'constructor')),
      calendar: fc.record({
        startTime: mostly('2024-01-01 00:00:00', '2024-02-30 00:00:00', ''),
        timeZone: mostly('UTC', 'Europe/Atlantis'),
      }),
    }),
  )
  const target = fc.oneof({ arbitrary: fc.double(), weight: 1 }, mostly(0.999, 0.5))
  const threshold = { op: mostly('lte', 'lt', 'gt'), value: mostly(300, 0, Number.NaN, 1e9) }
  const sliced = { timeSliceTarget: mostly(0.9, 1, 0), timeSliceWindow: mostly<unknown>(5, '10m', '2h', Number.NaN) }
  const document = (sli: fc.Arbitrary<object>, compared: object, budgetingMethod: string, slices: object) =>
    fc
      .record({
        metadata: fc.record({ name: anyName }),
        window: anyWindow,
        sli,
        objectives: fc.array(fc.record({ target, ...compared, ...slices }), { minLength: 1, maxLength: 2 }),
        spec: fc.record({ budgetingMethod: mostly(budgetingMethod, 'Timeslices', 'RatioTimeslices') }),
      })
      .map(slo)
  const bad = fc.record({ bad: anyMetric('Errors', 'Sum'), total: anyMetric('Invocations', 'Sum') })
  const fast = fc.record({ good: anyMetric('Duration', 'TC(:300)'), total: anyMetric('Duration', 'SampleCount') })
  const anySlo = fc.oneof(
    document(fc.record({ thresholdMetric: anyMetric('Duration') }), threshold, 'Occurrences', {}),
    document(fc.record({ ratioMetric: bad }), {}, 'Occurrences', {}),
    document(fc.record({ ratioMetric: fast }), {}, 'Timeslices', sliced),
  )

  /** @returns how many SLOs were imported, or `undefined` for a Problem */
  function outcome(act: () => readonly ImportedSlo[]): number | undefined {
    let imported: readonly ImportedSlo[] = []
    if (problem(() => (imported = act())) !== 'no problem') return undefined
    for (const one of imported) expect(SloDefinition.safeParse(one.definition).success).toBe(true)
    return imported.length
  }

  it('gives SLOs that a definition accepts, or a Problem', () => {
    let valid = 0
    fc.assert(
      fc.property(fc.array(fc.oneof({ arbitrary: anySlo, weight: 9 }, fc.anything()), { maxLength: 3 }), (values) => {
        if (outcome(() => importing(...values)) !== undefined) valid++
      }),
      { numRuns: repeats(3000, 1500), seed: 5 },
    )
    // The generator also produces valid documents.
    expect(valid).toBeGreaterThan(repeats(20, 7))
  })

  it('with one error anywhere in a good document gives SLOs or a Problem, too', () => {
    const paths = (value: unknown): string[][] =>
      typeof value !== 'object' || value === null
        ? [[]]
        : [[], ...Object.entries(value).flatMap(([key, inner]) => paths(inner).map((rest) => [key, ...rest]))]
    const good = slo({ window: month(), objectives: [{ target: 0.9, op: 'gte' }] })
    const put = (value: unknown, [key, ...rest]: string[], thing: unknown): unknown =>
      key === undefined
        ? thing
        : { ...(value as object), [key]: put((value as Record<string, unknown>)[key], rest, thing) }
    fc.assert(
      fc.property(fc.constantFrom(...paths(good)), fc.anything(), (path, thing) => {
        outcome(() => importing(put(good, path, thing)))
      }),
      { numRuns: repeats(2000, 600), seed: 5 },
    )
  })

  it('that is not YAML, or expands without end, is a Problem', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map(
        (name, index) =>
          `${name}: &${name} [${Array(10)
            .fill(`*${'abcdefg'[index] ?? ''}`)
            .join()}]`,
      ),
    ].join('\n')
    for (const text of ['a: [', 'a: *b', '\0', bomb, ': : :', '%TAG x'])
      expect(problem(() => importOpenSlo(openSloDocuments(text, 'a.yaml')))).toMatch(/a\.yaml/)
    for (const text of ['', '---\n---\n', '# nothing'])
      expect(problem(() => importOpenSlo(openSloDocuments(text, 'a.yaml')))).toBe('There is no document of kind SLO.')
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        outcome(() => importOpenSlo(openSloDocuments(text, 'a.yaml')))
      }),
      { numRuns: repeats(500, 150), seed: 5 },
    )
  })
})
