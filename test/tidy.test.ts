// The import rules and sizes of the tree (docs/design.md, "Rooms"). A file with no rule may import nothing.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** What each folder may import: a folder with everything below (`core/`), the files of one (`core/*`), one file, a package. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'core/': ['core/*', 'zod'],
  'core/time-zone.ts': ['temporal-polyfill'],
  'core/service/': ['core/*', 'core/service/*', 'core/verdict/processes/*', 'zod'],
  'core/service/timetable.ts': ['core/service/*', 'temporal-polyfill', 'zod'],
  'core/verdict/processes/': ['core/verdict/processes/*'],
  'core/verdict/counts/': ['core/verdict/counts/*', 'core/verdict/processes/*'],
  'core/verdict/latency/': ['core/verdict/latency/*', 'core/verdict/processes/*'],
  'core/verdict/evidence/': [
    ...['core/*', 'core/service/*', 'core/verdict/evidence/*', 'core/verdict/processes/*', 'core/verdict/counts/*'],
    'zod',
  ],
  'core/verdict/judge/': ['core/time.ts', 'core/duration.ts', 'core/service/*', 'core/verdict/'],
  'core/release/': ['core/*', 'core/service/*', 'core/verdict/', 'core/release/*', 'zod'],
  'core/copy/': ['core/release/*'],
  'core/queue/': ['core/service/*', 'core/release/*'],
  'core/gate/': ['core/*', 'core/service/*', 'core/release/*', 'core/gate/*', 'zod'],
  'core/gate/pacing.ts': [
    ...['core/service/*', 'core/verdict/evidence/*', 'core/verdict/processes/*', 'core/release/*', 'core/gate/*'],
  ],
  'core/budget/': ['core/*', 'core/service/*', 'core/verdict/evidence/*', 'core/release/*', 'core/budget/*', 'zod'],
  'core/budget/budget.ts': ['core/time.ts', 'core/service/*', 'temporal-polyfill'],
  'core/measures/': [
    ...['core/*', 'core/service/*', 'core/verdict/evidence/*', 'core/release/*', 'core/gate/*', 'core/budget/*'],
    ...['core/measures/*', 'zod', 'd3-array'],
  ],
  'core/view/': ['core/'],
  'policy/': ['policy/*', 'cloud/ports.ts', 'core/', 'node:', '@cedar-policy/cedar-wasm/nodejs'],
  'provenance/': [
    'cloud/ports.ts',
    'core/*',
    'core/service/*',
    'provenance/trusted-root.json',
    'node:crypto',
    '@sigstore/',
  ],
  'cloud/ports.ts': ['core/', 'cloud/service-ports.ts'],
  'cloud/service-ports.ts': ['core/'],
  'cloud/authorization.ts': [],
  'cloud/sha256.ts': ['node:crypto', '@smithy/signature-v4'],
  'cloud/kinds.ts': [],
  'cloud/aws/': ['cloud/aws/*', 'cloud/ports.ts', 'core/', '@aws-sdk/'],
  'cloud/aws/log-copy.ts': ['cloud/aws/*', 'cloud/ports.ts', '@aws-sdk/', 'node:crypto'],
  'cloud/aws/package-hash.ts': ['cloud/aws/*', 'core/', '@aws-sdk/', 'node:crypto'],
  'cloud/aws/dynamodb/journal.ts': [...['cloud/aws/dynamodb/*', 'cloud/ports.ts', 'core/', 'node:crypto', 'zod']],
  'cloud/aws/dynamodb/': ['cloud/aws/*', 'cloud/aws/dynamodb/*', 'cloud/ports.ts', 'core/', '@aws-sdk/', 'zod'],
  'cloud/local/': ['cloud/local/', 'cloud/authorization.ts', 'node:'],
  'cloud/local/time/': [],
  'cloud/local/protocol/': ['cloud/local/protocol/*', 'node:'],
  'cloud/local/door/': [
    ...['cloud/local/door/*', 'cloud/local/protocol/*', 'cloud/local/s3/answer.ts', 'cloud/sha256.ts'],
    ...['node:', '@smithy/signature-v4'],
  ],
  'cloud/local/account/': ['cloud/local/protocol/*', 'cloud/local/time/*'],
  ...embedded('cloudwatch'),
  ...embedded('dynamodb', 'dynalite', 'node:'),
  ...embedded('eventbridge', 'node:'),
  ...embedded('runtime', 'fflate', '@sinonjs/fake-timers', 'node:'),
  ...embedded('s3', 'node:'),
  ...embedded('sqs', 'node:'),
  ...embedded('stepfunctions', 'jsonata', 'node:'),
  ...embedded('http-api'),
  ...embedded('lambda', 'node:', 'cloud/local/eventbridge/*', 'cloud/local/runtime/*', 'cloud/local/s3/*', 'fflate'),
  'console/': ['console/', 'core/', 'd3-scale'],
  'functions/': ['functions/*', 'core/'],
  'functions/handlers.ts': [
    'functions/tasks/*',
    'functions/orders/*',
    'functions/listeners/*',
    'functions/door.ts',
    'functions/steps/world.ts',
  ],
  'functions/environment.ts': ['core/', 'zod'],
  'functions/rules.ts': ['functions/*', 'functions/sweep/timing.ts', 'core/'],
  'functions/instruments.ts': ['functions/*', 'functions/steps/*', 'core/', '@aws-lambda-powertools/'],
  'functions/door.ts': ['functions/routes.ts', 'functions/steps/world.ts', 'core/*', 'zod'],
  'functions/main.ts': ['functions/', 'policy/*', 'provenance/*'],
  'functions/ports.ts': [
    ...['functions/*', 'functions/steps/world.ts', 'core/origin.ts', 'cloud/aws/', '@aws-sdk/', 'node:crypto'],
  ],
  'functions/permissions.ts': ['functions/*', 'cloud/authorization.ts', 'cloud/kinds.ts'],
  'functions/steps/': ['functions/steps/*', 'cloud/ports.ts', 'core/'],
  'functions/events/': ['functions/steps/*', 'core/'],
  'functions/queue/': ['functions/queue/*', 'functions/steps/*', 'core/'],
  'functions/budgets/': ['functions/steps/*', 'core/'],
  'functions/definitions/': ['functions/definitions/*', 'functions/steps/*', 'core/', 'microdiff'],
  'functions/views/': [
    ...['functions/views/*', 'functions/budgets/*', 'functions/steps/*', 'functions/listeners/*'],
    ...['cloud/ports.ts', 'core/'],
  ],
  'functions/gate/': ['functions/gate/*', 'functions/budgets/*', 'functions/steps/*', 'cloud/ports.ts', 'core/'],
  'functions/tasks/': [
    ...['functions/tasks/*', 'functions/gate/*', 'functions/queue/*', 'functions/steps/*', 'cloud/ports.ts', 'core/'],
    'zod',
  ],
  'functions/orders/': [
    ...['functions/orders/*', 'functions/tasks/*', 'functions/gate/*', 'functions/queue/*', 'functions/steps/*'],
    ...['functions/definitions/*', 'functions/events/*', 'core/', 'zod'],
  ],
  'functions/orders/pipeline.ts': [...['functions/orders/*', 'functions/steps/*', 'cloud/ports.ts', 'core/', 'zod']],
  'functions/orders/answer.ts': [
    'functions/orders/*',
    'functions/tasks/*',
    'functions/steps/*',
    'core/',
    'node:crypto',
    'zod',
  ],
  'functions/sweep/': ['functions/sweep/*', 'functions/tasks/*', 'functions/steps/*', 'cloud/ports.ts', 'core/', 'zod'],
  'functions/listeners/hear.ts': ['functions/orders/*', 'functions/events/*', 'functions/steps/*', 'core/'],
  'functions/listeners/': [
    ...['functions/listeners/*', 'functions/sweep/*', 'functions/gate/*', 'functions/budgets/*', 'functions/steps/*'],
    ...['functions/definitions/*', 'functions/events/*', 'core/', 'zod'],
  ],
  'cli/': ['cli/', 'core/foreign-text.ts', 'core/problem.ts', 'core/runbook.ts', 'node:', 'commander'],
  'cli/spelling/': ['cli/', 'core/foreign-text.ts', 'core/problem.ts', 'bench/rivals/names.ts', 'node:', 'commander'],
  'cli/backend/': [
    'cli/backend/*',
    'functions/',
    'cloud/ports.ts',
    'cloud/aws/',
    'cloud/sha256.ts',
    'core/',
    'node:',
    '@aws-sdk/',
    '@smithy/signature-v4',
    'yaml',
    'zod',
  ],
  'cli/commands/': [
    ...['cli/commands/*', 'cli/backend/*', 'cli/console/*', 'functions/', 'cloud/ports.ts', 'console/', 'policy/*'],
    ...['core/', 'node:', 'yaml', 'zod'],
  ],
  'cli/console/': [
    ...['cli/console/*', 'cli/backend/backend.ts', 'functions/', 'console/', 'core/', 'node:', 'marked', 'zod'],
  ],
  'cli/doctor/': [
    ...['cli/doctor/*', 'cli/backend/*', 'functions/handlers.ts', 'functions/permissions.ts', 'cloud/aws/failure.ts'],
    ...['cloud/kinds.ts', 'core/', '@aws-sdk/', 'zod'],
  ],
  'cli/verify/': [
    ...['cli/verify/*', 'cli/backend/*', 'cloud/aws/failure.ts', 'core/*', 'node:', '@aws-sdk/', 'fflate'],
    'zod',
  ],
  'cli/replay/': [
    ...['cli/replay/*', 'cli/commands/*', 'cli/backend/*', 'bench/trials/*', 'bench/rivals/*'],
    ...['cli/replay/input/*', 'cloud/ports.ts', 'core/'],
  ],
  'cli/replay/input/': [
    ...[
      'cli/replay/input/*',
      'cli/backend/text-file.ts',
      'bench/rivals/recorded.ts',
      'core/*',
      'core/service/routing.ts',
      'csv-parse/sync',
    ],
  ],
  'cli/replay/backtest/': [
    ...['cli/replay/backtest/*', 'cli/replay/*', 'cli/commands/*', 'cli/backend/*', 'bench/trials/*', 'bench/rivals/*'],
    ...['cloud/local/time/*', 'functions/steps/*', 'core/'],
  ],
  'cli/demonstration/': [
    ...['cli/demonstration/*', 'cli/console/*', 'cli/commands/*', 'cli/backend/*', 'console/*', 'local/*'],
    ...['cloud/local/', 'core/', '@aws-sdk/'],
  ],
  'local/': [
    ...['local/*', 'functions/', 'policy/*', 'provenance/*', 'cloud/', 'core/', 'node:', '@aws-sdk/', 'yaml', 'fflate'],
  ],
  'local/signed-fetch.ts': ['cloud/sha256.ts', 'cloud/local/socket.ts', 'node:crypto', '@smithy/signature-v4'],
  'bench/': [
    ...['bench/', 'local/*', 'lib/bundle.ts', 'functions/', 'cloud/', 'core/', 'node:', '@aws-sdk/'],
    'd3-scale',
  ],
  'bench/rivals/': ['bench/rivals/*', 'core/', '@stdlib/'],
  'bench/trials/': [
    'bench/trials/*',
    'bench/rivals/*',
    'functions/steps/*',
    'cloud/local/time/*',
    'core/',
    'd3-random',
  ],
  'lib/': [
    ...['lib/*', 'functions/environment.ts', 'functions/handlers.ts', 'functions/permissions.ts', 'functions/rules.ts'],
    ...[
      'functions/alarms.ts',
      'functions/heard.ts',
      'functions/routes.ts',
      'cloud/kinds.ts',
      'policy/*',
      'core/',
      'node:',
      'aws-cdk-lib',
    ],
    ...['aws-cdk-lib/', 'constructs', 'esbuild'],
  ],
  'lib/app.ts': ['lib/*', 'cli/backend/text-file.ts', 'node:', 'aws-cdk-lib'],
  'examples/': ['@aws-sdk/'],
  'examples/cdk/': ['lib/index.ts', 'aws-cdk-lib', 'aws-cdk-lib/', 'constructs'],
  'docs/': ['core/', 'functions/', 'cli/backend/screen.ts', 'node:', 'zod'],
  'test/': ['*'],
  'vitest.config.ts': ['vitest/config', 'node:'],
}

