// The import rules and sizes of the house (docs/design.md, "Rooms"). A file with no rule may import nothing.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** What each part of the tree may import. The longest matching path wins. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'core/': ['core/', 'zod'],
  'core/budget.ts': ['core/', 'temporal-polyfill'],
  'core/timetable.ts': ['core/', 'temporal-polyfill', 'zod'],
  'core/time-zone.ts': ['temporal-polyfill'],
  'core/measures/': ['core/', 'd3-array'],
  'policy/': ['policy/', 'cloud/ports.ts', 'core/', 'node:', '@cedar-policy/cedar-wasm/nodejs'],
  'cloud/ports.ts': ['core/', 'cloud/service-ports.ts'],
  'cloud/service-ports.ts': ['core/'],
  'cloud/authorization.ts': [],
  'cloud/aws/package-hash.ts': ['cloud/aws/', 'core/', '@aws-sdk/', 'node:crypto'],
  'cloud/aws/': ['cloud/aws/', 'cloud/ports.ts', 'core/', '@aws-sdk/', 'zod'],
  'cloud/memory/': ['cloud/memory/', 'cloud/ports.ts', 'core/'],
  'cloud/memory/memory.ts': ['cloud/memory/', 'cloud/ports.ts', 'core/', 'policy/policies.ts'],
  'cloud/local/': [
    'cloud/local/',
    'cloud/authorization.ts',
    'core/',
    'node:',
    'jsonata',
    'dynalite',
    'fflate',
    '@sinonjs/fake-timers',
  ],
  'console/': ['console/', 'core/', 'd3-scale'],
  'functions/': ['functions/', 'cloud/ports.ts', 'core/', 'console/', 'zod'],
  'functions/instruments.ts': ['functions/', 'core/', '@aws-lambda-powertools/'],
  'functions/main.ts': ['functions/', 'cloud/ports.ts', 'cloud/aws/', 'core/', 'policy/', '@aws-sdk/', 'node:crypto'],
  'cli/': [
    'cli/',
    'core/',
    'functions/',
    'cloud/',
    'policy/',
    'console/',
    'sim/',
    'statemachines/',
    'examples/',
    'lib/rules.ts',
    'node:',
    '@aws-sdk/',
    'commander',
    'microdiff',
    'yaml',
    'fflate',
    'csv-parse/sync',
    'zod',
  ],
  'cli/doctor/': [
    'cli/',
    'core/',
    'functions/handlers.ts',
    'cloud/aws/failure.ts',
    'lib/permissions.ts',
    '@aws-sdk/',
    'zod',
  ],
  'cli/verify/': ['cli/', 'core/', 'cloud/aws/failure.ts', 'node:', '@aws-sdk/', 'fflate', 'zod'],
  'sim/': [
    'sim/',
    'lib/alarms.ts',
    'lib/bundle.ts',
    'lib/rules.ts',
    'core/',
    'functions/',
    'cloud/',
    'policy/',
    'cli/',
    'statemachines/',
    'examples/',
    'node:',
    '@aws-sdk/',
    'esbuild',
    'yaml',
    'fflate',
    '@stdlib/',
    'd3-scale',
    'd3-random',
  ],
  'lib/': [
    'lib/',
    'core/',
    'policy/',
    'functions/environment.ts',
    'functions/handlers.ts',
    'cloud/authorization.ts',
    'node:',
    'aws-cdk-lib',
    'aws-cdk-lib/',
    'constructs',
    'cdk-nag',
    'esbuild',
    'yaml',
  ],
  'lib/app.ts': ['lib/', 'cli/text-file.ts', 'node:', 'aws-cdk-lib'],
  'examples/': ['examples/', 'node:', '@aws-sdk/'],
  'examples/cdk/': ['lib/index.ts', 'aws-cdk-lib', 'aws-cdk-lib/', 'constructs'],
  'docs/': ['core/', 'functions/', 'cli/screen.ts', 'node:', 'zod'],
  'test/': ['*'],
  'vitest.config.ts': ['vitest/config', 'node:'],
}

const skipped = new Set(['node_modules', 'dist', '.git', 'coverage', '.tidegate', 'cdk.out'])

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sources(path)
    return /\.(ts|mjs)$/.test(entry.name) ? [relative(root, path)] : []
  })
}

const files = sources(root)
const text = (file: string): string => readFileSync(join(root, file), 'utf8')

function rulesFor(file: string): readonly string[] {
  const path = Object.keys(mayImport)
    .filter((prefix) => file.startsWith(prefix))
    .sort((a, b) => b.length - a.length)[0]
  return path === undefined ? [] : (mayImport[path] ?? [])
}

