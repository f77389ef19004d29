// A target of a service: an alias of a function, and the roles by which it is reached where it is in another account.
import * as z from 'zod'
import { isElsewhere, isOfSameAccount, locate, type Place, RoleArn, TargetFunction } from '../location.ts'
import { functionAt, type Home, siteOfFunction } from '../origin.ts'

/** Lambda's limits for an alias (API reference of UpdateAlias). */
const AliasName = z
  .string()
  .regex(/^(?![0-9]+$)[A-Za-z0-9_-]{1,128}$/, 'an alias is letters, digits, - and _, not only digits')

const provisionedConcurrency = z
  .int('write how many environments, as a whole number')
  .min(1, 'write at least 1, or leave it out: then Tidegate changes no provisioned concurrency')
  .max(10_000, 'write at most 10000')

export const Target = z.strictObject({
  functionName: TargetFunction,
  alias: AliasName,
  roleArn: RoleArn.optional(),
  /** Absent: `roleArn` looks too. So it is in logs from before it existed. */
  lookRoleArn: RoleArn.optional(),
  /** Absent: none is promised, and none is touched. So it is in logs from before it existed. */
  provisionedConcurrency: provisionedConcurrency.optional(),
  /** Absent: what Application Auto Scaling does is left where it is. So it is in logs from before it existed. */
  moveScaling: z.literal(true).optional(),
})
export type Target = z.output<typeof Target>

/** `checkout:live, cart:live` */
export const targetsWords = (targets: readonly Pick<Target, 'functionName' | 'alias'>[]): string =>
  targets.map(({ functionName, alias }) => `${functionName}:${alias}`).join(', ')

/** An alias in one spelling, by whichever its function is named: at home a function has a name and an ARN. */
export const aliasAt = ({ functionName, alias }: Pick<Target, 'functionName' | 'alias'>, home: Home): string =>
  `${functionIn(functionName, home)}:${alias}`

/** The same, of a function. */
export const functionIn = (functionName: string, home: Home): string =>
  functionAt(locate(functionName).name, siteOfFunction(functionName, home), home)

/** In every spelling that a definition may have. */
export const functionSpellings = (functionName: string, { partition, region, account }: Home): readonly string[] =>
  functionName.startsWith('arn:')
    ? [functionName]
    : [functionName, `arn:${partition}:lambda:${region}:${account}:function:${functionName}`]

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
    provisionedConcurrency: provisionedConcurrency
      .optional()
      .describe(
        'How many provisioned environments the version with the traffic has: releases give them to the candidate before it gets traffic, and take them from the version that lost it (docs/concurrency.md). Absent: none is touched.',
      ),
    moveScaling: z
      .boolean('write true, or leave it out')
      .optional()
      .describe(
        'Whether what Application Auto Scaling does for the version before is moved to the new one when a release has ended: its bounds, target tracking policies and scheduled actions (docs/concurrency.md). Absent or false: it is left where it is.',
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
  .refine((target) => target.provisionedConcurrency === undefined || !isDefinedElsewhere(target), {
    path: ['provisionedConcurrency'],
    message: 'provisioned concurrency is given in the own account and region only, and this target is elsewhere',
  })
  .refine(({ moveScaling, provisionedConcurrency: promised }) => moveScaling !== true || promised !== undefined, {
    path: ['moveScaling'],
    message: 'what is scaled is provisioned concurrency: give the target `provisionedConcurrency`, or take this away',
  })

type Defined = z.output<typeof TargetDefinition>

export function isDefinedElsewhere({ function: functionName }: { readonly function: string }): boolean {
  return isElsewhere({ functionName })
}

/** Whether there is a way to it by which nothing can be moved. */
export const mayOnlyLook = ({ role, lookRole }: Defined): boolean => role === undefined || lookRole !== undefined

export const storedTarget = ({
  function: functionName,
  alias,
  role,
  lookRole,
  provisionedConcurrency: promised,
  moveScaling,
}: Defined): Target => ({
  functionName,
  alias,
  ...(role === undefined ? {} : { roleArn: role }),
  ...(lookRole === undefined ? {} : { lookRoleArn: lookRole }),
  ...(promised === undefined ? {} : { provisionedConcurrency: promised }),
  ...(moveScaling === true ? { moveScaling } : {}),
})

/** Where a target is, and in whose name it is reached. Releases and moves keep no role that looks: the service has it. */
export function placedIn<T extends { readonly functionName: string }>(
  { name, targets }: { readonly name: string; readonly targets: readonly Target[] },
  target: T,
): T & Pick<Place, 'service' | 'lookRoleArn'> {
  const { lookRoleArn } = targets.find(({ functionName }) => functionName === target.functionName) ?? {}
  return { ...target, ...(lookRoleArn === undefined ? {} : { lookRoleArn }), service: name }
}
