// AWS IAM, only roles: their trust policies and inline policies. It makes no decision itself. Whatever enforces permissions
// (`authorize`) can read a role's policies here, and SimulatePrincipalPolicy asks the enforcer.
import { AwsError, isAwsError, notImplemented } from '../protocol/aws-error.ts'
import type { LocalClock } from '../time/clock.ts'
import { list, object, optionalText, text } from '../protocol/field.ts'
import type { Input } from '../protocol/json-protocol.ts'
import type { Rights } from '../protocol/rights.ts'
import { parseQuery, queryError, queryResponse } from '../protocol/query-protocol.ts'
import { account, type LocalService } from '../protocol/service.ts'

type Role = {
  readonly name: string
  readonly path: string
  readonly trust: string
  readonly madeMs: number
  readonly tags: readonly { readonly Key: string; readonly Value: string }[]
  readonly policies: Map<string, string>
}

export type LocalRoles = LocalService & {
  /** The documents of a role's inline policies, and its trust policy; `undefined` if IAM has no such role. */
  role(name: string): { readonly trust: string; readonly policies: readonly string[] } | undefined
}

type Deps = {
  readonly clock: LocalClock
  readonly ids: () => string
  readonly mayRole: Rights['mayRole']
}
type Operation = (input: Input) => Record<string, unknown> | Promise<Record<string, unknown>>

const namespace = 'https://iam.amazonaws.com/doc/2010-05-08/'
const arnOf = ({ path, name }: Pick<Role, 'path' | 'name'>): string => `arn:aws:iam::${account}:role${path}${name}`

export function localRoles({ clock, ids, mayRole }: Deps): LocalRoles {
  const roles = new Map<string, Role>()
  const named = (input: Input): Role => {
    const name = text(input, 'RoleName')
    const found = roles.get(name)
    if (found !== undefined) return found
    throw new AwsError('NoSuchEntity', `The role with name ${name} cannot be found.`, 404)
  }
  const operations: Readonly<Record<string, Operation>> = {
    CreateRole(input) {
      const name = text(input, 'RoleName')
      if (roles.has(name)) throw new AwsError('EntityAlreadyExists', `Role with name ${name} already exists.`, 409)
      const tags = list(input, 'Tags').map((tag) => object(tag, 'Tags'))
      const role: Role = {
        name,
        path: optionalText(input, 'Path') ?? '/',
        trust: policyIn(input, 'AssumeRolePolicyDocument'),
        madeMs: clock.nowMs(),
        tags: tags.map((tag) => ({ Key: text(tag, 'Key'), Value: optionalText(tag, 'Value') ?? '' })),
        policies: new Map(),
      }
      roles.set(name, role)
      return { Role: described(role, ids) }
    },
    GetRole: (input) => ({ Role: described(named(input), ids) }),
    ListRoleTags: (input) => ({ Tags: named(input).tags, IsTruncated: false }),
    ...policyOperations(named),
    DeleteRole(input) {
      const role = named(input)
      if (role.policies.size > 0)
        throw new AwsError('DeleteConflict', 'Cannot delete entity, must delete policies first.', 409)
      roles.delete(role.name)
      return {}
    },
    SimulatePrincipalPolicy: (input) => simulate(mayRole, input),
  }

  return {
    role(name) {
      const role = roles.get(name)
      return role && { trust: role.trust, policies: [...role.policies.values()] }
    },
    async handle(request) {
      try {
        const input = parseQuery(Buffer.from(request.body).toString('utf8'))
        const action = text(input, 'Action')
        const operation = Object.hasOwn(operations, action) ? operations[action] : undefined
        if (operation === undefined) throw notImplemented(`IAM ${action}`)
        return queryResponse(action, namespace, await operation(input))
      } catch (error) {
        if (!isAwsError(error)) throw error
        return queryError(namespace, error)
      }
    },
  }
}

const described = (role: Role, ids: () => string): Record<string, unknown> => ({
  Path: role.path,
  RoleName: role.name,
  RoleId: `AROA${ids().replaceAll('-', '').slice(0, 17).toUpperCase()}`,
  Arn: arnOf(role),
  CreateDate: new Date(role.madeMs),
  AssumeRolePolicyDocument: encodeURIComponent(role.trust),
  Tags: role.tags,
})

const policyOperations = (named: (input: Input) => Role): Readonly<Record<string, Operation>> => ({
  PutRolePolicy(input) {
    named(input).policies.set(text(input, 'PolicyName'), policyIn(input, 'PolicyDocument'))
    return {}
  },
  DeleteRolePolicy(input) {
    const name = text(input, 'PolicyName')
    if (named(input).policies.delete(name)) return {}
    throw new AwsError('NoSuchEntity', `The role policy with name ${name} cannot be found.`, 404)
  },
})

async function simulate(mayRole: Rights['mayRole'], input: Input): Promise<Record<string, unknown>> {
  const roleArn = text(input, 'PolicySourceArn')
  const resources = list(input, 'ResourceArns').map(String)
  const context = Object.fromEntries(
    list(input, 'ContextEntries').map((entry) => {
      const { ContextKeyName, ContextKeyValues } = object(entry, 'ContextEntries')
      return [String(ContextKeyName), (Array.isArray(ContextKeyValues) ? ContextKeyValues : []).map(String)]
    }),
  )
  const EvaluationResults: unknown[] = []
  for (const action of list(input, 'ActionNames').map(String)) {
    for (const resource of resources.length === 0 ? ['*'] : resources) {
      const allowed = await mayRole(roleArn, { action, resource, context })
      EvaluationResults.push({
        EvalActionName: action,
        EvalResourceName: resource,
        EvalDecision: allowed ? 'allowed' : 'implicitDeny',
      })
    }
  }
  return { EvaluationResults, IsTruncated: false }
}

function policyIn(input: Input, field: string): string {
  const document = text(input, field)
  try {
    JSON.parse(document)
    return document
  } catch {
    throw new AwsError('MalformedPolicyDocument', 'Syntax errors in policy.')
  }
}
