// Permission checks that services make themselves, and the function that decides them.
import { account, type Caller, type ConditionKeys } from './service.ts'

export type Permission = {
  readonly action: string
  readonly resource: string
  /** What conditions of a policy may test. */
  readonly context?: ConditionKeys
}

/** Decides for a caller. A refused request is answered as AWS answers it, and does not reach the service. */
export type Authorize = (asked: Permission & { readonly caller: Caller }) => boolean | Promise<boolean>

export type Rights = {
  /** Whether a role has a permission that a service uses on its behalf. */
  readonly mayRole: (roleArn: string, permission: Permission) => Promise<boolean>
  /** Whether a caller has a permission that a service uses on its behalf. */
  readonly mayCaller: (caller: Caller, permission: Permission) => Promise<boolean>
}

/** Builds the checks for services from the enforcer. */
export function rightsBy(authorize: Authorize | undefined): Rights {
  const mayCaller: Rights['mayCaller'] = async (caller, permission) =>
    authorize === undefined || authorize({ ...permission, caller })
  return {
    mayCaller,
    mayRole: (roleArn, permission) => mayCaller(asRole(roleArn), permission),
  }
}

/** A service that acts for a role. */
export function asRole(roleArn: string): Caller {
  const role = roleArn.split('/').at(-1) ?? ''
  return { accessKeyId: `role.${role}`, arn: `arn:aws:sts::${account}:assumed-role/${role}/session` }
}
