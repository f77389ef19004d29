// The dashboards: what stands on them, that every metric is one that somebody publishes, and CloudWatch's limits on them.
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import { definitions } from '../../../core/measures/measures.ts'
import { widgetViews } from '../../../core/view/widget-call.ts'
import { ReleaseController } from '../../../lib/controller.ts'
import { DashboardBody } from './structure.ts'

type Widget = {
  readonly type: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly properties: Readonly<Record<string, unknown>> & {
    readonly title?: string
    readonly metrics?: readonly (readonly unknown[])[]
    readonly alarms?: readonly string[]
    readonly params?: Readonly<Record<string, string>>
    readonly query?: string
  }
}
type Body = { readonly widgets: readonly Widget[]; readonly variables?: readonly Readonly<Record<string, unknown>>[] }

function bodiesOf(services: readonly object[]): ReadonlyMap<string, Body> {
  const stack = new Stack(new App(), 'Tidegate', { env: { account: '000000000000', region: 'eu-west-1' } })
  new ReleaseController(stack, 'Controller', { services, dashboards: true })
  const found = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard'))
  return new Map(
    found.map(({ Properties }) => {
      const { DashboardName, DashboardBody } = Properties as { DashboardName: string; DashboardBody: unknown }
      return [DashboardName, JSON.parse(resolved(DashboardBody)) as Body]
    }),
  )
}

/** The text of a template, with a name for each reference in it. */
function resolved(text: unknown): string {
  if (typeof text === 'string') return text
  const { 'Fn::Join': join } = text as { 'Fn::Join'?: readonly [string, readonly unknown[]] }
  return join === undefined ? 'REFERENCE' : join[1].map(resolved).join(join[0])
}

const service = (name: string, more: object = {}) => ({
  name,
  targets: [{ function: name, alias: 'live' }],
  plan: 'Canary10Percent5Minutes',
  signals: { alarms: [`${name}-errors`] },
  ...more,
})
const custom = (dimensions: Readonly<Record<string, string>>, more: object = {}) => ({
  signals: {
    custom: [
      { name: 'orders', namespace: 'Shop', metric: 'Orders', kind: 'count', worse: 'lower', dimensions, ...more },
    ],
  },
})

