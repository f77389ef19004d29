// What is published of a version, made of what `build` wrote: the tarball, its bill of materials, and the checksums of both. The
// outside check makes them as `npm run release` does.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { billOfMaterials } from '../lib/sbom.ts'
import { packageFolder } from './build.ts'
import { root, runtimeDependencies } from './code.ts'
import { ownManifest } from './manifest.ts'

type Packed = { readonly filename: string; readonly size: number; readonly files: readonly { readonly path: string }[] }

type Lock = { readonly packages: Readonly<Record<string, { readonly version: string }>> }

/** @param inCode the packages that are in the code, as `build` returns them */
export function writeRelease(folder: string, inCode: readonly string[]): Packed & { readonly bom: string } {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const args = ['pack', packageFolder, '--json', '--pack-destination', folder]
  const said = execFileSync('npm', args, { cwd: root, encoding: 'utf8' })
  const [packed] = JSON.parse(said) as readonly Packed[]
  if (packed === undefined) throw new Error('npm pack packed nothing')
  const bom = `tidegate-${ownManifest().version}.cdx.json`
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock
  const installed = runtimeDependencies.map((name) => `${name}@${packages[`node_modules/${name}`]?.version ?? ''}`)
  const materials = billOfMaterials(new Set([...inCode, ...installed]))
  writeFileSync(join(folder, bom), `${JSON.stringify(materials, undefined, 2)}\n`)
  const sums = [packed.filename, bom].map((name) => {
    const hash = createHash('sha256').update(readFileSync(join(folder, name)))
    return `${hash.digest('hex')}  ${name}\n`
  })
  writeFileSync(join(folder, 'SHA256SUMS'), sums.join(''))
  return { ...packed, bom }
}
