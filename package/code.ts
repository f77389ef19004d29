// Compiles the program for Node 20 and later: the command line with the embedded cloud, and what programs import.
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type BuildOptions, type Plugin } from 'esbuild'

export const root = fileURLToPath(new URL('..', import.meta.url))
/** Node 20 is the oldest that runs the package. 21 lacks what both have. */
export const engines = '^20.18.0 || >=22'

/** The folder of all modules in the package. */
const code = 'code'

/**
 * - Paths that are relative to a source file stay so: all that is compiled lies in one folder, and what is read at run time lies
 *   where it lies in the repository.
 * - lib/bundles/prebuilt.ts takes the place of lib/bundle.ts, and with it goes esbuild.
 * - Of package.json, the name and the version.
 */
const asSources: Plugin = {
  name: 'as sources',
  setup(builder) {
    builder.onResolve({ filter: /\/bundle\.ts$/ }, ({ path, resolveDir }) =>
      join(resolveDir, path) === join(root, 'lib/bundle.ts') ? { path: join(root, 'lib/bundles/prebuilt.ts') } : null,
    )
    builder.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const file = relative(root, path)
      if (file.startsWith('node_modules')) return null
      const url = `new URL(${JSON.stringify(`../${file.replace(/\.ts$/, '.js')}`)}, import.meta.url)`
      const contents = readFileSync(path, 'utf8')
        .replaceAll(/\bimport\.meta\.url\b/g, `${url}.href`)
        .replaceAll(/\bimport\.meta\.filename\b/g, `$fileOf(${url})`)
        .replaceAll(/\bimport\.meta\.dirname\b/g, `$fileOf(new URL('.', ${url}))`)
      const imported = contents.includes('$fileOf(') ? "import { fileURLToPath as $fileOf } from 'node:url'\n" : ''
      return { contents: `${imported}${contents}`, loader: 'ts' }
    })
    builder.onLoad({ filter: /\/package\.json$/ }, ({ path }) => {
      if (path !== join(root, 'package.json')) return null
      const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as { name: string; version: string }
      return { contents: JSON.stringify({ name, version }), loader: 'json' }
    })
  },
}

const shared = {
  absWorkingDir: root,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.18',
  mainFields: ['module', 'main'],
  banner: { js: "import{createRequire as $makeRequire}from'node:module';const require=$makeRequire(import.meta.url);" },
  define: { 'Map.groupBy': 'mapGroupBy', 'Array.fromAsync': 'arrayFromAsync' },
  inject: [join(root, 'package/ponyfills.ts')],
  plugins: [asSources],
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  logOverride: { 'define-with-non-primitive': 'silent' },
} as const satisfies BuildOptions

/** What programs import, by the name in `exports`. */
export const entries = {
  '.': 'lib/index.ts',
  './core': 'package/core.ts',
  './client': 'client/index.ts',
  './shadow': 'shadow/index.ts',
} as const

/** Modules that are started by their path: a path in the package, and the module that it stands for. */
const started = {
  'cli/main.ts': 'main',
  'functions/main.ts': 'functions',
  'functions/readers.ts': 'readers',
  'functions/senders.ts': 'senders',
  'functions/pruning.ts': 'pruning',
  'functions/watchers.ts': 'watchers',
  'cloud/local/runtime/function-process.ts': 'function-process',
} as const

/** Installed by whoever needs them. */
export const peers = { 'aws-cdk-lib': 'aws-cdk-lib', constructs: 'constructs', dynalite: 'dynalite' } as const
/** Part of what is imported: their types are in ours, or a file of theirs is read. */
export const runtimeDependencies = ['zod', '@cedar-policy/cedar-wasm'] as const

export const nameOfEntry = (name: string): string => (name === '.' ? 'index' : name.slice(2))

type Compiled = {
  /** Files of packages that are in the code, by path from the root. */
  readonly inputs: readonly string[]
  /** Modules that stand at the path of a source, and lead to the code. */
  readonly stubs: Readonly<Record<string, string>>
}

/** @param folder of the package */
export async function compile(folder: string): Promise<Compiled> {
  const external = [...Object.keys(peers), '@cedar-policy/cedar-wasm']
  const made = await Promise.all([
    build({
      ...shared,
      outdir: join(folder, code),
      chunkNames: 'cli-[hash]',
      entryPoints: Object.fromEntries(Object.entries(started).map(([path, name]) => [name, path])),
      // Names stay, for stacks in reports.
      minifySyntax: true,
      minifyWhitespace: true,
      // memory-level comes with dynalite.
      external: [...external, 'memory-level'],
    }),
    build({
      ...shared,
      outdir: join(folder, code),
      // Not minified: Node shows the line of an error that an app does not catch.
      chunkNames: 'lib-[hash]',
      entryPoints: Object.fromEntries(Object.entries(entries).map(([name, path]) => [nameOfEntry(name), path])),
      external: [...external, 'zod'],
    }),
  ])
  const stubs = Object.entries(started).map(([path, name]) => {
    const up = '../'.repeat(path.split('/').length - 1)
    const bang = path === 'cli/main.ts' ? '#!/usr/bin/env node\n' : ''
    return [path.replace(/\.ts$/, '.js'), `${bang}export * from '${up}${code}/${name}.js'\n`]
  })
  return {
    inputs: made.flatMap(({ metafile }) =>
      Object.values(metafile.outputs).flatMap(({ inputs }) =>
        Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
      ),
    ),
    stubs: Object.fromEntries(stubs) as Readonly<Record<string, string>>,
  }
}
