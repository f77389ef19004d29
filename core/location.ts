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

/** How to reach a function: with a role, by assuming that role. */
export type Place = { readonly functionName: string; readonly roleArn?: string | undefined }

type Located = { readonly name: string; readonly region?: string; readonly account?: string }

/** The bare name, as CloudWatch dimensions use it, plus region and account for a function elsewhere. */
export function locate(functionName: string): Located {
  const [, region, account, name] = arnPattern.exec(functionName) ?? []
  return name === undefined || region === undefined || account === undefined
    ? { name: functionName }
    : { name, region, account }
}

export const isElsewhere = ({ functionName }: Place): boolean => locate(functionName).region !== undefined

/** The account of the role, which is the only account that the role can act in. */
export const accountOf = (roleArn: string): string => roleArn.split(':')[4] ?? ''
