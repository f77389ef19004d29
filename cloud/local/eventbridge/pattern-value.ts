// The operators of event patterns: the operand that each accepts, and the values that it matches.
import { BlockList, isIP } from 'node:net'

type Operator = {
  /** Why the operand is invalid, in Event Ruler's words; `undefined` if it is valid. */
  readonly problem: (operand: unknown) => string | undefined
  /** @param operand one that was found valid */
  readonly matches: (operand: unknown, leaf: unknown) => boolean
}

const problemUnless = (holds: boolean, problem: string): string | undefined => (holds ? undefined : problem)
const isText = (value: unknown): value is string => typeof value === 'string'
const ignoreCase = 'equals-ignore-case'

/** Accepts a text, or {"equals-ignore-case": text}. */
function textOperator(name: string, holds: (text: string, wanted: string) => boolean): Operator {
  return {
    problem: (operand) =>
      problemUnless(isText(operand) || isText(ignoring(operand)), `${name} match pattern must be a string`),
    matches: (operand, leaf) => {
      if (!isText(leaf)) return false
      if (isText(operand)) return holds(leaf, operand)
      return holds(leaf.toLowerCase(), String(ignoring(operand)).toLowerCase())
    },
  }
}

function ignoring(operand: unknown): unknown {
  const entries = typeof operand === 'object' && operand !== null ? Object.entries(operand) : []
  return entries.length === 1 && entries[0]?.[0] === ignoreCase ? (entries[0][1] as unknown) : undefined
}

export const operators: Readonly<Record<string, Operator>> = {
  exactly: {
    problem: (operand) => problemUnless(isText(operand), 'exact match pattern must be a string'),
    matches: (operand, leaf) => operand === leaf,
  },
  prefix: textOperator('prefix', (text, wanted) => text.startsWith(wanted)),
  suffix: textOperator('suffix', (text, wanted) => text.endsWith(wanted)),
  [ignoreCase]: {
    problem: (operand) => problemUnless(isText(operand), `${ignoreCase} match pattern must be a string`),
    matches: (operand, leaf) => isText(leaf) && leaf.toLowerCase() === String(operand).toLowerCase(),
  },
  wildcard: {
    problem: wildcardProblem,
    matches: (operand, leaf) => isText(leaf) && wildcardExpression(String(operand)).test(leaf),
  },
  numeric: { problem: numericProblem, matches: isInRange },
  cidr: { problem: cidrProblem, matches: isInNetwork },
  exists: {
    problem: (operand) =>
      problemUnless(typeof operand === 'boolean', 'exists match pattern must be either true or false.'),
    // Whether a field exists is not decided by its value (pattern.ts).
    matches: () => false,
  },
  'anything-but': { problem: anythingButProblem, matches: (operand, leaf) => !isShutOut(operand, leaf) },
}

export const problemOf = (operator: string, operand: unknown): string | undefined =>
  operators[operator]?.problem(operand)

export function matchesLeaf(test: unknown, leaf: unknown): boolean {
  if (typeof test !== 'object' || test === null) return test === leaf
  const [operator = '', operand] = Object.entries(test)[0] ?? []
  return operators[operator]?.matches(operand, leaf) === true
}

function wildcardProblem(operand: unknown): string | undefined {
  if (!isText(operand)) return 'wildcard match pattern must be a string'
  const plain = operand.replaceAll(/\\[*\\]/g, '.')
  if (plain.includes('\\')) return 'Invalid escape character'
  return problemUnless(!plain.includes('**'), 'Consecutive wildcard characters')
}

/** `*` matches any text, including none; `\*` and `\\` stand for the literal characters. */
function wildcardExpression(pattern: string): RegExp {
  const source = pattern.replace(/\\[*\\]|[*]|[.+?^${}()|[\]\\]/g, (part) =>
    part === '*' ? '.*' : `\\${part.at(-1) ?? ''}`,
  )
  return new RegExp(`^${source}$`, 's')
}

const comparisons: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
}

