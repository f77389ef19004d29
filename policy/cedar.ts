// Loads the Cedar evaluator when it is first needed, and discards it when it fails.
import { createRequire } from 'node:module'
import type * as Evaluator from '@cedar-policy/cedar-wasm/nodejs'

export type Cedar = typeof Evaluator

// Not an import: a bundle cannot contain the WebAssembly file, an import cannot be undone, and a failing import would break the
// whole function. lib/bundle.ts ships the package beside the bundle.
const require = createRequire(import.meta.url)

/** @throws whatever `work` throws, or when the evaluator cannot be loaded */
export function withCedar<T>(work: (cedar: Cedar) => T): T {
  const path = require.resolve('@cedar-policy/cedar-wasm/nodejs')
  try {
    return work(require(path) as Cedar)
  } catch (error) {
    // A WebAssembly instance that has trapped stays broken, because its stack pointer is not reset. The next question gets a new
    // instance.
    Reflect.deleteProperty(require.cache, path)
    throw error
  }
}
