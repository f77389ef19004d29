// `tidegate verify-account` on an emulator that we did not write. What it answers otherwise than AWS is expected to is
// printed and is no failure: it is an emulator. That the run comes to its end and leaves nothing is checked.
import { spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { experiments } from '../../cli/verify/experiments.ts'
import { VerifyReport } from '../../cli/verify/report.ts'
import { endpoint, region, type Verify } from './emulator.ts'

/** It has no metrics of functions: each of these would wait for a quarter of an hour. */
const asked = experiments.map(({ id }) => id).filter((id) => !id.startsWith('metric-'))

export function verifyAccountThere(verify: Verify): void {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-'))
  const args = ['cli/main.ts', 'verify-account', '--make-roles', '--json', '--folder', folder, '--only', ...asked]
  const place = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  }
  const options = { env: { ...process.env, ...place }, encoding: 'utf8', timeout: 15 * 60_000 } as const
  const { stdout, stderr } = spawnSync(process.execPath, args, options)
  const line = stdout.trim().split('\n').at(-1) ?? ''
  const report = line.startsWith('{') ? VerifyReport.parse(JSON.parse(line)) : undefined
  verify('ministack: verify-account comes to its end', report?.complete === true, `${stdout}${stderr}`)
  verify('ministack: it leaves nothing', report?.left.length === 0, JSON.stringify(report?.left))
  for (const { id, kind, answer } of report?.answers ?? [])
    if (kind === 'otherwise' || kind === 'failed') console.log(`differs ${id}: ${answer}`)
}
