// What the functions report about themselves: log lines, metrics in those lines, and traces that a real X-Ray client sends.
import { createSocket, type Socket } from 'node:dgram'
import { fork } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { localKeys } from '../../cloud/local/door/keys.ts'
import { localSocket } from '../../cloud/local/socket.ts'
import { Problem } from '../../core/problem.ts'
import { log, emit, observed } from '../../functions/instruments.ts'
import { bundleOf } from '../../lib/bundle.ts'
import { openSandbox } from '../../local/sandbox.ts'
import { environment } from '../../local/installation.ts'

type Line = Record<string, unknown> & { readonly _aws?: unknown }

/** Captures what is written to the log, line by line. */
async function lines(work: () => unknown): Promise<readonly Line[]> {
  let text = ''
  const write = (chunk: unknown): boolean => {
    text += String(chunk)
    return true
  }
  const spies = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockImplementation(write))
  try {
    await work()
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line)
}
afterEach(() => vi.restoreAllMocks())

const call = { awsRequestId: 'request-1', functionName: 'tidegate-judge' }

describe('a log line', () => {
  it('contains the function, the request and the release, and forgets them with the next call', async () => {
    const said = await lines(async () => {
      const handler = observed('judge', () => () => {
        log({ message: 'looked', verdict: 'pass' })
        return Promise.resolve({})
      })
      await handler({ releaseId: 'checkout-1', token: 'secret' }, call)
      await handler({ sweep: true }, { ...call, awsRequestId: 'request-2' })
      await handler({ input: { releaseId: 'checkout-2' } }, call)
    })
    expect(said).toMatchObject([
      {
        level: 'INFO',
        message: 'looked',
        verdict: 'pass',
        function: 'judge',
        releaseId: 'checkout-1',
        requestId: 'request-1',
      },
      { message: 'looked', requestId: 'request-2' },
      { message: 'looked', releaseId: 'checkout-2' },
    ])
    expect(said[1]).not.toHaveProperty('releaseId')
    expect(JSON.stringify(said)).not.toContain('secret')
  })

  it('shows what a reader would not see, and its dimensions are plain', async () => {
    const said = await lines(() => {
      log({ message: 'order: pause', by: 'a\u202eb\u009b', reason: 'one\ntwo' })
      emit({ name: 'Troubles', unit: 'Count', value: 1, atMs: Date.now(), dimensions: { function: ':\u202eé\n' } })
    })
    expect(said[0]).toMatchObject({ by: String.raw`a\u{202e}b\u{9b}`, reason: 'one\ntwo' })
    expect(said[1]).toMatchObject({ function: String.raw`\u{202e}e\n` })
  })

  it('of a problem has its code and fix, and the problem is counted by function and code alone', async () => {
    const handler = observed('intake', () => () => Promise.reject(new Problem('service_missing', 'There is no x.')))
    const said = await lines(() => expect(handler({ releaseId: 'x-1', token: 'secret' }, call)).rejects.toThrow('no x'))
    expect(said).toMatchObject([
      {
        level: 'ERROR',
        message: 'There is no x.',
        code: 'service_missing',
        fix: expect.stringContaining('Apply') as string,
        releaseId: 'x-1',
      },
      {
        function: 'intake',
        code: 'service_missing',
        Problems: 1,
        _aws: {
          CloudWatchMetrics: [
            {
              Namespace: 'Tidegate',
              Dimensions: [['function', 'code']],
              Metrics: [{ Name: 'Problems', Unit: 'Count' }],
            },
          ],
        },
      },
    ])
    expect(JSON.stringify(said)).not.toContain('secret')
  })
})

it('a metric is a line in the embedded metric format: at its own time, with its release as a field and not as a dimension', async () => {
  const dimensions = { service: 'checkout', outcome: 'promoted' }
  const metric = { name: 'ReleaseSeconds', unit: 'Seconds', value: 92.5, atMs: 1_780_000_000_000, dimensions } as const
  const said = await lines(() => emit({ ...metric, releaseId: 'checkout-1' }))
  expect(said).toEqual([
    {
      _aws: {
        Timestamp: 1_780_000_000_000,
        CloudWatchMetrics: [
          {
            Namespace: 'Tidegate',
            Dimensions: [['service', 'outcome']],
            Metrics: [{ Name: 'ReleaseSeconds', Unit: 'Seconds' }],
          },
        ],
      },
      service: 'checkout',
      outcome: 'promoted',
      releaseId: 'checkout-1',
      ReleaseSeconds: 92.5,
    },
  ])
})

type Segment = {
  readonly id: string
  readonly parent_id?: string
  readonly name: string
  readonly annotations?: Readonly<Record<string, unknown>>
  readonly aws?: { readonly operation?: string }
  readonly cause?: { readonly exceptions?: readonly { readonly message: string }[] }
}

/** Stands in for Lambda's X-Ray daemon. Each datagram is a header line and a segment. */
async function daemon(): Promise<{ readonly socket: Socket; readonly segments: Segment[]; readonly port: number }> {
  const socket = createSocket('udp4')
  const segments: Segment[] = []
  socket.on('message', (data) => segments.push(JSON.parse(data.toString().split('\n')[1] ?? '{}') as Segment))
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return { socket, segments, port: socket.address().port }
}

it('the bundle of a function, if Lambda traces it, sends a segment with the release and one for every AWS call', async () => {
  const sandbox = await openSandbox({ perMinute: 1 })
  const cloud = await localSocket(sandbox.cloud.handler, localKeys(['tester']))
  const { socket, segments, port } = await daemon()
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-traces-'))
  // Bundled alone: all functions take eight seconds of a core.
  writeFileSync(join(folder, 'main.mjs'), bundleOf('functions/main.ts', 'judge').code)
  writeFileSync(join(folder, 'judge.mjs'), "export { judge as handler } from './main.mjs'")
  const script = join(import.meta.dirname, '../../bench/cold-start.ts')
  const event = JSON.stringify({ releaseId: 'nonesuch-1', execution: 'x', token: 'secret' })
  const child = fork(script, [join(folder, 'judge.mjs'), event], {
    stdio: 'ignore',
    env: {
      ...environment,
      PATH: process.env['PATH'],
      AWS_ENDPOINT_URL: cloud.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'tester',
      AWS_SECRET_ACCESS_KEY: cloud.secretOf('tester'),
      // As Lambda sets them.
      LAMBDA_TASK_ROOT: folder,
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_NAME: 'tidegate-judge',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      _X_AMZN_TRACE_ID: 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=557abcec3ee5a047;Sampled=1',
      AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${port}`,
    },
  })
  await new Promise((resolve) => child.once('exit', resolve))
  await vi.waitFor(() => expect(segments.map((one) => one.name)).toContain('## judge'), { timeout: 60_000 })
  socket.close()
  await cloud.close()
  sandbox.close()
  const whole = segments.find((one) => one.name === '## judge')
  expect(whole?.annotations).toMatchObject({ releaseId: 'nonesuch-1', ColdStart: true })
  const calls = segments.filter((one) => one.parent_id === whole?.id).map(({ name, aws }) => [name, aws?.operation])
  expect(calls).toEqual([
    ['DynamoDB', 'PutItem'],
    ['DynamoDB', 'Query'],
  ])
  expect(whole?.cause?.exceptions?.[0]?.message).toContain('no release nonesuch-1')
  expect(JSON.stringify(segments)).not.toContain('secret')
})
