// Code packages for the embedded cloud: zips as Lambda accepts them.
import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { strToU8, zipSync } from 'fflate'
import { moduleOf, type Verb } from '../functions/handlers.ts'

// A fixed modification time, so that the same code gives the same package, byte for byte.
const mtime = new Date('2026-01-01T00:00:00Z')

function packageOf(files: Readonly<Record<string, string>>): Uint8Array {
  return zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])), { mtime })
}

const sampleFolders = {
  ...{ v1: 'checkout/v1', v2: 'checkout/v2', v3: 'checkout/v3', v4: 'checkout/v4', v5: 'checkout/v5' },
  ...{ smoke: 'checkout/smoke', payments: 'payments/v1' },
} as const
export type SampleCode = keyof typeof sampleFolders

/**
 * One version of a sample service, from examples/.
 * @param build told apart by Lambda from other builds of the same code
 */
export function samplePackage(code: SampleCode, build?: string): Uint8Array {
  const file = new URL(`../examples/${sampleFolders[code]}/index.mjs`, import.meta.url)
  return packageOf({ 'index.mjs': readFileSync(file, 'utf8'), ...(build === undefined ? {} : { 'build.txt': build }) })
}

/**
 * A function of the controller, and what is wired beside it. It imports the TypeScript sources, which Node runs directly, or in
 * the published package what was made of them.
 */
export function controllerPackage(verb: Verb): Uint8Array {
  const path = moduleOf(verb).replace(/\.ts$/, extname(import.meta.url))
  const { href } = new URL(`../${path}`, import.meta.url)
  return packageOf({ 'index.mjs': `export * from ${JSON.stringify(href)}\n` })
}
