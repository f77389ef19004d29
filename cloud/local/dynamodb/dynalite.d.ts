// Types for the small part of dynalite that we use: its server, which never listens.
declare module 'dynalite' {
  type Options = { createTableMs?: number; deleteTableMs?: number; updateTableMs?: number; maxItemSize?: number }
  function dynalite(options?: Options): {
    emit(event: 'request', request: unknown, response: unknown): boolean
  }
  export = dynalite
}
