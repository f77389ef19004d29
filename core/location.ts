// Where a target's function is. A bare name means the controller's own account and region. A full ARN may be in another region
// and, with a role of that account, in another account.
import * as z from 'zod'

/** JSON that is read as an object cannot have this key, and versions are kept by function. */
const isKeepable = (name: string): boolean => name !== '__proto__'
const unkeepable = 'a function of this name cannot be released'

/** Lambda's limits for a function name (API reference of CreateFunction). */
export const FunctionName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'a function name is letters, digits, - and _, at most 64')
  .refine(isKeepable, unkeepable)

const arnPattern =
  /^arn:aws[a-z-]{0,20}:lambda:((?:eusc-)?[a-z]{2}(?:-[a-z]{1,15}){1,3}-\d{1,2}):(\d{12}):function:([A-Za-z0-9_-]{1,64})$/

/** A name, or the unqualified ARN of a function elsewhere. */
export const TargetFunction = z
  .string()
  .max(200)
  .regex(
    new RegExp(`^[A-Za-z0-9_-]{1,64}$|${arnPattern.source}`),
    'a function is a name, or the whole ARN of one in another region or account, without a version',
  )
  .refine(isKeepable, unkeepable)

/** IAM's form of a role's ARN, which may have a path. */
export const RoleArn = z
  .string()
  .max(600)
  .regex(/^arn:aws[a-z-]{0,20}:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, 'a role is named by its whole ARN')

/** How to reach a function. In another account: as roles of that account, which are assumed in the name of a service. */
export type Place = {
  readonly functionName: string
  /** Moves its aliases, and looks at them where there is no other role for that. */
  readonly roleArn?: string | undefined
  readonly lookRoleArn?: string | undefined
  readonly service: string
}

type Roles = Pick<Place, 'roleArn' | 'lookRoleArn'>
export const lookRoleOf = ({ roleArn, lookRoleArn = roleArn }: Roles): string | undefined => lookRoleArn
/** Whether who only looks there assumes a role that moves. */
export const hasOneRole = ({ roleArn, lookRoleArn }: Roles): boolean =>
  roleArn !== undefined && lookRoleArn === undefined

/** An alias, and how to reach its function. */
export type AliasPlace = Place & { readonly alias: string }

/** What `sts:ExternalId` says: a role there names the services that it is for. Two to 1,224 characters. */
export const externalIdOf = (service: string): string => `tidegate/${service}`

type Located = { readonly name: string; readonly region?: string; readonly account?: string }

/** The bare name, as CloudWatch dimensions use it, plus region and account for a function elsewhere. */
export function locate(functionName: string): Located {
  const [, region, account, name] = arnPattern.exec(functionName) ?? []
  return name === undefined || region === undefined || account === undefined
    ? { name: functionName }
    : { name, region, account }
}

export const isElsewhere = ({ functionName }: Pick<Place, 'functionName'>): boolean =>
  locate(functionName).region !== undefined

/** Whether the role is of the function's account, which is the only one that it can act in. */
export function isOfSameAccount(roleArn: string, functionArn: string): boolean {
  const [role, fn] = [roleArn, functionArn].map((arn) => arn.split(':'))
  return locate(functionArn).account === role?.[4] && fn?.[1] === role?.[1]
}
