// `tidegate trace` to a receiver that is not ours: OpenTelemetry's Python package decodes what was sent.
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

type Verify = (name: string, holds: boolean, detail: string) => void
type Span = {
  readonly traceId: string
  readonly spanId: string
  readonly parent: string
  readonly name: string
  readonly startMs: number
  readonly endMs: number
  readonly resource: Readonly<Record<string, unknown>>
  readonly attributes: Readonly<Record<string, unknown>>
}
type Got = { readonly path: string; readonly token: string; readonly spans: readonly Span[] }

/** Whether the package of requirements.txt is installed. */
export const hasReceiver = (): boolean =>
  spawnSync('python3', ['-c', 'import opentelemetry.proto.collector.trace.v1.trace_service_pb2']).status === 0

/** @param environment with the address of the embedded cloud and a person's credentials */
export async function checkTrace(verify: Verify, environment: NodeJS.ProcessEnv): Promise<void> {
  const receiver = spawn('python3', [join(import.meta.dirname, 'otlp_receiver.py'), '2'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => receiver.once('exit', resolve))
  const lines: string[] = []
  const reader = createInterface({ input: receiver.stdout })
  const port = await new Promise<string>((resolve) => reader.once('line', resolve))
  reader.on('line', (line) => void lines.push(line))
  const env = {
    ...environment,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20of-the-test',
  }
  const trace = async (which: string): Promise<string> => {
    const child = spawn(process.execPath, ['cli/main.ts', 'trace', which, '--json'], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => void (said += data.toString()))
    await new Promise((resolve) => child.once('exit', resolve))
    return said
  }
  const { stdout } = spawnSync(process.execPath, ['cli/main.ts', 'history', 'checkout', '--json'], {
    env: environment,
    encoding: 'utf8',
  })
  const heads = (JSON.parse(stdout) as { releases: readonly { releaseId: string; outcome?: string }[] }).releases
  const releaseId = heads.find(({ outcome }) => outcome === 'rolledBack')?.releaseId ?? ''
  const said = [await trace(releaseId), await trace(releaseId)]
  // The receiver ends with its second request; if it got fewer, it is ended.
  const timer = setTimeout(() => receiver.kill(), 10_000)
  await ended
  clearTimeout(timer)
  const [first, second] = lines.map((line) => JSON.parse(line) as Got)
  const detail = JSON.stringify({ said, first }).slice(0, 4000)
  const spans = first?.spans ?? []
  const root = spans.find(({ parent }) => parent === '')
  verify(
    'otlp: a receiver that is not ours gets the spans of a release',
    spans.length > 2 && first?.path === '/v1/traces',
    detail,
  )
  verify(
    'otlp: each has the id of the release, and is of one trace',
    spans.length > 2 &&
      spans.every(
        ({ traceId, attributes }) => traceId === root?.traceId && attributes['tidegate.release.id'] === releaseId,
      ),
    detail,
  )
  const ids = new Map(spans.map((span) => [span.spanId, span]))
  verify(
    'otlp: each is within the one that it is in',
    spans.length > 2 &&
      ids.size === spans.length &&
      spans.every((span) => {
        const around = ids.get(span.parent)
        return span === root || (around !== undefined && around.startMs <= span.startMs && span.endMs <= around.endMs)
      }),
    detail,
  )
  verify(
    'otlp: sent again, it is the same trace',
    second !== undefined && JSON.stringify(first) === JSON.stringify(second),
    detail,
  )
  verify(
    'otlp: the token is read from the environment, and not told',
    first?.token === 'Bearer of-the-test' && !said.join('').includes('of-the-test'),
    detail,
  )
}
