// What the roles of the controller's functions are called: roles in other accounts trust them by name, before there is any.
import { Arn, type Stack } from 'aws-cdk-lib'
import { Problem } from '../core/problem.ts'
import { type Verb, verbs } from '../functions/handlers.ts'

/** IAM, CreateRole. */
const roleNameMax = 64
const regionMax = 'us-isof-south-1'.length
const controllerNameMax = roleNameMax - regionMax - Math.max(...verbs.map(({ length }) => length)) - '--'.length

/**
 * The names of roles are unique in an account, whatever their path, and whatever the case of their letters. So the region is part
 * of the name: one controller of a name in each region, as with the names of its functions.
 */
export const roleNameOf = (controller: string, verb: Verb, region: string): string => `${controller}-${verb}-${region}`
export const rolePathOf = (controller: string): string => `/${controller}/`

/** @throws Problem `definition_invalid` */
export function checkControllerName(name: string): void {
  if (/^[A-Za-z0-9_-]+$/.test(name) && name.length <= controllerNameMax) return
  const sentence = `A controller cannot be called ${JSON.stringify(name)}: its name is 1 to ${controllerNameMax} letters, digits, - and _.`
  throw new Problem('definition_invalid', sentence)
}

type Controller = { readonly account: string; readonly region: string; readonly name: string }

export const roleArnOf = ({ account, region, name }: Controller, verb: Verb, stack: Stack): string =>
  Arn.format(
    {
      service: 'iam',
      region: '',
      account,
      resource: 'role',
      resourceName: `${rolePathOf(name).slice(1)}${roleNameOf(name, verb, region)}`,
    },
    stack,
  )
