// The package.json that is published. Version and ranges stand in the repository's own, and nowhere else.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { engines, entries, nameOfEntry, peers, root, runtimeDependencies } from './code.ts'

type Manifest = {
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
} & Readonly<Record<string, unknown>>

const readJson = (path: string): unknown => JSON.parse(readFileSync(join(root, path), 'utf8'))
export const ownManifest = (): Manifest => readJson('package.json') as Manifest

/** Exactly the version that the function bundles and the tests have: what decides must not change by an install. */
const exactly = 'node_modules/@cedar-policy/cedar-wasm/package.json'

/** What stands in the package, so that npm takes in nothing else. */
const published = [
  ...['cli', 'cloud', 'code', 'docs', 'examples', 'functions', 'policy', 'statemachines', 'types'],
  ...['CHANGELOG.md', 'CONTRIBUTING.md', 'THIRD-PARTY-LICENSES'],
] as const

/** @param repository which publishes, as npm wants it for --provenance: the project itself names no host */
export function publishedManifest(repository?: string): Readonly<Record<string, unknown>> {
  const { version, dependencies, devDependencies, description, license } = ownManifest()
  const range = (name: string): string => {
    const found = dependencies[name] ?? devDependencies[name]
    if (found === undefined) throw new Error(`package.json does not have ${name}`)
    return found
  }
  const { version: evaluator } = readJson(exactly) as { version: string }
  return {
    ...{ name: 'tidegate', version, description, license },
    ...(repository === undefined ? {} : { repository: { type: 'git', url: repository } }),
    keywords: ['aws', 'lambda', 'canary', 'progressive delivery', 'release', 'rollback', 'cdk'],
    type: 'module',
    engines: { node: engines },
    bin: { tidegate: 'cli/main.js' },
    exports: {
      ...Object.fromEntries(
        Object.entries(entries).map(([name, source]) => [
          name,
          {
            types: `./types/${source.replace(/\.ts$/, '.d.ts')}`,
            default: `./code/${nameOfEntry(name)}.js`,
          },
        ]),
      ),
      './package.json': './package.json',
    },
    files: published,
    sideEffects: false,
    dependencies: Object.fromEntries(
      runtimeDependencies.map((name) => [name, name === 'zod' ? range(name) : evaluator]),
    ),
    // None is installed with the command line: two are of an app that uses the constructs, one is the embedded cloud's table.
    peerDependencies: Object.fromEntries(Object.keys(peers).map((name) => [name, range(name)])),
    peerDependenciesMeta: Object.fromEntries(Object.keys(peers).map((name) => [name, { optional: true }])),
  }
}
