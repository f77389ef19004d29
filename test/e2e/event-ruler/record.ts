// Records the answers of AWS's Event Ruler to generated patterns and events (test/cloud/local/eventbridge/event-ruler.tsv). It
// needs Java 17 and Maven: node test/e2e/event-ruler/record.ts
import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chance } from '../../../cloud/local/time/chance.ts'

const random = chance(20_261_125, 'event ruler')
const upTo = (n: number): number => Math.floor(random() * n)
const oneOf = <T>(...choices: readonly T[]): T => choices[upTo(choices.length)] as T
const many = <T>(least: number, most: number, make: () => T): T[] =>
  Array.from({ length: least + upTo(most - least + 1) }, make)

const word = (): string =>
  oneOf('a', 'ab', 'abc', 'b', 'ba', 'B', 'Ab', 'äb', 'a*b', 'a\\b', '', '5', '10.0.0.7', 'null')
const number = (): number => oneOf(0, 1, 5, 5.5, -5, 300, 1e3, 0.000001, 4_999_999_999)
const address = (): string => oneOf('10.0.0.7', '10.0.1.7', '10.0.0.255', '2001:db8::7', '::ffff:10.0.0.7')
const name = (): string => oneOf('a', 'b', 'c')

// Events: leaves, arrays of leaves, objects, arrays of objects, one or two deep.
const leaf = (): unknown =>
  oneOf<() => unknown>(
    word,
    word,
    word,
    number,
    number,
    address,
    () => true,
    () => null,
  )()
const fields = (depth: number): Record<string, unknown> =>
  Object.fromEntries(many(0, 3, () => [name(), value(depth)] as const))
function value(depth: number): unknown {
  const kind = random()
  if (depth === 0 || kind < 0.5) return leaf()
  if (kind < 0.65) return many(0, 3, leaf)
  if (kind < 0.85) return fields(depth - 1)
  return many(0, 3, () => (random() < 0.8 ? fields(depth - 1) : leaf()))
}

// Patterns: mostly valid ones, and some invalid.
/** Mostly a valid value, and now and then one that may be refused. */
const mostly = <T>(good: () => T, bad: () => T): T => (random() < 0.93 ? good() : bad())
const wildcard = (): string =>
  mostly(
    () => oneOf('*', 'a*', '*b', 'a*b', 'a\\*b', 'a\\\\b', 'a*b*', '*a*', 'ab'),
    () => oneOf('**', 'a\\b', ''),
  )
const numeric = (): unknown[] =>
  mostly<unknown[]>(
    () =>
      oneOf<() => unknown[]>(
        () => ['=', number()],
        () => [oneOf('<', '<=', '>', '>='), number()],
        () => [oneOf('>', '>='), oneOf(-5, 0, 1), oneOf('<', '<='), oneOf(5, 5.5, 300)],
      )(),
    () =>
      oneOf<() => unknown[]>(
        () => [oneOf('<', '<='), number(), oneOf('>', '>='), number()],
        () => [oneOf('>', '>='), number(), oneOf('<', '<='), number()],
        () => ['=', 5, '<', 6],
        () => ['>', '5'],
        () => [],
        () => ['>', 1, '<', 5, '='],
        () => ['==', 5],
        () => ['>', 6_000_000_000],
      )(),
  )
const cidr = (): string =>
  mostly(
    () => oneOf('10.0.0.0/24', '10.0.0.6/31', '2001:db8::/32', '10.0.0.9/30'),
    () => oneOf('10.0.0.0', '10.0.0.0/32', '10.0.0.0/33', 'a/8', '10.0.0/8'),
  )
const ignoring = (make: () => unknown): Record<string, unknown> => ({ 'equals-ignore-case': make() })
const oneOrMany = (make: () => unknown) => (): unknown => (random() < 0.5 ? make() : many(1, 2, make))
const anythingBut = (): unknown =>
  mostly<unknown>(
    () =>
      oneOf<() => unknown>(
        word,
        number,
        () => many(1, 3, word),
        () => many(1, 3, number),
        () => ({ prefix: oneOrMany(word)() }),
        () => ({ suffix: oneOrMany(word)() }),
        () => ignoring(oneOrMany(word)),
        () => ({ wildcard: oneOrMany(wildcard)() }),
      )(),
    () =>
      oneOf<() => unknown>(
        () => [],
        () => [word(), number()],
        () => [null],
        () => true,
        () => ({ prefix: ignoring(word) }),
        () => ({ suffix: ignoring(word) }),
        () => ({ prefix: 5 }),
        () => ({ prefix: [] }),
        () => ({ prefix: 'a', suffix: 'b' }),
        () => ({ exists: true }),
        () => ({}),
      )(),
  )
const operator = (): unknown =>
  mostly<unknown>(
    () =>
      oneOf<() => unknown>(
        () => ({ prefix: oneOf<() => unknown>(word, word, () => ignoring(word))() }),
        () => ({ suffix: oneOf<() => unknown>(word, word, () => ignoring(word))() }),
        () => ignoring(word),
        () => ({ wildcard: wildcard() }),
        () => ({ numeric: numeric() }),
        () => ({ numeric: numeric() }),
        () => ({ exists: random() < 0.5 }),
        () => ({ 'anything-but': anythingBut() }),
        () => ({ 'anything-but': anythingBut() }),
        () => ({ cidr: cidr() }),
      )(),
    () =>
      oneOf<() => unknown>(
        () => ({ exactly: word() }),
        () => ({ prefix: 'a', suffix: 'b' }),
        () => ({ prefix: 5 }),
        () => ({ suffix: null }),
        () => ({ wildcard: 5 }),
        () => ignoring(number),
        () => ({ exists: 'yes' }),
        () => ({ cidr: 5 }),
        () => ({}),
        () => [leaf()],
      )(),
  )
