// `npm run sbom`: the bill of materials of what is shipped, in CycloneDX. npm writes it, with exact versions and licences; which
// of the packages end in which Lambda function is added from the bundles.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { own } from '../core/own.ts'
import { optionalVerbs, type Verb, verbs } from '../functions/handlers.ts'
import { bundles } from './bundle.ts'

type Component = {
  readonly 'bom-ref': string
  readonly name: string
  readonly version: string
  readonly scope?: string
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[]
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

/**
 * Of each package that is in a bundle, as `name@version`, the functions in whose bundles it is.
 * @param asked of these functions
 */
export function bundledPackages(asked: readonly Verb[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  const made = bundles(asked)
  for (const verb of asked)
    for (const one of own(made, verb)?.packages ?? []) found.set(one, [...(found.get(one) ?? []), verb])
  return found
}

/**
 * @param shipped the packages in it, as `name@version`; default: what `npm ci --omit=dev` installs
 * @param asked the functions whose packages it names
 */
export function billOfMaterials(
  shipped: ReadonlySet<string> = shippedPackages(),
  asked: readonly Verb[] = [...verbs, ...optionalVerbs],
): Bom {
  const args = ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application', '--package-lock-only']
  const bom = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' })) as Bom
  const functions = bundledPackages(asked)
  const hashes = hashesOf(locked())
  const components = bom.components.flatMap((component) => {
    const { name, version, properties = [] } = component
    const id = `${name}@${version}`
    if (!shipped.has(id)) return []
    const value = functions.get(id)?.join(' ')
    const own = value === undefined ? [] : [{ name: 'tidegate:functions', value }]
    const content = hashes.get(id)
    return [
      {
        ...component,
        // npm tells of one of the places of a package, which may be one for development. Scanners skip what is optional.
        scope: 'required',
        properties: [...properties.filter((one) => !ofDevelopment.includes(one.name)), ...own],
        ...(content === undefined ? {} : { hashes: [{ alg: 'SHA-512', content }] }),
      },
    ]
  })
  const found = new Set(components.map(({ name, version }) => `${name}@${version}`))
  const missing = [...shipped].filter((one) => !found.has(one))
  if (missing.length > 0) throw new Error(`npm's bill of materials does not have ${missing.join(', ')}`)
  const refs = new Set([bom.metadata.component, ...components].map((one) => one['bom-ref']))
  const dependencies = bom.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) }))
  // npm calls it by the name of the folder.
  const component = { ...bom.metadata.component, name: 'tidegate' }
  return { ...bom, metadata: { ...bom.metadata, component }, components, dependencies }
}

type Locked = { readonly version: string; readonly dev?: boolean; readonly integrity?: string }
type Lock = Readonly<Record<string, Locked>>
const ofDevelopment: readonly string[] = ['cdx:npm:package:development', 'cdx:npm:package:bundled']

/** What package-lock.json has, by `name@version` and without the project itself. */
function locked(): readonly (readonly [string, Locked])[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Lock }
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, one]) => [`${path.split('node_modules/').at(-1) ?? ''}@${one.version}`, one])
}

/** SHA-512 of the packed files, in hexadecimal; those that are part of another package have none. */
const hashesOf = (packages: ReturnType<typeof locked>): ReadonlyMap<string, string> =>
  new Map(
    packages.flatMap(([id, { integrity = '' }]) =>
      integrity.startsWith('sha512-') ? [[id, Buffer.from(integrity.slice(7), 'base64').toString('hex')]] : [],
    ),
  )

/**
 * What `npm ci --omit=dev` installs, as `name@version`. `npm sbom --omit=dev` does not say: it leaves out what a package for
 * development needs as well (npm 11.19).
 */
const shippedPackages = (): ReadonlySet<string> =>
  new Set(locked().flatMap(([id, { dev }]) => (dev === true ? [] : [id])))

if (import.meta.main) process.stdout.write(`${JSON.stringify(billOfMaterials(), undefined, 2)}\n`)
