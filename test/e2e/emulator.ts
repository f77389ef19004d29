// Runs ministack, a third-party AWS emulator (`pip install ministack`), as a process for one check.
import { spawn } from 'node:child_process'
import { join } from 'node:path'

const port = 4577
export const endpoint = `http://127.0.0.1:${port}`
export const account = '000000000000'
export const region = 'us-east-1'
export const place = { endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }

export type Verify = (name: string, holds: boolean, detail: string) => void

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** @returns a function that ends it, and resolves once it has ended */
export async function emulator(environment: Readonly<Record<string, string>> = {}): Promise<() => Promise<void>> {
  const bin = join(import.meta.dirname, '../../node_modules/.bin')
  const child = spawn('ministack', [], {
    stdio: ['ignore', 'ignore', 'ignore'],
    // Its functions run on the node that is on the PATH.
    env: {
      ...process.env,
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      GATEWAY_PORT: String(port),
      AWS_DEFAULT_REGION: region,
      ...environment,
    },
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  for (let tried = 0; ; tried++) {
    if (tried > 60) throw new Error('ministack does not answer')
    await sleep(500)
    if ((await fetch(`${endpoint}/_ministack/health`).catch(() => undefined))?.ok === true) break
  }
  return async () => {
    child.kill('SIGINT')
    await ended
  }
}
