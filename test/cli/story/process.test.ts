// The command line's spelling, its exit codes and how it ends, in a real process.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exitCodes } from '../../../cli/backend/screen.ts'

describe('in a process', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['cli/main.ts', ...args], {
      encoding: 'utf8',
      cwd: join(import.meta.dirname, '../../..'),
      env: {
        PATH: process.env['PATH'],
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
        AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'x',
        AWS_SECRET_ACCESS_KEY: 'x',
        AWS_MAX_ATTEMPTS: '1',
      },
    })

  it('help has examples and exit codes', () => {
    const { status, stdout } = run('--help')
    expect(status).toBe(exitCodes.done)
    for (const words of ['Exit codes:', 'Examples:', 'rollback', 'watch', 'history']) expect(stdout).toContain(words)
    expect(run('release', '--help').stdout).toContain('tidegate release checkout --version 42 --watch')
  })

  it.each([
    [['explode']],
    [['release']],
    [['line', 'start', '--nonesuch']],
    [['release', 'checkout', '--plan']],
    [['watch', 'checkout', '--every', 'soon']],
    [['release', 'shop', '--versions', 'cart']],
    [['release', 'shop', '--object', 's3://artifacts/shop.zip']],
    [['release', 'shop', '--object', 'artifacts/shop.zip', '--object-version', 'v']],
    [['release', 'shop', '--object', 's3://a/b', '--object-version', 'v', '--image', 'i']],
  ])('%j is a wrong call: 2', (args) => {
    expect(run(...args)).toMatchObject({ status: exitCodes.refused })
  })

  it('an endpoint that does not answer exits with 3, a code and what to do', () => {
    const { status, stderr } = run('history', 'checkout')
    expect(status).toBe(exitCodes.aws)
    expect(stderr).toMatch(/^endpoint_unreachable: Nothing answers at http:\/\/127.0.0.1:9 \(ECONNREFUSED\)\./)
    expect(JSON.parse(run('history', 'checkout', '--json').stderr)).toMatchObject({
      problem: { code: 'endpoint_unreachable' },
    })
  })
})