/** Each metric that a dashboard names, in a list or in a search; those of Tidegate with their dimensions. */
function metricsOf({ widgets }: Body): readonly string[] {
  const named = widgets.flatMap(({ properties }) =>
    (properties.metrics ?? []).flatMap((metric) => {
      const [namespace, name, ...dimensions] = metric
      if (typeof namespace === 'string' && typeof name === 'string')
        return [
          namedBy(
            namespace,
            name,
            dimensions.filter((one, index) => index % 2 === 0 && typeof one === 'string'),
          ),
        ]
      const { expression = '' } = namespace as { readonly expression?: string }
      return [...expression.matchAll(/SEARCH\('\{"?([^,"]+)"?,([^}]*)\} MetricName="([^"]+)"/g)].map(
        ([, space = '', dimensions = '', metricName = '']) => namedBy(space, metricName, dimensions.split(',')),
      )
    }),
  )
  return [...new Set(named)].sort()
}

const namedBy = (namespace: string, name: string, dimensions: readonly unknown[]): string =>
  namespace === 'Tidegate' ? `${namespace} ${name} by ${dimensions.join(', ')}` : `${namespace} ${name}`

/** Lambda's, as AWS lists them (Lambda developer guide, "Types of metrics for Lambda functions"; docs/aws.md §2.1). */
const ofLambda = ['ConcurrentExecutions', 'Duration', 'Errors', 'Invocations', 'Throttles'].map(
  (one) => `AWS/Lambda ${one}`,
)
/** What functions emit, and by which dimensions; metric.test.ts and instruments.test.ts see them do it. */
const ofTidegate = [
  'CandidateWeight by service',
  'ReleaseSeconds by outcome, service',
  'WayBackSeconds by service',
  'ReturnsFailed by service',
  'Problems by code, function',
  'Troubles by function',
  ...definitions.map(({ metric }) => `${metric} by service`),
]
const published = [
  ...ofLambda,
  ...ofTidegate.map((one) => `Tidegate ${one}`),
  'LambdaInsights memory_utilization',
  'AWS/SQS ApproximateNumberOfMessagesVisible',
]

describe('with two services', () => {
  const bodies = bodiesOf([
    service('checkout', custom({ FunctionName: '{function}', Resource: '{function}:{alias}', Version: '{version}' })),
    service('cart'),
  ])

  it('there is one for who decides, one for who is on call, one for who looks for a cause', () => {
    expect([...bodies.keys()].sort()).toEqual([
      'tidegate-eu-west-1-debug',
      'tidegate-eu-west-1-executive',
      'tidegate-eu-west-1-on-call',
    ])
  })

  it.each([...bodies.keys()])('%s names only metrics that are published', (name) => {
    const named = metricsOf(bodies.get(name) ?? { widgets: [] })
    expect(named.length).toBeGreaterThan(3)
    expect(named.filter((one) => !published.includes(one) && one !== 'Shop Orders')).toEqual([])
  })

  it.each([...bodies.keys()])('%s is written as CloudWatch documents it', (name) => {
    expect(DashboardBody.safeParse(bodies.get(name)).error?.issues ?? []).toEqual([])
  })

  it('they have the panels that were asked for', () => {
    const titles = (name: string) =>
      (bodies.get(`tidegate-eu-west-1-${name}`)?.widgets ?? []).flatMap(({ properties }) => properties.title ?? [])
    expect(titles('executive')).toEqual(
      expect.arrayContaining([
        'M1: release frequency',
        'M2: lead time for changes',
        'M3: change failure rate',
        'Error budgets: what is left now',
        'checkout: orders',
      ]),
    )
    expect(titles('on-call')).toEqual(
      expect.arrayContaining([
        'Live releases',
        'The last releases',
        'The ten aliases with the most errors',
        'Error budgets and burn rates',
        'cart',
      ]),
    )
    expect(titles('debug')).toEqual(
      expect.arrayContaining([
        'The latest release',
        'Errors of each version',
        'Duration of each version',
        'Concurrency and throttles',
        'The last failed requests',
      ]),
    )
  })

  it('releases stand beside the errors of all, as what is counted for another purpose', () => {
    const { widgets = [] } = bodies.get('tidegate-eu-west-1-on-call') ?? {}
    const errors = widgets.find(({ properties }) => properties.title === 'The ten aliases with the most errors')
    const right = (errors?.properties.metrics ?? []).flatMap(([first]) => {
      const { expression = '', label = '', yAxis } = (first ?? {}) as Readonly<Record<string, string>>
      return yAxis === 'right' ? [`${label}: ${expression}`] : []
    })
    expect(right).toEqual([
      `traffic was moved: FILL(SUM(SEARCH('{Tidegate,service} MetricName="CandidateWeight"', 'SampleCount', 300)), 0)`,
      `promoted: FILL(SUM(SEARCH('{Tidegate,outcome,service} MetricName="ReleaseSeconds" outcome="promoted"', 'SampleCount', 300)), 0)`,
      `put back: FILL(SUM(SEARCH('{Tidegate,service} MetricName="WayBackSeconds"', 'SampleCount', 300)), 0)`,
    ])
    expect(errors?.properties['yAxis']).toMatchObject({ right: { min: 0, label: 'releases' } })
  })

  it('each has the releases of the time that is looked at, and none has annotations that nobody would keep up to date', () => {
    for (const [name, { widgets }] of bodies) {
      const timelines = widgets.filter(({ properties }) => properties.params?.['show'] === 'timeline')
      expect(timelines.length, name).toBe(1)
      expect(timelines[0]?.properties['updateOn']).toMatchObject({ refresh: true, timeRange: true })
      expect(JSON.stringify(widgets)).not.toContain('vertical')
    }
  })

  it('what is shown over 28 days is not asked for by the minute: minutes are gone after 15', () => {
    const { widgets = [] } = bodies.get('tidegate-eu-west-1-executive') ?? {}
    const periods = JSON.stringify(widgets).matchAll(/"period":(\d+)|(?:Sum|Average|Maximum|SampleCount)', (\d+)\)/g)
    const seconds = [...periods].map(([, one, other]) => Number(one ?? other))
    expect(seconds.length).toBeGreaterThan(10)
    expect(seconds.filter((one) => one % 300 !== 0)).toEqual([])
  })

  it('each custom widget shows something that the function knows', () => {
    const shown = [...bodies.values()].flatMap(({ widgets }) =>
      widgets.filter(({ type }) => type === 'custom').map(({ properties }) => properties.params?.['show']),
    )
    expect([...new Set(shown)].sort()).toEqual([...widgetViews].sort())
  })

  it('the function to debug is chosen by name, and stands wherever it is asked for', () => {
    const debug = bodies.get('tidegate-eu-west-1-debug')
    expect(debug?.variables).toMatchObject([
      {
        type: 'pattern',
        inputType: 'select',
        values: [{ value: 'cart' }, { value: 'checkout' }],
        defaultValue: 'cart',
      },
    ])
    const pattern = String(debug?.variables?.[0]?.['pattern'])
    for (const { type, properties } of debug?.widgets ?? [])
      if (type !== 'text') expect(JSON.stringify(properties)).toContain(pattern)
  })

  it('nothing lies on top of another, and nothing beside the grid', () => {
    for (const { widgets } of bodies.values()) {
      for (const [index, one] of widgets.entries()) {
        expect(one.x + one.width).toBeLessThanOrEqual(24)
        for (const other of widgets.slice(index + 1))
          expect(
            one.x + one.width <= other.x ||
              other.x + other.width <= one.x ||
              one.y + one.height <= other.y ||
              other.y + other.height <= one.y,
          ).toBe(true)
      }
    }
  })
})

it('a search leaves out what it cannot say', () => {
  const hostile = [`a'b`, 'a"b', 'a}b', 'a(b', 'x'.repeat(1000)]
  const bodies = bodiesOf(
    hostile.map((value, index) => service(`s${index}`, custom({ Shop: value, Version: '{version}' }))),
  )
  const executive = bodies.get('tidegate-eu-west-1-executive')
  expect(metricsOf(executive ?? { widgets: [] })).not.toContain('Shop Orders')
  const spaced = bodiesOf([service('spaced', custom({ 'Shop name': 'north sea', Version: '{version}' }))])
  const text = JSON.stringify(spaced.get('tidegate-eu-west-1-executive'))
  expect(text).toContain(
    String.raw`SEARCH('{Shop,\"Shop name\",Version} MetricName=\"Orders\" \"Shop name\"=\"north sea\"', 'Sum', 300)`,
  )
})

it('a search is left out when its text is longer than CloudWatch takes', () => {
  const named = (length: number) =>
    Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`${index}`.padEnd(length, 'x'), 'north']))
  const shown = (length: number): boolean => {
    const bodies = bodiesOf([service('long', custom({ ...named(length), Version: '{version}' }))])
    return metricsOf(bodies.get('tidegate-eu-west-1-executive') ?? { widgets: [] }).includes('Shop Orders')
  }
  expect([20, 40, 60, 80].map(shown)).toEqual([true, true, false, false])
})

