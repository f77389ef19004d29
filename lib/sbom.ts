// `npm run sbom`: the bill of materials of what is shipped, in CycloneDX. npm writes it, with exact versions and licences; which
// of the packages end in which Lambda function is added from the bundles.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { optionalVerbs, verbs } from '../functions/handlers.ts'
import { bundle } from './bundle.ts'

type Component = {
  readonly 'bom-ref': string
  readonly name: string
  readonly version: string
  readonly licenses?: readonly { readonly license?: { readonly id?: string }; readonly expression?: string }[]
  readonly properties?: readonly { readonly name: string; readonly value: string }[]
}
type Edge = { readonly ref: string; readonly dependsOn?: readonly string[] }
type Bom = {
  readonly bomFormat: string
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly Edge[]
} & Readonly<Record<string, unknown>>

const root = fileURLToPath(new URL('..', import.meta.url))

/** Of each package that is in a bundle, as `name@version`, the functions in whose bundles it is. */
export function bundledPackages(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const verb of [...verbs, ...optionalVerbs])
    for (const one of bundle(verb).packages) found.set(one, [...(found.get(one) ?? []), verb])
  return found
}

/** @param shipped the packages in it, as `name@version`; default: what `npm ci --omit=dev` installs */
export function billOfMaterials(shipped: ReadonlySet<string> = shippedPackages()): Bom {
  const args = ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application', '--package-lock-only']
  const bom = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' })) as Bom
  const functions = bundledPackages()
  const components = bom.components.flatMap((component) => {
    const { name, version, properties = [] } = component
    const id = `${name}@${version}`
    if (!shipped.has(id)) return []
    const value = functions.get(id)?.join(' ')
    if (value === undefined) return [component]
    return [{ ...component, properties: [...properties, { name: 'tidegate:functions', value }] }]
  })
  const refs = new Set([bom.metadata.component, ...components].map((one) => one['bom-ref']))
  const dependencies = bom.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) }))
  // npm calls it by the name of the folder.
  const component = { ...bom.metadata.component, name: 'tidegate' }
  return { ...bom, metadata: { ...bom.metadata, component }, components, dependencies }
}

type Lock = { readonly packages: Readonly<Record<string, { readonly version: string; readonly dev?: boolean }>> }

/**
 * What `npm ci --omit=dev` installs, as `name@version`. `npm sbom --omit=dev` does not say: it leaves out what a package for
 * development needs as well (npm 11.19).
 */
function shippedPackages(): ReadonlySet<string> {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock
  return new Set(
    Object.entries(packages)
      .filter(([path, { dev }]) => path !== '' && dev !== true)
      .map(([path, { version }]) => `${path.split('node_modules/').at(-1) ?? ''}@${version}`),
  )
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(billOfMaterials(), undefined, 2)}\n`)
