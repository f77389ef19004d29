// What is published: which files, of which version, for which Node, and what has to be right before.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { archiveOf, bundlesIn } from '../../lib/bundles/prebuilt.ts'
import { copiedFiles, packedPage } from '../../package/build.ts'
import { engines, entries, root } from '../../package/code.ts'
import { licencesOf } from '../../package/licences.ts'
import { linkedFrom, withLiveLinks } from '../../package/links.ts'
import { ownManifest, publishedManifest } from '../../package/manifest.ts'
import { arrayFromAsync, mapGroupBy } from '../../package/ponyfills.ts'
import { readiness, unwanted } from '../../package/readiness.ts'

const published = publishedManifest() as {
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>
  readonly exports: Readonly<Record<string, unknown>>
} & Readonly<Record<string, unknown>>

describe('the package.json that is published', () => {
  it('has the version of the repository, and what programs import', () => {
    expect(published.version).toBe(ownManifest().version)
    expect(Object.keys(published.exports)).toEqual(['.', './core', './client', './shadow', './package.json'])
    for (const source of Object.values(entries)) expect(existsSync(join(root, source))).toBe(true)
  })

  it('installs two packages, and none of the CDK, of the embedded cloud, or to build with', () => {
    expect(Object.keys(published.dependencies)).toEqual(['zod', '@cedar-policy/cedar-wasm'])
    expect(published.dependencies['@cedar-policy/cedar-wasm']).toMatch(/^\d+\.\d+\.\d+$/)
    expect(Object.keys(published.peerDependencies)).toEqual(['aws-cdk-lib', 'constructs', 'dynalite'])
    expect(Object.values(published.peerDependenciesMeta).every(({ optional }) => optional)).toBe(true)
    for (const field of ['scripts', 'devDependencies', 'private']) expect(published).not.toHaveProperty(field)
  })
})

describe('the pages in the package', () => {
  const files = copiedFiles()
  const isThere = (path: string): boolean => files.some((file) => file === path || file.startsWith(`${path}/`))
  const pages = files.filter((file) => file.endsWith('.md'))

  it('lead to nothing that is not there', () => {
    expect(pages).toContain('docs/skills/tidegate-incident/SKILL.md')
    const dead = pages.flatMap((page) =>
      linkedFrom(page, packedPage(page, files))
        .filter((path) => !isThere(path))
        .map((path) => `${page}: ${path}`),
    )
    expect(dead).toEqual([])
  })

  it('leave out pictures of the console, sources and tests, and nothing else', () => {
    const left = pages
      .flatMap((page) => linkedFrom(page, readFileSync(join(root, page), 'utf8')))
      .filter((path) => !isThere(path))
    expect(new Set(left.map((path) => path.replace(/.*(\.\w+)$/, '$1')))).toEqual(
      new Set(['.png', '.ts', '.tf', 'test/policy']),
    )
  })

  it('have words where a link led out of the package, and their other links as they were', () => {
    const text = [
      '![Wide](a.png) [app](../b/c.ts#x) [**there**](there.md#y) [out](https://a.example/b.ts) [up](#top) [folder](sub)',
      '```',
      '[code](no.ts)',
      '```',
      'and `[code](no.ts)`',
    ]
    const live = withLiveLinks('docs/p.md', text.join('\n'), (path) => ['docs/there.md', 'docs/sub'].includes(path))
    const [first, ...rest] = live.split('\n')
    expect(first).toBe(
      '_Picture, in the repository: Wide_ app [**there**](there.md#y) [out](https://a.example/b.ts) [up](#top) [folder](sub)',
    )
    expect(rest).toEqual(text.slice(1))
  })
})

describe('for Node 20', () => {
  // Node 20 has ES2023 and isWellFormed; it has neither of the other two, and those are put in (package/code.ts).
  it('the code may use no more of the language than it has, or than is put in', () => {
    const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as {
      compilerOptions: { lib: readonly string[] }
    }
    expect(compilerOptions.lib).toEqual(['es2023', 'es2024.collection', 'es2024.string', 'esnext.array'])
    expect(engines).toBe('^20.18.0 || >=22')
    const sources = globSync('{core,functions,cli,cloud,console,lib,local,policy,client}/**/*.ts', { cwd: root })
    const lacking = sources.filter((file) =>
      /\bObject\.groupBy\(|\bPromise\.withResolvers\(/.test(readFileSync(join(root, file), 'utf8')),
    )
    expect(lacking).toEqual([])
  })

  it('what is put in does what the originals do', async () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 5 }), (items, by) => {
        const keyOf = (item: number, index: number): number => (item + index) % by
        expect([...mapGroupBy(items, keyOf)]).toEqual([...Map.groupBy(items, keyOf)])
      }),
    )
    expect([...mapGroupBy([1, -0, 0], (item) => item)].map(([key]) => Object.is(key, -0))).toEqual([false, false])
    const items = async function* () {
      yield await Promise.resolve(1)
      yield 2
    }
    expect(await arrayFromAsync(items())).toEqual(await Array.fromAsync(items()))
    expect(await arrayFromAsync([Promise.resolve(3), 4])).toEqual([3, 4])
  })
})

