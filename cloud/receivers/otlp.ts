// Spans and points by OTLP over HTTP, with OpenTelemetry's own exporters, serialisers and types. Node's client, which they use,
// follows no redirect.
import { createHash } from 'node:crypto'
import { SpanKind, SpanStatusCode, TraceFlags, ValueType } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { OTLPExporterBase } from '@opentelemetry/otlp-exporter-base'
import { convertLegacyHttpOptions, createOtlpHttpExportDelegate } from '@opentelemetry/otlp-exporter-base/node-http'
import { MetricsExporterMetricsHelper, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type GaugeMetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { type Point, pointKinds } from '../../core/measures/points.ts'
import type { TracedSpan } from '../../core/view/release/trace.ts'

type To = {
  readonly url: URL
  /** Without them: those of OTEL_EXPORTER_OTLP_HEADERS. */
  readonly headers?: Readonly<Record<string, string>>
  /** Of the program. */
  readonly version?: string
}

const timeoutMillis = 10_000
/** However many requests it takes. */
const altogetherMillis = 20_000
const atOnce = 200

const digest = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length)
/** 16 bytes of a hash are never all zero, which OpenTelemetry forbids. */
export const traceIdOf = (releaseId: string): string => digest(`tidegate/${releaseId}`, 32)
const spanIdOf = (releaseId: string, key: string): string => digest(`tidegate/${releaseId}/${key}`, 16)

const optionsOf = ({ url, headers }: To) => ({
  ...{ url: url.href, timeoutMillis, keepAlive: false },
  ...(headers === undefined ? {} : { headers: { ...headers } }),
})
const sentBy = ({ version }: To) => ({
  resource: resourceFromAttributes({
    'service.name': 'tidegate',
    ...(version === undefined ? {} : { 'service.version': version }),
  }),
  scope: { name: 'tidegate', ...(version === undefined ? {} : { version }) },
})

/** @returns what the receiver had against it */
export async function sendSpans(spans: readonly TracedSpan[], releaseId: string, to: To): Promise<string | undefined> {
  const { resource, scope: instrumentationScope } = sentBy(to)
  const readable = spans.map((span) => readableOf(span, releaseId, { resource, instrumentationScope }))
  const parts = Array.from({ length: Math.ceil(readable.length / atOnce) }, (_, part) =>
    readable.slice(part * atOnce, (part + 1) * atOnce),
  )
  return exported(new OTLPTraceExporter(optionsOf(to)), parts)
}

/** @returns what the receiver had against it */
export async function sendPoints(points: readonly Point[], to: To): Promise<string | undefined> {
  const { resource, scope } = sentBy(to)
  const names = [...new Set(points.map(({ name }) => name))]
  const metrics = names.map((name) =>
    gaugeOf(
      name,
      points.filter((point) => point.name === name),
    ),
  )
  return exported(metricExporter(to), [{ resource, scopeMetrics: [{ scope, metrics }] }])
}

/** As the exporters for metrics are made, of which there is none of this release for protobuf. */
const metricExporter = (to: To): OTLPExporterBase<ResourceMetrics> =>
  new OTLPExporterBase(
    createOtlpHttpExportDelegate(
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- OpenTelemetry's own exporters of this release are made by it
      convertLegacyHttpOptions(optionsOf(to), 'METRICS', 'v1/metrics', { 'Content-Type': 'application/x-protobuf' }),
      ProtobufMetricsSerializer,
      'otlp_http_metric_exporter',
      MetricsExporterMetricsHelper,
      undefined,
    ),
  )

type Result = { readonly error?: Error }
type Exporter<T> = {
  readonly export: (items: T, done: (result: Result) => void) => void
  readonly shutdown: () => Promise<void>
}

async function exported<T>(exporter: Exporter<T>, parts: readonly T[]): Promise<string | undefined> {
  // The exporter's own timeout is for a connection that is silent: one that drips would never end.
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Result>((resolve) => {
    timer = setTimeout(() => resolve({ error: new Error('It took too long.') }), altogetherMillis)
  })
  try {
    for (const part of parts) {
      const done = new Promise<Result>((resolve) => exporter.export(part, resolve))
      const { error } = await Promise.race([done, late])
      if (error !== undefined) return error.message
    }
    return undefined
  } finally {
    clearTimeout(timer)
    await exporter.shutdown()
  }
}

const timeOf = (ms: number): [number, number] => [Math.floor(ms / 1000), (ms % 1000) * 1_000_000]

/**
 * A gauge, which every receiver takes: those that are like Prometheus refuse deltas, and a function that lives for seconds has no
 * count to add to.
 */
function gaugeOf(name: Point['name'], points: readonly Point[]): GaugeMetricData {
  const { unit, says: description } = pointKinds[name]
  return {
    descriptor: { name, description, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.GAUGE,
    dataPoints: points.map(({ atMs, value, attributes }): DataPoint<number> => ({
      ...{ startTime: timeOf(atMs), endTime: timeOf(atMs), value, attributes: { ...attributes } },
    })),
  }
}

function readableOf(
  { key, parent, name, startMs, endMs, isError, attributes }: TracedSpan,
  releaseId: string,
  of: Pick<ReadableSpan, 'resource' | 'instrumentationScope'>,
): ReadableSpan {
  const place = (one: string) => ({
    traceId: traceIdOf(releaseId),
    spanId: spanIdOf(releaseId, one),
    traceFlags: TraceFlags.SAMPLED,
  })
  return {
    ...of,
    ...{ name, kind: SpanKind.INTERNAL, attributes: { ...attributes }, links: [], events: [], ended: true },
    spanContext: () => place(key),
    ...(parent === undefined ? {} : { parentSpanContext: place(parent) }),
    ...{ startTime: timeOf(startMs), endTime: timeOf(endMs), duration: timeOf(endMs - startMs) },
    status: { code: isError ? SpanStatusCode.ERROR : SpanStatusCode.OK },
    ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
  }
}
