// A function of the controller as Lambda gets it: one ES module with the SDK clients that this function uses and no other, and
// what policy/ reads at run time, where it decides by policies.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { buildSync } from 'esbuild'
import type { Verb } from '../functions/handlers.ts'

const root = new URL('..', import.meta.url).pathname

type Bundle = {
  readonly code: Uint8Array
  /** Which SDK clients are in it (`dynamodb`, `lambda`). */
  readonly clients: readonly string[]
  /** What must lie beside the module, by path. */
  readonly files: Readonly<Record<string, Uint8Array>>
}

export const bundle = (verb: Verb): Bundle => bundleOf(`export { ${verb} as handler } from './functions/main.ts'`)

/** @param contents of a module in the root folder */
export function bundleOf(contents: string): Bundle {
  const { outputFiles, metafile } = buildSync({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    // Wherever this is called from, its paths are from the root.
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // The SDK's ES modules can be shaken; its CommonJS cannot.
    mainFields: ['module', 'main'],
    define: { TIDEGATE_FOLD: JSON.stringify(foldOf()) },
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    write: false,
    metafile: true,
    logLevel: 'warning',
  })
  const inputs = Object.values(metafile.outputs)
    .flatMap((output) => Object.entries(output.inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path)
  const clients = inputs.flatMap((path) => /@aws-sdk\/client-([a-z-]+)\//.exec(path)?.[1] ?? [])
  return {
    code: outputFiles[0]?.contents ?? new Uint8Array(),
    clients: [...new Set(clients)].sort(),
    files: inputs.includes('policy/policies.ts') ? policyFiles() : {},
  }
}

let fold: string | undefined

/** Names the code that folds a log (functions/ledger.ts): whatever changes in core/, an older snapshot is not believed. */
function foldOf(): string {
  if (fold !== undefined) return fold
  const hash = createHash('sha256')
  const paths = readdirSync(join(root, 'core'), { recursive: true, encoding: 'utf8' })
  for (const path of paths.filter((one) => one.endsWith('.ts')).sort())
    hash.update(`${path}\n`).update(readFileSync(join(root, 'core', path)))
  fold = hash.digest('hex').slice(0, 16)
  return fold
}

/** The policies, and the evaluator as a package: only its build for Node. */
function policyFiles(): Bundle['files'] {
  const evaluator = dirname(createRequire(import.meta.url).resolve('@cedar-policy/cedar-wasm/nodejs'))
  const policies = ['release.cedar', 'release.cedarschema'].map((name) => [name, join(root, 'policy', name)] as const)
  const build = ['package.json', 'nodejs/package.json', 'nodejs/cedar_wasm.js', 'nodejs/cedar_wasm_bg.wasm'].map(
    (name) => [`node_modules/@cedar-policy/cedar-wasm/${name}`, join(evaluator, '..', name)] as const,
  )
  return Object.fromEntries([...policies, ...build].map(([name, path]) => [name, readFileSync(path)]))
}

/** Puts a bundle into a folder as the module `name`. */
export function writeBundle(folder: string, name: string, { code, files }: Bundle): void {
  for (const [path, content] of Object.entries({ ...files, [name]: code })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}
