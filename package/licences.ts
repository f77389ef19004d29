// The licences of what is compiled into the package: they ask to be passed on. Packages with the same text share it.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './code.ts'

const isLicence = (file: string): boolean => /^(licen[cs]e|copying|notice)([.-].*)?$/i.test(file)

type About = { readonly name: string; readonly version: string; readonly license?: string }
type Package = About & { readonly texts: readonly string[] }

/** @param inputs paths of files, from the root @returns the folders of their packages, each once */
export function foldersOf(inputs: readonly string[]): readonly string[] {
  const folders = inputs.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [])
  return [...new Set(folders)].sort()
}

export function packageAt(folder: string): Package {
  const path = join(root, folder)
  const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as About
  const texts = readdirSync(path)
    .filter((file) => isLicence(file) && existsSync(join(path, file)))
    .sort()
    .map((file) => readFileSync(join(path, file), 'utf8').replaceAll('\r\n', '\n').trim())
  return { name, version, texts, ...(license === undefined ? {} : { license }) }
}

export function licencesOf(packages: readonly Package[]): string {
  const byText = Map.groupBy(packages, ({ texts, license = 'no licence named' }) =>
    texts.length === 0 ? `Licence, as its package.json names it: ${license}` : texts.join('\n\n'),
  )
  const parts = [...byText].map(([text, some]) => {
    const names = [...new Set(some.map(({ name, version }) => `${name}@${version}`))].sort()
    return `${names.join('\n')}\n\n${text}\n`
  })
  const line = `\n${'-'.repeat(78)}\n\n`
  return ['The code in this package contains the following packages, each under its own licence.\n', ...parts].join(
    line,
  )
}
