// Types for the small part of dynalite that we use: its server, which never listens.
declare module 'dynalite' {
  type Options = { createTableMs?: number; deleteTableMs?: number; updateTableMs?: number; maxItemSizeKb?: number }
  function dynalite(options?: Options): {
    emit(event: 'request', request: unknown, response: unknown): boolean
    close(done?: (error?: Error) => void): void
  }
  export = dynalite
}
