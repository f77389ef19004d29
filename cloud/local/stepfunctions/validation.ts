// Validates a definition. As CreateStateMachine does, it refuses anything that the interpreter could not run, and names the
// state.
import { AwsError } from '../protocol/aws-error.ts'
import { apiResource, callbackResource, invokeResource, serviceCalls } from './definition.ts'
import type { Definition } from './definition.ts'
import { compile, expressionIn } from './expression.ts'

type Fields = Readonly<Record<string, unknown>>

const everywhere = ['Type', 'Comment', 'QueryLanguage']
const common = [...everywhere, 'Assign', 'Output']
const onward = [...common, 'Next', 'End']
const fieldsOf: Readonly<Record<string, readonly string[]>> = {
  Task: [...onward, 'Resource', 'Arguments', 'TimeoutSeconds', 'HeartbeatSeconds', 'Retry', 'Catch'],
  Pass: onward,
  Choice: [...common, 'Choices', 'Default'],
  Wait: [...onward, 'Seconds', 'Timestamp'],
  Succeed: [...everywhere, 'Output'],
  Fail: [...everywhere, 'Error', 'Cause'],
}
const topLevel = ['Comment', 'Version', 'QueryLanguage', 'StartAt', 'States', 'TimeoutSeconds']
const ruleFields = ['Condition', 'Next', 'Assign', 'Output', 'Comment']
const catchFields = ['ErrorEquals', 'Next', 'Assign', 'Output', 'Comment']
const retryFields = [
  'ErrorEquals',
  'IntervalSeconds',
  'BackoffRate',
  'MaxAttempts',
  'MaxDelaySeconds',
  'JitterStrategy',
  'Comment',
]

/** @throws AwsError InvalidDefinition */
export function parseDefinition(text: string): Definition {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw invalid('the definition is not JSON')
  }
  const machine = fields(value, 'the definition')
  onlyKnown(machine, topLevel, 'the definition')
  const states = fields(machine['States'], 'States')
  for (const [name, state] of Object.entries(states)) {
    checkState(`state '${name}'`, fields(state, `state '${name}'`), machine['QueryLanguage'], states)
  }
  const start = machine['StartAt']
  if (typeof start !== 'string' || !Object.hasOwn(states, start)) throw invalid('StartAt names no state')
  checkSeconds(machine['TimeoutSeconds'], 'TimeoutSeconds of the definition', false)
  checkReachable(start, states)
  checkExpressions(states)
  return machine as unknown as Definition
}

function checkState(where: string, state: Fields, language: unknown, states: Fields): void {
  const type = String(state['Type'])
  const known = Object.hasOwn(fieldsOf, type) ? fieldsOf[type] : undefined
  if (known === undefined) throw invalid(`${where} has the Type ${type}, not implemented in the embedded cloud`)
  if ((state['QueryLanguage'] ?? language) !== 'JSONata') {
    throw invalid(`${where} needs QueryLanguage JSONata: JSONPath is not implemented in the embedded cloud`)
  }
  onlyKnown(state, known, where)
  for (const next of nextsOf(state)) {
    if (typeof next !== 'string' || !Object.hasOwn(states, next))
      throw invalid(`${where} goes on to ${String(next)}, which is no state`)
  }
  if (known.includes('End')) {
    const ways = (state['Next'] === undefined ? 0 : 1) + (state['End'] === true ? 1 : 0)
    if (ways !== 1) throw invalid(`${where} needs either Next or "End": true`)
  }
  if (state['Assign'] !== undefined) fields(state['Assign'], `Assign of ${where}`)
  if (type === 'Task') checkTask(where, state)
  if (type === 'Choice') checkChoices(where, state)
  if (type === 'Wait') checkWait(where, state)
}

const ofFunction = { needs: ['FunctionName'], takes: ['InvocationType', 'Payload', 'Qualifier'] }
const integrations: Readonly<Record<string, { readonly needs: readonly string[]; readonly takes: readonly string[] }>> =
  {
    ...Object.fromEntries(Object.entries(serviceCalls).map(([name, of]) => [`arn:aws:states:::${name}`, of])),
    [invokeResource]: ofFunction,
    [callbackResource]: ofFunction,
    [apiResource]: {
      needs: ['ApiEndpoint', 'Method'],
      takes: ['Stage', 'Path', 'QueryParameters', 'RequestBody', 'AllowNullValues', 'AuthType'],
    },
  }