/** Accepts `["=", 5]`, one bound, or a lower bound followed by an upper one. */
function numericProblem(operand: unknown): string | undefined {
  const [first, low, second, high, ...more] = Array.isArray(operand) ? (operand as readonly unknown[]) : []
  if (!isText(first) || !Object.hasOwn(comparisons, first))
    return `Unrecognized numeric range operator: ${String(first)}`
  if (typeof low !== 'number') return `Value of ${first} must be numeric`
  if (second === undefined) return undefined
  if (!first.startsWith('>')) return 'Too many elements in numeric expression'
  if (second !== '<' && second !== '<=') return `Bad numeric range operator: ${JSON.stringify(second)}`
  if (typeof high !== 'number') return `Value of ${second} must be numeric`
  if (more.length > 0) return 'Too many terms in numeric range expression'
  return problemUnless(low < high, 'Bottom must be less than top')
}

function isInRange(operand: unknown, leaf: unknown): boolean {
  const [first, low, second, high] = operand as readonly [string, number, string?, number?]
  if (typeof leaf !== 'number' || comparisons[first]?.(leaf, low) !== true) return false
  return second === undefined || comparisons[second]?.(leaf, high ?? NaN) === true
}

const bits: Readonly<Record<number, number>> = { 4: 32, 6: 128 }
/** Event Ruler does not recognise mixed-notation addresses such as ::ffff:10.0.0.7. */
const familyOf = (address: string): number => (address.includes('.') && address.includes(':') ? 0 : isIP(address))

function cidrProblem(operand: unknown): string | undefined {
  if (!isText(operand)) return 'prefix match pattern must be a string'
  const [address = '', mask = '', ...more] = operand.split('/')
  if (mask === '' || more.length > 0) return "Malformed CIDR, one '/' required"
  const family = familyOf(address)
  if (family === 0) return `Nonstandard IP address: ${address}`
  if (!/^\d+$/.test(mask)) return 'Malformed CIDR, mask bits must be an integer'
  const most = bits[family] ?? 0
  return problemUnless(Number(mask) < most, `IPv${family} mask bits must be < ${most}`)
}

function isInNetwork(operand: unknown, leaf: unknown): boolean {
  const [network = '', mask = ''] = String(operand).split('/')
  const family = isText(leaf) ? familyOf(leaf) : 0
  if (!isText(leaf) || family === 0) return false
  // A CIDR that matches every address also matches those of the other family.
  if (Number(mask) === 0) return true
  if (family !== familyOf(network)) return false
  const list = new BlockList()
  const kind = family === 4 ? 'ipv4' : 'ipv6'
  list.addSubnet(network, Number(mask), kind)
  return list.check(leaf, kind)
}

/** The operators that anything-but can negate. An empty prefix or suffix would exclude everything. */
const shutsOut = ['prefix', 'suffix', ignoreCase, 'wildcard']
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as readonly unknown[]) : [value])

function anythingButProblem(operand: unknown): string | undefined {
  if (typeof operand === 'object' && operand !== null && !Array.isArray(operand)) {
    const [[operator, texts] = ['', undefined], ...others] = Object.entries(operand)
    if (operator === '') return 'Anything-But expression name not found'
    if (others.length > 0) return 'Only one key allowed in match expression'
    if (!shutsOut.includes(operator)) return `Unsupported anything-but pattern: ${operator}`
    const all = list(texts)
    if (all.length === 0) return 'Empty arrays are not allowed'
    if (!all.every(isText)) return 'prefix/suffix match pattern must be a string'
    if (operator === 'wildcard') return all.map(wildcardProblem).find((problem) => problem !== undefined)
    return problemUnless(operator === ignoreCase || !all.includes(''), 'Null prefix/suffix not allowed')
  }
  const values = list(operand)
  if (values.length === 0) return 'Empty arrays are not allowed'
  if (!values.every((value) => ['string', 'number'].includes(typeof value)))
    return 'Inside anything but list, start|null|boolean is not supported.'
  const kinds = new Set(values.map((value) => typeof value))
  return problemUnless(
    kinds.size === 1,
    'Inside anything but list, either all values are number or string, mixed type is not supported',
  )
}

function isShutOut(operand: unknown, leaf: unknown): boolean {
  if (typeof operand !== 'object' || operand === null || Array.isArray(operand))
    return list(operand).some((one) => one === leaf)
  const [operator = '', texts] = Object.entries(operand)[0] ?? []
  return list(texts).some((text) => matchesLeaf({ [operator]: text }, leaf))
}
