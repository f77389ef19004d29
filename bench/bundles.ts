// For each function's bundle: its size, which SDK clients it contains, and how long a cold start takes here.
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Verb, verbs } from '../functions/handlers.ts'
import { localKeys } from '../cloud/local/door/keys.ts'
import { type Endpoint, localSocket } from '../cloud/local/socket.ts'
import { bundle, writeBundle } from '../lib/bundle.ts'
import { openSandbox } from '../local/sandbox.ts'
import { environment } from '../local/installation.ts'

type Bundle = {
  readonly verb: Verb
  readonly bytes: number
  readonly clients: readonly string[]
  readonly importMs: number
  readonly firstCallMs: number
}

export async function measureBundles(): Promise<readonly Bundle[]> {
  const sandbox = await openSandbox({ perMinute: 1 })
  const socket = await localSocket(sandbox.cloud.handler, localKeys(['bench']))
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-bench-'))
  const measured: Bundle[] = []
  for (const verb of verbs) {
    const made = bundle(verb)
    const file = join(folder, `${verb}.mjs`)
    writeBundle(folder, `${verb}.mjs`, made)
    const runs = []
    for (let run = 0; run < 3; run++) runs.push(await coldStart(file, socket, verb))
    runs.sort((a, b) => a.importMs + a.firstCallMs - b.importMs - b.firstCallMs)
    measured.push({
      verb,
      bytes: [made.code, ...Object.values(made.files)].reduce((bytes, file) => bytes + file.length, 0),
      clients: made.clients,
      ...(runs[1] ?? { importMs: Number.NaN, firstCallMs: Number.NaN }),
    })
  }
  rmSync(folder, { recursive: true, force: true })
  await socket.close()
  sandbox.close()
  return measured
}

// Events that take each function as far as its first AWS request, where it finds nothing to do.
const release = { releaseId: 'nonesuch', execution: 'bench', token: 'bench' }
const home = { account: '000000000000', region: 'us-east-1' }
const alarm = { alarmName: 'nonesuch', state: { value: 'ALARM', timestamp: '2026-01-01T00:00:00.000+0000' } }
const firstCalls: Partial<Record<Verb, unknown>> = {
  intake: { service: 'nonesuch', version: '1' },
  admit: { input: { releaseId: 'nonesuch' }, execution: 'bench' },
  ask: { service: 'nonesuch' },
  oldVersions: { service: 'nonesuch' },
  pause: { verb: 'pause', service: 'nonesuch', by: 'bench', reason: 'bench' },
  promote: { service: 'nonesuch', by: 'bench', reason: 'bench' },
  orderRollback: { verb: 'rollBack', service: 'nonesuch', by: 'bench', reason: 'bench' },
  answer: { releaseId: 'nonesuch', hook: 'bench', result: 'pass' },
  announce: {
    Records: [{ dynamodb: { SequenceNumber: '1', Keys: { pk: { S: 'RELEASE#nonesuch' }, sk: { S: 'EVENT#00001' } } } }],
  },
  provision: { RequestType: 'Delete', ResourceProperties: { kind: 'service', definition: '{"name":"nonesuch"}' } },
  alarm: { ...home, source: 'aws.cloudwatch', 'detail-type': 'CloudWatch Alarm State Change', detail: alarm },
  reconcile: { sweep: true },
}

/** Starts a new process that imports the bundle and calls it once. */
function coldStart(file: string, endpoint: Endpoint, verb: Verb): Promise<{ importMs: number; firstCallMs: number }> {
  const script = join(import.meta.dirname, 'cold-start.ts')
  const env = {
    ...environment,
    PATH: process.env['PATH'],
    AWS_ENDPOINT_URL: endpoint.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: endpoint.secretOf('bench'),
  }
  return new Promise((resolve, reject) => {
    const child = fork(script, [file, JSON.stringify(firstCalls[verb] ?? release)], {
      env,
      // The functions log that the release does not exist, which is of no interest here.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    child.once('message', (times) => resolve(times as { importMs: number; firstCallMs: number }))
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`${verb} ended without a word`)))
  })
}
