// Completion in each shell that is here, as a person presses Tab: against `tidegate local`, so that names of services come too.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Verify } from './console/screens.ts'

const main = join(import.meta.dirname, '..', '..', 'cli', 'main.ts')

/** What is typed before Tab, and what must be on the line or among the offers after it. */
const cases = [
  { typed: 'roll', wanted: 'rollback' },
  { typed: 'release check', wanted: 'checkout' },
  { typed: 'release checkout --dry', wanted: '--dry-run' },
  { typed: 'line sta', wanted: 'status' },
  { typed: 'apply READ', wanted: 'README.md' },
] as const

/** A command `tidegate`, and a folder with a file to complete. */
function prepared(environment: NodeJS.ProcessEnv) {
  const cwd = mkdtempSync(join(tmpdir(), 'tidegate-'))
  const bin = join(cwd, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'tidegate'), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`)
  chmodSync(join(bin, 'tidegate'), 0o755)
  writeFileSync(join(cwd, 'README.md'), '')
  const env = { ...environment, PATH: `${bin}:${environment['PATH'] ?? ''}`, HOME: cwd, TERM: 'dumb' }
  return (command: string, args: readonly string[]): string => {
    const { stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 600_000 })
    return error === undefined ? `${stdout}${stderr}` : `${stdout}${stderr}${error.message}`
  }
}

// An interactive shell on a terminal of its own: completion works nowhere else. What Tab leaves on the line is printed, not run.
const zsh = (typed: string): string => `
zmodload zsh/zpty
zpty shell zsh -f -i
seen() { local part; said=; while zpty -r shell part; do said+=$part; [[ $said == *$1* ]] && break; done }
zpty -w shell 'PS1=; bindkey -e; autoload -Uz compinit; compinit -u -D; source <(tidegate completion zsh); print REA""DY'
seen READY
zpty -w -n shell 'tidegate ${typed}'$'\\t'
zpty -w -n shell ' ;print E""ND'$'\\x01''print -r -- '$'\\n'
seen END
print -r -- "$said"
zpty -d shell`

const bash = (typed: string): string => {
  const words = ['tidegate', ...typed.split(' ')]
  return `source <(tidegate completion bash)
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _tidegate
printf '%s\\n' "\${COMPREPLY[@]}"; ((\${#COMPREPLY[@]})) || compgen -f -- '${words.at(-1) ?? ''}'`
}

const shells = {
  bash: (typed: string) => ['--norc', '-c', bash(typed)],
  zsh: (typed: string) => ['-f', '-c', zsh(typed)],
  fish: (typed: string) => [
    '--no-config',
    '-c',
    `tidegate completion fish | source; complete -C 'tidegate ${typed}'; true`,
  ],
} as const

/** @param environment in which `tidegate` reaches `tidegate local` */
export function checkShells(verify: Verify, environment: NodeJS.ProcessEnv): void {
  const run = prepared(environment)
  for (const [shell, args] of Object.entries(shells)) {
    if (spawnSync(shell, ['--version']).error !== undefined) {
      console.log(`left out: ${shell} is not installed (apt-get install ${shell})`)
      continue
    }
    for (const { typed, wanted } of cases) {
      // On a busy machine the names of services may come too late for one Tab.
      let said = run(shell, args(typed))
      for (let again = 0; again < 3 && !said.includes(wanted); again++) said = run(shell, args(typed))
      verify(`${shell} completes "tidegate ${typed}" to ${wanted}`, said.includes(wanted), said)
    }
    const offers = run(shell, args('line sta'))
    verify(`${shell} offers no files where a command has none`, !offers.includes('README'), offers)
  }
}

if (import.meta.main)
  checkShells((name, holds, detail) => {
    console.log(`${holds ? 'ok    ' : 'FAILED'} ${name}${holds ? '' : `\n${detail}`}`)
    if (!holds) process.exitCode = 1
  }, process.env)
