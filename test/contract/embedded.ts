// The embedded cloud for the contract suites: real SDK clients on its in-process transport, stepped time, and functions that are
// plain closures.
import { steppedClock } from '../../cloud/local/time/clock.ts'
import { localCloud } from '../../cloud/local/cloud.ts'
import { errorPayload, type Runtime } from '../../cloud/local/runtime/runtime.ts'
import { clientsAt, placeOf } from '../../local/clients.ts'

export type EmbeddedCloud = ReturnType<typeof openEmbedded>

type Code = (payload: unknown) => unknown

export function openEmbedded(originMs: number, pendingMs = 0) {
  const codes = new Map<string, Code>()
  const clock = steppedClock(originMs)
  const cloud = localCloud({ clock, runtime: runtimeOf(codes), seed: 1, pendingMs })
  return {
    ...clientsAt(placeOf(cloud.handler, 'controller')),
    pipelines: cloud.codepipeline,
    setReport: (name: string, report: Readonly<Record<string, unknown>>): void =>
      cloud.applicationSignals.setReport(name, report),
    /** Records metrics in AWS's namespaces, which PutMetricData refuses. */
    record: (point: Parameters<typeof cloud.cloudwatch.record>[0]): void => cloud.cloudwatch.record(point),
    pages: () => cloud.sns.published().map(({ subject, message }) => ({ subject: subject ?? '', text: message })),
    /** The detail types of all events so far. */
    heard: () => cloud.events.recorded().map((event) => event['detail-type']),
    /** Sets what the function of this name does from now on. */
    run(functionName: string, code: Code): void {
      codes.set(functionName, code)
    },
    /** Advances time, and runs everything that falls due. */
    pass: (ms: number): Promise<void> => clock.advanceTo(clock.nowMs() + ms),
    /** Puts an object, or a bucket. @returns the object's version */
    async put(address: string, text: string): Promise<string> {
      const [path = '', query] = address.split('?')
      const body = new TextEncoder().encode(text)
      const { status, headers } = await cloud.handler({
        method: 'PUT',
        path,
        query: new URLSearchParams(query),
        headers: {},
        body,
      })
      if (status !== 200) throw new Error(`PUT ${path}: ${status}`)
      return headers['x-amz-version-id'] ?? ''
    },
    close: () => cloud.close(),
  }
}

function runtimeOf(codes: ReadonlyMap<string, Code>): Runtime {
  return {
    run: async ({ functionName, payload }) => {
      try {
        const event: unknown = JSON.parse(new TextDecoder().decode(payload))
        const answer = await codes.get(functionName)?.(event)
        return { payload: new TextEncoder().encode(JSON.stringify(answer ?? null)), durationMs: 1 }
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        return { payload: errorPayload('Error', message), functionError: 'Unhandled', durationMs: 1 }
      }
    },
    stop: () => Promise.resolve(),
  }
}
