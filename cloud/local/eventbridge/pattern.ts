// Event patterns: validates a pattern, and matches it against an event, as AWS's Event Ruler does (its answers are recorded in
// test/cloud/local/eventbridge/event-ruler.tsv). Unknown words are refused, so that a typo cannot silence a rule.
import { AwsError } from '../protocol/aws-error.ts'
import { matchesLeaf, operators, problemOf } from './pattern-value.ts'

type Fields = Readonly<Record<string, unknown>>
/** The tests on the leaf at each path; the names of a path are joined by dots. */
type Rule = ReadonlyMap<string, readonly unknown[]>
/** An event matches if it matches any of these rules. Each "$or" is expanded into its combinations. */
export type Pattern = readonly Rule[]

// EventBridge's limit for "$or".
const rulesMax = 1000

/** @throws AwsError InvalidEventPatternException */
export function parsePattern(text: string): Pattern {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw invalid('it is not JSON')
  }
  if (!isFields(value)) throw invalid('Filter is not an object')
  return compile(value, '', [new Map()])
}

/** Adds the tests in `fields` to every rule so far. A later test on the same path replaces the earlier one. */
function compile(fields: Fields, prefix: string, rules: Pattern): Pattern {
  const entries = Object.entries(fields)
  if (entries.length === 0) throw invalid('Empty objects are not allowed')
  return entries.reduce((sofar, [name, wanted]) => {
    if (name === '$or' && isOr(wanted)) return limited(wanted.flatMap((one) => compile(one, prefix, sofar)))
    const path = `${prefix}${name}`
    if (isFields(wanted)) return compile(wanted, `${path}.`, sofar)
    if (!Array.isArray(wanted)) throw invalid(`"${name}" must be an object or an array`)
    if (wanted.length === 0) throw invalid(`Empty arrays are not allowed; see "${name}"`)
    for (const test of wanted) checkTest(test, name)
    return sofar.map((rule) => new Map(rule).set(path, wanted))
  }, rules)
}

/** Otherwise "$or" is an ordinary field name. */
const isOr = (value: unknown): value is readonly Fields[] =>
  Array.isArray(value) &&
  value.length > 1 &&
  value.every(
    (one) => isFields(one) && Object.keys(one).length > 0 && !Object.keys(one).some((key) => key in operators),
  )

function limited(rules: Pattern): Pattern {
  if (rules.length > rulesMax) throw invalid(`"$or" stands for more than ${rulesMax} combinations`)
  return rules
}

function checkTest(test: unknown, name: string): void {
  if (!isFields(test)) {
    if (Array.isArray(test)) throw invalid(`Match value must be String, number, true, false, or null; see "${name}"`)
    return
  }
  const [[operator, operand] = ['', undefined], ...others] = Object.entries(test)
  if (operator === '') throw invalid(`Match expression name not found; see "${name}"`)
  if (others.length > 0) throw invalid(`Only one key allowed in match expression; see "${name}"`)
  if (!Object.hasOwn(operators, operator)) throw invalid(`Unrecognized match type ${operator}; see "${name}"`)
  const problem = problemOf(operator, operand)
  if (problem !== undefined) throw invalid(`${problem}; see "${name}"`)
}

/**
 * The array elements that contain a value (arrays of leaves do not count). One match must not combine two elements of the same
 * array.
 */
type Membership = ReadonlyMap<unknown, number>
type Found = { readonly leaf: unknown; readonly where: Membership }

export function matchesPattern(pattern: Pattern, event: unknown): boolean {
  return pattern.some((rule) => {
    const paths = [...rule.keys()].sort()
    return matchesFrom(paths, rule, event, new Map())
  })
}

/** Matches the remaining paths, given the array elements that the earlier paths are in. */
function matchesFrom(paths: readonly string[], rule: Rule, event: unknown, within: Membership): boolean {
  const [path, ...rest] = paths
  if (path === undefined) return true
  const found = leavesAt(event, path.split('.'), new Map()).flatMap(({ leaf, where }) => {
    const joined = join(within, where)
    return joined === undefined ? [] : [{ leaf, where: joined }]
  })
  const tests = rule.get(path) ?? []
  if (found.length === 0 && tests.some((test) => asksExistence(test, false)))
    return matchesFrom(rest, rule, event, within)
  return found.some(
    ({ leaf, where }) =>
      tests.some((test) => asksExistence(test, true) || matchesLeaf(test, leaf)) &&
      matchesFrom(rest, rule, event, where),
  )
}

const asksExistence = (test: unknown, wanted: boolean): boolean => isFields(test) && test['exists'] === wanted

function leavesAt(value: unknown, names: readonly string[], where: Membership): readonly Found[] {
  if (Array.isArray(value))
    return value.flatMap((one: unknown, index) =>
      leavesAt(one, names, typeof one === 'object' && one !== null ? new Map(where).set(value, index) : where),
    )
  const [name, ...below] = names
  if (name === undefined) return isFields(value) || value === undefined ? [] : [{ leaf: value, where }]
  return isFields(value) && Object.hasOwn(value, name) ? leavesAt(value[name], below, where) : []
}

function join(a: Membership, b: Membership): Membership | undefined {
  for (const [array, index] of b) if ((a.get(array) ?? index) !== index) return undefined
  return new Map([...a, ...b])
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const invalid = (why: string): AwsError =>
  new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${why}`)
