// `tidegate trace`: sends the trace of a release by OTLP, with OpenTelemetry's own exporter. Its ids are made of the id of the
// release, so that whoever sends it again sends the same spans.
import { createHash } from 'node:crypto'
import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { Problem } from '../../core/problem.ts'
import { nameWords, quoted } from '../../core/foreign-text.ts'
import { replay } from '../../core/release/advance.ts'
import { type TracedSpan, traceOf } from '../../core/view/release/trace.ts'
import type { Cli } from '../backend/surroundings.ts'
import { exitCodes } from '../backend/screen.ts'
import { releaseOf } from '../commands/verbs.ts'

type Options = {
  /** Of the receiver; `/v1/traces` is added. */
  readonly endpoint?: string | undefined
  readonly version: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** As OpenTelemetry names them. Headers, which may be secret, the exporter reads itself: OTEL_EXPORTER_OTLP_HEADERS. */
const ofTraces = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'
const ofAll = 'OTEL_EXPORTER_OTLP_ENDPOINT'
const timeoutMillis = 10_000
const atOnce = 200

/** @throws Problem `release_missing`, `verb_not_now` before it has ended, `call_invalid`, `trace_refused` */
export async function sendTrace({ backend, screen }: Cli, which: string, options: Options): Promise<number> {
  const { id } = await releaseOf(backend, which)
  const { events } = await backend.journal.read(id)
  const release = replay(events)
  const spans = release === undefined ? [] : traceOf(events, release)
  if (spans.length === 0) throw new Problem('verb_not_now', `Release ${id} has not ended: its trace has no end yet.`)
  const url = addressOf(options)
  await exported(spans, { id, url, version: options.version })
  const traceId = traceIdOf(id)
  screen.say(`Sent ${spans.length} spans of release ${id} to ${url.host}, in trace ${traceId}.`, {
    ...{ releaseId: id, traceId, spans: spans.length, to: url.host },
  })
  return exitCodes.done
}

const loopback: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** @throws Problem `call_invalid` */
function addressOf({ endpoint, environment }: Options): URL {
  const whole = endpoint === undefined ? environment[ofTraces] : undefined
  const base = endpoint ?? environment[ofAll]
  const text = whole ?? (base === undefined || base === '' ? '' : `${base.replace(/\/+$/, '')}/v1/traces`)
  if (text === '') throw new Problem('call_invalid', `Give --endpoint, or set ${ofAll}.`)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback.has(url.hostname))) return url
  throw new Problem('call_invalid', `${quoted(text, undefined, 200)} is not an https address.`)
}

const digest = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length)
/** 16 bytes of a hash are never all zero, which OpenTelemetry forbids. */
const traceIdOf = (releaseId: string): string => digest(`tidegate/${releaseId}`, 32)
const spanIdOf = (releaseId: string, key: string): string => digest(`tidegate/${releaseId}/${key}`, 16)

type Sent = { readonly id: string; readonly url: URL; readonly version: string }

async function exported(spans: readonly TracedSpan[], { id, url, version }: Sent): Promise<void> {
  const exporter = new OTLPTraceExporter({ url: url.href, timeoutMillis, keepAlive: false })
  const resource = resourceFromAttributes({ 'service.name': 'tidegate', 'service.version': version })
  const readable = spans.map((span) =>
    readableOf(span, id, { resource, instrumentationScope: { name: 'tidegate', version } }),
  )
  try {
    for (let at = 0; at < readable.length; at += atOnce) {
      const { error } = await new Promise<{ readonly error?: Error }>((resolve) =>
        exporter.export(readable.slice(at, at + atOnce), resolve),
      )
      if (error !== undefined)
        // Its cause is a socket's, and no file's (cli/backend/explained.ts).
        throw new Problem('trace_refused', `${nameWords(url.host)} did not take the trace: ${quoted(error.message)}.`)
    }
  } finally {
    await exporter.shutdown()
  }
}

const timeOf = (ms: number): [number, number] => [Math.floor(ms / 1000), (ms % 1000) * 1_000_000]

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
