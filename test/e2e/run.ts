// The outside check: third-party command lines and SDKs against `tidegate local` in its own process. Opt-in (`npm run e2e`): it
// needs the packages in requirements.txt (`pip install -r`), or an AWS CLI from elsewhere. Without cfn-lint and ministack the
// stack is not checked.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkActions } from './actions.ts'
import { checkAdoption } from './install/adopt.ts'
import { checkBrowser } from './console/browser.ts'
import { checkConsoleCommand } from './console/command.ts'
import { checkChat } from './chat.ts'
import { checkDefences } from './defences.ts'
import { checkOpenApi } from './openapi.ts'
import { checkInfrastructureAsCode } from './install/iac.ts'
import { checkOnMinistack } from './ministack.ts'
import { checkNewcomer } from './install/newcomer.ts'
import { checkPackage } from './install/package.ts'
import { checkPipelines } from './install/pipelines.ts'
import { checkMcp } from './mcp.ts'
import { checkTrace, hasReceiver } from './telemetry/trace.ts'
import { checkTelemetry } from './telemetry/sent.ts'
import { checkPaths } from './paths.ts'
import { checkMigration, hasPostgres } from './migrate.ts'
import { checkPrometheus, hasPrometheus } from './prometheus.ts'
import { checkShells } from './shells.ts'
import { walkConsole } from './console/walk.ts'

const port = 4666
// Ends what hangs. A busy machine takes more than a minute for `npm run synth`.
const hangsMs = 600_000
const url = `http://127.0.0.1:${port}`
const environment: NodeJS.ProcessEnv = {
  ...process.env,
  AWS_ENDPOINT_URL: url,
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_PROFILE: 'ann',
  AWS_PAGER: '',
}

// They would come before the profile.
for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'])
  Reflect.deleteProperty(environment, name)

let passed = 0
let failed = 0
function verify(name: string, holds: boolean, detail: string): void {
  if (holds) passed++
  else failed++
  console.log(`${holds ? 'ok    ' : 'FAILED'} ${name}${holds ? '' : `\n${detail}`}`)
}

function run(command: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(command, args, { env: environment, encoding: 'utf8', timeout: hangsMs })
  return { status, stdout, stderr, all: `${stdout}${stderr}` }
}

async function serve(): Promise<() => void> {
  const child = spawn(process.execPath, ['cli/main.ts', 'local', '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`tidegate local ended with ${code ?? 'a signal'}`)))
    let said = ''
    child.stdout.on('data', (data: Buffer) => {
      said += data.toString()
      environment['AWS_SHARED_CREDENTIALS_FILE'] = /AWS_SHARED_CREDENTIALS_FILE=(\S+)/.exec(said)?.[1]
      if (said.includes('aws lambda get-alias')) resolve()
    })
  })
  return () => child.kill('SIGINT')
}