function checkTask(where: string, state: Fields): void {
  const resource = String(state['Resource'])
  const integration = Object.hasOwn(integrations, resource) ? integrations[resource] : undefined
  if (integration === undefined)
    throw invalid(`${where} has the Resource ${resource}, not implemented in the embedded cloud`)
  if (typeof state['Arguments'] !== 'string') {
    const { needs, takes } = integration
    const given = fields(state['Arguments'], `Arguments of ${where}`)
    onlyKnown(given, [...needs, ...takes], `Arguments of ${where}`)
    const missing = needs.find((name) => given[name] === undefined)
    if (missing !== undefined) throw invalid(`Arguments of ${where} have no ${missing}`)
    if (resource === apiResource && given['AuthType'] !== 'IAM_ROLE')
      throw invalid(
        `Arguments of ${where} have an AuthType that is not implemented in the embedded cloud: only IAM_ROLE is`,
      )
  }
  checkSeconds(state['TimeoutSeconds'], `TimeoutSeconds of ${where}`, true)
  checkSeconds(state['HeartbeatSeconds'], `HeartbeatSeconds of ${where}`, true)
  for (const clause of list(state['Retry'], `Retry of ${where}`)) {
    onlyKnown(clause, retryFields, `Retry of ${where}`)
    checkErrorEquals(clause, `Retry of ${where}`)
    for (const name of ['IntervalSeconds', 'BackoffRate', 'MaxAttempts', 'MaxDelaySeconds']) {
      const number = clause[name]
      const least = name === 'MaxAttempts' ? 0 : 1
      if (number !== undefined && (typeof number !== 'number' || number < least)) {
        throw invalid(`${name} in Retry of ${where} is not a number of at least ${least}`)
      }
    }
    if (!['FULL', 'NONE', undefined].includes(clause['JitterStrategy'] as string | undefined)) {
      throw invalid(`JitterStrategy in Retry of ${where} is neither FULL nor NONE`)
    }
  }
  for (const clause of list(state['Catch'], `Catch of ${where}`)) {
    onlyKnown(clause, catchFields, `Catch of ${where}`)
    checkErrorEquals(clause, `Catch of ${where}`)
    if (clause['Next'] === undefined) throw invalid(`Catch of ${where} has a clause without Next`)
  }
}

function checkErrorEquals(clause: Fields, where: string): void {
  const names = clause['ErrorEquals']
  if (!Array.isArray(names) || names.length === 0 || names.some((name) => typeof name !== 'string')) {
    throw invalid(`${where} has a clause without ErrorEquals`)
  }
  if (names.includes('States.ALL') && names.length > 1)
    throw invalid(`States.ALL stands alone in ErrorEquals; see ${where}`)
}

function checkChoices(where: string, state: Fields): void {
  const rules = list(state['Choices'], `Choices of ${where}`)
  if (rules.length === 0) throw invalid(`${where} has no Choices`)
  for (const rule of rules) {
    onlyKnown(rule, ruleFields, `Choices of ${where}`)
    if (rule['Condition'] === undefined || rule['Next'] === undefined) {
      throw invalid(`Choices of ${where} has a rule without Condition or Next`)
    }
  }
}

function checkWait(where: string, state: Fields): void {
  const given = ['Seconds', 'Timestamp'].filter((name) => state[name] !== undefined)
  if (given.length !== 1) throw invalid(`${where} needs either Seconds or Timestamp`)
}

function checkSeconds(value: unknown, where: string, expressionAllowed: boolean): void {
  if (value === undefined || (typeof value === 'number' && Number.isInteger(value) && value > 0)) return
  if (expressionAllowed && typeof value === 'string' && expressionIn(value) !== undefined) return
  throw invalid(`${where} is not a positive integer${expressionAllowed ? ' or an expression' : ''}`)
}

function checkReachable(start: string, states: Fields): void {
  const reached = new Set([start])
  for (const name of reached) {
    for (const next of nextsOf(fields(states[name], name))) reached.add(String(next))
  }
  const lost = Object.keys(states).find((name) => !reached.has(name))
  if (lost !== undefined) throw invalid(`MISSING_TRANSITION_TARGET: State "${lost}" is not reachable.`)
}

function nextsOf(state: Fields): readonly unknown[] {
  const clauses = [...list(state['Choices'], 'Choices'), ...list(state['Catch'], 'Catch')]
  return [state['Next'], state['Default'], ...clauses.map((clause) => clause['Next'])].filter(
    (next) => next !== undefined,
  )
}

function checkExpressions(value: unknown): void {
  if (typeof value === 'string') {
    const source = expressionIn(value)
    if (source === undefined) return
    try {
      compile(source)
    } catch (error) {
      throw invalid(`${value} is not JSONata: ${error instanceof Error ? error.message : JSON.stringify(error)}`)
    }
  } else if (typeof value === 'object' && value !== null)
    for (const item of Object.values(value)) checkExpressions(item)
}

function onlyKnown(given: Fields, known: readonly string[], where: string): void {
  const strange = Object.keys(given).find((name) => !known.includes(name))
  if (strange !== undefined) throw invalid(`${where} has the unknown field ${strange}`)
}

function list(value: unknown, where: string): readonly Fields[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw invalid(`${where} is not a list`)
  return value.map((item) => fields(item, where))
}

function fields(value: unknown, where: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw invalid(`${where} is not an object`)
}

const invalid = (why: string): AwsError =>
  new AwsError('InvalidDefinition', `Invalid State Machine Definition: '${why}'`)
