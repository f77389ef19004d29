// The declarations of what programs import. tsc makes them of every module; those that the entries lead to are kept.
import { readFileSync } from 'node:fs'
import { join, normalize, posix } from 'node:path'
import { root } from './code.ts'
import { spawnSync } from 'node:child_process'

const specifier = /((?:from|import|module)\s*\(?\s*)(['"])([^'"]+)\2/g

/** @param entries their sources @returns texts, by their path in `folder` */
export function declarationsOf(entries: readonly string[]): {
  readonly files: Readonly<Record<string, string>>
  /** Packages whose types are in ours. */
  readonly packages: readonly string[]
} {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', join(root, 'package/tsconfig.json')], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`tsc: ${stdout}`)
  const files = new Map<string, string>()
  const packages = new Set<string>()
  const visit = (source: string): void => {
    const path = source.replace(/\.ts$/, '.d.ts')
    if (files.has(path)) return
    const text = readFileSync(join(root, 'dist/types', path), 'utf8')
    const found: string[] = []
    const compiled = text.replaceAll(specifier, (whole, before: string, quote: string, to: string) => {
      if (!to.startsWith('.')) {
        packages.add(/^(?:@[^/]+\/)?[^/]+/.exec(to)?.[0] ?? to)
        return whole
      }
      found.push(normalize(posix.join(posix.dirname(source), to)))
      return `${before}${quote}${to.replace(/\.ts$/, '.js')}${quote}`
    })
    files.set(path, compiled)
    found.forEach(visit)
  }
  entries.forEach(visit)
  return { files: Object.fromEntries(files), packages: [...packages].sort() }
}
