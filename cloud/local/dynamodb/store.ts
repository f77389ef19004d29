// What dynalite stores, in sorted maps. By itself it stores in LevelDB, whose form in memory encodes every value as JSON, and
// reads through a stream of an iterator of promises, with a turn of the event loop for each item. It also kept what it had read:
// 22 MB an hour with a release every ten minutes (npm run bench:memory).
import { createRequire } from 'node:module'
import { Stream } from 'node:stream'
import dynalite from 'dynalite'
import { account, defaultRegion } from '../protocol/service.ts'

type Callback<T = void> = (error: Error | null, found?: T) => void
type Range = {
  readonly gt?: string
  readonly gte?: string
  readonly lt?: string
  readonly lte?: string
  readonly reverse?: boolean
  /** None if negative. */
  readonly limit?: number
}
type Change = { readonly type: 'put' | 'del'; readonly key: string; readonly value?: unknown }
type Part = {
  get(key: string, done: Callback<unknown>): void
  put(key: string, value: unknown, done: Callback): void
  del(key: string, done: Callback): void
  batch(changes: readonly Change[], done: Callback): void
  createKeyStream(range?: Range): Stream
  createValueStream(range?: Range): Stream
  readonly lock: unknown
}
/** What dynalite needs of a store. */
export type Store = {
  readonly options: Options
  readonly tableDb: Part & { readonly awsAccountId: string; readonly awsRegion: string }
  getItemDb(table: string): Part
  getTagDb(table: string): Part
  getIndexDb(kind: string, table: string, index: string): Part
  deleteItemDb(table: string, done: Callback): void
  deleteTagDb(table: string, done: Callback): void
  deleteIndexDb(kind: string, table: string, index: string, done: Callback): void
  getTable(name: string, checkStatus: boolean | Callback<unknown>, done?: Callback<unknown>): void
  /** @returns whether what `read` has read, a range of one partition, is still the same */
  whileSame(read: () => void): () => boolean
}
type Options = NonNullable<Parameters<typeof dynalite>[0]>

const require = createRequire(import.meta.resolve('dynalite'))
const { Lock } = require('lock') as { readonly Lock: () => unknown }
const db = require('./db') as { create: (options: Options) => Store }

/** Dynalite makes its store itself, so what makes it is replaced meanwhile. */
export function dynaliteInMemory(options: Options): {
  readonly server: ReturnType<typeof dynalite>
  readonly store: Store
} {
  const { create } = db
  const store = storeOf(options)
  db.create = () => store
  try {
    return { server: dynalite(options), store }
  } finally {
    db.create = create
  }
}

/** Of an item, as DynamoDB counts it. */
const maxItemSize = 400 * 1024

function storeOf(options: Options): Store {
  const all = new Map<string, Part>()
  const part = (name: string): Part => {
    const made = all.get(name) ?? sorted((isSame) => dependsOn(() => all.get(name) === made && isSame()))
    all.set(name, made)
    return made
  }
  const drop = (name: string, done: Callback): void => {
    all.delete(name)
    done(null)
  }
  const tables = sorted()
  const dependsOn = (isSame: () => boolean): void => void reads.push(isSame)
  let reads: (() => boolean)[] = []
  const tableDb: Store['tableDb'] = {
    ...tables,
    put: (name, table, done) => tables.put(name, structuredClone(table), done),
    awsAccountId: account,
    awsRegion: defaultRegion,
  }
  const indexName = (kind: string, table: string, index: string): string => `index ${kind}~${table}~${index}`
  return {
    options: { ...options, maxItemSize },
    tableDb,
    getItemDb: (table) => part(`item ${table}`),
    getTagDb: (table) => part(`tag ${table}`),
    getIndexDb: (kind, table, index) => part(indexName(kind.toLowerCase(), table, index)),
    deleteItemDb: (table, done) => drop(`item ${table}`, done),
    deleteTagDb: (table, done) => drop(`tag ${table}`, done),
    deleteIndexDb: (kind, table, index, done) => drop(indexName(kind.toLowerCase(), table, index), done),
    getTable(name, checkStatus, done) {
      const answer = typeof checkStatus === 'function' ? checkStatus : done
      tableDb.get(name, (_, found) => {
        const status = (found as { TableStatus: string } | undefined)?.TableStatus
        const isUsable = checkStatus === false || (status !== 'CREATING' && status !== 'DELETING')
        // Whoever asks for any status may be about to change the table.
        if (status !== undefined && isUsable) answer?.(null, checkStatus === false ? structuredClone(found) : found)
        else answer?.(notFound(name, checkStatus === false))
      })
    },
    whileSame(read) {
      reads = []
      read()
      const [one, ...others] = reads
      const was = tables.writes()
      return () => one !== undefined && others.length === 0 && tables.writes() === was && one()
    },
  }
}

