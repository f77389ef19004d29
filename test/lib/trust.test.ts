// Who may assume the roles of another account: every function of the controller, and others, asked of the IAM simulator.
import { readFileSync } from 'node:fs'
import { App, Stack } from 'aws-cdk-lib'
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import { verbs } from '../../functions/handlers.ts'
import { assumers, movesTraffic, permissions } from '../../functions/permissions.ts'
import { ReleaseController } from '../../lib/controller.ts'
import { parseDefinition } from '../../core/service/definition.ts'
import { warnOfTargets } from '../../lib/wiring.ts'
import { TargetAccess, type TargetAccessProps } from '../../lib/target-access.ts'
import { functionName } from '../../local/installation.ts'
import { enforcing, type Policies, rolesIn, synthesised } from './policies.ts'

const far = { account: '111122223333', region: 'eu-west-1' }
const roles = {
  move: `arn:aws:iam::${far.account}:role/tidegate-target`,
  look: `arn:aws:iam::${far.account}:role/tidegate-target-look`,
} as const
const usual: TargetAccessProps = {
  controllerAccount: '000000000000',
  controllerRegion: 'us-east-1',
  services: ['checkout', 'cart'],
  functions: ['orders'],
}
const stackOf = (changes: Partial<TargetAccessProps>): Stack => {
  const stack = new Stack(new App(), 'far', { env: far })
  new TargetAccess(stack, 'Access', { ...usual, ...changes })
  return stack
}
const definition = (target: object = {}) => ({
  name: 'checkout',
  targets: [
    {
      function: `arn:aws:lambda:${far.region}:${far.account}:function:orders`,
      alias: 'live',
      role: roles.move,
      lookRole: roles.look,
      ...target,
    },
  ],
  plan: 'AllAtOnce',
})
const controller = synthesised([definition()])

/** A role that may assume whatever trusts it. */
const stranger = (arn: string) => ({
  arn,
  statements: [{ actions: ['sts:AssumeRole'], resources: ['*'] }],
  trust: undefined,
})
const strangers: Policies = {
  // Under the path that roles trusted before.
  newcomer: stranger('arn:aws:iam::000000000000:role/tidegate/newcomer'),
  pathless: stranger('arn:aws:iam::000000000000:role/tidegate-shift-us-east-1'),
  namesake: stranger('arn:aws:iam::000000000000:role/tidegate/tidegate-shift-eu-west-1'),
  foreigner: stranger('arn:aws:iam::444455556666:role/tidegate/tidegate-shift-us-east-1'),
}

async function whoMay(role: string, changes: Partial<TargetAccessProps> = {}, context = said('checkout')) {
  const { authorize } = enforcing({ ...controller, ...strangers, ...rolesIn(stackOf(changes), far) })
  const names = [...verbs.map(functionName), ...Object.keys(strangers)]
  const found = await Promise.all(
    names.map((name) => {
      const caller = { arn: `arn:aws:sts::000000000000:assumed-role/${name}/session`, accessKeyId: `role.${name}` }
      return Promise.resolve(authorize({ action: 'sts:AssumeRole', resource: role, caller, context }))
    }),
  )
  return names.filter((_, index) => found[index]).map((name) => name.replace(functionName(''), ''))
}
const said = (service: string, more: Readonly<Record<string, readonly string[]>> = {}) => ({
  'sts:ExternalId': [`tidegate/${service}`],
  ...more,
})

