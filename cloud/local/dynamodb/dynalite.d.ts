// The little of dynalite that is used: its server, which is never made to listen.
declare module 'dynalite' {
  type Options = { createTableMs?: number; deleteTableMs?: number; updateTableMs?: number; maxItemSizeKb?: number }
  function dynalite(options?: Options): {
    emit(event: 'request', request: unknown, response: unknown): boolean
    close(done?: (error?: Error) => void): void
  }
  export = dynalite
}
