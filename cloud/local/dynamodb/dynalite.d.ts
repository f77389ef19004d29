// Types for the small part of dynalite that we use: its server, which never listens, and what it needs of a store.
declare module 'dynalite' {
  import type { Options } from 'dynalite/db/index.js'
  function dynalite(options?: Options): {
    emit(event: 'request', request: unknown, response: unknown): boolean
  }
  export = dynalite
}

declare module 'dynalite/db/index.js' {
  export type Options = { createTableMs?: number; deleteTableMs?: number; updateTableMs?: number; maxItemSize?: number }
  export type Callback<T = void> = (error: Error | null, found?: T) => void
  export type Range = {
    readonly gt?: string
    readonly gte?: string
    readonly lt?: string
    readonly lte?: string
    readonly reverse?: boolean
    /** None if negative. */
    readonly limit?: number
  }
  type Change = { readonly type: 'put' | 'del'; readonly key: string; readonly value?: unknown }
  export type SubStore = {
    get(key: string, done: Callback<unknown>): void
    put(key: string, value: unknown, done: Callback): void
    del(key: string, done: Callback): void
    batch(changes: readonly Change[], done: Callback): void
    createKeyStream(range?: Range): import('node:stream').Stream
    createValueStream(range?: Range): import('node:stream').Stream
    readonly lock: unknown
  }
  type Drop = (name: string, done: Callback) => void
  export type Store = {
    readonly options: Options
    readonly tableDb: SubStore & { readonly awsAccountId: string; readonly awsRegion: string }
    getItemDb(table: string): SubStore
    getTagDb(table: string): SubStore
    getIndexDb(kind: string, table: string, index: string): SubStore
    readonly deleteItemDb: Drop
    readonly deleteTagDb: Drop
    deleteIndexDb(kind: string, table: string, index: string, done: Callback): void
    getTable(name: string, checkStatus: boolean | Callback<unknown>, done?: Callback<unknown>): void
  }
  const db: { create(options: Options): Store }
  export default db
}

declare module 'lock' {
  export function Lock(): unknown
}
