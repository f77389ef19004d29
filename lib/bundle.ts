// Bundles a controller function for Lambda: one ES module with only the SDK clients that the function uses. A function that
// evaluates policies also gets the files that policy/ reads at run time.
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { moduleOf, optionalVerbs, type Verb, verbs } from '../functions/handlers.ts'
import { own } from '../core/own.ts'
import { policyFiles } from './bundles/policy-files.ts'
import type { Bundle } from './bundles/write.ts'

export { writeBundle } from './bundles/write.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Which export of which module becomes a bundle, or all of them. `from` is a path from the root; `as` is the export's name in
 * the bundle.
 */
type Entry = { readonly from: string } & (
  { readonly exported: string; readonly as: string } | { readonly exported?: never }
)

/** A function of the controller, or one that teams install beside it. */
type Bundled = Verb | 'shadowHook'

const everyVerb: readonly Bundled[] = [...verbs, ...optionalVerbs, 'shadowHook']
let made: Readonly<Record<string, Bundle>> = {}

export const bundle = (verb: Bundled): Bundle => own(made, verb) ?? found(bundles(), verb)

/**
 * At least those of these functions, bundled together, so that shared files are read only once. All take ten seconds of a
 * processor. A bundle is the same, byte for byte, with whichever others it is made.
 */
export function bundles(some: readonly Bundled[] = everyVerb): Readonly<Record<string, Bundle>> {
  const missing = some.filter((one) => own(made, one) === undefined)
  const entryOf = (one: Bundled): Entry =>
    one === 'shadowHook'
      ? { from: 'shadow/hook.ts', exported: 'handler', as: 'handler' }
      : { from: moduleOf(one), exported: one, as: 'handler' }
  if (missing.length > 0)
    made = { ...made, ...bundlesOf(Object.fromEntries(missing.map((one) => [one, entryOf(one)]))) }
  return made
}

/** The bundle of a module with all its exports, in which stack traces can be read. */
export const bundleOfModule = (from: string): Bundle =>
  found(bundlesOf({ module: { from } }, { minify: false }), 'module')

/** The bundle of a single export. */
export const bundleOf = (from: string, exported: string): Bundle =>
  found(bundlesOf({ [exported]: { from, exported, as: exported } }), exported)

function found(bundles: Readonly<Record<string, Bundle>>, name: string): Bundle {
  const one = own(bundles, name)
  if (one === undefined) throw new Error(`bug: ${name} was not bundled`)
  return one
}

function bundlesOf(entries: Readonly<Record<string, Entry>>, { minify } = { minify: true }) {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-bundles-'))
  const entryPoints = Object.entries(entries).map(([name, entry]) => {
    const path = join(folder, `${name}.ts`)
    const what = entry.exported === undefined ? '*' : `{ ${entry.exported} as ${entry.as} }`
    writeFileSync(path, `export ${what} from ${JSON.stringify(join(root, entry.from))}`)
    return path
  })
  const { outputFiles, metafile } = buildSync({
    entryPoints,
    // Resolve paths from the root, wherever this is called from.
    absWorkingDir: root,
    outdir: folder,
    bundle: true,
    minify,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // esbuild can tree-shake the SDK's ES modules, but not its CommonJS.
    mainFields: ['module', 'main'],
    define: { TIDEGATE_FOLD: JSON.stringify(foldOf()) },
    banner: { js: "import{createRequire as requireOf}from'node:module';const require=requireOf(import.meta.url);" },
    write: false,
    metafile: true,
    logLevel: 'warning',
  })
  rmSync(folder, { recursive: true })
  const outputs = Object.entries(metafile.outputs)
  return Object.fromEntries(
    outputFiles.map(({ path, contents }): [string, Bundle] => {
      const name = basename(path, '.js')
      const [, output] = outputs.find(([one]) => basename(one, '.js') === name) ?? []
      return [name, bundleFrom(contents, output?.inputs ?? {})]
    }),
  )
}

function bundleFrom(code: Uint8Array, parts: Readonly<Record<string, { readonly bytesInOutput: number }>>): Bundle {
  const inputs = Object.entries(parts)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path)
  const clients = inputs.flatMap((path) => /@aws-sdk\/client-([a-z0-9-]+)\//.exec(path)?.[1] ?? [])
  const files = inputs.includes('policy/policies.ts') ? policyFiles() : {}
  return {
    code,
    clients: [...new Set(clients)].sort(),
    packages: packagesOf([...inputs, ...Object.keys(files)]),
    files,
  }
}

/** @param paths of files, from the root */
function packagesOf(paths: readonly string[]): readonly string[] {
  const folders = paths.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [])
  return [...new Set(folders)].sort().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Named
    return `${name}@${version}`
  })
}
type Named = { readonly name: string; readonly version: string }

let fold: string | undefined

/** Identifies the code that folds a log (functions/steps/log.ts). Any change in core/ invalidates older snapshots. */
function foldOf(): string {
  if (fold !== undefined) return fold
  const hash = createHash('sha256')
  const paths = readdirSync(join(root, 'core'), { recursive: true, encoding: 'utf8' })
  for (const path of paths.filter((one) => one.endsWith('.ts')).sort())
    hash.update(`${path}\n`).update(readFileSync(join(root, 'core', path)))
  fold = hash.digest('hex').slice(0, 16)
  return fold
}
