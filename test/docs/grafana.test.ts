// The dashboard for Grafana asks for metrics that the controller publishes, and its panels do not cover each other. That Grafana
// draws it has been seen by nobody here.
import { expect, it } from 'vitest'
import * as z from 'zod'
import { definitions } from '../../core/measures/measures.ts'
import { pointKinds } from '../../core/measures/points.ts'
import { textOf } from './pages.ts'

const Panel = z.object({
  id: z.int(),
  title: z.string().min(1),
  gridPos: z.object({ h: z.int().min(1), w: z.int().min(1), x: z.int().min(0), y: z.int().min(0) }),
  targets: z
    .array(z.object({ expression: z.string(), namespace: z.literal('Tidegate'), region: z.literal('${region}') }))
    .min(1),
})
/** As Grafana's own schema has it (grafana/grafana, kinds/dashboard/dashboard_kind.cue, AnnotationQuery). */
const Annotations = z.strictObject({
  name: z.string().min(1),
  datasource: z.strictObject({ type: z.literal('datasource'), uid: z.literal('grafana') }),
  ...{ enable: z.boolean(), hide: z.boolean(), iconColor: z.string() },
  target: z.strictObject({
    ...{ limit: z.int().min(1), matchAny: z.literal(false), type: z.literal('tags') },
    // Every annotation has this tag (core/view/release/annotation.ts).
    tags: z.tuple([z.literal('tidegate')]),
  }),
})
const Dashboard = z.object({
  uid: z.literal('tidegate'),
  annotations: z.object({ list: z.tuple([Annotations]) }),
  panels: z.array(Panel).min(1),
})
const { panels } = Dashboard.parse(JSON.parse(textOf('docs/grafana/tidegate.json')))

/** As a release's events are measured (core/measures/metric.ts), by service; and the controller's own, by code and function. */
const others: Readonly<Record<string, string>> = {
  CandidateWeight: 'service',
  WayBackSeconds: 'service',
  ReturnsFailed: 'service',
  Problems: 'code,function',
}

it('asks for metrics that there are, by their dimensions', () => {
  const measures = new Set(definitions.map(({ metric }) => metric))
  for (const { title, targets } of panels)
    for (const { expression } of targets) {
      const [, dimensions, metric = ''] =
        /^SEARCH\('\{Tidegate,([\w,]+)\} MetricName="(\w+)"', '(?:Average|Maximum|Sum)', (?:60|300|86400)\)$/.exec(
          expression,
        ) ?? []
      expect(dimensions, title).toBe(measures.has(metric) ? 'service' : others[metric])
    }
})

it('has a place of its own for each panel, in 24 columns', () => {
  const taken = new Map<string, string>()
  for (const { title, gridPos } of panels)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(x, title).toBeLessThan(24)
        expect(taken.get(`${x}/${y}`), title).toBeUndefined()
        taken.set(`${x}/${y}`, title)
      }
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
})

it('docs/telemetry.md has every number that is sent, with its unit', () => {
  const rows = [...textOf('docs/telemetry.md').matchAll(/^\| `(tidegate\.[\w.]+)` +\| `?([^ `|]+)`? +\|/gm)]
  expect(Object.fromEntries(rows.map(([, name, unit]) => [name, unit]))).toEqual(
    Object.fromEntries(Object.entries(pointKinds).map(([name, { unit }]) => [name, unit])),
  )
})