/** Every module that a file imports, relative ones as paths from the root. */
function imports(file: string, source: string): string[] {
  const specifiers = [
    ...source.matchAll(
      /(?:^|\n)\s*(?:import|export)\s[^'";]*?from\s*'([^']+)'|import\(\s*'([^']+)'|(?:^|\n)import\s+'([^']+)'/g,
    ),
  ]
  return specifiers.map((match) => {
    const specifier = match[1] ?? match[2] ?? match[3] ?? ''
    return specifier.startsWith('.') ? relative(root, resolve(root, dirname(file), specifier)) : specifier
  })
}

const allowed = (file: string, specifier: string): boolean =>
  rulesFor(file).some(
    (rule) => rule === '*' || specifier === rule || (/[/:]$/.test(rule) && specifier.startsWith(rule)),
  )

/** `for … of` whose body waits for something. */
function waitingLoops(source: string): string[] {
  return [...source.matchAll(/^( *)for \((?:const|let) [^\n]* of [^\n]*?(?:\{\n[^]*?\n\1\}|\n\1 +[^\n]*|$)/gm)]
    .map(([loop]) => loop)
    .filter((loop) => /\bawait\b/.test(loop.replace(/^[^\n]* of [^\n]*\{\n/, '')))
}

/** Loops that wait and are no `each`: how many there are in a file, and why what fails there may stop the rest. */
const allowedLoops: Readonly<Record<string, number>> = {
  // Of one service: which release goes before, and whether one is live, must not be guessed.
  'functions/admit.ts': 1,
  'functions/ask.ts': 2,
  // Of one release: its aliases, alarms and places; of one wish, its ids; of one call, what it says.
  'functions/aliases.ts': 2,
  'functions/prepare.ts': 2,
  'functions/settle.ts': 3,
  'functions/sweep.ts': 1,
  // ... whose aliases each get their chance, and whose events go out in their order
  'functions/by-record.ts': 2,
  'functions/reannounce.ts': 1,
  'functions/place.ts': 3,
  'functions/wish.ts': 1,
  'functions/attest.ts': 1,
  'functions/incident.ts': 1,
  'functions/burns.ts': 1,
  // Of a stream, which keeps its order: it catches for each record.
  'functions/announce.ts': 1,
  // Over groups: those that are in them go through `each`.
  'functions/budget.ts': 1,
  'functions/charge.ts': 1,
  // Over the parts of AWS, of which there are three.
  'functions/watchman.ts': 2,
  // `each` of one, so that the first that takes the place ends it.
  'functions/room.ts': 1,
  // Whoever asks wants all of them, or to hear that one is missing.
  'functions/material.ts': 1,
}

describe('the house', () => {
  it.each(files)('%s imports only what its room may', (file) => {
    expect(imports(file, text(file)).filter((specifier) => !allowed(file, specifier))).toEqual([])
  })

  it('sees every way of importing, and gives a file without a rule nothing', () => {
    const source =
      "import { a } from 'one'\nexport * from 'two'\nimport 'three'\nconst x = await import('four')\nimport type { b,\n c } from './five.ts'"
    expect(imports('core/x.ts', source)).toEqual(['one', 'two', 'three', 'four', 'core/five.ts'])
    expect(rulesFor('elsewhere/x.ts')).toEqual([])
    expect(allowed('elsewhere/x.ts', 'zod')).toBe(false)
  })

  it.each(files.filter((file) => file.startsWith('core/')))(
    '%s has no clock, no chance, no environment and no await',
    (file) => {
      expect(text(file)).not.toMatch(/\bDate\.now\b|new Date\(\)|Math\.random|(?<!-)process\.|\bawait\b|\bconsole\./)
    },
  )

  it.each(files.filter((file) => !file.startsWith('test/')))(
    '%s has at most 300 lines and says first what it is',
    (file) => {
      expect(text(file).split('\n').length).toBeLessThanOrEqual(300)
      expect(text(file)).toMatch(/^(#!.*\n)?(\/\/ |\/\*\*)/)
    },
  )

  it('goes through many services, releases or events in one way, functions/each.ts: one that fails stops only itself', () => {
    const loops = files
      .filter((file) => file.startsWith('functions/') && file !== 'functions/each.ts')
      .flatMap((file) => waitingLoops(text(file)).map(() => file))
    const counted = Object.fromEntries(
      [...Map.groupBy(loops, (file) => file)].map(([file, { length }]) => [file, length]),
    )
    expect(counted).toEqual(allowedLoops)
    expect(
      waitingLoops(
        'for (const a of b) await c\nfor (const d of e) {\n  f(d)\n}\nfor (const g of h) {\n  if (g) await i\n}',
      ),
    ).toHaveLength(2)
  })

  it('names no file for a drawer', () => {
    expect(files.filter((file) => /(^|[/.-])(utils?|helpers?|common|types|manager)\b/.test(file))).toEqual([])
  })
})
