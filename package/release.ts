// `npm run release`: what is published of a version, in dist/release: the tarball, its bill of materials, and the checksums of
// both. It publishes nothing (docs/deploy.md, "Publishing the package").
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { billOfMaterials } from '../lib/sbom.ts'
import { build, packageFolder } from './build.ts'
import { root, runtimeDependencies } from './code.ts'
import { ownManifest } from './manifest.ts'
import { readiness, unwanted } from './readiness.ts'

const folder = join(root, 'dist/release')
const npm = (...args: readonly string[]): string => execFileSync('npm', args, { cwd: root, encoding: 'utf8' })
const git = (...args: readonly string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' })
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

type Packed = { readonly filename: string; readonly size: number; readonly files: readonly { readonly path: string }[] }

async function release(): Promise<number> {
  const { version, repository } = ownManifest()
  const { version: locked } = JSON.parse(read('package-lock.json')) as { version: string }
  const changed = git('status', '--porcelain').trim().split('\n').filter(Boolean)
  const { wrong, remarks } = readiness({ version, locked, changed, changelog: read('CHANGELOG.md'), repository })
  for (const one of wrong) console.error(`not yet: ${one}`)
  if (wrong.length > 0 && !process.argv.includes('--draft')) return 1

  const inCode = await build()
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const [packed] = JSON.parse(npm('pack', packageFolder, '--json', '--pack-destination', folder)) as readonly Packed[]
  if (packed === undefined) throw new Error('npm pack packed nothing')
  const faults = unwanted(packed.files, packed.size)
  for (const one of faults) console.error(`not publishable: ${one}`)
  if (faults.length > 0) return 1

  const bom = `tidegate-${version}.cdx.json`
  const locks = (JSON.parse(read('package-lock.json')) as { packages: Record<string, { version: string }> }).packages
  const installed = runtimeDependencies.map((name) => `${name}@${locks[`node_modules/${name}`]?.version ?? ''}`)
  writeFileSync(
    join(folder, bom),
    `${JSON.stringify(billOfMaterials(new Set([...inCode, ...installed])), undefined, 2)}\n`,
  )
  const sums = [packed.filename, bom].map(
    (name) =>
      `${createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex')}  ${name}\n`,
  )
  writeFileSync(join(folder, 'SHA256SUMS'), sums.join(''))
  console.log(`${folder}: ${packed.filename} (${(packed.size / 1e6).toFixed(2)} MB), ${bom}, SHA256SUMS`)
  for (const one of remarks) console.log(one)
  console.log(`To publish, in the pipeline: npm publish dist/release/${packed.filename} --provenance --access public`)
  return 0
}

process.exitCode = await release()
