// The Cedar evaluator: loaded when it is first needed, and thrown away when it fails.
import { createRequire } from 'node:module'
import type * as Evaluator from '@cedar-policy/cedar-wasm/nodejs'

export type Cedar = typeof Evaluator

// Not an import: a bundle cannot carry the WebAssembly file, an import cannot be undone, and one that fails would take the whole
// function with it. lib/bundle.ts ships the package beside the bundle.
const require = createRequire(import.meta.url)

/** @throws whatever `work` throws, and when the evaluator cannot be loaded */
export function withCedar<T>(work: (cedar: Cedar) => T): T {
  const path = require.resolve('@cedar-policy/cedar-wasm/nodejs')
  try {
    return work(require(path) as Cedar)
  } catch (error) {
    // An instance that has trapped stays broken: its stack pointer is where it was. The next question gets a new one.
    Reflect.deleteProperty(require.cache, path)
    throw error
  }
}
