// Resource policies of functions: who else may invoke them. They are stored and returned but not enforced; the embedded cloud
// checks only the callers' own policies (docs/embedded-cloud.md).
import { AwsError } from '../protocol/aws-error.ts'
import { optionalText, text } from '../protocol/field.ts'
import type { Input } from '../protocol/json-protocol.ts'
import { functionArn } from './lambda-function.ts'
import { type Ask, find, qualified, type Registry } from './registry.ts'

const missing = (message: string): AwsError => new AwsError('ResourceNotFoundException', message, 404)

function statementsOf(registry: Registry, ask: Ask): Map<string, unknown> {
  const fn = find(registry, ask.name)
  // A qualifier that does not exist cannot have a policy.
  if (ask.qualifier !== undefined) qualified(registry, ask)
  const key = ask.qualifier ?? ''
  const found = fn.policies.get(key) ?? new Map<string, unknown>()
  fn.policies.set(key, found)
  return found
}

export function addPermission(registry: Registry, ask: Ask): Record<string, unknown> {
  const statements = statementsOf(registry, ask)
  const id = text(ask.body, 'StatementId')
  if (statements.has(id)) {
    const message = `The statement id (${id}) provided already exists. Please provide a new statement id, or remove the existing statement.`
    throw new AwsError('ResourceConflictException', message, 409)
  }
  const statement = {
    Sid: id,
    Effect: 'Allow',
    Principal: principalOf(text(ask.body, 'Principal')),
    Action: text(ask.body, 'Action'),
    Resource: functionArn({ name: ask.name, site: registry.site }, ask.qualifier),
    ...conditionOf(ask.body),
  }
  statements.set(id, statement)
  return { Statement: JSON.stringify(statement) }
}

function principalOf(principal: string): unknown {
  if (principal === '*') return principal
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:aws:iam::${principal}:root` }
  return principal.startsWith('arn:') ? { AWS: principal } : { Service: principal }
}

function conditionOf(body: Input): { readonly Condition?: unknown } {
  const [arn, account] = [optionalText(body, 'SourceArn'), optionalText(body, 'SourceAccount')]
  const Condition = {
    ...(account === undefined ? {} : { StringEquals: { 'AWS:SourceAccount': account } }),
    ...(arn === undefined ? {} : { ArnLike: { 'AWS:SourceArn': arn } }),
  }
  return Object.keys(Condition).length === 0 ? {} : { Condition }
}

export function getPolicy(registry: Registry, ask: Ask): Record<string, unknown> {
  const statements = statementsOf(registry, ask)
  if (statements.size === 0) throw missing('The resource you requested does not exist.')
  const policy = { Version: '2012-10-17', Id: 'default', Statement: [...statements.values()] }
  return { Policy: JSON.stringify(policy), RevisionId: qualified(registry, ask).revisionId }
}

/** @param ask its `alias` is the statement id, which is the last part of the path */
export function removePermission(registry: Registry, ask: Ask): void {
  if (!statementsOf(registry, ask).delete(ask.alias))
    throw missing(`Statement ${ask.alias} is not found in resource policy.`)
}
