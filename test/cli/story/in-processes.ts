// The command line in processes: each call in its own, or many in one.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../../..')
export type Ended = { readonly status: number | null; readonly stdout: string; readonly stderr: string }

/** @param env besides what Node needs */
export function processes(env: Readonly<Record<string, string>> = {}) {
  const start = (script: string, words: readonly string[]): Ended =>
    spawnSync(process.execPath, [join(root, script), ...words], {
      encoding: 'utf8',
      cwd: root,
      env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...env },
    })
  return {
    ofOne: (...words: string[]): Ended => start('cli/main.ts', words),
    /** In the order of the calls. */
    ofAll: (calls: readonly (readonly string[])[]): readonly Ended[] => {
      const { status, stdout, stderr } = start('test/cli/story/calls.ts', [JSON.stringify(calls)])
      if (status !== 0) throw new Error(`the calls ended with ${status}: ${stderr}`)
      return JSON.parse(stdout) as Ended[]
    },
  }
}
