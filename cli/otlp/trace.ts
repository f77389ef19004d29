// `tidegate trace`: sends the trace of a release by OTLP, with OpenTelemetry's own exporter. Its ids are made of the id of the
// release, so that whoever sends it again sends the same spans.
import { addressOf, addressUnder, refusal } from '../../cloud/receivers/address.ts'
import { sendSpans, traceIdOf } from '../../cloud/receivers/otlp.ts'
import { Problem } from '../../core/problem.ts'
import { replay } from '../../core/release/advance.ts'
import { traceOf } from '../../core/view/release/trace.ts'
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

/** @throws Problem `release_missing`, `verb_not_now` before it has ended, `call_invalid`, `trace_refused` */
export async function sendTrace({ backend, screen }: Cli, which: string, options: Options): Promise<number> {
  const { id } = await releaseOf(backend, which)
  const { events } = await backend.journal.read(id)
  const release = replay(events)
  const spans = release === undefined ? [] : traceOf(events, release)
  if (spans.length === 0) throw new Problem('verb_not_now', `Release ${id} has not ended: its trace has no end yet.`)
  const url = endpointOf(options)
  const refused = await sendSpans(spans, id, { url, version: options.version })
  // Its cause is a socket's, and no file's (cli/backend/explained.ts).
  if (refused !== undefined) throw refusal('trace_refused', url, 'the trace', refused)
  const traceId = traceIdOf(id)
  screen.say(`Sent ${spans.length} spans of release ${id} to ${url.host}, in trace ${traceId}.`, {
    ...{ releaseId: id, traceId, spans: spans.length, to: url.host },
  })
  return exitCodes.done
}

/** @throws Problem `call_invalid` */
function endpointOf({ endpoint, environment }: Options): URL {
  const whole = endpoint === undefined ? environment[ofTraces] : undefined
  if (whole !== undefined) return addressOf(whole)
  const base = endpoint ?? environment[ofAll]
  if (base === undefined || base === '') throw new Problem('call_invalid', `Give --endpoint, or set ${ofAll}.`)
  return addressUnder(base, '/v1/traces')
}
