// Event patterns: whether one is well formed, and whether an event matches. A pattern that would not be understood is
// refused, so no rule is silent because of a misspelt word.
import { AwsError } from '../aws-error.ts'
import { matchesWildcard, numericTest } from './pattern-value.ts'

type Fields = Readonly<Record<string, unknown>>
export type Pattern = Fields

/** @throws AwsError InvalidEventPatternException */
export function parsePattern(text: string): Pattern {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw invalid('it is not JSON')
  }
  checkObject(value, 'the pattern')
  return value as Pattern
}

/** An array in the event matches when any of its elements does. */
export function matchesPattern(pattern: Pattern, event: unknown): boolean {
  return Object.entries(pattern).every(([name, wanted]) => {
    if (name === '$or') return (wanted as readonly Pattern[]).some((one) => matchesPattern(one, event))
    const value = isFields(event) && Object.hasOwn(event, name) ? event[name] : undefined
    if (!Array.isArray(wanted)) return each(value).some((one) => matchesPattern(wanted as Pattern, one))
    const leaves = [value].flat().filter((leaf) => leaf !== undefined && !isFields(leaf))
    return wanted.some((test) => matchesLeaves(test, leaves))
  })
}

// Below what is not there a pattern may still ask that something does not exist.
const each = (value: unknown): readonly unknown[] => (Array.isArray(value) && value.length > 0 ? value : [value])

function matchesLeaves(test: unknown, leaves: readonly unknown[]): boolean {
  if (isFields(test) && 'exists' in test) return leaves.length > 0 === test['exists']
  return leaves.some((leaf) => matchesLeaf(test, leaf))
}

function matchesLeaf(test: unknown, leaf: unknown): boolean {
  if (!isFields(test)) return test === leaf
  const [operator = '', operand] = Object.entries(test)[0] ?? []
  switch (operator) {
    case 'prefix':
      return textTest(operand, leaf, (text, wanted) => text.startsWith(wanted))
    case 'suffix':
      return textTest(operand, leaf, (text, wanted) => text.endsWith(wanted))
    case 'equals-ignore-case':
      return textTest({ 'equals-ignore-case': operand }, leaf, (text, wanted) => text === wanted)
    case 'wildcard':
      return list(operand).some((one) => typeof leaf === 'string' && matchesWildcard(String(one), leaf))
    case 'numeric':
      return typeof leaf === 'number' && numericTest(operand as readonly unknown[])?.(leaf) === true
    case 'anything-but':
      return !anyOf(operand, leaf)
    default:
      return false
  }
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])

/** What `anything-but` shuts out: values, or one of the text operators with one or several texts. */
function anyOf(operand: unknown, leaf: unknown): boolean {
  if (!isFields(operand)) return list(operand).some((one) => one === leaf)
  const [operator = '', texts] = Object.entries(operand)[0] ?? []
  return list(texts).some((text) => matchesLeaf({ [operator]: text }, leaf))
}

function textTest(operand: unknown, leaf: unknown, holds: (text: string, wanted: string) => boolean): boolean {
  if (typeof leaf !== 'string') return false
  if (typeof operand === 'string') return holds(leaf, operand)
  const ignoring = isFields(operand) ? operand['equals-ignore-case'] : undefined
  return typeof ignoring === 'string' && holds(leaf.toLowerCase(), ignoring.toLowerCase())
}

function checkObject(value: unknown, where: string): void {
  if (!isFields(value)) throw invalid(`${where} must be an object or an array`)
  if (Object.keys(value).length === 0) throw invalid('Empty objects are not allowed')
  for (const [name, wanted] of Object.entries(value)) {
    if (name === '$or') checkOr(wanted)
    else if (!Array.isArray(wanted)) checkObject(wanted, `"${name}"`)
    else if (wanted.length === 0) throw invalid(`Empty arrays are not allowed; see "${name}"`)
    else for (const test of wanted) checkTest(test, name)
  }
}

function checkOr(value: unknown): void {
  if (!Array.isArray(value) || value.length < 2) throw invalid('"$or" must be an array of at least two patterns')
  for (const one of value) checkObject(one, 'a pattern in "$or"')
}

const textOperators = ['prefix', 'suffix', 'equals-ignore-case', 'wildcard']

function checkTest(test: unknown, name: string): void {
  if (Array.isArray(test)) throw invalid(`"${name}" holds an array in an array`)
  if (!isFields(test)) return
  const [[operator, operand] = ['', undefined], ...others] = Object.entries(test)
  if (others.length > 0) throw invalid(`Only one key allowed in match expression; see "${name}"`)
  const understood = textOperators.includes(operator)
    ? isText(operator, operand)
    : operator === 'exists'
      ? typeof operand === 'boolean'
      : operator === 'numeric'
        ? Array.isArray(operand) && numericTest(operand) !== undefined
        : operator === 'anything-but' && isAnythingBut(operand)
  if (!understood) throw invalid(`Unrecognized match type ${operator} or its value; see "${name}"`)
}

function isText(operator: string, operand: unknown): boolean {
  if (operator === 'wildcard') return typeof operand === 'string' && !/\*\*/.test(operand)
  if (operator === 'equals-ignore-case' || typeof operand === 'string') return typeof operand === 'string'
  return isFields(operand) && Object.keys(operand).length === 1 && typeof operand['equals-ignore-case'] === 'string'
}

function isAnythingBut(operand: unknown): boolean {
  if (isFields(operand)) {
    const [[operator, texts] = ['', undefined], ...others] = Object.entries(operand)
    return (
      others.length === 0 && textOperators.includes(operator) && list(texts).every((text) => typeof text === 'string')
    )
  }
  const values = list(operand)
  return values.length > 0 && values.every((one) => ['string', 'number'].includes(typeof one))
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const invalid = (why: string): AwsError =>
  new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${why}`)
