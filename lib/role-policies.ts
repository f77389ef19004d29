// Grants permissions to a role, and makes whatever runs as the role wait for them. IAM limits: 10,240 characters of inline
// policies per role, 6,144 per managed policy, ten managed policies per role (IAM quotas). A controller with a few services needs
// only inline policies. With hundreds, its lists are packed into managed policies.
import { ManagedPolicy, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam'
import { type Construct, Dependable, type IConstruct } from 'constructs'
import { Problem } from '../core/problem.ts'

type Grant = {
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  /** Only items whose partition keys fit one of these patterns. */
  readonly partitionKeys?: readonly string[]
  /** Only resources with this tag. */
  readonly tag?: Tag
  /** Only requests of which these keys say these. */
  readonly where?: Readonly<Record<string, string>>
}
export type Tag = { readonly key: string; readonly value: string }

const inlineMax = 9_000
const managedMax = 6_000
const managedPerRole = 10

// Estimated length of an ARN that CloudFormation generates (of a table, a topic, a log group), which contains the stack's name.
const madeMax = 200

/** Region, account and partition are known only at deployment; none is longer than the placeholder. */
const lengthOf = (arn: string): number =>
  /^\$\{Token\[[^\]]*\]\}$/.test(arn) ? madeMax : arn.replaceAll(/\$\{Token\[[^\]]*\]\}/g, 'x'.repeat(14)).length + 3
const overhead = (grant: Omit<Grant, 'resources'>): number =>
  60 + grant.actions.join('","').length + JSON.stringify(conditionsIn(grant) ?? '').length
const sizeOf = (grant: Grant): number => overhead(grant) + grant.resources.reduce((sum, arn) => sum + lengthOf(arn), 0)

/** @throws Problem `definition_invalid` when the services need more policy text than a role can hold */
export function grantAll(role: Role, grants: readonly Grant[]): void {
  if (grants.reduce((sum, grant) => sum + sizeOf(grant), 0) <= inlineMax) {
    for (const grant of grants) role.addToPolicy(statement(grant))
    return
  }
  const documents = packed(grants.flatMap(split))
  if (documents.length > managedPerRole) {
    const sentence = `The role ${role.node.id} would need ${documents.length} managed policies, and IAM attaches ${managedPerRole}: give some of the services to another controller (\`name\`).`
    throw new Problem('definition_invalid', sentence)
  }
  for (const [index, document] of documents.entries()) {
    const policy = new ManagedPolicy(role, `Policy${index + 1}`, { statements: document.map(statement) })
    role.addManagedPolicy(policy)
  }
}

const statement = ({ actions, resources, ...grant }: Grant): PolicyStatement => {
  const conditions = conditionsIn({ actions, ...grant })
  return new PolicyStatement({
    actions: [...actions],
    resources: [...resources],
    ...(conditions === undefined ? {} : { conditions }),
  })
}

const conditionsIn = ({ partitionKeys = [], tag, where }: Omit<Grant, 'resources'>) => {
  if (partitionKeys.length > 0) return conditionsOf(partitionKeys)
  return where === undefined ? tag && hasTag(tag) : { StringEquals: where }
}

/** Lambda knows the tags of a function also where it is called by a version or an alias (docs/aws.md §18). */
export const hasTag = ({ key, value }: Tag) => ({ StringEquals: { [`aws:ResourceTag/${key}`]: value } })

/** ForAllValues also holds for a request that names no key, so such a request is excluded (docs/aws.md §7). */
export const conditionsOf = (partitionKeys: readonly string[]) => ({
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitionKeys },
  Null: { 'dynamodb:LeadingKeys': 'false' },
})

/** Splits a grant that is too long for one policy. */
function split({ resources, ...rest }: Grant): readonly Grant[] {
  const parts: (Omit<Grant, 'resources'> & { resources: string[] })[] = []
  let room = 0
  for (const arn of resources) {
    if (lengthOf(arn) > room) {
      parts.push({ ...rest, resources: [] })
      room = managedMax - overhead(rest)
    }
    parts.at(-1)?.resources.push(arn)
    room -= lengthOf(arn)
  }
  return parts
}

/** First fit, largest first: small grants fill the room that long ones leave. */
function packed(grants: readonly Grant[]): readonly (readonly Grant[])[] {
  const documents: { grants: Grant[]; room: number }[] = []
  for (const grant of [...grants].sort((a, b) => sizeOf(b) - sizeOf(a))) {
    const size = sizeOf(grant)
    let document = documents.find((one) => one.room >= size)
    if (document === undefined) documents.push((document = { grants: [], room: managedMax }))
    document.grants.push(grant)
    document.room -= size
  }
  return documents.map((one) => one.grants)
}

/**
 * The CDK makes whatever runs as a role depend on the role and everything in it. The role is referenced anyway, but its policies
 * are not, and whoever runs before they exist may be refused. So a dependency on a role in `scope` becomes a dependency on its
 * policies only.
 */
export function waitForPoliciesOnly(scope: Construct): void {
  for (const role of scope.node.findAll().filter((one) => one instanceof Role))
    Dependable.implement(role, new PoliciesOf(role))
}

class PoliciesOf extends Dependable {
  private readonly role: Role

  constructor(role: Role) {
    super()
    this.role = role
  }

  /** Evaluated at synthesis, because policies are added later. */
  get dependencyRoots(): IConstruct[] {
    return this.role.node.children.filter((one) => one !== this.role.node.defaultChild)
  }
}
