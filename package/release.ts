// `npm run release`: what is published of a version, in dist/release, once everything about it is right. It publishes nothing
// (docs/deploy.md, "Publishing the package").
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.ts'
import { root } from './code.ts'
import { ownManifest } from './manifest.ts'
import { readiness, unwanted } from './readiness.ts'
import { writeRelease } from './release-files.ts'

const git = (...args: readonly string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' })
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

async function release(): Promise<number> {
  const folder = join(root, 'dist/release')
  const { version, repository } = ownManifest()
  const { version: locked } = JSON.parse(read('package-lock.json')) as { version: string }
  const changed = git('status', '--porcelain')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [line.slice(3)]))
  const { wrong, remarks } = readiness({ version, locked, changed, changelog: read('CHANGELOG.md'), repository })
  for (const one of wrong) console.error(`not yet: ${one}`)
  if (wrong.length > 0 && !process.argv.includes('--draft')) return 1

  const { filename, size, files, bom } = writeRelease(folder, await build())
  const faults = unwanted(files, size)
  for (const one of faults) console.error(`not publishable: ${one}`)
  if (faults.length > 0) {
    rmSync(folder, { recursive: true })
    return 1
  }
  console.log(`${folder}: ${filename} (${(size / 1e6).toFixed(2)} MB), ${bom}, SHA256SUMS`)
  for (const one of remarks) console.log(one)
  console.log(`To publish, in the pipeline: npm publish dist/release/${filename} --provenance --access public`)
  return 0
}

process.exitCode = await release()
