// `npm run build`: writes the package to publish into dist/package. Running and testing need none of it.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build as esbuild } from 'esbuild'
import { bundles } from '../lib/bundle.ts'
import { archiveOf } from '../lib/bundles/prebuilt.ts'
import { compile, entries, root } from './code.ts'
import { declarationsOf } from './declarations.ts'
import { foldersOf, licencesOf, packageAt } from './licences.ts'
import { withLiveLinks } from './links.ts'
import { ownManifest, publishedManifest } from './manifest.ts'

export const packageFolder = join(root, 'dist/package')

/** As they are: what is read at run time, and what people read. */
const copied = [
  'statemachines',
  'policy/release.cedar',
  'policy/release.cedarschema',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
]
// Photographs of the console are a twentieth of the package, and are looked at in the repository.
const documents = /\.(md|json|svg)$/
const examples = /\.(cjs|mjs|ya?ml)$/
const smoke = 'examples/checkout/smoke/index.mjs'

function write(path: string, content: string | Uint8Array, mode = 0o644): void {
  mkdirSync(dirname(join(packageFolder, path)), { recursive: true })
  writeFileSync(join(packageFolder, path), content, { mode })
}

const copy = (path: string): void => cpSync(join(root, path), join(packageFolder, path), { recursive: true })

const filesIn = (path: string): readonly string[] =>
  statSync(join(root, path)).isDirectory()
    ? readdirSync(join(root, path)).flatMap((name) => filesIn(`${path}/${name}`))
    : [path]

/** What people read, and what is read at run time, by its path. */
export const copiedFiles = (): readonly string[] => [
  ...copied.flatMap(filesIn),
  ...filesIn('docs').filter((file) => documents.test(file)),
  ...filesIn('examples').filter((file) => examples.test(file)),
]

/** @returns a page as it is in the package */
export function packedPage(page: string, files: readonly string[]): string {
  const isThere = (path: string): boolean => files.some((file) => file === path || file.startsWith(`${path}/`))
  return withLiveLinks(page, readFileSync(join(root, page), 'utf8'), isThere)
}

function copyFiles(): void {
  const files = copiedFiles()
  for (const file of files)
    if (file.endsWith('.md')) write(file, packedPage(file, files))
    else copy(file)
}

/** Lambda's runtime has the SDK, and the machine of a newcomer need not have it. */
async function bundleSmoke(): Promise<readonly string[]> {
  const { outputFiles, metafile } = await esbuild({
    entryPoints: [join(root, smoke)],
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.18',
    mainFields: ['module', 'main'],
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    write: false,
    metafile: true,
    legalComments: 'none',
  })
  write(smoke, outputFiles[0]?.contents ?? new Uint8Array())
  return Object.keys(metafile.inputs)
}

/**
 * @param repository which publishes
 * @returns the packages that are in the code, as `name@version`
 */
export async function build(repository?: string): Promise<readonly string[]> {
  rmSync(packageFolder, { recursive: true, force: true })
  rmSync(join(root, 'dist/types'), { recursive: true, force: true })
  const { inputs, stubs } = await compile(packageFolder)
  for (const [path, text] of Object.entries(stubs)) write(path, text, path === 'cli/main.js' ? 0o755 : 0o644)
  copyFiles()
  const smokeInputs = await bundleSmoke()
  const made = bundles()
  write('functions/bundles.br', archiveOf(made))
  const { files, packages } = declarationsOf(Object.values(entries))
  for (const [path, text] of Object.entries(files)) write(`types/${path}`, text)
  const foreign = packages.filter((name) => !['aws-cdk-lib', 'constructs', 'zod'].includes(name))
  if (foreign.length > 0) throw new Error(`the declarations need ${foreign.join()}, which the package does not bring`)
  const bundled = Object.values(made).flatMap((one) => one.packages)
  const places = (JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock).packages
  const bundledFolders = Object.entries(places).flatMap(([path, { version }]) =>
    bundled.includes(`${path.split('node_modules/').at(-1) ?? ''}@${version ?? ''}`) ? [path] : [],
  )
  const inCode = [...new Set([...foldersOf([...inputs, ...smokeInputs]), ...bundledFolders])].sort().map(packageAt)
  write('THIRD-PARTY-LICENSES', licencesOf(inCode))
  write('package.json', `${JSON.stringify(publishedManifest(repository), undefined, 2)}\n`)
  return inCode.map(({ name, version }) => `${name}@${version}`)
}
type Lock = { readonly packages: Readonly<Record<string, { readonly version?: string }>> }

if (import.meta.main) {
  await build()
  console.log(`dist/package is tidegate ${ownManifest().version}`)
}