/** A service of the embedded cloud knows its protocols and the clock. */
function embedded(service: string, ...more: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const room = `cloud/local/${service}/`
  return { [room]: [`${room}*`, 'cloud/local/protocol/*', 'cloud/local/time/*', ...more] }
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

const covers = (rule: string, specifier: string): boolean =>
  rule === '*' ||
  specifier === rule ||
  (rule.endsWith('/*') && `${dirname(specifier)}/*` === rule) ||
  (/[/:]$/.test(rule) && specifier.startsWith(rule))

const allowed = (file: string, specifier: string): boolean => rulesFor(file).some((rule) => covers(rule, specifier))

/** `for … of` whose body waits for something. */
function waitingLoops(source: string): string[] {
  return [...source.matchAll(/^( *)for \((?:const|let) [^\n]* of [^\n]*?(?:\{\n[^]*?\n\1\}|\n\1 +[^\n]*|$)/gm)]
    .map(([loop]) => loop)
    .filter((loop) => /\bawait\b/.test(loop.replace(/^[^\n]* of [^\n]*\{\n/, '')))
}

/** Loops that wait and are no `each`: how many there are in a file, and why what fails there may stop the rest. */
const allowedLoops: Readonly<Record<string, number>> = {
  // Of one service: which release goes before, and whether one is live, must not be guessed.
  'functions/steps/queue.ts': 1,
  'functions/orders/ask.ts': 2,
  // Of one release: its aliases, alarms and places; of one wish, its ids; of one call, what it says.
  'functions/steps/aliases.ts': 2,
  'functions/tasks/prepare.ts': 2,
  'functions/tasks/settle.ts': 1,
  'functions/sweep/finish.ts': 1,
  // ... whose aliases each get their chance, and whose events go out in their order
  'functions/steps/by-record.ts': 2,
  'functions/sweep/reannounce.ts': 1,
  'functions/steps/place.ts': 3,
  'functions/steps/wish.ts': 1,
  'functions/orders/attest.ts': 1,
  'functions/orders/incident.ts': 1,
  'functions/budgets/burns.ts': 1,
  // Of a stream, which keeps its order: it catches for each record.
  'functions/listeners/announce.ts': 1,
  // Over groups: those that are in them go through `each`.
  'functions/listeners/budget.ts': 1,
  'functions/budgets/charge.ts': 1,
  // Over the parts of AWS, of which there are three.
  'functions/sweep/watch-parts.ts': 2,
  // `each` of one, so that the first that takes the place ends it.
  'functions/queue/room.ts': 1,
  // Whoever asks wants all of them, or to hear that one is missing.
  'functions/listeners/measure-input.ts': 1,
}

describe('the tree', () => {
  it.each(files)('%s imports only what its room may', (file) => {
    expect(imports(file, text(file)).filter((specifier) => !allowed(file, specifier))).toEqual([])
  })

  it('has no allowance that nobody needs', () => {
    const unneeded = Object.entries(mayImport).flatMap(([place, rules]) => {
      const inside = files.filter((file) => rulesFor(file) === rules)
      const imported = inside.flatMap((file) => imports(file, text(file)))
      return rules
        .filter((rule) => rule !== '*' && !imported.some((specifier) => covers(rule, specifier)))
        .map((rule) => `${place}: ${rule}`)
    })
    expect(unneeded).toEqual([])
  })

  it('has no two folders that need each other', () => {
    const arrows = new Map<string, Set<string>>()
    for (const file of files.filter((one) => !one.startsWith('test/'))) {
      const from = dirname(file)
      const to = imports(file, text(file)).filter((specifier) => files.includes(specifier))
      for (const folder of to.map((one) => dirname(one)).filter((one) => one !== from))
        arrows.set(from, (arrows.get(from) ?? new Set()).add(folder))
    }
    const reached = (from: string, seen = new Set<string>()): Set<string> => {
      for (const to of arrows.get(from) ?? []) if (!seen.has(to)) reached(to, seen.add(to))
      return seen
    }
    expect([...arrows.keys()].filter((folder) => reached(folder).has(folder))).toEqual([])
  })

  it('has no two files that need each other', () => {
    const own = files.filter((one) => !one.startsWith('test/'))
    const arrows = new Map(
      own.map((file) => [file, imports(file, text(file)).filter((specifier) => own.includes(specifier))] as const),
    )
    const reached = (from: string, seen = new Set<string>()): Set<string> => {
      for (const to of arrows.get(from) ?? []) if (!seen.has(to)) reached(to, seen.add(to))
      return seen
    }
    expect(own.filter((file) => reached(file).has(file))).toEqual([])
  })

  it('has at most 20 files in a folder', () => {
    const counts = [...Map.groupBy(files, (file) => dirname(file))].map(
      ([folder, { length }]) => [folder, length] as const,
    )
    expect(counts.filter(([, count]) => count > 20)).toEqual([])
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

  it('goes through many services, releases or events in one way, functions/steps/each.ts: one that fails stops only itself', () => {
    const loops = files
      .filter((file) => file.startsWith('functions/') && file !== 'functions/steps/each.ts')
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

  it.each(files)('%s has no comment of more than 130 columns, and a test no more than 400 lines', (file) => {
    const lines = text(file).split('\n')
    expect(lines.filter((line) => /^\s*(\/\/|\/?\*)/.test(line) && line.length > 130)).toEqual([])
    if (file.startsWith('test/')) expect(lines.length).toBeLessThanOrEqual(400)
  })

  it('names no file for a drawer', () => {
    expect(files.filter((file) => /(^|[/.-])(utils?|helpers?|common|types|manager)\b/.test(file))).toEqual([])
  })
})
