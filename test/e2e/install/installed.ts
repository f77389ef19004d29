// The command line, the embedded cloud, the client and the types of the installed package, with a function that is made here.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  GetAliasCommand,
  InvokeCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { strToU8, zipSync } from 'fflate'
import { root } from '../../../package/code.ts'
import { ownManifest } from '../../../package/manifest.ts'
import { sleep, type Verify } from '../emulator.ts'
import type { Place } from './package.ts'

/** Says on stderr how much of the processor was used, at the first connection and at the end, in milliseconds. */
const meter = `data:text/javascript,${encodeURIComponent(`
  import { subscribe } from 'node:diagnostics_channel'
  const ms = () => { const { user, system } = process.cpuUsage(); return Math.round((user + system) / 1000) }
  let called = false
  subscribe('net.client.socket', () => { if (!called) process.stderr.write('first call after ' + ms() + ' ms of CPU\\n'); called = true })
  process.on('exit', () => process.stderr.write('ended after ' + ms() + ' ms of CPU\\n'))
`)}`

/** Whether somebody is shown a stack instead of a sentence. */
const hasStack = (text: string): boolean => /^\s+at .*\(?(?:file|node):/m.test(text)

function checkStart(verify: Verify, { node, run, runWith }: Place): void {
  const said = run('npx', 'tidegate', '--version')
  verify(
    `${node}: npx tidegate --version`,
    said.stdout.trim() === ownManifest().version && said.stderr === '',
    said.all,
  )
  const help = run('npx', 'tidegate', '--help')
  verify(`${node}: npx tidegate --help`, help.status === 0 && help.stdout.includes('rollback'), help.all)
  // Nothing answers there. What it costs is shown and never fails: it is of this machine.
  const nowhere = { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_REGION: 'us-east-1', NODE_OPTIONS: `--import=${meter}` }
  const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }
  const main = 'node_modules/tidegate/cli/main.js'
  const helped = runWith({ NODE_OPTIONS: `--import=${meter}` }, 'node', main, '--help')
  const back = runWith({ ...nowhere, ...keys }, 'node', main, 'rollback', 'checkout', '--reason', 'a trial')
  verify(`${node}: rollback says what is wrong`, back.status === 4 && !hasStack(back.all), back.all)
  const cpu = ({ stderr }: { stderr: string }): string =>
    stderr.match(/(?:first call|ended) after \d+ ms/g)?.join(', ') ?? ''
  console.log(`       --help ${cpu(helped)}; rollback ${cpu(back)} of CPU`)
}

/** @returns after installing what `tidegate local` has asked for */
function checkMissing(verify: Verify, { node, run }: Place): void {
  const noCdk = run('npx', 'tidegate', 'template')
  const isSaid = noCdk.status === 2 && /^part_missing: .*[^]*npm install aws-cdk-lib constructs/.test(noCdk.stderr)
  verify(`${node}: tidegate template says what to install`, isSaid && !hasStack(noCdk.all), noCdk.all)
  const missing = run('npx', 'tidegate', 'local')
  const [, command] = /`npm (install \S+)`/.exec(missing.stderr) ?? []
  const isClear = missing.status === 2 && missing.stderr.startsWith('part_missing: The embedded cloud needs dynalite')
  verify(`${node}: tidegate local says what to install`, isClear && !hasStack(missing.all), missing.all)
  const installed = run('npm', ...(command ?? '').split(' '))
  verify(`${node}: npm ${command ?? '?'}`, command !== undefined && installed.status === 0, installed.all)
}

const code = (body: string): Uint8Array =>
  zipSync({ 'index.mjs': strToU8(`export const handler = async () => { ${body} }\n`) })

