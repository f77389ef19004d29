// Queries of a Prometheus: a workspace of Amazon Managed Service for Prometheus, signed as the function, or an address that the
// installation allows, with no credentials at all. A definition must not make the controller call anything else, so what is
// called is decided here too, and no redirect is followed.
import { SignatureV4 } from '@smithy/signature-v4'
import { type Home, homeOf, isSame } from '../../core/origin.ts'
import type { Reading, Window } from '../../core/verdict/evidence/evidence.ts'
import { workspaceIdOf } from '../../core/prometheus/workspace.ts'
import type { PrometheusQuestion } from '../../core/verdict/evidence/prometheus.ts'
import { minuteMs } from '../../core/time.ts'
import type { Prometheus } from '../ports.ts'
import { sha256 } from '../sha256.ts'
import { prometheusReading, refusalIn } from './prometheus-answer.ts'

type Signer = ConstructorParameters<typeof SignatureV4>[0]

type PrometheusAccess = {
  /** Workspaces of no other account and region are read. */
  readonly home: Home
  /** Addresses that may be read. */
  readonly allowed: readonly string[]
  readonly credentials: Signer['credentials']
  /** Where workspaces are, in tests. */
  readonly workspaces?: string
  /** For all queries of a look: a look must not fail before its function does. */
  readonly withinMs?: number
}

const withinMsUsually = 10_000
// One series of 11,000 minutes, which is as much as Prometheus answers, is 350 kB.
const bytesMost = 1_000_000
const atOnce = 8

export function awsPrometheus(access: PrometheusAccess): Prometheus {
  return {
    async read(questions, asked) {
      const signal = AbortSignal.timeout(access.withinMs ?? withinMsUsually)
      const readings: Reading[] = []
      const left = [...questions.entries()]
      const worker = async (): Promise<void> => {
        for (let next = left.shift(); next !== undefined; next = left.shift())
          readings[next[0]] = await readingOf(access, next[1], asked, signal)
      }
      await Promise.all(Array.from({ length: Math.min(atOnce, questions.length) }, worker))
      return readings
    },
  }
}

const unread = (because: string): Reading => ({ kind: 'unread', because: `Prometheus: ${because}` })

async function readingOf(
  access: PrometheusAccess,
  { source, query, isCount }: PrometheusQuestion,
  asked: Window,
  signal: AbortSignal,
): Promise<Reading> {
  const place = placeOf(access, source)
  if (place === undefined) return unread(`${source.slice(0, 200)} is not one that this installation reads`)
  const parameters = {
    query,
    start: String((asked.startMs + minuteMs) / 1000),
    end: String(asked.endMs / 1000),
    step: '60',
  }
  try {
    const { url, headers } = await requestTo(access, place, parameters)
    const answer = await fetch(url, { headers, redirect: 'manual', signal })
    const text = await boundedText(answer)
    if (text === undefined) return unread(`its answer has more than ${bytesMost / 1_000_000} MB`)
    if (answer.status === 200) return prometheusReading(text, isCount, asked)
    return unread(refused(answer.status, text, place))
  } catch (error) {
    // Whatever else fetch throws: a name that does not resolve, a connection that breaks, a certificate.
    const isLate = error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')
    return unread(isLate ? 'it did not answer in time' : `it was not reached: ${causeOf(error)}`)
  }
}

type Place = { readonly base: string; readonly workspace?: string; readonly region?: string }

/** @returns `undefined` for what may not be called */
function placeOf({ home, allowed, workspaces }: PrometheusAccess, source: string): Place | undefined {
  if (allowed.includes(source)) return { base: source }
  const id = workspaceIdOf(source)
  if (id === undefined || !isSame(homeOf(source), home)) return undefined
  const { region } = home
  const host = workspaces ?? `https://aps-workspaces.${region}.amazonaws.com`
  return { base: `${host}/workspaces/${id}`, workspace: source, region }
}

type Parameters = Readonly<Record<string, string>>

async function requestTo(
  { credentials }: PrometheusAccess,
  { base, region }: Place,
  query: Parameters,
): Promise<{ readonly url: string; readonly headers: Record<string, string> }> {
  const { protocol, host, hostname, port, pathname } = new URL(`${base}/api/v1/query_range`)
  const url = `${protocol}//${host}${pathname}?${encoded(query)}`
  if (region === undefined) return { url, headers: {} }
  const signer = new SignatureV4({ service: 'aps', region, credentials, sha256 })
  const signed = await signer.sign({
    ...{ method: 'GET', protocol, hostname, path: pathname, query: { ...query }, headers: { host } },
    ...(port === '' ? {} : { port: Number(port) }),
  })
  const { host: _, ...headers } = signed.headers
  return { url, headers }
}

/** As signatures are made of it (RFC 3986). */
const encoded = (query: Parameters): string =>
  Object.entries(query)
    .map(([name, value]) => `${name}=${escaped(value)}`)
    .join('&')
const escaped = (value: string): string =>
  encodeURIComponent(value).replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)

/** @returns `undefined` if there is more than is read */
async function boundedText(answer: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  const body = answer.body as AsyncIterable<Uint8Array> | null
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > bytesMost) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function refused(status: number, text: string, { workspace }: Place): string {
  if (status >= 300 && status < 400) return `it sends to another address (${status}), which is not followed`
  if (status === 403 && workspace !== undefined) return `aps:QueryMetrics of ${workspace} is denied`
  if (status === 429) return 'it throttles (429)'
  return `it answered ${status}: ${refusalIn(text) ?? 'without a reason'}`
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  return (cause instanceof Error ? cause.message : String(cause)).slice(0, 160)
}
