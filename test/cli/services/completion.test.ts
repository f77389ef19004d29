// Completion as bash asks for it, with the command line itself in another process.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const main = new URL('../../../cli/main.ts', import.meta.url).pathname
const bin = mkdtempSync(join(tmpdir(), 'tidegate-'))
writeFileSync(join(bin, 'tidegate'), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`)
chmodSync(join(bin, 'tidegate'), 0o755)
// Nobody answers there: then there are no names, and no wait.
const env = {
  PATH: `${bin}:${process.env['PATH'] ?? ''}`,
  AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
  AWS_REGION: 'us-east-1',
}

/** What bash offers once Tab is pressed. */
function offered(words: readonly string[]): readonly string[] {
  const typed = ['tidegate', ...words].map((word) => `'${word}'`).join(' ')
  const script = `source <(tidegate completion bash); COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _tidegate; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { env, encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout.split('\n').filter((line) => line !== '')
}

it('offers commands, those below them, and options', () => {
  expect(offered(['roll'])).toEqual(['rollback'])
  expect(offered(['comp'])).toEqual(['completion'])
  expect(offered(['line', ''])).toEqual(expect.arrayContaining(['stop', 'start', 'status']))
  expect(offered(['release', 'checkout', '--dry'])).toEqual(['--dry-run'])
}, 60_000)

it('offers no names where none can be had, and says nothing of it', () => {
  expect(offered(['get', ''])).toEqual([])
  expect(offered(['apply', ''])).toEqual([])
}, 60_000)

it('has a script for each shell, and refuses another', () => {
  const run = (shell: string) => spawnSync('tidegate', ['completion', shell], { env, encoding: 'utf8' })
  for (const shell of ['bash', 'zsh', 'fish']) expect(run(shell).stdout).toContain('tidegate complete -- ')
  const { status, stderr } = run('constructor')
  expect([status, stderr]).toEqual([2, expect.stringContaining('call_invalid')])
}, 60_000)