describe('a role of another account', () => {
  it('that moves is assumed by the functions that move, and by nobody else', async () => {
    const may = await whoMay(roles.move)
    expect(may.sort()).toEqual([...assumers('move')].sort())
    for (const verb of ['ask', 'gate', 'judge', 'budget']) expect(may).not.toContain(verb)
  })

  it('that looks is assumed by the functions that look, and by nobody else', async () => {
    const may = await whoMay(roles.look)
    expect(may.sort()).toEqual(
      assumers('look')
        .filter((verb) => verbs.includes(verb))
        .sort(),
    )
    const looking = [
      'ask',
      'budget',
      'gate',
      'judge',
      'observe',
      'orderRollback',
      'pipeline',
      'prepare',
      'shift',
      'watch',
    ]
    expect(may.sort()).toEqual(looking)
  })

  it('that moves has every right to move, and the other none', () => {
    const there = rolesIn(stackOf({}), far)
    const actions = (name: string) => there[name]?.statements.flatMap((one) => one.actions).sort()
    expect(actions('tidegate-target')).toEqual(['lambda:GetAlias', 'lambda:InvokeFunction', 'lambda:UpdateAlias'])
    expect(actions('tidegate-target-look')).toEqual([
      'cloudwatch:GetMetricData',
      'lambda:GetAlias',
      'lambda:GetFunctionConfiguration',
      'lambda:ListProvisionedConcurrencyConfigs',
    ])
  })

  it.each([
    ['for a service that it does not name', {}, said('orders')],
    ['for no service', {}, {}],
    ['for services of another spelling', {}, said('Checkout')],
    ['for services that match a wildcard', { services: ['*'] }, said('checkout')],
    ['of a controller in another region', { controllerRegion: 'eu-west-1' }, said('checkout')],
    ['of another controller', { controllerName: 'another' }, said('checkout')],
    ['outside of its organisation', { organizationId: 'o-abcdefghij' }, said('checkout')],
    [
      'of another organisation',
      { organizationId: 'o-abcdefghij' },
      said('checkout', { 'aws:PrincipalOrgID': ['o-klmnopqrst'] }),
    ],
  ])('is not assumed %s', async (_, changes: Partial<TargetAccessProps>, context: ReturnType<typeof said> | object) => {
    const asked = () => whoMay(roles.move, changes, context as ReturnType<typeof said>)
    const may = await asked().catch((error: unknown) => (error as { code?: string }).code)
    expect(may).toEqual(
      changes.services === undefined ? (changes.controllerRegion ? ['namesake'] : []) : 'definition_invalid',
    )
  })

  it('is assumed in the organisation that it names, and for each service that it names', async () => {
    const organizationId = 'o-abcdefghij'
    const context = said('cart', { 'aws:PrincipalOrgID': [organizationId] })
    expect((await whoMay(roles.move, { organizationId }, context)).sort()).toEqual([...assumers('move')].sort())
  })

  it('is one for both only where that is said', async () => {
    const both = [...new Set([...assumers('move'), ...assumers('look')])].sort()
    expect((await whoMay(roles.move, { oneRole: true })).sort()).toEqual(
      both.filter((verb) => permissions[verb].targetRoles !== undefined),
    )
    // With a definition of one role, whoever looks assumes it too.
    const before = {
      ...synthesised([definition({ lookRole: undefined })]),
      ...rolesIn(stackOf({ oneRole: true }), far),
    }
    const { authorize } = enforcing(before)
    for (const verb of both) {
      const caller = { arn: `arn:aws:sts::0:assumed-role/${functionName(verb)}/s`, accessKeyId: '' }
      const asked = { action: 'sts:AssumeRole', resource: roles.move, caller, context: said('checkout') }
      expect([verb, await authorize(asked)]).toEqual([verb, true])
    }
  })

  it('is of the partition of its stack', () => {
    const stack = new Stack(new App(), 'beijing', { env: { account: far.account, region: 'cn-north-1' } })
    new TargetAccess(stack, 'Access', { ...usual, controllerRegion: 'cn-northwest-1' })
    expect(JSON.stringify(Template.fromStack(stack).toJSON())).not.toContain('arn:aws:')
  })

  it.each([
    ['an account', { controllerAccount: '*' }, 'controllerAccount'],
    ['a region', { controllerRegion: '*' }, 'controllerRegion'],
    ['a name with a path', { controllerName: 'team/tidegate' }, 'team/tidegate'],
    ['a name that is too long', { controllerName: 'x'.repeat(35) }, '1 to 34'],
    ['a service', { services: ['Checkout'] }, 'services'],
    ['no service', { services: [] }, 'services'],
    ['an organisation', { organizationId: '*' }, 'organizationId'],
    ['the same role twice', { lookRoleName: 'tidegate-target' }, 'lookRoleName'],
    [
      'more than a trust policy holds',
      { services: Array.from({ length: 40 }, (_, n) => `service-of-some-length-${n}`) },
      '2048',
    ],
  ])('is refused with %s that cannot be', (_, changes: Partial<TargetAccessProps>, words) => {
    expect(() => stackOf(changes)).toThrow(words)
  })
})

