// The script of the GitHub Action and the GitLab component with the real command line, against `tidegate local`. Their YAML is
// checked in install/pipelines.ts. Opt-in (`npm run e2e`).
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Verify } from './emulator.ts'

const root = resolve(import.meta.dirname, '../..')
type Name = 'release' | 'may-release'

/** @param environment of whoever calls `tidegate local` */
export function checkActions(verify: Verify, environment: NodeJS.ProcessEnv): void {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-action-'))
  // In the place of the published package: this tree.
  const npx = join(folder, 'npx')
  writeFileSync(npx, `#!/bin/sh\nshift 2\nexec '${process.execPath}' '${join(root, 'cli/main.ts')}' "$@"\n`)
  chmodSync(npx, 0o755)
  let calls = 0
  const run = (name: Name, given: Readonly<Record<string, string>>) => {
    calls++
    const script = join(root, `actions/${name}/${name}.sh`)
    const empty = Object.fromEntries(
      [...readFileSync(script, 'utf8').matchAll(/\$\{?((?:MAY_)?RELEASE_[A-Z_]+|TIDEGATE_[A-Z]+)/g)].map(
        ([, one = '']) => [one, ''],
      ),
    )
    const outputs = join(folder, `outputs-${calls}`)
    const summary = join(folder, `summary-${calls}`)
    const env = {
      ...empty,
      ...environment,
      ...{ PATH: `${folder}:${process.env['PATH'] ?? ''}`, TIDEGATE_CLI: '0.1.0', MAY_RELEASE_FAIL: 'true', ...given },
      ...{ GITHUB_OUTPUT: outputs, GITHUB_STEP_SUMMARY: summary },
    }
    const { status, stdout, stderr } = spawnSync('bash', ['-eo', 'pipefail', script], {
      ...{ cwd: folder, env, encoding: 'utf8', timeout: 240_000 },
    })
    const said = [outputs, summary].map((path) => (existsSync(path) ? readFileSync(path, 'utf8') : '')).join('')
    return { status, said, all: `${stdout}${stderr}${said}` }
  }
  const may = run('may-release', { RELEASE_SERVICE: 'checkout' })
  verify('actions: a release may begin', may.status === 0 && may.said.includes('TIDEGATE_MAY_RELEASE=true'), may.all)
  // What checks before this one have put back is released again, so that it is there.
  const call = ['release', 'checkout', '--version', '2', '--plan', 'AllAtOnce', '--bolder', '--watch', '--every', '0.1']
  const there = spawnSync(process.execPath, [join(root, 'cli/main.ts'), ...call], {
    env: environment,
    encoding: 'utf8',
  })
  verify('actions: version 2 is there', there.status === 0, `${there.stdout}${there.stderr}`)
  const good = run('release', { RELEASE_SERVICE: 'checkout', RELEASE_VERSION: '2' })
  verify(
    'actions: what is released already ends with 0',
    good.status === 0 && good.said.includes('=released') && good.all.includes('alreadyReleased'),
    good.all,
  )
  const bad = run('release', {
    RELEASE_SERVICE: 'checkout',
    RELEASE_VERSION: '3',
    RELEASE_AUTHOR: 'ann',
    RELEASE_COMMIT: 'abc',
  })
  verify(
    'actions: a bad version ends with 1, and the summary has the split, the evidence and the verdict',
    bad.status === 1 &&
      // What is left of the error budget may make the first step smaller.
      ['=not-released', 'was rolled back', '| most traffic | ', '## Evidence', '## Timeline'].every((words) =>
        bad.said.includes(words),
      ),
    bad.all,
  )
  const none = run('release', { RELEASE_SERVICE: '"; rm -rf ~; "', RELEASE_VERSION: '2' })
  verify('actions: a strange name is refused', none.status === 2 && none.said.includes('=refused'), none.all)
}