async function greetAt(lambda: LambdaClient): Promise<(body: string) => Promise<string>> {
  const FunctionName = 'greet'
  await lambda.send(
    new CreateFunctionCommand({
      ...{ FunctionName, Runtime: 'nodejs24.x', Handler: 'index.handler', Timeout: 10 },
      ...{ Role: 'arn:aws:iam::000000000000:role/greet', Code: { ZipFile: code("return 'hello'") } },
    }),
  )
  await lambda.send(new PublishVersionCommand({ FunctionName }))
  await lambda.send(new CreateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: '1' }))
  return async (body) => {
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: code(body) }))
    return (await lambda.send(new PublishVersionCommand({ FunctionName }))).Version ?? ''
  }
}

/** Calls the alias until it is told to stop. */
function callOn(lambda: LambdaClient): () => Promise<void> {
  const stopping = new AbortController()
  const calling = (async () => {
    while (!stopping.signal.aborted) {
      await lambda.send(new InvokeCommand({ FunctionName: 'greet', Qualifier: 'live' })).catch(() => undefined)
      await sleep(20)
    }
  })()
  return () => {
    stopping.abort()
    return calling
  }
}

async function checkReleases(
  verify: Verify,
  place: Place,
  env: NodeJS.ProcessEnv,
  lambda: LambdaClient,
): Promise<void> {
  const { node, folder } = place
  const tidegate = (...args: readonly string[]) => place.runWith(env, 'npx', 'tidegate', ...args)
  const publish = await greetAt(lambda)
  const stop = callOn(lambda)
  // So many minutes of the cloud: without traffic, `init` writes that a canary proves nothing.
  await sleep(15_000)
  const init = tidegate('init', 'greet')
  verify(`${node}: init`, init.status === 0, init.all)
  const checked = tidegate('validate', 'services/greet.yaml')
  verify(`${node}: validate what init wrote`, checked.status === 0, checked.all)
  // Its bakes are for a life with less traffic than here: the check would take an hour.
  const file = join(folder, 'services/greet.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/bake: \w+/g, 'bake: 5m'))
  const applied = tidegate('apply', 'services/greet.yaml')
  verify(`${node}: apply`, applied.status === 0, applied.all)
  const alias = async () =>
    (await lambda.send(new GetAliasCommand({ FunctionName: 'greet', Name: 'live' }))).FunctionVersion
  try {
    const release = async (version: string) => {
      const child = place.start(env, 'npx', 'tidegate', 'release', 'greet', '--version', version, '--watch')
      let said = ''
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => (said += data.toString()))
      const status = await new Promise<number | null>((resolve) => child.once('exit', resolve))
      return { status, said }
    }
    const good = await release(await publish("return 'good day'"))
    verify(`${node}: a good release is promoted`, good.status === 0 && (await alias()) === '2', good.said)
    const bad = await release(await publish("throw new Error('no')"))
    const isBack = bad.status === 1 && bad.said.includes('rolled back: ') && (await alias()) === '2'
    verify(`${node}: a bad one is put back`, isBack, bad.said)
    checkPrograms(verify, place, env)
  } finally {
    await stop()
  }
}

const program = `
import { clientOf, Problem } from 'tidegate/client'
import { parseDefinition } from 'tidegate/core'

const credentials = async () => {
  const text = (await import('node:fs')).readFileSync(process.env.AWS_SHARED_CREDENTIALS_FILE, 'utf8')
  const [, accessKeyId, secretAccessKey] = /\\[ann\\]\\naws_access_key_id = (\\S+)\\naws_secret_access_key = (\\S+)/.exec(text)
  return { accessKeyId, secretAccessKey }
}
const client = clientOf({ api: process.env.AWS_ENDPOINT_URL, region: 'us-east-1', credentials })
const { items } = await client.read('releases', { service: 'greet', limit: 5 })
const refused = await client.order('roll-back', { service: 'nobody', reason: 'a trial' }).catch((error) => error)
const { may } = await client.order('ask', { service: 'greet' })
console.log(JSON.stringify({
  outcomes: items.map((one) => one.outcome),
  refused: refused instanceof Problem && refused.code,
  may,
  name: parseDefinition({ name: 'a', targets: [{ function: 'a', alias: 'live' }], plan: 'AllAtOnce' }).name,
}))
`