it('as many services as a stack takes stay within the limits of CloudWatch', () => {
  const bodies = bodiesOf(
    Array.from({ length: 140 }, (_, index) =>
      service(`service-${index}`, custom({ FunctionName: '{function}', Version: '{version}' })),
    ),
  )
  for (const { widgets, variables = [] } of bodies.values()) {
    expect(widgets.length).toBeLessThanOrEqual(500)
    const counts = widgets.map(({ properties }) => properties.metrics?.length ?? 0)
    expect(Math.max(...counts)).toBeLessThanOrEqual(500)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(2500)
    expect(Math.max(0, ...widgets.map(({ properties }) => properties.alarms?.length ?? 0))).toBeLessThanOrEqual(100)
    for (const { values = [] } of variables as readonly { values?: readonly object[] }[])
      expect(values.length).toBeLessThanOrEqual(500)
    for (const { properties } of widgets)
      for (const metric of properties.metrics ?? [])
        for (const part of metric)
          if (typeof part === 'object' && part !== null && 'expression' in part)
            expect(String(part.expression).length).toBeLessThanOrEqual(1024)
  }
})

it('without services there is something to see, and any function to choose', () => {
  const bodies = bodiesOf([])
  expect(bodies.size).toBe(3)
  expect(bodies.get('tidegate-eu-west-1-debug')?.variables).toMatchObject([
    { search: expect.stringContaining('{AWS/Lambda,FunctionName,Resource}') as string, populateFrom: 'FunctionName' },
  ])
  expect(JSON.stringify([...bodies.values()])).not.toMatch(/No service/)
})

it('is not there unless somebody asks for it', () => {
  const stack = new Stack(new App(), 'Tidegate')
  const controller = new ReleaseController(stack, 'Controller', { services: [] })
  Template.fromStack(stack).resourceCountIs('AWS::CloudWatch::Dashboard', 0)
  expect(controller.dashboards).toBeUndefined()
})
