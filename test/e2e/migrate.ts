// The example of docs/migrate.md on Debian's PostgreSQL, with a standby that is behind: whole releases (its test, on this
// server), and what only a server with several sessions can show: who waits for a lock, who still asks, how far a standby is
// behind.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, chmodSync, chownSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'

type Verify = (name: string, holds: boolean, detail: string) => void
type Sessions = {
  readonly olderSessions: (db: pg.Pool, needs: Readonly<Record<string, number>>) => Promise<string | undefined>
  readonly loadOf: (db: pg.Pool) => Promise<string | undefined>
}
type Schema = { readonly schema: (deps: object) => { expand(): Promise<{ result: string; message: string }> } }

const root = '/usr/lib/postgresql'
const bin = existsSync(root) ? join(root, readdirSync(root).toSorted().at(-1) ?? '', 'bin') : ''
export const hasPostgres = (): boolean => existsSync(join(bin, 'initdb'))

// PostgreSQL does not run as root.
const id = (flag: string): number => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout)
const isRoot = process.getuid?.() === 0
const owner = isRoot ? { uid: id('-u'), gid: id('-g') } : {}
// Below those that the system gives to connections of other programs.
const [port, standbyPort] = [24_329, 24_330]
const user = 'postgres'
const delaySeconds = 8

function run(command: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(join(bin, command), args, { encoding: 'utf8', ...owner })
  if (status !== 0) throw new Error(`${command}: ${stdout}${stderr}`)
}

/** A server, with a way to end it that also ends for one that has ended by itself, and tells what it has said. */
function serve(folder: string, at: number): () => Promise<string> {
  const settings = [
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=`,
    'fsync=off',
    `recovery_min_apply_delay=${delaySeconds}s`,
  ]
  const args = ['-D', folder, '-p', String(at), ...settings.flatMap((one) => ['-c', one])]
  const server = spawn(join(bin, 'postgres'), args, { stdio: ['ignore', 'ignore', 'pipe'], ...owner })
  const ended = once(server, 'close')
  let said = ''
  server.stderr.on('data', (data: Buffer) => (said += data.toString()))
  return async () => {
    server.kill('SIGQUIT')
    await ended
    return said
  }
}

const poolAt = (at: number, name = 'e2e', options = ''): pg.Pool =>
  new pg.Pool({ host: '127.0.0.1', port: at, user, database: 'postgres', max: 1, application_name: name, options })

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 120 && !(await holds().catch(() => false)); tries++)
    await new Promise((resolve) => setTimeout(resolve, 250))
}

export async function checkMigration(verify: Verify): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-'))
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid)
  chmodSync(folder, 0o700)
  const [primary, standby] = [join(folder, 'primary'), join(folder, 'standby')]
  run('initdb', ['-D', primary, '-U', user, '-A', 'trust', '--no-sync'])
  const servers = [serve(primary, port)]
  const db = poolAt(port, 'e2e')
  try {
    await until(async () => (await db.query('select 1')).rowCount === 1)
    await checkSessions(verify, db)
    checkReleases(verify)
    run('pg_basebackup', ['-D', standby, '-R', '-h', '127.0.0.1', '-p', String(port), '-U', user])
    const stop = serve(standby, standbyPort)
    servers.push(stop)
    const load = await loadOfStandby(db)
    const isSeen = /^a standby is \d+ s behind$/.test(load ?? '')
    verify('postgresql: a standby that is behind is seen', isSeen, isSeen ? '' : `${load}; it says: ${await stop()}`)
  } finally {
    await db.end()
    for (const stop of servers) await stop()
    rmSync(folder, { recursive: true, maxRetries: 10 })
  }
}

const part = async <T>(name: string): Promise<T> => (await import(`../../examples/expand-contract/schema/${name}`)) as T

async function checkSessions(verify: Verify, db: pg.Pool): Promise<void> {
  const { olderSessions, loadOf } = await part<Sessions>('sessions.mjs')
  const { schema } = await part<Schema>('index.mjs')
  await db.query('create table orders (id serial primary key, price numeric not null)')
  const needs = { orders: 3, reports: 2 }
  const [old, young] = [poolAt(port, 'reports:1'), poolAt(port, 'orders:3')]
  await Promise.all([old.query('select 1'), young.query('select 1')])
  const seen = await olderSessions(db, needs)
  verify(
    'postgresql: a session of an older version is seen',
    seen?.startsWith('reports:1 still asks') === true,
    String(seen),
  )
  // The one holds the table, and the other waits for it.
  await old.query('begin; lock table orders')
  const waiting = young.query('select count(*) from orders')
  let load: string | undefined
  await until(async () => (load = await loadOf(db)) !== undefined)
  verify('postgresql: a session that waits for a lock is seen', load === 'orders:3 waits for a lock', String(load))
  const expanding = poolAt(port, 'orders-expand:1', '-c lock_timeout=2s')
  const locked = await schema({ db: expanding, needs }).expand()
  await expanding.end()
  verify('postgresql: a change of the table gives up soon', locked.result === 'fail', JSON.stringify(locked))
  await old.query('commit')
  await waiting
  await Promise.all([old.end(), young.end()])
  let left: string | undefined
  await until(async () => (left = await olderSessions(db, needs)) === undefined)
  verify('postgresql: nobody older is left once it has gone', left === undefined, String(left))
}

function checkReleases(verify: Verify): void {
  const TIDEGATE_POSTGRES = `postgres://${user}@127.0.0.1:${port}/postgres`
  const { status, stdout, stderr } = spawnSync('npx', ['vitest', 'run', 'test/examples/expand-contract.test.ts'], {
    env: { ...process.env, TIDEGATE_POSTGRES },
    encoding: 'utf8',
  })
  verify(
    'postgresql: expand, migrate, contract, with both bad ends, and with sessions that wait for locks',
    status === 0,
    `${stdout}${stderr}`,
  )
}

/** What is said of a standby that replays everything eight seconds later. */
async function loadOfStandby(db: pg.Pool): Promise<string | undefined> {
  const { loadOf } = await part<Sessions>('sessions.mjs')
  let load: string | undefined
  await until(async () => {
    await db.query('create table if not exists beats (at timestamptz); insert into beats values (now())')
    load = await loadOf(db)
    return load !== undefined
  })
  return load
}