const typed = `
import { clientOf, type OrderAnswer, Problem } from 'tidegate/client'
import { parseDefinition, type Release, Service } from 'tidegate/core'

const client = clientOf({ api: 'https://a.example', region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
const started: OrderAnswer<'start'> = await client.order('start', { service: 'checkout', version: '42' })
const first: string | undefined = started.releases[0]?.releaseId
const { definition } = await client.read('service', { service: 'checkout' })
const { items, totals } = await client.read('observed', { service: 'checkout', limit: 5 })
const saved: number | undefined = items[0]?.saved?.requests ?? totals?.requestsSaved
const name: Service['name'] = definition.name
const isProblem = (error: unknown): boolean => error instanceof Problem && error.code === 'service_missing'
const lines = await client.order('stop-every-line', { reason: 'a freeze' })
// @ts-expect-error a service is missing
void client.order('start', { version: '42' })
// @ts-expect-error there is no such route
void client.order('explode', { service: 'checkout' })
// @ts-expect-error the route says it
void client.order('start-bolder', { service: 'checkout', version: '42', bolder: false })
// @ts-expect-error a release is missing
void client.read('release', { service: 'checkout' })
export { first, isProblem, lines, name, parseDefinition, saved, type Release }
`

function checkPrograms(verify: Verify, { node, folder, runWith }: Place, env: NodeJS.ProcessEnv): void {
  writeFileSync(join(folder, 'program.mjs'), program)
  const { stdout, all } = runWith(env, 'node', 'program.mjs')
  const wanted = '{"outcomes":["rolledBack","promoted"],"refused":"service_missing","may":true,"name":"a"}'
  verify(`${node}: a program reads and orders by tidegate/client`, stdout.trim() === wanted, all)
  writeFileSync(join(folder, 'typed.ts'), typed)
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  for (const resolution of ['nodenext', 'bundler']) {
    const module = resolution === 'bundler' ? 'esnext' : 'nodenext'
    const compilerOptions = { noEmit: true, strict: true, target: 'es2022', types: [], module }
    const config = { compilerOptions: { ...compilerOptions, moduleResolution: resolution }, files: ['typed.ts'] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const checked = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })
    verify(`${node}: its types hold under ${resolution}, libraries checked too`, checked.status === 0, checked.stdout)
  }
}

export async function checkInstalled(verify: Verify, place: Place, tarball: string, port: number): Promise<void> {
  const { node, run, start } = place
  const installed = run('npm', 'install', tarball)
  verify(`${node}: npm install`, installed.status === 0 && !installed.all.includes('EBADENGINE'), installed.all)
  checkStart(verify, place)
  checkMissing(verify, place)
  const child = start({}, 'npx', 'tidegate', 'local', '--port', String(port))
  let said = ''
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const ready = new Promise<void>((resolve) => {
    const hear = (data: Buffer): void => {
      said += data.toString()
      if (said.includes('aws lambda get-alias')) resolve()
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
  })
  try {
    await Promise.race([ready, ended])
    const isStory =
      said.includes('promoted: all traffic is on checkout:2') && said.includes('rolled back: alarm checkout-errors')
    verify(`${node}: tidegate local tells its story`, isStory && !said.includes('Warning') && !hasStack(said), said)
    const file = /AWS_SHARED_CREDENTIALS_FILE=(\S+)/.exec(said)?.[1] ?? ''
    const url = `http://127.0.0.1:${port}`
    const env = {
      AWS_SHARED_CREDENTIALS_FILE: file,
      AWS_PROFILE: 'ann',
      AWS_ENDPOINT_URL: url,
      AWS_REGION: 'us-east-1',
    }
    const [, secretAccessKey = ''] =
      /\[operator\]\n.*\naws_secret_access_key = (\S+)/.exec(readFileSync(file, 'utf8')) ?? []
    const credentials = { accessKeyId: 'operator', secretAccessKey }
    await checkReleases(verify, place, env, new LambdaClient({ endpoint: url, region: 'us-east-1', credentials }))
  } finally {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGINT')
    await ended
  }
}