it('the bundles come out of the archive as they went in', () => {
  const made = (code: string, files: Readonly<Record<string, Uint8Array>>) => ({
    ...{ code: new TextEncoder().encode(code), clients: ['lambda'], packages: ['zod@4.0.0'], files },
  })
  const decides = made('export const handler = 1', { 'release.cedar': new Uint8Array([1]) })
  const plain = made('export const handler = 2'.repeat(1000), {})
  const archive = archiveOf({ gate: decides, settle: plain })
  expect(archiveOf({ gate: decides, settle: plain })).toEqual(archive)
  const bundle = bundlesIn(archive)
  expect(bundle('settle')).toEqual(plain)
  const { files, ...rest } = bundle('gate')
  expect(rest).toEqual({ code: decides.code, clients: ['lambda'], packages: ['zod@4.0.0'] })
  expect(Object.keys(files)).toContain('release.cedar')
  expect(() => bundle('judge')).toThrow('judge is not in the package')
})

describe('before a version is published', () => {
  const right = {
    ...{ version: '1.2.0', locked: '1.2.0', changed: [], provenance: false, repository: undefined },
    changelog: '# Changelog\n\n## 1.2.0 (2026-12-01)\n\n- New: it is there.\n\n## 1.1.0\n\n- Older.\n',
  }

  it('nothing is said when everything is right', () => {
    expect(readiness(right)).toEqual([])
    const repository = 'git+https://git.example/shop/tidegate.git'
    expect(readiness({ ...right, provenance: true, repository })).toEqual([])
    expect(publishedManifest(repository)).toMatchObject({ repository: { type: 'git', url: repository } })
    expect(published).not.toHaveProperty('repository')
  })

  it.each([
    [{ version: '1.2' }, 'is no version'],
    [{ provenance: true }, '--provenance needs --repository'],
    [{ repository: 'shop/tidegate' }, 'and not "shop/tidegate"'],
    [{ repository: 'git+https://git.example/x.git\n' }, '--repository is git+https'],
    [{ locked: '1.1.0' }, 'package-lock.json says 1.1.0'],
    [{ changed: ['core/x.ts'] }, 'not committed: core/x.ts'],
    [{ changelog: right.changelog.replace('1.2.0', '1.3.0') }, 'no section "## 1.2.0"'],
    [{ changelog: right.changelog.replace('- New: it is there.', '') }, 'no section "## 1.2.0"'],
    [{ changelog: right.changelog.replace('1.2.0', '1.2.0 (unreleased)') }, 'still has "## 1.2.0 (unreleased)'],
    [{ changelog: `${right.changelog}\n## 1.2.0 (unreleased)\n\n- First.\n` }, 'and "## 1.2.0 (unreleased)": join'],
    [{ changelog: `## Unreleased\n\n- More.\n\n${right.changelog}` }, 'still has text under "## Unreleased"'],
  ])('%o is named', (change, words) => {
    expect(readiness({ ...right, ...change }).join(' ')).toContain(words)
  })

  it('the section of a version is its own, whatever the next one is called', () => {
    const wrongIn = (changelog: string): readonly string[] => readiness({ ...right, changelog })
    expect(wrongIn('## 1.2.01\n\n- x\n')).toHaveLength(1)
    expect(wrongIn('## 1.2.0\n\n## 1.1.0\n\n- x\n')).toHaveLength(1)
    expect(wrongIn('## Unreleased\n\n## 1.2.0\n\n- x\n')).toEqual([])
  })

  it('a tarball with a test, a source, a map or a secret is none, nor is one that is too large', () => {
    const paths = ['code/main.js.map', 'test/a.js', 'core/a.ts', 'code/node_modules/a/index.js', 'a/.env', '.npmrc']
    const faults = unwanted(
      [...paths, 'types/package/core.d.ts', 'code/latest.js'].map((path) => ({ path })),
      6_000_001,
    )
    expect(faults).toHaveLength(paths.length + 1)
  })
})

it('the licence of every package is passed on, the same text once', () => {
  const one = { name: 'a', version: '1.0.0', texts: ['MIT, by A'] }
  const text = licencesOf([one, { ...one, name: 'b' }, { name: 'c', version: '2.0.0', license: 'ISC', texts: [] }])
  expect(text.match(/MIT, by A/g)).toHaveLength(1)
  expect(text).toContain('a@1.0.0\nb@1.0.0\n')
  expect(text).toContain('c@2.0.0\n\nLicence, as its package.json names it: ISC')
})
