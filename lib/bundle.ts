// A function of the controller as Lambda gets it: one ES module with the SDK clients that this function uses and no other.
import { buildSync } from 'esbuild'
import type { Verb } from '../functions/handlers.ts'

const root = new URL('..', import.meta.url).pathname

/** @returns the module, and which SDK clients are in it (`dynamodb`, `lambda`) */
export function bundle(verb: Verb): { readonly code: Uint8Array; readonly clients: readonly string[] } {
  const { outputFiles, metafile } = buildSync({
    stdin: { contents: `export { ${verb} as handler } from './functions/main.ts'`, resolveDir: root, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // The SDK's ES modules can be shaken; its CommonJS cannot.
    mainFields: ['module', 'main'],
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    write: false,
    metafile: true,
    logLevel: 'warning',
  })
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs))
  const clients = new Set<string>()
  for (const [path, { bytesInOutput }] of inputs) {
    const name = /@aws-sdk\/(client-[a-z-]+)\//.exec(path)?.[1]
    if (name !== undefined && bytesInOutput > 0) clients.add(name.replace('client-', ''))
  }
  return { code: outputFiles[0]?.contents ?? new Uint8Array(), clients: [...clients].sort() }
}
