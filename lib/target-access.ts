// The role that lets a controller in another account move aliases in this one. Deploy it in the stack of this account. Only the
// controller's own functions may assume it, and it can only read these functions and set their aliases.
import { Arn, Stack } from 'aws-cdk-lib'
import * as iam from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { functionArn } from './controller-functions.ts'
import { targetAccess } from '../functions/permissions.ts'

export type TargetAccessProps = {
  /** The account that the controller runs in. */
  readonly controllerAccount: string
  /** The controller's `name`. Default: tidegate. */
  readonly controllerName?: string
  /** Functions by name in this stack's region, or by ARN in another. */
  readonly functions: readonly string[]
  /** The name that definitions use: `role: arn:aws:iam::ACCOUNT:role/ROLE_NAME`. Default: tidegate-target. */
  readonly roleName?: string
}

export class TargetAccess extends Construct {
  readonly role: iam.Role

  constructor(scope: Construct, id: string, props: TargetAccessProps) {
    super(scope, id)
    const { controllerAccount, controllerName = 'tidegate', functions, roleName = 'tidegate-target' } = props
    const controllerRoles = Arn.format(
      {
        service: 'iam',
        region: '',
        account: controllerAccount,
        resource: 'role',
        resourceName: `${controllerName}/*`,
      },
      Stack.of(this),
    )
    this.role = new iam.Role(this, 'Role', {
      roleName,
      description: `Tidegate: ${roleName}`,
      // Trusting the account alone would trust every principal in it.
      assumedBy: new iam.AccountPrincipal(controllerAccount).withConditions({
        ArnLike: { 'aws:PrincipalArn': controllerRoles },
      }),
    })
    const arns = functions.map((name) => functionArn(this, name))
    const resources = { targets: arns, targetVersions: arns.map((arn) => `${arn}:*`), everything: ['*'] }
    for (const scope of ['targets', 'targetVersions', 'everything'] as const)
      this.role.addToPolicy(new iam.PolicyStatement({ actions: [...targetAccess[scope]], resources: resources[scope] }))
  }
}