/** Runs the same commands with every installed AWS CLI: old ones use other protocols than new ones. */
function checkCli(aws: string, version: string): void {
  // Old command lines do not know AWS_ENDPOINT_URL.
  const call = (...args: string[]) => run(aws, ['--endpoint-url', url, '--output', 'json', ...args])
  const alias = call('lambda', 'get-alias', '--function-name', 'checkout', '--name', 'live')
  const { FunctionVersion, RevisionId } = JSON.parse(alias.stdout === '' ? '{}' : alias.stdout) as {
    FunctionVersion?: string
    RevisionId?: string
  }
  verify(`${version} lambda get-alias`, FunctionVersion === '2' && RevisionId !== undefined, alias.all)
  const update = (revision: string) =>
    call(
      'lambda',
      'update-alias',
      '--function-name',
      'checkout',
      '--name',
      'live',
      '--function-version',
      '2',
      '--revision-id',
      revision,
    )
  const stale = update('00000000-0000-4000-a000-000000000000')
  verify(
    `${version} lambda update-alias with a stale revision is refused`,
    stale.status !== 0 && stale.all.includes('PreconditionFailedException'),
    stale.all,
  )
  verify(`${version} lambda update-alias with the right revision`, update(RevisionId ?? '').status === 0, 'refused')
  const out = join(mkdtempSync(join(tmpdir(), 'tidegate-')), 'answer.json')
  const cart = Buffer.from(JSON.stringify({ cart: [{ cents: 100, count: 2 }] })).toString('base64')
  const invoked = call(
    'lambda',
    'invoke',
    '--function-name',
    'checkout',
    '--qualifier',
    'live',
    '--payload',
    version.startsWith('aws-cli/1') ? Buffer.from(cart, 'base64').toString() : cart,
    out,
  )
  verify(
    `${version} lambda invoke through the alias`,
    readFileSync(out, 'utf8').includes('"total":200') && invoked.stdout.includes('"ExecutedVersion": "2"'),
    invoked.all,
  )
  const put = call(
    'cloudwatch',
    'put-metric-data',
    '--namespace',
    'Shop',
    '--metric-name',
    'Orders',
    '--value',
    '3',
    '--dimensions',
    'Shop=north',
  )
  verify(`${version} cloudwatch put-metric-data`, put.status === 0, put.all)
  const listed = call('cloudwatch', 'list-metrics', '--namespace', 'Shop')
  verify(`${version} cloudwatch list-metrics`, listed.stdout.includes('"Orders"'), listed.all)
  const alarms = call('cloudwatch', 'describe-alarms', '--alarm-names', 'checkout-errors', 'nonesuch')
  verify(
    `${version} cloudwatch describe-alarms`,
    alarms.stdout.includes('"AlarmName": "checkout-errors"') && !alarms.stdout.includes('nonesuch'),
    alarms.all,
  )
  const machine = 'arn:aws:states:us-east-1:000000000000:stateMachine:tidegate-release'
  const input = JSON.stringify({ service: 'checkout', version: '2' })
  const name = `outside-${version.replace(/[^0-9]/g, '-')}`
  const started = call(
    'stepfunctions',
    'start-execution',
    '--state-machine-arn',
    machine,
    '--name',
    name,
    '--input',
    input,
  )
  const arn =
    (JSON.parse(started.stdout === '' ? '{}' : started.stdout) as { executionArn?: string }).executionArn ?? ''
  verify(`${version} stepfunctions start-execution`, arn !== '', started.all)
  let described = ''
  for (let tries = 0; tries < 20 && !described.includes('SUCCEEDED'); tries++)
    described = call('stepfunctions', 'describe-execution', '--execution-arn', arn).all
  verify(
    `${version} stepfunctions describe-execution`,
    described.includes('SUCCEEDED') && described.includes('alreadyReleased'),
    described,
  )
  const history = call(
    'dynamodb',
    'query',
    '--table-name',
    'tidegate',
    '--key-condition-expression',
    'pk = :pk',
    '--expression-attribute-values',
    '{":pk":{"S":"HISTORY#checkout"}}',
  )
  verify(
    `${version} dynamodb query`,
    history.stdout.includes('rolledBack') && history.stdout.includes('promoted'),
    history.all,
  )
}

