// What the roles of the controller's functions are called: roles in other accounts trust them by name, before there is any.
import { Annotations, Arn, type Stack } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { hasOneRole } from '../core/location.ts'
import { Problem } from '../core/problem.ts'
import type { Service } from '../core/service/service.ts'
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

/** A definition of before the two roles is valid, and wider than it needs to be. */
export function warnOfOneRole(scope: Construct, services: readonly Service[]): void {
  const wide = services.filter(({ targets }) => targets.some(hasOneRole))
  if (wide.length === 0) return
  const names = wide.map(({ name }) => name).join(', ')
  Annotations.of(scope).addWarningV2(
    'tidegate:oneRole',
    `Functions that only look assume a role that moves: name lookRole beside role in the definition of ${names} (docs/deploy.md).`,
  )
}
