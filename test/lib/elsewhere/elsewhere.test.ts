// Targets in other accounts and regions: whole releases on the embedded cloud, under the policies of the controller's stack and
// of the stack in the other account.
import { App, Stack } from 'aws-cdk-lib'
import { SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import { StopExecutionCommand } from '@aws-sdk/client-sfn'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { parseDefinition } from '../../../core/service/definition.ts'
import { assumers, targetAccess } from '../../../functions/permissions.ts'
import { TargetAccess } from '../../../lib/target-access.ts'
import { type Sandbox, type SandboxOptions, openSandbox, startMs } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { awayPort } from '../../scenarios/away.ts'
import { type AwayFunction, awayFunction } from './away-function.ts'
import { enforcing, type Policies, rolesIn, synthesised } from '../policies.ts'

const far = { account: '111122223333', region: 'eu-west-1' }
/** As long as Lambda allows. */
const farName = `orders-${'x'.repeat(57)}`
const farArn = `arn:aws:lambda:${far.region}:${far.account}:function:${farName}`
const roleArn = `arn:aws:iam::${far.account}:role/tidegate-target`
const lookRoleArn = `${roleArn}-look`
/** The same account, another region: no role is needed. */
const nearArn = 'arn:aws:lambda:eu-central-1:000000000000:function:checkout'

const targets = [
  { function: 'checkout', alias: 'live' },
  { function: farArn, alias: 'live', role: roleArn, lookRole: lookRoleArn },
  { function: nearArn, alias: 'live' },
]
const definition = (changes: object = {}) => ({
  name: 'checkout',
  targets,
  plan: { steps: [{ weight: 10, bake: '5m' }] },
  signals: { errors: { minimumSamples: 20 } },
  ...changes,
})

type Changes = Partial<ConstructorParameters<typeof TargetAccess>[2]>
const farRolesMade = new Map<string, Policies>()
function farRoles(changes: Changes = {}, key = JSON.stringify(changes)): Policies {
  if (!farRolesMade.has(key)) farRolesMade.set(key, farRolesOf(changes))
  return farRolesMade.get(key) ?? {}
}
function farRolesOf(changes: Changes): Policies {
  const stack = new Stack(new App(), 'far', { env: far })
  const controller = { controllerAccount: '000000000000', controllerRegion: 'us-east-1' }
  new TargetAccess(stack, 'Access', { ...controller, services: ['checkout'], functions: [farName], ...changes })
  return rolesIn(stack, far)
}

/** As definitions were before there were two roles. */
const oneRole = { targets: [targets[0], { function: farArn, alias: 'live', role: roleArn }, targets[2]] }
const swapped = {
  targets: [targets[0], { function: farArn, alias: 'live', role: lookRoleArn, lookRole: roleArn }, targets[2]],
}

const quiet: SandboxOptions = { perMinute: 0 } // no customers, anywhere
const controllerFor = (changes: object): Policies => synthesised([definition(changes)])
let sandbox: Sandbox
let elsewhere: readonly AwayFunction[] = []
/** By the role of the other account: the controller functions that have assumed it, and the calls made as it. */
const assumed = { [roleArn]: new Set<string>(), [lookRoleArn]: new Set<string>() }
const doneThere = { [roleArn]: new Set<string>(), [lookRoleArn]: new Set<string>() }
const sessions = new Set<string>()

async function open(policies: Policies, options: SandboxOptions = {}, changes: object = {}): Promise<void> {
  const { authorize } = enforcing({ ...controllerFor(changes), ...policies })
  const noting: typeof authorize = async (asked) => {
    const allowed = await authorize(asked)
    const role = asked.resource
    if (allowed && asked.action === 'sts:AssumeRole')
      assumed[role]?.add(asked.caller.accessKeyId.replace('role.tidegate-', ''))
    const [, name = '', session = ''] = /:assumed-role\/(tidegate-target[^/]*)\/(.*)$/.exec(asked.caller.arn) ?? []
    if (allowed && name !== '') {
      doneThere[`arn:aws:iam::${far.account}:role/${name}`]?.add(asked.action)
      sessions.add(session)
    }
    return allowed
  }
  const minutes = options.perMinute === 0 ? 0 : 10
  sandbox = await openSandbox({ authorize: noting, perMinute: 60, sweepMinutes: 5, ...options })
  elsewhere = [
    awayFunction(sandbox, `owner@${far.account}`, far.region, farName),
    awayFunction(sandbox, 'owner', 'eu-central-1', 'checkout'),
  ]
  for (const away of elsewhere) await away.create()
  callEverySecond(sandbox, minutes * 360)
  await sandbox.minutes(minutes)
  await sandbox.world.services.put(parseDefinition(definition(changes)))
}
/** One timer at a time, because the clock looks through all that are set. */
function callEverySecond({ clock }: Pick<Sandbox, 'clock'>, seconds: number): void {
  if (seconds === 0) return
  clock.at(clock.nowMs() + 1000, () => {
    for (const away of elsewhere) void away.call()
    callEverySecond({ clock }, seconds - 1)
  })
}
afterEach(() => sandbox.close())

const routings = async () => [
  [(await sandbox.alias()).version, (await sandbox.alias()).weights],
  ...(await Promise.all(elsewhere.map((away) => away.routing()))),
]

const everywhere = (version: string, weights: Readonly<Record<string, number>> = {}) =>
  Array.from({ length: 3 }, () => [version, weights])

async function release(codes: readonly [string, string, string]): Promise<string> {
  const [first, second, third] = [
    await sandbox.publish(codes[0]),
    await elsewhere[0]?.publish(codes[1]),
    await elsewhere[1]?.publish(codes[2]),
  ]
  return sandbox.start({ versions: { checkout: first, [farArn]: second, [nearArn]: third } })
}

describe('targets in another account and in another region', () => {
  it('are moved together with the one at home, judged by their own metrics, and watched', async () => {
    await open(farRoles(), {}, { watch: {} })
    const id = await release(['v2', 'v2', 'v2'])
    expect(await routings()).toEqual(everywhere('1', { '2': 0.1 }))
    expect((await sandbox.finish(id)).ending).toMatchObject({ outcome: 'promoted' })
    expect(await routings()).toEqual(everywhere('2'))
    expect(await sandbox.ask('watch', { watches: true })).toMatchObject({ looked: 1 })
    const [head] = (await sandbox.world.history.list('checkout', 1)).items
    expect(head?.versions).toHaveProperty([farArn])
    const verdict = (await sandbox.release(id)).verdict
    expect(verdict?.signals.map((signal) => signal.signal)).toContain(`errors:${farArn}`)
    expect(verdict?.kind).toBe('pass')
    const to = { [farArn]: '1' }
    await sandbox.ask('orderRollback', { verb: 'rollBack', service: 'checkout', to, by: 'ann', reason: 'to see' })
    await sandbox.clock.settle()
    expect((await routings()).map(([version]) => version)).toEqual(['2', '1', '2'])
  })

  it('are put back together when the one far away fails', async () => {
    await open(farRoles())
    const id = await release(['v2', 'v3', 'v2'])
    const { ending } = await sandbox.finish(id)
    expect(ending).toMatchObject({ outcome: 'rolledBack', by: 'verdict' })
    expect(ending?.because).toContain(farArn)
    expect(await routings()).toEqual(everywhere('1'))
  })

  it('in waves are taken one after the other, by region and by account, and all go back when the last one fails', async () => {
    const waves = [0, 2, 1].map((at) => ({ name: `wave-${String(at)}`, targets: [targets[at]?.function] }))
    await open(farRoles(), {}, { waves })
    const id = await release(['v2', 'v3', 'v2'])
    const seen: unknown[] = []
    for (let passed = 0; passed < 45; passed++) {
      const now = (await routings()).map((one) => JSON.stringify(one)).join(' ')
      if (seen.at(-1) !== now) seen.push(now)
      await sandbox.minutes(1)
    }
    const [none, tenth, most] = ['["1",{}]', '["1",{"2":0.1}]', '["1",{"2":0.9}]']
    expect(seen).toEqual([
      `${tenth} ${none} ${none}`,
      `${most} ${none} ${tenth}`,
      `${most} ${tenth} ${most}`,
      `${none} ${none} ${none}`,
    ])
    const { ending } = await sandbox.finish(id)
    expect(ending).toMatchObject({ outcome: 'rolledBack', by: 'verdict' })
    expect(ending?.because).toContain(`blames ${farArn}`)
  })

  it('that somebody moves over there interrupt the release; that change stays, the others go back', async () => {
    await open(farRoles())
    const id = await release(['v2', 'v2', 'v2'])
    await elsewhere[0]?.move('2')
    expect((await sandbox.finish(id)).ending).toMatchObject({ outcome: 'interrupted' })
    expect(await routings()).toEqual([
      ['1', {}],
      ['2', {}],
      ['1', {}],
    ])
  })

  it.each([
    ['trusts another controller only', { controllerName: 'another' }, 'sts:AssumeRole'],
    ['trusts another account only', { controllerAccount: '444455556666' }, 'sts:AssumeRole'],
    ['trusts a controller in another region only', { controllerRegion: 'eu-west-1' }, 'sts:AssumeRole'],
    ['is for another service', { services: ['orders'] }, 'sts:AssumeRole'],
    ['wants another organisation', { organizationId: 'o-abcdefghij' }, 'sts:AssumeRole'],
    ['is for another function', { functions: ['invoices'] }, 'lambda:GetAlias'],
  ])('whose role %s reject the release, naming the action, and nothing moves', async (_, changes, action) => {
    await open(farRoles(changes), quiet)
    const { ending } = await sandbox.finish(await release(['v2', 'v2', 'v2']))
    expect(ending).toMatchObject({ outcome: 'rejected', code: 'permission_denied' })
    expect(ending?.because).toContain(action)
    expect(await routings()).toEqual(everywhere('1'))
  })

  it.each([
    ['with the two roles in the wrong places', swapped, {}],
    ['with one role, which is only to move', oneRole, {}],
  ] as const)('%s reject the release, and nothing moves', async (_, changes, access) => {
    await open(farRoles(access), quiet, changes)
    const { ending } = await sandbox.finish(await release(['v2', 'v2', 'v2']))
    expect(ending).toMatchObject({ outcome: 'rejected', code: 'permission_denied' })
    // The first thing that prepare looks for, as the role that looks.
    expect(ending?.because).toContain('lambda:ListProvisionedConcurrencyConfigs')
    expect(await routings()).toEqual(everywhere('1'))
  })

  it('with one role for both are released, where that role says so', async () => {
    const before = structuredClone({ assumed, doneThere })
    await open(farRoles({ oneRole: true }), {}, oneRole)
    const id = await release(['v2', 'v2', 'v2'])
    expect((await sandbox.finish(id)).ending).toMatchObject({ outcome: 'promoted' })
    expect(await routings()).toEqual(everywhere('2'))
    expect(assumed[roleArn]).toContain('judge')
    Object.assign(assumed, before.assumed)
    Object.assign(doneThere, before.doneThere)
  })

  const order = { service: 'checkout', by: 'ann', reason: 'to see' }
  const ways: Readonly<Record<string, (id: string) => Promise<unknown>>> = {
    'a person': () => sandbox.ask('orderRollback', { verb: 'rollBack', ...order }),
    'an alarm': () =>
      sandbox.clients.cloudwatch.send(
        new SetAlarmStateCommand({ AlarmName: 'checkout-errors', StateValue: 'ALARM', StateReason: 'test' }),
      ),
    'the sweep after its execution': () =>
      sandbox.clients.sfn.send(new StopExecutionCommand({ executionArn: sandbox.cloud.states.executions()[0]?.arn })),
    'the end of the stack': () =>
      sandbox.ask('provision', {
        RequestType: 'Delete',
        ResourceProperties: { kind: 'service', definition: JSON.stringify(definition()) },
      }),
    'a newer release': async () => {
      await sandbox.world.services.put(parseDefinition(guarded({ policy: { whileLive: 'supersede' } })))
      return release(['v1', 'v1', 'v1'])
    },
  }
  const guarded = (changes: object = {}) => definition({ signals: { alarms: ['checkout-errors'] }, ...changes })

  it.each(Object.keys(ways))('are put back by %s', async (way) => {
    await open(farRoles(), quiet)
    await sandbox.world.services.put(parseDefinition(guarded()))
    const id = await release(['v2', 'v2', 'v2'])
    await sandbox.minutes(1)
    expect((await routings())[1]).toEqual(['1', { '2': 0.1 }])
    await ways[way]?.(id)
    await sandbox.clock.settle()
    await sandbox.finish(id)
    const back = (await routings()).map(([version]) => version)
    expect(back).toEqual(['1', '1', '1'])
  })

  it('are put back by the return record while the table is away, when the policy says so', async () => {
    const { away, options } = awayPort()
    await open(farRoles(), options)
    await sandbox.world.services.put(parseDefinition(definition({ policy: { hold: { unknown: '5m' } } })))
    const id = await release(['v2', 'v2', 'v2'])
    expect(await routings()).toEqual(everywhere('1', { '2': 0.1 }))
    away.add('DynamoDB')
    await sandbox.minutes(14)
    expect(await routings()).toEqual(everywhere('1'))
    away.clear()
    expect((await sandbox.finish(id)).ending).toMatchObject({ outcome: 'rolledBack' })
  })

  it('are counted in the error budget of their service', async () => {
    await open(farRoles())
    await sandbox.world.services.put(parseDefinition(definition({ slos: [{ name: 'available', objective: 99.9 }] })))
    expect(await sandbox.ask('budget', { budgets: true })).toMatchObject({
      updated: ['checkout/available'],
      troubles: [],
    })
    const counted = (await sandbox.world.budgets.read('checkout', 'available', startMs, sandbox.clock.nowMs())).items
    // Sixty a minute at each of the three; traffic elsewhere began ten minutes after the sandbox opened.
    expect(counted.at(-1)).toMatchObject({ good: 900, bad: 0 })
  })

  it('are checked for signed code', async () => {
    await open(farRoles(), quiet)
    await sandbox.world.services.put(parseDefinition(definition({ gates: { provenance: { signed: true } } })))
    const id = await release(['v2', 'v2', 'v2'])
    expect((await sandbox.release(id)).held?.because).toBe('its code is not signed')
  })

  it('are checked before a pipeline enters a stage', async () => {
    await open(farRoles(), quiet)
    expect(await sandbox.ask('ask', { service: 'checkout' })).toMatchObject({ may: true })
    const job = sandbox.cloud.codepipeline.invoke('tidegate-pipeline', '{"service":"checkout"}')
    await sandbox.clock.settle()
    expect(sandbox.cloud.codepipeline.job(job)).toMatchObject({ status: 'Succeeded' })
  })
  it('are looked at while others move them', async () => {
    await open(farRoles(), quiet)
    await sandbox.world.services.put(parseDefinition(definition({ mode: 'observe' })))
    await sandbox.ask('observe', { observed: true })
    expect(await sandbox.world.observations.seen('checkout', farArn, 'live')).toHaveProperty('routing.version', '1')
  })

  it('are released only if what they consume is there: it is looked for as the role that only looks', async () => {
    const mapping = '0123abcd-0123-4567-89ab-0123456789ab'
    const more = { name: 'orders', function: farArn, queue: 'orders', waiting: 5, mapping, failedEvents: 1 }
    const near = { name: 'near', function: nearArn, queue: 'near', waiting: 5 }
    const changes = { signals: { consumers: [more, near] } }
    await open(farRoles({ queues: ['orders'], mappings: [mapping] }), quiet, changes)
    await elsewhere[0]?.queue('orders')
    await elsewhere[1]?.queue('near')
    const { ending } = await sandbox.finish(await release(['v2', 'v2', 'v2']))
    expect(ending).toMatchObject({ outcome: 'rejected' })
    expect(ending?.because).toContain(
      `\`mapping\` of consumer orders names ${mapping}, and there is no such event source mapping in account ${far.account}, region ${far.region}.`,
    )
    expect(ending?.because).not.toContain('queue')
    expect(await routings()).toEqual(everywhere('1'))
  })

  afterAll(() => {
    for (const [use, arn] of Object.entries({ move: roleArn, look: lookRoleArn } as const)) {
      const used = assumers(use as 'look').filter((verb) => use === 'move' || verb !== 'shift') // one-way steps
      expect([...(assumed[arn] ?? [])].sort()).toEqual(used.sort())
      // Waking is for versions that Lambda has put to sleep, which the embedded cloud does not do.
      const granted = Object.values<readonly string[]>(targetAccess[use as 'move' | 'look']).flat()
      const woken = use === 'move' ? ['lambda:InvokeFunction'] : []
      expect([...(doneThere[arn] ?? []), ...woken].sort()).toEqual([...granted].sort())
    }
    // CloudTrail over there says which function it was.
    expect(sessions).toContain('tidegate-judge')
  })

  it('accept no artifact', async () => {
    await open(farRoles(), quiet)
    const artifact = { kind: 's3', bucket: 'artifacts', key: 'checkout.zip', versionId: '1' }
    await expect(sandbox.ask('start', { service: 'checkout', artifact })).rejects.toThrow('is elsewhere')
  })

  it('that stop answering are no evidence: the release holds, and goes back when the policy says so', async () => {
    let silent = false
    await open(farRoles(), {
      onRequest: ({ phase, operation, site }) => {
        if (silent && phase === 'before' && operation === 'GetMetricData' && site.account === far.account)
          throw new Error('no connection')
      },
    })
    await sandbox.world.services.put(parseDefinition(definition({ policy: { hold: { unknown: '5m' } } })))
    const id = await release(['v2', 'v2', 'v2'])
    await sandbox.minutes(1)
    silent = true
    const { ending } = await sandbox.finish(id)
    expect(ending).toMatchObject({ outcome: 'rolledBack', by: 'policy' })
    expect(ending?.because).toContain('still unknown')
    expect(await routings()).toEqual(everywhere('1'))
  })
})

describe('a definition', () => {
  const code = (changes: object): string => {
    try {
      parseDefinition(definition(changes))
      return 'valid'
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
  it("names a role of the function's account, or is refused", () => {
    expect(code({})).toBe('valid')
    const role = 'arn:aws:iam::444455556666:role/tidegate-target'
    expect(code({ targets: [{ function: farArn, alias: 'live', role }] })).toContain('same account')
    expect(code({ targets: [{ function: 'orders', alias: 'live', role }] })).toContain('named by its ARN')
    expect(code({ targets: [{ function: `${farArn}:3`, alias: 'live' }] })).toContain('without a version')
    const china = roleArn.replace('arn:aws:', 'arn:aws-cn:')
    expect(code({ targets: [{ function: farArn, alias: 'live', role: china }] })).toContain('same account')
    const far = { function: farArn, alias: 'live', role: roleArn }
    expect(code({ targets: [{ ...far, lookRole: role }] })).toContain('same account')
    expect(code({ targets: [{ ...far, lookRole: roleArn }] })).toContain('another one')
    expect(code({ targets: [{ ...far, role: undefined, lookRole: roleArn }] })).toContain('another one')
    expect(code({ targets: [{ ...far, role: `${roleArn.slice(0, -3)}*` }] })).toContain('whole ARN')
    expect(code({ targets: [far] })).toBe('valid')
  })

  it('with an artifact trigger has no target elsewhere', () => {
    expect(code({ triggers: { s3: { bucket: 'artifacts', key: 'a.zip' } } })).toContain('a target is elsewhere')
    expect(parseDefinition(definition()).targets[1]).toEqual({
      functionName: farArn,
      alias: 'live',
      roleArn,
      lookRoleArn,
    })
    expect(sampleService().targets[0]).toEqual({ functionName: 'checkout', alias: 'live' })
  })
})
