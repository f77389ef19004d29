// Code packages for the embedded cloud: zips as Lambda accepts them.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { extname } from 'node:path'
import { strToU8, zipSync } from 'fflate'
import { moduleOf, type Verb } from '../functions/handlers.ts'
import type * as Bundler from '../lib/bundle.ts'

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

type PackageOf = (verb: Verb) => Uint8Array

let bundled: string | undefined

/**
 * The functions of the controller, for processes. In the repository what is wired together is bundled first, so that a process
 * reads one file instead of a thousand and starts in a third of the time. It is written to one place, because the compile cache
 * knows a file by its path. The published package has few files, and no bundler.
 */
export async function controllerPackages(): Promise<PackageOf> {
  if (extname(import.meta.url) !== '.ts') return controllerPackage
  bundled ??= await writeMain()
  const main = packageOf({ 'index.mjs': `export * from ${JSON.stringify(bundled)}\n` })
  return (verb) => (moduleOf(verb) === mainModule ? main : controllerPackage(verb))
}

const mainModule = 'functions/main.ts'

async function writeMain(): Promise<string> {
  // By a name that the compiler of the package does not follow.
  const bundler = '../lib/bundle.ts'
  const { bundleOfModule } = (await import(bundler)) as typeof Bundler
  const { code, files } = bundleOfModule(mainModule)
  const folder = new URL('../.tidegate/controller/', import.meta.url)
  for (const [name, bytes] of Object.entries({ ...files, 'main.mjs': code })) keepFile(new URL(name, folder), bytes)
  return new URL('main.mjs', folder).href
}

/** Another process may be reading it. */
function keepFile(path: URL, bytes: Uint8Array): void {
  if (existsSync(path) && Buffer.compare(readFileSync(path), bytes) === 0) return
  mkdirSync(new URL('.', path), { recursive: true })
  const beside = new URL(`${path.href}.${process.pid}`)
  writeFileSync(beside, bytes)
  renameSync(beside, path)
}

/**
 * A function of the controller, and what is wired beside it. It imports the TypeScript sources, which Node runs directly, or in
 * the published package what was made of them.
 */
function controllerPackage(verb: Verb): Uint8Array {
  const path = moduleOf(verb).replace(/\.ts$/, extname(import.meta.url))
  const { href } = new URL(`../${path}`, import.meta.url)
  return packageOf({ 'index.mjs': `export * from ${JSON.stringify(href)}\n` })
}