describe('a definition', () => {
  it('without a role that looks is said to be wider', () => {
    const warnings = (target: object) => {
      const stack = new Stack(new App(), 'own')
      new ReleaseController(stack, 'Controller', { services: [definition(target)] })
      return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('lookRole.* checkout'))
    }
    expect(warnings({ lookRole: undefined })).toHaveLength(1)
    expect(warnings({})).toEqual([])
  })

  it('with an alias of another one is said to be refused when it is deployed', () => {
    const warnings = (...functions: readonly string[]) => {
      const stack = new Stack(new App(), 'own', { env: { account: '000000000000', region: 'us-east-1' } })
      const named = (name: string, index: number) =>
        parseDefinition({ name: `s${index}`, targets: [{ function: name, alias: 'live' }], plan: 'AllAtOnce' })
      warnOfTargets(stack, functions.map(named))
      return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('Services s0 and s1 .*x:live'))
    }
    expect(warnings('x', 'y')).toEqual([])
    expect(warnings('x', 'x')).toHaveLength(1)
    expect(warnings('x', 'arn:aws:lambda:us-east-1:000000000000:function:x')).toHaveLength(1)
  })
})

describe("the controller's roles", () => {
  const template = (name: string, env?: { account: string; region: string }) => {
    const stack = new Stack(new App(), 'own', env === undefined ? {} : { env })
    new ReleaseController(stack, 'Controller', { services: [], name })
    return Object.values(Template.fromStack(stack).findResources('AWS::IAM::Role'))
      .map((role) => (role['Properties'] as { RoleName?: string; Path?: string }).RoleName)
      .filter((role) => role !== undefined)
  }

  it('have names that other accounts can know: of the controller, the function and the region', () => {
    const names = template('x'.repeat(34), { account: '000000000000', region: 'us-isof-south-1' })
    expect(names.sort()).toEqual(verbs.map((verb) => `${'x'.repeat(34)}-${verb}-us-isof-south-1`).sort())
    expect(Math.max(...names.map(({ length }) => length))).toBe(64)
    expect(new Set(names.map((one) => one.toLowerCase())).size).toBe(verbs.length)
  })

  it('are all in docs/deploy.md, and those that move traffic by name', () => {
    const text = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8')
    const [, list = ''] = /\nThe controller has \d+ functions([^]*?)\nOnly these/.exec(text) ?? []
    expect(text).toContain(`The controller has ${verbs.length} functions`)
    const [table = '', words = ''] = list.split('\nBeside them')
    const named = (part: string) => [...part.matchAll(/`([a-zA-Z]+)`/g)].map(([, name]) => name)
    expect(named(table).sort()).toEqual([...verbs].sort())
    expect(named(words).sort()).toEqual(verbs.filter(movesTraffic).sort())
  })

  it('have the region of the stack, if it is known only when it is deployed', () => {
    expect(template('tidegate')).toContainEqual({ 'Fn::Join': ['', ['tidegate-judge-', { Ref: 'AWS::Region' }]] })
  })

  it.each(['x'.repeat(35), '', 'a b', 'team/x', 'x*', 'é'])('a controller cannot be called %j', (name) => {
    expect(() => template(name)).toThrow('cannot be called')
  })
})
