// The way back that a person takes: from the start of the process `tidegate rollback SERVICE` to the first UpdateAlias that the
// embedded cloud sees, over HTTP, signed. The command says its own processor time: until it opens its first connection, and until
// it ends.
import { spawn } from 'node:child_process'
import { localKeys } from '../cloud/local/door/keys.ts'
import { localSocket } from '../cloud/local/socket.ts'
import { openSandbox } from '../local/sandbox.ts'
import { sampleService } from '../local/sample-service.ts'
import { table } from './table.ts'

type Rollback = { readonly wallMs: number; readonly toFirstCallMs: number; readonly cpuMs: number }
type Measured = Rollback & { readonly runs: number; readonly helpMs: number; readonly emptyMs: number }

/** Runs in the measured process before it. */
const witness = `
import net from 'node:net'
const cpu = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000 }
const connect = net.Socket.prototype.connect
let first
net.Socket.prototype.connect = function (...args) { first ??= cpu(); return connect.apply(this, args) }
process.on('exit', () => process._rawDebug('CPU ' + JSON.stringify({ first: first ?? cpu(), all: cpu() })))
`
const asModule = `data:text/javascript,${encodeURIComponent(witness)}`

type Ran = { readonly code: number | null; readonly said: string; readonly firstMs: number; readonly allMs: number }

function run(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const child = spawn(process.execPath, ['--import', asModule, ...args], { env: { ...process.env, ...environment } })
  let said = ''
  child.stdout.on('data', (data: Buffer) => (said += data.toString()))
  child.stderr.on('data', (data: Buffer) => (said += data.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      const { first, all } = JSON.parse(/CPU (.+)/.exec(said)?.[1] ?? '{}') as { first?: number; all?: number }
      resolve({ code, said, firstMs: first ?? Number.NaN, allMs: all ?? Number.NaN })
    })
  })
}

const main = new URL('../cli/main.ts', import.meta.url).pathname
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

export async function measureRollback(runs: number): Promise<Measured> {
  let moved: number | undefined = 0
  const sandbox = await openSandbox({
    perMinute: 60,
    onRequest: ({ phase, operation }) => {
      if (phase === 'before' && operation === 'UpdateAlias') moved ??= performance.now()
    },
  })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [], plan: 'Canary10Percent30Minutes' }))
  const keys = localKeys(['ann'])
  const socket = await localSocket(sandbox.cloud.handler, keys)
  const environment = {
    ...{ AWS_ENDPOINT_URL: socket.url, AWS_REGION: 'us-east-1', AWS_PROFILE: undefined },
    ...{ AWS_ACCESS_KEY_ID: 'ann', AWS_SECRET_ACCESS_KEY: keys.secretOf('ann') },
  }
  const back: Rollback[] = []
  for (let count = 0; count < runs; count++) {
    // Releases begin at a rate of one a second.
    await sandbox.minutes(1)
    await sandbox.start({ version: await sandbox.publish(`run ${count}`) })
    moved = undefined
    const began = performance.now()
    const ran = await run([main, 'rollback', 'checkout', '--reason', 'measured'], environment)
    const at = movedAt()
    if (ran.code !== 0) throw new Error(`rollback ended with ${ran.code}: ${ran.said}`)
    back.push({ wallMs: at - began, toFirstCallMs: ran.firstMs, cpuMs: ran.allMs })
    await sandbox.clock.settle()
  }
  // Reads through a function, because the variable changes during the call.
  function movedAt(): number {
    if (moved === undefined) throw new Error('the rollback has moved no alias')
    return moved
  }
  const [help, empty] = [await repeated(runs, [main, '--help']), await repeated(runs, ['-e', '0'])]
  await socket.close()
  sandbox.close()
  return {
    ...{ runs, helpMs: help, emptyMs: empty },
    wallMs: median(back.map((one) => one.wallMs)),
    toFirstCallMs: median(back.map((one) => one.toFirstCallMs)),
    cpuMs: median(back.map((one) => one.cpuMs)),
  }
}

async function repeated(runs: number, args: readonly string[]): Promise<number> {
  const times: number[] = []
  for (let count = 0; count < runs; count++) times.push((await run(args)).allMs)
  return median(times)
}

export function tableOfRollback({ runs, wallMs, toFirstCallMs, cpuMs, helpMs, emptyMs }: Measured): void {
  const ms = (value: number): string => `${value.toFixed(0)} ms`
  table(
    `The command \`tidegate rollback SERVICE\`, median of ${runs}: time to the first UpdateAlias, and processor time`,
    ['what', 'measured', 'aim'],
    [
      ['from the start of the process to the first UpdateAlias', ms(wallMs), 'under 2,000 ms'],
      ['processor time of the command before its first call', ms(toFirstCallMs), 'at most 300 ms'],
      ['processor time of the command', ms(cpuMs), '-'],
      ['`tidegate --help` above `node -e 0`', ms(helpMs - emptyMs), 'at most 150 ms'],
    ],
  )
}

if (import.meta.main) tableOfRollback(await measureRollback(Number(process.argv[2] ?? 5)))
