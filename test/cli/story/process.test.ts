// The command line's spelling, its exit codes and how it ends, in a real process.
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { exitCodes } from '../../../cli/backend/screen.ts'
import { type Ended, processes } from './in-processes.ts'

const wrong: readonly (readonly string[])[] = [
  ['release'],
  ['line', 'start', '--nonesuch'],
  ['release', 'checkout', '--plan'],
  ['watch', 'checkout', '--every', 'soon'],
  ['release', 'shop', '--versions', 'cart'],
  ['release', 'shop', '--object', 's3://artifacts/shop.zip'],
  ['release', 'shop', '--object', 'artifacts/shop.zip', '--object-version', 'v'],
  ['release', 'shop', '--object', 's3://a/b', '--object-version', 'v', '--image', 'i'],
  ['rollback', ''],
  ['history', ''],
  ['apply', 'services', ''],
  ['line', 'stop', '', '--reason', 'x'],
]

describe('in a process', () => {
  const { ofOne, ofAll } = processes({
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_MAX_ATTEMPTS: '1',
  })
  const asked = [['release', '--help'], ['history', 'checkout', '--json'], ...wrong]
  let made: readonly Ended[] | undefined
  const run = (...words: readonly string[]): Ended | undefined => {
    made ??= ofAll(asked)
    return made[asked.findIndex((call) => call.join(' ') === words.join(' '))]
  }

  it('help has examples and exit codes', () => {
    const { status, stdout } = ofOne('--help')
    expect(status).toBe(exitCodes.done)
    for (const words of ['Exit codes:', 'Examples:', 'rollback', 'watch', 'history']) expect(stdout).toContain(words)
    expect(run('release', '--help')?.stdout).toContain('tidegate release checkout --version 42 --watch')
  })

  it('["explode"] is a wrong call: 2', () => {
    expect(ofOne('explode')).toMatchObject({ status: exitCodes.refused })
  })

  it.each(wrong.map((words) => [words]))('%j is a wrong call: 2', (words) => {
    expect(run(...words)).toMatchObject({ status: exitCodes.refused })
  })

  it('says which argument is empty', () => {
    expect(run('rollback', '')?.stderr).toMatch(/^call_invalid: The argument service is empty\.\n/)
  })

  it.skipIf(!existsSync('/dev/full'))('what cannot be written does not end as if it had been', () => {
    const full = openSync('/dev/full', 'w')
    const { status } = spawnSync(process.execPath, ['cli/main.ts', '--help'], { stdio: ['ignore', full, 'ignore'] })
    closeSync(full)
    expect(status).toBe(1)
  })

  it('an endpoint that does not answer exits with 3, a code and what to do', () => {
    const { status, stderr } = ofOne('history', 'checkout')
    expect(status).toBe(exitCodes.aws)
    expect(stderr).toMatch(/^endpoint_unreachable: Nothing answers at http:\/\/127.0.0.1:9 \(ECONNREFUSED\)\./)
    expect(JSON.parse(run('history', 'checkout', '--json')?.stderr ?? '')).toMatchObject({
      problem: { code: 'endpoint_unreachable' },
    })
  })
})
