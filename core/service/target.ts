// A target of a service: an alias of a function, and the roles by which it is reached where it is in another account.
import * as z from 'zod'
import { isElsewhere, isOfSameAccount, type Place, RoleArn, TargetFunction } from '../location.ts'

/** Lambda's limits for an alias (API reference of UpdateAlias). */
const AliasName = z
  .string()
  .regex(/^(?![0-9]+$)[A-Za-z0-9_-]{1,128}$/, 'an alias is letters, digits, - and _, not only digits')

export const Target = z.strictObject({
  functionName: TargetFunction,
  alias: AliasName,
  roleArn: RoleArn.optional(),
  /** Absent: `roleArn` looks too. So it is in logs from before it existed. */
  lookRoleArn: RoleArn.optional(),
})
export type Target = z.output<typeof Target>

/** `checkout:live, cart:live` */
export const targetsWords = (targets: readonly Pick<Target, 'functionName' | 'alias'>[]): string =>
  targets.map(({ functionName, alias }) => `${functionName}:${alias}`).join(', ')

export const TargetDefinition = z
  .strictObject({
    function: TargetFunction,
    alias: AliasName,
    role: RoleArn.optional().describe(
      'Of the account of a function elsewhere: the controller assumes it to move the alias.',
    ),
    lookRole: RoleArn.optional().describe(
      'Of the same account: the controller assumes it to look. Without it, the parts that only look assume `role`, which may move.',
    ),
  })
  .refine(({ function: name, role }) => role === undefined || isOfSameAccount(role, name), {
    path: ['role'],
    message: 'a role is for a function that is named by its ARN, in the same account',
  })
  .refine(({ function: name, lookRole }) => lookRole === undefined || isOfSameAccount(lookRole, name), {
    path: ['lookRole'],
    message: 'a role is for a function that is named by its ARN, in the same account',
  })
  .refine(({ role, lookRole }) => lookRole === undefined || (role !== undefined && role !== lookRole), {
    path: ['lookRole'],
    message: 'a role that looks stands beside another one that moves: `role`',
  })

type Defined = z.output<typeof TargetDefinition>

export const isDefinedElsewhere = ({ function: functionName }: Defined): boolean => isElsewhere({ functionName })

/** Whether there is a way to it by which nothing can be moved. */
export const mayOnlyLook = ({ role, lookRole }: Defined): boolean => role === undefined || lookRole !== undefined

export const storedTarget = ({ function: functionName, alias, role, lookRole }: Defined): Target => ({
  functionName,
  alias,
  ...(role === undefined ? {} : { roleArn: role }),
  ...(lookRole === undefined ? {} : { lookRoleArn: lookRole }),
})

/** Where a target is, and in whose name it is reached. Releases and moves keep no role that looks: the service has it. */
export function placedIn<T extends { readonly functionName: string }>(
  { name, targets }: { readonly name: string; readonly targets: readonly Target[] },
  target: T,
): T & Pick<Place, 'service' | 'lookRoleArn'> {
  const { lookRoleArn } = targets.find(({ functionName }) => functionName === target.functionName) ?? {}
  return { ...target, ...(lookRoleArn === undefined ? {} : { lookRoleArn }), service: name }
}
