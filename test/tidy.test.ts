// The import rules and sizes of the tree (docs/design.md, "Rooms"). A file with no rule may import nothing.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mayImport } from './import-rules.ts'

const root = resolve(import.meta.dirname, '..')

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
  'functions/orders/ask.ts': 1,
  'functions/orders/gates-now.ts': 1,
  // Of one release: its aliases, alarms and places; of one wish, its ids; of one call, what it says.
  'functions/steps/aliases.ts': 2,
  'functions/one-way/pass.ts': 1,
  'functions/tasks/prepare.ts': 2,
  'functions/tasks/settle.ts': 1,
  'functions/sweep/finish.ts': 1,
  // ... whose aliases each get their chance, and whose events go out in their order
  'functions/steps/by-record.ts': 2,
  'functions/sweep/reannounce.ts': 1,
  'functions/steps/place.ts': 3,
  'functions/steps/wish.ts': 1,
  // ... what changed of one alias, in its order
  'functions/observing/look.ts': 1,
  // Of one definition: the aliases that are new in it.
  'functions/definitions/new-aliases.ts': 3,
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
