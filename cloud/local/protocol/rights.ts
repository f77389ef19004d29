// Whether somebody may do something: what services ask for themselves, and who decides.
import { account, type Caller } from './service.ts'

export type Permission = { readonly action: string; readonly resource: string }

/** Decides for a caller. What it refuses is answered as AWS does, and reaches no service. */
export type Authorize = (asked: Permission & { readonly caller: Caller }) => boolean | Promise<boolean>

export type Rights = {
  /** Whether a role may, when a service acts for it. */
  readonly mayRole: (roleArn: string, permission: Permission) => Promise<boolean>
  /** Whether a caller may, when a service does something for it. */
  readonly mayCaller: (caller: Caller, permission: Permission) => Promise<boolean>
}

/** What services ask for themselves. */
export function rightsBy(authorize: Authorize | undefined): Rights {
  const mayCaller: Rights['mayCaller'] = async (caller, permission) =>
    authorize === undefined || authorize({ ...permission, caller })
  return {
    mayCaller,
    mayRole: (roleArn, permission) => {
      const role = roleArn.split('/').at(-1) ?? ''
      const arn = `arn:aws:sts::${account}:assumed-role/${role}/session`
      return mayCaller({ accessKeyId: `role.${role}`, arn }, permission)
    },
  }
}
