// The roles that let a controller in another account look at the functions of this one, and move their aliases. Deploy it in the
// stack of this account. Each role trusts exactly the functions of the controller that need it, and only for services that are
// named here (docs/decisions/0060).
import { Stack, Token } from 'aws-cdk-lib'
import * as iam from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { externalIdOf } from '../core/location.ts'
import { Problem } from '../core/problem.ts'
import { ServiceName } from '../core/service/service.ts'
import type { Verb } from '../functions/handlers.ts'
import { assumers, targetAccess } from '../functions/permissions.ts'
import { functionArn } from './controller-functions.ts'
import { mappingArn, queueArn } from './resources.ts'
import { checkControllerName, roleArnOf } from './role-names.ts'

export type TargetAccessProps = {
  /** The account that the controller runs in. */
  readonly controllerAccount: string
  /** The region that the controller runs in. */
  readonly controllerRegion: string
  /** The controller's `name`. Default: tidegate. */
  readonly controllerName?: string
  /** The services of the controller that the functions belong to. It can use the roles for no others. */
  readonly services: readonly string[]
  /** Functions by name in this stack's region, or by ARN in another. */
  readonly functions: readonly string[]
  /** Queues by name that `signals.consumers` of the services name, in this stack's region. Whether they exist may be asked. */
  readonly queues?: readonly string[]
  /** The same, of event source mappings by their UUID. */
  readonly mappings?: readonly string[]
  /** The name of the role that moves aliases: `role` in definitions. Default: tidegate-target. */
  readonly roleName?: string
  /** The name of the role that only looks: `lookRole` in definitions. Default: that of the other one, and `-look`. */
  readonly lookRoleName?: string
  /** The organisation that the controller's account must belong to: `o-...`. Default: it is not asked. */
  readonly organizationId?: string
  /**
   * Whether the role that moves may look as well, and trusts the functions that only look. Definitions without `lookRole` need
   * it, and so do releases that began with one. Default: false.
   */
  readonly oneRole?: boolean
}

/** What is trusted must be exact: a wildcard, or a name that nobody can have, is a mistake. Tokens are not known yet. */
function checkExact(props: TargetAccessProps): void {
  const fits = (value: string, pattern: RegExp): boolean => Token.isUnresolved(value) || pattern.test(value)
  const { controllerAccount, controllerRegion, services, organizationId } = props
  if (!fits(controllerAccount, /^\d{12}$/)) throw wrong('controllerAccount', 'an account is 12 digits')
  if (!fits(controllerRegion, /^[a-z]{2,}(-[a-z]+)+-\d{1,2}$/))
    throw wrong('controllerRegion', 'a region is as in eu-west-1')
  if (services.length === 0 || services.some((name) => !ServiceName.safeParse(name).success))
    throw wrong('services', 'the names of one or more services')
  if (organizationId !== undefined && !fits(organizationId, /^o-[a-z0-9]{10,32}$/))
    throw wrong('organizationId', 'an organisation is as in o-a1b2c3d4e5')
}

const wrong = (name: string, why: string): Problem =>
  new Problem('definition_invalid', `TargetAccess: ${name} cannot be that: ${why}.`)

/** IAM's quota for a trust policy, without white space; more can be asked for. */
const trustMax = 2048

/** @throws Problem `definition_invalid` */
function checkSize(roleName: string, conditions: object): void {
  const statement = {
    Effect: 'Allow',
    Principal: { AWS: 'arn:aws-us-gov:iam::000000000000:root' },
    Action: 'sts:AssumeRole',
  }
  const text = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ ...statement, Condition: conditions }],
  })
  const size = text.replaceAll(/\$\{Token\[[^\]]*\]\}/g, 'x'.repeat(14)).length
  if (size > trustMax)
    throw wrong(
      'services',
      `the trust policy of ${roleName} would have ${size} characters of ${trustMax}; make another TargetAccess with other role names for some of them`,
    )
}

type Access = (typeof targetAccess)[keyof typeof targetAccess]

export class TargetAccess extends Construct {
  /** Moves aliases. */
  readonly role: iam.Role
  readonly lookRole: iam.Role

  /** @throws Problem `definition_invalid` */
  constructor(scope: Construct, id: string, props: TargetAccessProps) {
    super(scope, id)
    const { roleName = 'tidegate-target', lookRoleName = `${roleName}-look` } = props
    checkControllerName(props.controllerName ?? 'tidegate')
    checkExact(props)
    if (roleName === lookRoleName) throw wrong('lookRoleName', 'it is another one than roleName')
    const { move, look } = targetAccess
    this.role = props.oneRole
      ? this.roleFor('Role', roleName, props, [...assumers('move'), ...assumers('look')], [move, look])
      : this.roleFor('Role', roleName, props, assumers('move'), [move])
    this.lookRole = this.roleFor('LookRole', lookRoleName, props, assumers('look'), [look])
  }

  private roleFor(
    id: string,
    roleName: string,
    { controllerAccount, controllerRegion, controllerName = 'tidegate', ...props }: TargetAccessProps,
    trusted: readonly Verb[],
    permitted: readonly Access[],
  ): iam.Role {
    const controller = { account: controllerAccount, region: controllerRegion, name: controllerName }
    const roles = [...new Set(trusted)].sort().map((verb) => roleArnOf(controller, verb, Stack.of(this)))
    const conditions = {
      ArnEquals: { 'aws:PrincipalArn': roles },
      StringEquals: {
        'sts:ExternalId': props.services.map(externalIdOf),
        ...(props.organizationId === undefined ? {} : { 'aws:PrincipalOrgID': props.organizationId }),
      },
    }
    checkSize(roleName, conditions)
    const role = new iam.Role(this, id, {
      roleName,
      description: `Tidegate: ${roleName}`,
      // By the ARNs in a condition: IAM would replace principals by the ids of the roles, which a new controller does not have.
      assumedBy: new iam.AccountPrincipal(controllerAccount).withConditions(conditions),
    })
    const arns = props.functions.map((name) => functionArn(this, name))
    const resources = {
      ...{ targets: arns, targetVersions: arns.map((arn) => `${arn}:*`), everything: ['*'] },
      consumedQueues: (props.queues ?? []).map((name) => queueArn(this, name)),
      consumedMappings: (props.mappings ?? []).map((id) => mappingArn(this, id)),
    }
    const scopes = ['targets', 'targetVersions', 'everything', 'consumedQueues', 'consumedMappings'] as const
    for (const scope of scopes) {
      const actions = [
        ...new Set(
          permitted.flatMap((access: Partial<Record<typeof scope, readonly string[]>>) => access[scope] ?? []),
        ),
      ]
      if (actions.length > 0 && resources[scope].length > 0)
        role.addToPolicy(new iam.PolicyStatement({ actions, resources: resources[scope] }))
    }
    return role
  }
}
