// The GitHub Action and the GitLab component: their YAML by the published schemas, and their script with the real command line
// against `tidegate local`. Opt-in (`npm run e2e`).
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Verify } from './emulator.ts'

const root = resolve(import.meta.dirname, '../..')
const names = ['release', 'may-release'] as const

/** By schemastore's schemas, which the package brings along. A component is two documents, each of which is checked. */
function checkSchemas(verify: Verify): void {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-schemas-'))
  const check = (schema: string, path: string) =>
    spawnSync('check-jsonschema', ['--builtin-schema', `vendor.${schema}`, path], { encoding: 'utf8' })
  if (check('github-actions', join(root, 'actions/release/action.yml')).error !== undefined) {
    console.log('left out: check-jsonschema is not installed (pip install check-jsonschema)')
    return
  }
  for (const name of names) {
    const action = check('github-actions', join(root, `actions/${name}/action.yml`))
    verify(`actions: ${name} is valid by the published schema`, action.status === 0, action.stdout)
    const parts = readFileSync(join(root, `templates/${name}.yml`), 'utf8').split('\n---\n')
    for (const [index, part] of parts.entries()) {
      const path = join(folder, `${name}-${index}.yml`)
      writeFileSync(path, part)
      const { status, stdout } = check('gitlab-ci', path)
      verify(
        `actions: the component ${name}, part ${index + 1}, is valid by the published schema`,
        status === 0,
        stdout,
      )
    }
  }
  const wrong = join(folder, 'wrong.yml')
  writeFileSync(wrong, readFileSync(join(root, 'actions/release/action.yml'), 'utf8').replace('composite', 'composit'))
  verify('actions: the schema refuses what is wrong', check('github-actions', wrong).status === 1, '')
}

/** @param environment of whoever calls `tidegate local` */
export function checkActions(verify: Verify, environment: NodeJS.ProcessEnv): void {
  checkSchemas(verify)
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-action-'))
  // In the place of the published package: this tree.
  const npx = join(folder, 'npx')
  writeFileSync(npx, `#!/bin/sh\nshift 2\nexec '${process.execPath}' '${join(root, 'cli/main.ts')}' "$@"\n`)
  chmodSync(npx, 0o755)
  let calls = 0
  const run = (name: (typeof names)[number], given: Readonly<Record<string, string>>) => {
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
