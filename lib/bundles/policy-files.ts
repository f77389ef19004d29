// What a function that evaluates policies reads at run time.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The policies, and the Cedar evaluator as a package, with only its Node build. */
export function policyFiles(): Readonly<Record<string, Uint8Array>> {
  const evaluator = dirname(createRequire(import.meta.url).resolve('@cedar-policy/cedar-wasm/nodejs'))
  const policies = ['release.cedar', 'release.cedarschema'].map(
    (name) => [name, fileURLToPath(new URL(`../../policy/${name}`, import.meta.url))] as const,
  )
  const build = ['package.json', 'nodejs/package.json', 'nodejs/cedar_wasm.js', 'nodejs/cedar_wasm_bg.wasm'].map(
    (name) => [`node_modules/@cedar-policy/cedar-wasm/${name}`, join(evaluator, '..', name)] as const,
  )
  return Object.fromEntries([...policies, ...build].map(([name, path]) => [name, readFileSync(path)]))
}
