// The GitHub Action and the GitLab component: what they are given reaches the command line as it is, never as a command or an
// option, and both run the same script. `npm run e2e` runs them against the embedded cloud, and checks their YAML by the
// published schemas.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import packageJson from '../../package.json' with { type: 'json' }

const names = ['release', 'may-release'] as const
type Name = (typeof names)[number]
type Step = { readonly run?: string; readonly uses?: string; readonly env?: Readonly<Record<string, string>> }
type Action = {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>
  readonly outputs: Readonly<Record<string, { readonly value: string }>>
  readonly runs: { readonly steps: readonly Step[] }
}
type Job = { readonly script: readonly string[]; readonly variables: Readonly<Record<string, string>> }

const scriptOf = (name: Name): string => readFileSync(`actions/${name}/${name}.sh`, 'utf8')
const actionOf = (name: Name) => parse(readFileSync(`actions/${name}/action.yml`, 'utf8')) as Action
function componentOf(name: Name) {
  const [spec, body] = parseAllDocuments(readFileSync(`templates/${name}.yml`, 'utf8')).map(
    (one) => one.toJS() as unknown,
  )
  const { inputs } = (spec as { spec: { inputs: Readonly<Record<string, { readonly default?: unknown }>> } }).spec
  const [job] = Object.values(body as Record<string, Job>)
  if (job === undefined) throw new Error(`${name} has no job`)
  return { inputs, job }
}
/** What the script reads from the environment. */
const readBy = (script: string): readonly string[] =>
  [
    ...new Set([...script.matchAll(/\$\{?((?:RELEASE|MAY_RELEASE|TIDEGATE)_[A-Z_]+)/g)].map(([, name = '']) => name)),
  ].sort()

describe.each(names)('%s', (name) => {
  const action = actionOf(name)
  const component = componentOf(name)

  it('puts no input into a command: GitHub and GitLab would put it there as text', () => {
    for (const { run = '' } of action.runs.steps) expect(run).not.toContain('${{')
    expect(component.job.script.join('\n')).not.toContain('$[[')
  })

  it('runs one script, on GitHub and on GitLab', () => {
    expect(component.job.script).toEqual([scriptOf(name)])
  })

  it('gives the script all that it reads, and has no input that goes nowhere', () => {
    const given = Object.assign({}, ...action.runs.steps.map(({ env = {} }) => env)) as Record<string, string>
    expect(Object.keys(given)).toEqual(expect.arrayContaining([...readBy(scriptOf(name))]))
    expect(Object.keys(component.job.variables)).toEqual(expect.arrayContaining([...readBy(scriptOf(name))]))
    const text = readFileSync(`actions/${name}/action.yml`, 'utf8')
    for (const input of Object.keys(action.inputs)) expect(text).toContain(`\${{ inputs.${input} }}`)
    const template = readFileSync(`templates/${name}.yml`, 'utf8')
    for (const input of Object.keys(component.inputs)) expect(template).toContain(`$[[ inputs.${input} ]]`)
  })

  it('is of this version, and names the actions that it uses by their commit', () => {
    expect(action.inputs['tidegate-version']?.default).toBe(packageJson.version)
    expect(component.inputs['tidegate-version']?.default).toBe(packageJson.version)
    for (const { uses } of action.runs.steps)
      if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/)
  })
})

/** Instead of npx: writes down what it was called with, and answers as the command line does. */
function stand(answer: string, code: number) {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-action-'))
  const calls = join(folder, 'calls')
  const npx = `#!/bin/sh\nfor word in "$@"; do printf '%s\\0' "$word" >>'${calls}'; done; printf '\\001' >>'${calls}'\ncase " $* " in *' post-mortem '*) printf '# Post-mortem: it\\n\\nIt went.\\n\\n## What went well, and what did not\\n\\nx\\n'; exit 0 ;; esac\nprintf '%s\\n' '${answer}'\nexit ${code}\n`
  writeFileSync(join(folder, 'npx'), npx)
  chmodSync(join(folder, 'npx'), 0o755)
  const run = (name: Name, given: Readonly<Record<string, string>>, shell: readonly string[] = ['sh']) => {
    const [command = 'sh', ...flags] = shell
    const empty = Object.fromEntries(readBy(scriptOf(name)).map((one) => [one, '']))
    const env = {
      ...empty,
      ...{ TIDEGATE_CLI: '0.1.0', PATH: `${folder}:${process.env['PATH'] ?? ''}`, ...given },
      ...{ GITHUB_OUTPUT: join(folder, 'outputs'), GITHUB_STEP_SUMMARY: join(folder, 'summary') },
    }
    const ended = spawnSync(command, [...flags, `${process.cwd()}/actions/${name}/${name}.sh`], {
      cwd: folder,
      encoding: 'utf8',
      env,
    })
    const read = (file: string): string =>
      existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8') : ''
    const called = read('calls').split('\u0001').slice(0, -1)
    return {
      ...{
        status: ended.status,
        all: `${ended.stdout}${ended.stderr}`,
        outputs: read('outputs'),
        summary: read('summary'),
      },
      calls: called.map((call) => call.split('\0').slice(0, -1)),
    }
  }
  return { folder, run }
}