const tests = (): unknown[] => many(random() < 0.01 ? 0 : 1, 2, () => (random() < 0.4 ? leaf() : operator()))
function pattern(depth: number): Record<string, unknown> {
  const plain = Object.fromEntries(many(random() < 0.01 ? 0 : 1, 2, () => [name(), sub(depth)] as const))
  if (depth === 0 || random() > 0.22) return plain
  const choices = many(random() < 0.03 ? 0 : 2, 3, () => (random() < 0.99 ? pattern(depth - 1) : leaf()))
  // "$or" before or after the fields beside it.
  return random() < 0.5 ? { ...plain, $or: choices } : { $or: choices, ...plain }
}
function sub(depth: number): unknown {
  if (depth > 0 && random() < 0.35) return pattern(depth - 1)
  return random() < 0.99 ? tests() : leaf()
}

const byHand = [
  '{',
  '[]',
  '"a"',
  '{}',
  '{"a":[1],"a":[5]}',
  '{"a":[{"exactly":"ab"}]}',
  '{"a":[{"numeric":[">",1,">",2]}]}',
  '{"a.b":["a"]}',
  '{"$or":[{"prefix":"a"},{"prefix":"b"}]}',
  '{"$or":[{"b":["y"]},{"numeric":{"b":["x"]}}]}',
  '{"a":{"b":[{"exists":false}],"c":["a"]}}',
  '{"a":{"b":["a"],"c":[{"exists":false}]}}',
  '{"a":["a"],"a.b":["a"]}',
  '{"b":[null],"b.b":["a"]}',
  '{"a":[{"numeric":["<",1e300]}]}',
  '{"a":[5.0]}',
  '{"a":[3.0e2]}',
  '{"a":["5"]}',
  '{"a":[5000000001]}',
  '{"a":[{"numeric":["=",5000000001]}]}',
  '{"a":[{"numeric":[">=",-5000000000]}]}',
  '{"a":[{"anything-but":[]}]}',
  '{"a":[{"prefix":{"equals-ignore-case":"AB"}}]}',
  '{"$or":[{"a":[1]},{"b":[1]}]}',
  '{"$or":[{"a":[1]}]}',
  '{"$or":[]}',
  '{"$or":["a","b"]}',
  '{"$or":[{"prefix":["a"]},{"b":[5]}]}',
  '{"$or":[{"numeric":[5]},{"exists":[5]}]}',
  '{"a":{"$or":[{"b":["a"]},{"c":["a"]}]}}',
  '{"a":["b"],"$or":[{"a":["a"]},{"b":["a"]}]}',
  '{"$or":[{"a":["a"]},{"b":["a"]}],"a":["b"]}',
  '{"a":{"b":["a"]},"$or":[{"a":{"b":["b"]}},{"c":["a"]}]}',
  '{"a":{"b":[{"exists":false}]}}',
  '{"a":[{"exists":false}],"b":[{"exists":true}]}',
  '{"a":{"b":["a"],"c":["a"]}}',
  '{"prefix":["a"]}',
  '{"a":{"prefix":["a"]}}',
  '{"a":{"prefix":"a"}}',
]
const eventsByHand = [
  '{}',
  '{"a":{"b":"a","c":"a"}}',
  '{"a":[{"b":"a","c":"b"},{"b":"b","c":"a"}]}',
  '{"a":[{"b":"a","c":"a"},{"b":"b","c":"b"}]}',
  '{"a":[[{"b":"a"}],["a"]]}',
  '{"a":[]}',
  '{"a":{}}',
  '{"a":5.0}',
  '{"b":[null,{"b":"a"}]}',
  '{"a":3.0e2}',
  '{"a":5000000001}',
  '{"a":5000000001.0}',
  '{"a":"a","b":"a"}',
  '{"a":"b","b":"a"}',
  '{"a":true,"b":false}',
  '{"$or":[{"a":1}]}',
  '{"$or":["a"]}',
]

const patterns = [...new Set([...byHand, ...Array.from({ length: 1000 }, () => JSON.stringify(pattern(2)))])]
const events = [...new Set([...eventsByHand, ...many(90, 90, () => JSON.stringify(fields(2)))])].slice(0, 72)

const work = mkdtempSync(join(tmpdir(), 'event-ruler-'))
const here = import.meta.dirname
const jars = ['-q', '-f', join(here, 'pom.xml'), 'dependency:copy-dependencies', `-DoutputDirectory=${work}`]
execFileSync('mvn', jars, { stdio: 'inherit' })
const answers = execFileSync('java', ['-cp', join(work, '*'), join(here, 'Answers.java')], {
  input: JSON.stringify({ patterns, events }),
  encoding: 'utf8',
  maxBuffer: 2 ** 26,
}).trimEnd()
const rows = answers
  .split('\n')
  .map((line, index) => [patterns[index] ?? '', line] as const)
  // Drop patterns on which the Ruler itself crashes: they have no answer.
  .filter(([, line]) => !line.startsWith('x Cannot invoke') && !line.includes('!'))
const shown = rows.map(([source, line]) => `${line.startsWith('x') ? 'x' : line}\t${source}`)
const head =
  '# What event-ruler 2.1.0 answers; made by test/e2e/event-ruler/record.ts. Events, then patterns: for each event 1 or 0, or x when it is refused.'
writeFileSync(
  join(here, '../../cloud/local/eventbridge/event-ruler.tsv'),
  [head, ...events, '', ...shown, ''].join('\n'),
)
const refused = rows.filter(([, line]) => line.startsWith('x'))
console.log(`${rows.length} patterns (${refused.length} refused), ${events.length} events`)
if (process.argv.includes('--why')) for (const [source, line] of refused) console.log(`${source} ${line}`)
