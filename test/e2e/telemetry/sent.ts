// What the installation sends of a release, to receivers that are not ours: OpenTelemetry's Python package decodes the trace and
// the points, and they are those that the log gives; Grafana's annotations go to a stand-in that is as strict as its API.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { receiversOf } from '../../../cloud/receivers/receivers.ts'
import { pointKinds, pointsOf } from '../../../core/measures/points.ts'
import { replay } from '../../../core/release/advance.ts'
import { announcementOf } from '../../../core/release/announcement.ts'
import { traceOf } from '../../../core/view/release/trace.ts'
import { sendTelemetryHandler } from '../../../functions/listeners/send-telemetry.ts'
import { toldToReceivers } from '../../../functions/rules.ts'
import { openSandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { grafanaApi } from '../../functions/telemetry/grafana.ts'
import { openReceiver } from '../../functions/telemetry/receiver.ts'

type Verify = (name: string, holds: boolean, detail: string) => void
type Got = { readonly path: string; readonly token: string; readonly points?: unknown[]; readonly spans?: unknown[] }

async function openPython(requests: number) {
  const child = spawn('python3', [join(import.meta.dirname, 'otlp_receiver.py'), String(requests)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const got: Got[] = []
  const reader = createInterface({ input: child.stdout })
  const port = await new Promise<string>((resolve) => reader.once('line', resolve))
  reader.on('line', (line) => void got.push(JSON.parse(line) as Got))
  return {
    url: `http://127.0.0.1:${port}`,
    got,
    /** It ends with its last request; if it got fewer, it is ended. */
    async end(): Promise<void> {
      const timer = setTimeout(() => child.kill(), 10_000)
      await ended
      clearTimeout(timer)
    },
  }
}

export async function checkTelemetry(verify: Verify): Promise<void> {
  const sandbox = await openSandbox({ perMinute: 200 })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
  const id = await sandbox.start({ version: await sandbox.publish('v3') })
  await sandbox.finish(id)
  const events = await sandbox.events(id)
  const release = replay(events)
  if (release === undefined) throw new Error('the release has no log')
  const told = events.flatMap((event, index) => {
    const after = replay(events.slice(0, index + 1))
    const one = after && announcementOf(event, after)
    return one !== undefined && toldToReceivers('')['detail-type'].includes(one.detailType) ? [{ ...one, index }] : []
  })
  const points = told.flatMap(({ index }) => {
    const after = replay(events.slice(0, index + 1))
    return after === undefined ? [] : pointsOf(events.slice(0, index + 1), after)
  })
  const withPoints = told.filter(({ index }) => {
    const after = replay(events.slice(0, index + 1))
    return after !== undefined && pointsOf(events.slice(0, index + 1), after).length > 0
  })
  const python = await openPython(withPoints.length + 1)
  const grafana = grafanaApi('glsa_of-the-test')
  const annotations = await openReceiver(grafana.answer)
  const handler = sendTelemetryHandler({
    ...sandbox.world,
    receivers: receiversOf(
      { otlp: { url: python.url, secret: 'headers' }, grafana: { url: annotations.url, secret: 'token' } },
      (name) => Promise.resolve(name === 'token' ? 'glsa_of-the-test' : 'authorization=Bearer%20of-the-test'),
    ),
  })
  const Records = told.map(({ detailType, detail, index }) => ({
    messageId: String(index),
    body: JSON.stringify({
      ...{ account: '000000000000', region: 'us-east-1', source: 'tidegate.release', detail },
      'detail-type': detailType,
    }),
  }))
  const { batchItemFailures } = await handler({ Records })
  await python.end()
  await annotations.close()
  sandbox.close()
  const detail = JSON.stringify([python.got, points, batchItemFailures]).slice(0, 4000)
  const decoded = python.got.flatMap((one) => one.points ?? [])
  const expected = points.map((one) => ({ ...one, unit: pointKinds[one.name].unit, kind: 'gauge' }))
  const sorted = (all: readonly unknown[]) =>
    all.map((one) => JSON.stringify(Object.entries(one as object).sort(([a], [b]) => (a < b ? -1 : 1)))).sort()
  verify(
    'telemetry: a receiver that is not ours decodes the numbers that the log gives, as gauges',
    expected.length > 3 && JSON.stringify(sorted(decoded)) === JSON.stringify(sorted(expected)),
    detail,
  )
  verify(
    'telemetry: and every span of the trace',
    python.got.find(({ spans }) => spans !== undefined)?.spans?.length === traceOf(events, release).length,
    detail,
  )
  verify(
    'telemetry: each request has the token of the secret',
    batchItemFailures.length === 0 && python.got.every(({ token }) => token === 'Bearer of-the-test'),
    detail,
  )
  verify('telemetry: Grafana has one annotation', grafana.kept.size === 1, JSON.stringify(annotations.got))
}
