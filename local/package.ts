// Code packages for the embedded cloud: zips as Lambda accepts them.
import { readFileSync } from 'node:fs'
import { strToU8, zipSync } from 'fflate'

// A fixed modification time, so that the same code gives the same package, byte for byte.
const mtime = new Date('2026-01-01T00:00:00Z')

function packageOf(files: Readonly<Record<string, string>>): Uint8Array {
  return zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])), { mtime })
}

/** One version of the sample service, from examples/checkout. */
export function samplePackage(version: 'v1' | 'v2' | 'v3' | 'v4' | 'smoke'): Uint8Array {
  return packageOf({
    'index.mjs': readFileSync(new URL(`../examples/checkout/${version}/index.mjs`, import.meta.url), 'utf8'),
  })
}

/** All of the controller's functions in one package. It imports the TypeScript sources, which Node runs directly. */
export function controllerPackage(): Uint8Array {
  return packageOf({
    'index.mjs': `export * from ${JSON.stringify(new URL('../functions/main.ts', import.meta.url).href)}\n`,
  })
}
