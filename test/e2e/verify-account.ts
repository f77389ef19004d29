// `tidegate verify-account` on a third-party emulator. Answers that differ from what AWS should say are printed and are no
// failure, because it is an emulator. The check is that the run finishes and leaves nothing behind.
import { spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { experiments } from '../../cli/verify/experiments.ts'
import { VerifyReport } from '../../cli/verify/report.ts'
import { endpoint, region, type Verify } from './emulator.ts'

/** The emulator has no function metrics, so each of these would wait for a quarter of an hour. */
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