/** The commands that people type first. */
function checkFirstWords(aws: string, version: string): void {
  const call = (...args: string[]) => run(aws, ['--endpoint-url', url, '--output', 'json', ...args])
  const shows = (name: string, wanted: string, ...args: string[]): void => {
    const { status, stdout, all } = call(...args)
    verify(`${version} ${name}`, status === 0 && stdout.includes(wanted), all)
  }
  shows('sts get-caller-identity', 'arn:aws:iam::000000000000:user/ann', 'sts', 'get-caller-identity')
  shows('lambda list-functions', '"FunctionName": "checkout"', 'lambda', 'list-functions')
  const live = ['--function-name', 'checkout', '--qualifier', 'live']
  shows(
    'get-function-configuration by alias',
    ':function:checkout:live"',
    'lambda',
    'get-function-configuration',
    ...live,
  )
  const policy = call('lambda', 'get-policy', '--function-name', 'checkout')
  verify(`${version} lambda get-policy of none`, policy.all.includes('ResourceNotFoundException'), policy.all)
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-'))
  writeFileSync(join(folder, 'up.txt'), 'a package')
  shows('s3 cp to the bucket', 'upload', 's3', 'cp', join(folder, 'up.txt'), 's3://artifacts/notes/up.txt')
  shows('s3 ls', 'artifacts', 's3', 'ls')
  shows('s3 ls of a bucket', 'PRE notes/', 's3', 'ls', 's3://artifacts')
  shows('s3 ls of a folder', 'up.txt', 's3', 'ls', 's3://artifacts/notes/')
  shows('s3 cp from the bucket', 'download', 's3', 'cp', 's3://artifacts/notes/up.txt', join(folder, 'down.txt'))
  verify(
    `${version} what was copied twice is what it was`,
    readFileSync(join(folder, 'down.txt'), 'utf8') === 'a package',
    '',
  )
  shows('s3 rm', 'delete', 's3', 'rm', 's3://artifacts/notes/up.txt')
  const hours = (count: number): string => new Date(Date.now() + count * 3_600_000).toISOString()
  const window = ['--start-time', hours(-1), '--end-time', hours(12), '--period', '3600', '--statistics', 'Sum']
  const metric = ['--namespace', 'AWS/Lambda', '--metric-name', 'Invocations']
  const dimensions = ['--dimensions', 'Name=FunctionName,Value=checkout']
  shows(
    'cloudwatch get-metric-statistics',
    '"Sum"',
    'cloudwatch',
    'get-metric-statistics',
    ...metric,
    ...dimensions,
    ...window,
  )
  const written = (sk: string) => ({ Put: { TableName: 'tidegate', Item: { pk: { S: 'OUTSIDE' }, sk: { S: sk } } } })
  const items = ['--transact-items', JSON.stringify([written('1'), written('2')])]
  const transaction = call('dynamodb', 'transact-write-items', ...items)
  verify(`${version} dynamodb transact-write-items`, transaction.status === 0, transaction.all)
  const missing = call('sns', 'get-sms-attributes')
  verify(
    `${version} what is not there says so`,
    missing.all.includes('not implemented in the embedded cloud'),
    missing.all,
  )
}

function checkTidegate(): void {
  const tidegate = (...args: string[]) => run(process.execPath, ['cli/main.ts', ...args])
  const history = tidegate('history', 'checkout', '--json')
  verify(
    'tidegate history --json',
    history.status === 0 && history.stdout.includes('"outcome":"rolledBack"'),
    history.all,
  )
  const same = tidegate('release', 'checkout', '--version', '2', '--watch', '--every', '0.1')
  verify(
    'tidegate release of what is there ends with 0',
    same.status === 0 && same.stdout.includes('alreadyReleased'),
    same.all,
  )
  const missing = tidegate('status', 'nonesuch')
  verify(
    'tidegate status of no service ends with 2 and says what to do',
    missing.status === 2 && missing.stderr.includes('service_missing'),
    missing.all,
  )
  const back = tidegate('rollback', 'checkout', '--reason', 'trying it')
  verify(
    'tidegate rollback with nothing live releases the version before',
    back.status === 0 && back.stdout.includes('puts back the version before'),
    back.all,
  )
  const stopped = spawnSync(process.execPath, ['cli/main.ts', 'simulate', '--runs', '100000'], {
    encoding: 'utf8',
    timeout: 5000,
    killSignal: 'SIGINT',
  })
  verify('Ctrl-C ends a command that only computes', stopped.signal === 'SIGINT', `${stopped.stdout}${stopped.stderr}`)
  const watched = tidegate('watch', 'checkout', '--every', '0.1')
  verify(
    'tidegate watch follows it to its end',
    watched.status === 0 && watched.stdout.includes('promoted'),
    watched.all,
  )
}

const isThere = (command: string): boolean => spawnSync(command, ['--help'], { encoding: 'utf8' }).error === undefined

function checkTemplate(): void {
  if (!isThere('cfn-lint')) {
    console.log('left out: cfn-lint is not installed (pip install cfn-lint)')
    return
  }
  const synth = run('npm', ['run', '-s', 'synth'])
  verify('npm run synth', synth.status === 0, synth.all)
  const lint = run('cfn-lint', ['--format', 'parseable', 'cdk.out/Tidegate.template.json'])
  verify('cfn-lint finds nothing', lint.status === 0 && lint.stdout === '', lint.all)
}

