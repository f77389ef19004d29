// The API against its own document, with tools that are not ours: the document is valid OpenAPI 3.1, and schemathesis, which
// makes requests of it, gets no answer from `tidegate local` that the document does not have.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

type Verify = (name: string, holds: boolean, detail: string) => void

const root = resolve(import.meta.dirname, '..', '..')
const document = join(root, 'docs', 'openapi.json')
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
]

/** @param environment with the credentials of a person, and the address of the API */
export function checkOpenApi(verify: Verify, url: string, environment: NodeJS.ProcessEnv): void {
  const run = (command: string, args: readonly string[], cwd = root) => {
    const env = { ...environment, SCHEMATHESIS_HOOKS: 'schemathesis_hooks', PYTHONPATH: import.meta.dirname }
    const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 600_000 })
    return { isDone: status === 0, all: `${stdout}${stderr}` }
  }
  const valid = run('openapi-spec-validator', [document])
  verify('docs/openapi.json is valid by openapi-spec-validator', valid.isDone, valid.all)
  // It keeps what it has found in the folder where it runs.
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-'))
  const options = [
    ...['--url', url, '--checks', checks.join(','), '--phases', 'fuzzing', '--max-examples', '8', '--seed', '18'],
    // A function that starts may take a while on a busy machine.
    ...['--request-timeout', '60', '--continue-on-failure', '--no-color'],
  ]
  // Last, what leaves the others without their service.
  const last = '/remove/{service}'
  const runs = [
    ['--exclude-path', last],
    ['--include-path', last],
  ].map((which) => run('schemathesis', ['run', document, ...which, ...options], folder))
  rmSync(folder, { recursive: true })
  const all = runs.map((one) => one.all).join('\n')
  verify(
    'schemathesis finds no answer that docs/openapi.json does not have',
    runs.every(({ isDone }) => isDone),
    all,
  )
  const tested = runs.map((one) => Number(/Tested: (\d+)/.exec(one.all)?.[1] ?? 0))
  const isEach = (tested[0] ?? 0) > 30 && tested[1] === 1
  verify('schemathesis has tried every route', isEach && !all.includes('Errored:'), all)
}
