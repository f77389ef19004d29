// `npm run release`: what is published of a version, in dist/release, once everything about it is right. It publishes nothing
// (docs/deploy.md, "Publishing the package").
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from './build.ts'
import { root } from './code.ts'
import { ownManifest } from './manifest.ts'
import { readiness, unwanted } from './readiness.ts'
import { writeRelease } from './release-files.ts'

const git = (...args: readonly string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' })
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

const { values: options } = parseArgs({
  options: {
    draft: { type: 'boolean', default: false },
    provenance: { type: 'boolean', default: false },
    repository: { type: 'string' },
  },
})

async function release(): Promise<number> {
  const folder = join(root, 'dist/release')
  const { version } = ownManifest()
  const { draft, provenance, repository } = options
  const { version: locked } = JSON.parse(read('package-lock.json')) as { version: string }
  const changed = git('status', '--porcelain')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [line.slice(3)]))
  const wrong = readiness({ version, locked, changed, changelog: read('CHANGELOG.md'), repository, provenance })
  for (const one of wrong) console.error(`not yet: ${one}`)
  if (wrong.length > 0 && !draft) return 1

  const { filename, size, files, bom } = writeRelease(folder, await build(repository))
  const faults = unwanted(files, size)
  for (const one of faults) console.error(`not publishable: ${one}`)
  if (faults.length > 0) {
    rmSync(folder, { recursive: true })
    return 1
  }
  console.log(`${folder}: ${filename} (${(size / 1e6).toFixed(2)} MB), ${bom}, SHA256SUMS`)
  const flags = provenance ? '--provenance --access public' : '--access public'
  console.log(`To publish, in the pipeline: npm publish dist/release/${filename} ${flags}`)
  return 0
}

process.exitCode = await release()