/** In the form that dynalite answers with. */
function notFound(name: string, isNamed: boolean): Error {
  const message = `Requested resource not found${isNamed ? `: Table: ${name} not found` : ''}`
  const body = { __type: 'com.amazonaws.dynamodb.v20120810#ResourceNotFoundException', message }
  return Object.assign(new Error('NotFoundError'), { name: 'NotFoundError', statusCode: 400, body })
}

/** Dynalite's keys begin with a hash of the partition. Of some digits of it there are few, however many partitions. */
const partitionOf = (key: string): string => key.slice(0, 3)

/**
 * A value is handed out as it was put: dynalite changes no item, and tables are copied above.
 * @param onRead called for each range that is read, with whether its partition is still the same
 */
function sorted(onRead: (isSame: () => boolean) => void = () => undefined): Part & { writes(): number } {
  /** The number of the last write of each partition. */
  const written = new Map<string, number>()
  let writes = 0
  const values = new Map<string, unknown>()
  /** In order; dynalite's keys are ASCII, of which the order in JavaScript is that of the bytes. */
  const keys: string[] = []
  const wrote = (key: string): void => void written.set(partitionOf(key), ++writes)
  function put(key: string, value: unknown): void {
    wrote(key)
    if (!values.has(key)) keys.splice(placeOf(keys, key), 0, key)
    values.set(key, value)
  }
  function del(key: string): void {
    wrote(key)
    if (values.delete(key)) keys.splice(placeOf(keys, key), 1)
  }
  return {
    writes: () => writes,
    lock: Lock(),
    get: (key, done) => done(null, values.get(key)),
    put(key, value, done) {
      put(key, value)
      done(null)
    },
    del(key, done) {
      del(key)
      done(null)
    },
    batch(changes, done) {
      for (const { type, key, value } of changes)
        if (type === 'put') put(key, value)
        else del(key)
      done(null)
    },
    createKeyStream: (range = {}) => streamOf(within(keys, range)),
    createValueStream(range = {}) {
      const partition = partitionOf(range.gte ?? range.gt ?? '')
      const was = written.get(partition)
      onRead(() => partition !== '' && written.get(partition) === was)
      return streamOf(within(keys, range).map((key) => values.get(key)))
    },
  }
}

/** @returns the index of the first key that is not below this one */
function placeOf(keys: readonly string[], key: string): number {
  let [low, high] = [0, keys.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}

function within(keys: readonly string[], { gt, gte, lt, lte, reverse = false, limit = -1 }: Range): readonly string[] {
  // No key has a NUL, so this is the first one after it.
  const after = (key: string): string => `${key}\0`
  const from = gt === undefined ? gte : after(gt)
  const to = lte === undefined ? lt : after(lte)
  const first = from === undefined ? 0 : placeOf(keys, from)
  const end = to === undefined ? keys.length : placeOf(keys, to)
  const most = limit < 0 ? Infinity : limit
  if (reverse) return keys.slice(Math.max(first, end - most), end).reverse()
  return keys.slice(first, Math.min(end, first + most))
}

/** A stream of the old kind, which only tells: `data` for each, then `end`. Dynalite destroys one that has told enough. */
function streamOf(values: readonly unknown[]): Stream {
  let isOver = false
  const stream = Object.assign(new Stream(), {
    destroy: () => {
      isOver = true
    },
  })
  // When dynalite listens.
  void Promise.resolve().then(() => {
    for (const value of values) {
      if (isOver) return
      stream.emit('data', value)
    }
    stream.emit('end')
  })
  return stream
}