const accepted = 'Release checkout-1 has been accepted.'

describe('the script', () => {
  it('gives each input to the command line as one value', () => {
    const { status, calls, outputs, summary } = stand(accepted, 0).run('release', {
      RELEASE_SERVICE: 'checkout',
      RELEASE_VERSIONS: 'cart=7 shop=*',
      RELEASE_REASON: 'two words',
      RELEASE_URGENT: 'true',
    })
    expect(calls[0]).toEqual([
      ...['--yes', 'tidegate@0.1.0', 'release', '--watch', '--versions=cart=7', '--versions=shop=*'],
      ...['--reason=two words', '--urgent', '--', 'checkout'],
    ])
    expect(outputs).toBe('TIDEGATE_RELEASE=checkout-1\nTIDEGATE_RESULT=released\n')
    expect(summary).toBe('## it\n\nIt went.\n\n')
    expect(status).toBe(0)
  })

  const results = [
    [1, 'not-released'],
    [2, 'refused'],
    [3, 'failed'],
    [4, 'failed'],
  ] as const
  // GitLab's shell ends at the first failure.
  const shells = [['sh'], ['sh', '-e'], ['bash', '-eo', 'pipefail']] as const
  it.each(results.flatMap(([code, result]) => shells.map((shell) => [code, result, shell] as const)))(
    'ends with %d and says %s, by %s',
    (code, result, shell) => {
      const { status, outputs } = stand(accepted, code).run('release', { RELEASE_SERVICE: 'checkout' }, shell)
      expect(status).toBe(code)
      expect(outputs).toContain(`TIDEGATE_RESULT=${result}\n`)
    },
  )

  const hostile = [
    '"; rm -rf . ; echo "',
    "'; rm -rf . ; '",
    '$(touch hacked)',
    '`touch hacked`',
    '--urgent',
    '-h',
    'a\nTIDEGATE_RESULT=released',
    '${IFS}',
    '\\',
    '*',
  ]
  it.each(names.flatMap((name) => hostile.map((text) => [name, text] as const)))(
    '%s is given %j: it stays a text',
    (name, text) => {
      const { folder, run } = stand('no such service', 2)
      const { status, calls, outputs } = run(name, {
        ...{
          RELEASE_SERVICE: text,
          RELEASE_VERSION: text,
          RELEASE_PLAN: text,
          RELEASE_REASON: text,
          RELEASE_AUTHOR: text,
        },
        ...{ RELEASE_URGENT: text, RELEASE_BOLDER: text, MAY_RELEASE_FAIL: text },
      })
      expect(status).toBe(2)
      expect(calls).toHaveLength(1)
      expect(calls[0]?.slice(-2)).toEqual(['--', text])
      for (const option of name === 'release' ? ['version', 'plan', 'reason', 'author'] : ['version', 'plan'])
        expect(calls[0]).toContain(`--${option}=${text}`)
      expect(calls[0]?.slice(0, -1)).not.toContain('--urgent')
      expect(existsSync(join(folder, 'hacked'))).toBe(false)
      expect(outputs).not.toContain('=released')
    },
  )

  it.each(['', '1.0.0; touch hacked', '$(id)', '../../evil', 'npm:evil@1'])(
    'refuses %j as a version of the package',
    (text) => {
      const { run } = stand(accepted, 0)
      const { status, calls } = run('release', { RELEASE_SERVICE: 'checkout', TIDEGATE_CLI: text })
      expect([status, calls]).toEqual([2, []])
    },
  )

  it('says whether a release may begin, and ends with that unless it is not asked to', () => {
    const ask = (code: number, fail: string) =>
      stand('No: it would wait.', code).run('may-release', { RELEASE_SERVICE: 'checkout', MAY_RELEASE_FAIL: fail })
    expect(ask(0, 'true')).toMatchObject({ status: 0, outputs: 'TIDEGATE_MAY_RELEASE=true\n' })
    expect(ask(1, 'true')).toMatchObject({ status: 1, outputs: 'TIDEGATE_MAY_RELEASE=false\n' })
    expect(ask(1, 'false')).toMatchObject({ status: 0, outputs: 'TIDEGATE_MAY_RELEASE=false\n' })
    // That nobody could say is no answer.
    expect(ask(3, 'false')).toMatchObject({ status: 3, outputs: 'TIDEGATE_MAY_RELEASE=false\n' })
    expect(ask(1, 'true').summary).toBe('    No: it would wait.\n')
  })
})