/** Runs all that these repeat; `npm test` runs only a part (test/repeats.ts). */
function checkAllRepeats(): void {
  const names = readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .filter((name) => /from '(\.\.\/)+repeats\.ts'/.test(readFileSync(join('test', name), 'utf8')))
    .map((name) => join('test', name))
  const { status, stdout, stderr } = spawnSync('npx', ['vitest', 'run', ...names], {
    env: { ...process.env, TIDEGATE_TESTS: 'all' },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  verify(`all repeats of ${names.length} test files`, status === 0, `${stdout}${stderr}`)
}

/** What a page would have changed. */
function listed(): string {
  const aws = (...args: string[]) => run('aws', ['--endpoint-url', url, '--output', 'json', ...args]).all
  const names = ['lambda', 'list-functions', '--query', 'Functions[].FunctionName']
  return [aws(...names), aws('sns', 'list-topics'), aws('s3', 'ls', 's3://artifacts')].join('')
}

/** A check that throws has failed, and the others go on. */
async function attempt(name: string, check: () => Promise<void> | void): Promise<void> {
  try {
    await check()
  } catch (error) {
    verify(name, false, error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
}

const stop = await serve()
try {
  const found = (process.env['PATH'] ?? '').split(':').filter((folder) => {
    try {
      return readdirSync(folder).includes('aws')
    } catch {
      return false
    }
  })
  if (found.length === 0) verify('an AWS CLI is installed', false, 'apt-get install awscli, or pip install awscli')
  const versions = new Map(
    found.map((folder) => [
      run(join(folder, 'aws'), ['--version']).all.trim().split(' ')[0] ?? '',
      join(folder, 'aws'),
    ]),
  )
  for (const [version, aws] of versions) {
    checkCli(aws, version)
    checkFirstWords(aws, version)
  }
  const python = run('python3', [join(import.meta.dirname, 'boto3_check.py')])
  for (const line of python.stdout.trim().split('\n'))
    verify(`boto3 ${line.replace(/^(ok|FAILED) +/, '')}`, line.startsWith('ok'), python.stderr)
  checkTidegate()
  checkShells(verify, environment)
  await attempt('tidegate console', () => checkConsoleCommand(verify, environment))
  for (const aws of [...versions.values()].slice(0, 1)) checkChat(verify, aws, url, environment)
  await attempt('the pipelines', () => {
    checkActions(verify, environment)
  })
  await attempt('a web page', () => checkBrowser(verify, url, listed))
  await attempt('an agent', () => checkMcp(verify, environment))
  if (hasReceiver()) await attempt('a trace', () => checkTrace(verify, environment))
  if (hasReceiver()) await attempt('telemetry', () => checkTelemetry(verify))
  else console.log('left out: opentelemetry-proto is not installed (pip install opentelemetry-proto)')
  // The last one here: it tries every order on checkout, and leaves releases stopped for everyone.
  if (isThere('schemathesis')) checkOpenApi(verify, url, environment)
  else console.log('left out: schemathesis is not installed (pip install schemathesis openapi-spec-validator)')
} finally {
  stop()
}
if (hasPrometheus()) await attempt('a Prometheus', () => checkPrometheus(verify))
else console.log('left out: prometheus is not installed (apt-get install prometheus)')
if (hasPostgres()) await attempt('a migration', () => checkMigration(verify))
else console.log('left out: postgresql is not installed (apt-get install postgresql)')
await attempt('300 functions', () => checkAdoption(verify))
await attempt('the console', () => walkConsole(verify))
await attempt('a newcomer', () => checkNewcomer(verify, port + 20))
checkTemplate()
await attempt('pipelines', () => {
  checkPipelines(verify)
})
await attempt('infrastructure as code', () => checkInfrastructureAsCode(verify))
checkAllRepeats()
await attempt('the defences', () => checkDefences(verify))
if (isThere('ministack')) {
  await attempt('ministack: the stack', () => checkOnMinistack(verify))
  await attempt('ministack: ways through the state machine', () => checkPaths(verify))
} else console.log('left out: ministack is not installed (pip install ministack)')
await attempt('the package', () => checkPackage(verify, isThere('ministack')))
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
