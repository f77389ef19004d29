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
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
}

/** What bash offers once Tab is pressed, after each of these. One shell reads the script once, as a person's does. */
function offered(...typed: (readonly string[])[]): readonly (readonly string[])[] {
  const presses = typed.map((words) => {
    const all = ['tidegate', ...words].map((word) => `'${word}'`).join(' ')
    return `COMP_WORDS=(${all}); COMP_CWORD=${words.length}; _tidegate; printf '%s\\n' "\${COMPREPLY[@]}" --`
  })
  const script = ['source <(tidegate completion bash)', ...presses].join('; ')
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { env, encoding: 'utf8' })
  expect(stderr).toBe('')
  const answers = stdout.split(/^--\n/m).slice(0, -1)
  return answers.map((answer) => answer.split('\n').filter((line) => line !== ''))
}

it('offers commands, those below them, and options', () => {
  expect(offered(['roll'], ['comp'], ['line', ''], ['release', 'checkout', '--dry'])).toEqual([
    ['rollback'],
    ['completion'],
    expect.arrayContaining(['stop', 'start', 'status']),
    ['--dry-run'],
  ])
})

it('offers no names where none can be had, and says nothing of it', () => {
  expect(offered(['get', ''], ['apply', ''])).toEqual([[], []])
})

it('has a script for each shell, and refuses another', () => {
  const run = (shell: string) => spawnSync('tidegate', ['completion', shell], { env, encoding: 'utf8' })
  for (const shell of ['bash', 'zsh', 'fish']) expect(run(shell).stdout).toContain('tidegate complete -- ')
  const { status, stderr } = run('constructor')
  expect([status, stderr]).toEqual([2, expect.stringContaining('call_invalid')])
})
