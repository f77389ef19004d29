// Where an installation sends its telemetry. Secrets are read when they are first needed, and again after a refusal, because they
// may have been changed.
import { parseKeyPairsIntoRecord } from '@opentelemetry/core'
import { Problem } from '../../core/problem.ts'
import type { Receivers } from '../ports.ts'
import { addressUnder, refusal } from './address.ts'
import { annotate } from './grafana.ts'
import { sendPoints, sendSpans } from './otlp.ts'

type ReceiverSettings = {
  readonly otlp?: { readonly url: string; readonly secret?: string }
  readonly grafana?: { readonly url: string; readonly secret: string }
}

/** @param secretOf the text of a secret, by its ARN */
export function receiversOf(
  { otlp, grafana }: ReceiverSettings,
  secretOf: (arn: string) => Promise<string>,
): Receivers {
  const secrets = new Map<string, string>()
  const secret = async (arn: string): Promise<string> => {
    const text = secrets.get(arn) ?? (await secretOf(arn))
    secrets.set(arn, text)
    return text
  }
  const told = (base: string, path: string, what: string, refused: string | undefined): void => {
    if (refused === undefined) return
    secrets.clear()
    throw refusal('telemetry_refused', addressUnder(base, path), what, refused)
  }
  return {
    ...(otlp === undefined
      ? {}
      : {
          otlp: {
            async spans(releaseId, spans) {
              const to = { url: addressUnder(otlp.url, '/v1/traces'), headers: await headersOf(otlp.secret, secret) }
              told(otlp.url, '/v1/traces', 'the trace', await sendSpans(spans, releaseId, to))
            },
            async points(points) {
              const to = { url: addressUnder(otlp.url, '/v1/metrics'), headers: await headersOf(otlp.secret, secret) }
              told(otlp.url, '/v1/metrics', 'the metrics', await sendPoints(points, to))
            },
          },
        }),
    ...(grafana === undefined
      ? {}
      : {
          grafana: {
            async annotate(annotation) {
              const token = tokenIn(await secret(grafana.secret))
              told(grafana.url, '', 'the annotation', await annotate(annotation, { url: grafana.url, token }))
            },
          },
        }),
  }
}

async function headersOf(
  arn: string | undefined,
  secret: (arn: string) => Promise<string>,
): Promise<Readonly<Record<string, string>>> {
  if (arn === undefined) return {}
  const headers = parseKeyPairsIntoRecord(await secret(arn))
  const isHeader = ([name, value]: readonly [string, string]): boolean =>
    /^[\w-]{1,100}$/.test(name) && isHeaderText(value)
  if (Object.keys(headers).length > 0 && Object.entries(headers).every(isHeader)) return headers
  // Whatever it is, it is a secret: nothing of it is told.
  throw new Problem('telemetry_refused', 'The secret with the headers is not like `authorization=Bearer%20TOKEN`.')
}

const isHeaderText = (text: string): boolean => /^[\x20-\x7e]{1,4000}$/.test(text)

function tokenIn(text: string): string {
  const token = text.trim()
  if (isHeaderText(token) && !token.includes(' ')) return token
  throw new Problem('telemetry_refused', 'The secret for Grafana is not a token and nothing else.')
}
