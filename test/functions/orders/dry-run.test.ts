// A dry run says what would come of a release, by the same checks as a real one, and stores nothing.
import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exitCodes, screenOn } from '../../../cli/backend/screen.ts'
import { dryRun } from '../../../cli/orders/dry-run.ts'
import type { Forecast } from '../../../functions/orders/dry-run.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { usesItsRights } from '../../lib/used-rights.ts'
import { enforcing, synthesised } from '../../lib/policies.ts'
import { sampleDefinition } from '../../scenarios/least-privilege.ts'

usesItsRights()

const targets = [{ function: 'checkout', alias: 'live', provisionedConcurrency: 50 }]
const { authorize } = enforcing(synthesised([{ ...sampleDefinition, targets }]))

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await openSandbox({ authorize, perMinute: 0 })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
  await sandbox.publish('v2')
})
afterEach(() => sandbox.close())

const asked = (release: object) => sandbox.orderAs('ann')('ask', 'checkout', { release }) as Promise<Forecast>
const blocked = async (release: object): Promise<readonly string[]> => {
  const { may, checks } = await asked(release)
  expect(may).toBe(false)
  return checks.filter(({ isOk }) => isOk !== true).map(({ what, because }) => `${what}: ${because}`)
}
async function everything(): Promise<unknown> {
  const { Items } = await sandbox.clients.dynamodb.send(new ScanCommand({ TableName: 'tidegate' }))
  return [
    Items?.map((item) => JSON.stringify(item)).sort(),
    await sandbox.alias(),
    sandbox.cloud.states.executions().length,
  ]
}

describe('a dry run', () => {
  it('of a release that could begin says yes, its plan, and what is not known; and nothing has changed', async () => {
    const before = await everything()
    const found = await asked({ version: '2' })
    expect(found).toMatchObject({ may: true, because: 'It would be accepted, and it would begin at once.' })
    expect(found.checks.map(({ what }) => what)).toEqual(['version checkout:2', 'alias checkout:live', 'gates', 'turn'])
    expect(found.plan).toMatch(/^10 % for 5m/)
    expect(found.unknown).toContain('whether its alarms exist, and are quiet')
    expect(found.unknown.join()).not.toMatch(/consumers/)
    expect(await everything()).toEqual(before)
    // What it says is what comes.
    const id = await sandbox.start({ version: '2' })
    expect((await sandbox.release(id)).state.phase).toBe('baking')
  })

  it('says what it would provision and what that costs, or that there is no room for it', async () => {
    const promising = (provisionedConcurrency: number) =>
      sandbox.world.services.put(
        sampleService({
          ...{ slos: [], hooks: [] },
          targets: [{ function: 'checkout', alias: 'live', provisionedConcurrency }],
        }),
      )
    await promising(50)
    const { may, checks } = await asked({ version: '2' })
    expect(may).toBe(true)
    expect(checks.find(({ what }) => what === 'provisioned concurrency checkout')?.because).toBe(
      'the new version gets from 5 to 50 environments beside the 50 of version 1, until the release ends: up to about $0.08 an hour, at 128 MB on arm64 (list price of us-east-1)',
    )
    const target = { function: 'checkout', alias: 'live', provisionedConcurrency: 50, moveScaling: true }
    await sandbox.world.services.put(sampleService({ slos: [], hooks: [], targets: [target] }))
    expect((await asked({ version: '2' })).checks).toContainEqual(
      expect.objectContaining({
        because: expect.stringContaining(
          'release ends; what scales that version is moved to the new one then: up',
        ) as string,
      }),
    )
    await promising(500)
    expect(await blocked({ version: '2' })).toEqual([
      expect.stringMatching(/^provisioned concurrency checkout: checkout needs 1000 .* can provision 900\. /),
    ])
  })

  it('names each thing that would stop it', async () => {
    expect(await blocked({ version: '9' })).toEqual(['version checkout:9: There is no checkout:9.'])
    expect(await blocked({ version: '1' })).toEqual(['alias checkout:live: version 1 has all traffic already'])
    expect(await blocked({ version: '2', plan: 'AllAtOnce' })).toEqual([
      'plan: it is bolder than the plan of the service: that is a right of its own',
    ])
    expect(await asked({ version: '2', plan: 'AllAtOnce', bolder: true })).toMatchObject({
      may: true,
      plan: 'all traffic at once',
    })
    expect((await blocked({ versions: { cart: '1' } }))[0]).toBe(
      'candidate: The service checkout has no target called cart.',
    )
    const artifact = { kind: 's3', bucket: 'elsewhere', key: 'x.zip', versionId: '1' }
    expect((await blocked({ artifact }))[0]).toMatch(/^artifact: a call may name /)
    await sandbox.ask('stopLine', { service: 'checkout', by: 'ben', reason: 'freeze' })
    expect(await blocked({ version: '2' })).toEqual(['gates: releases of checkout are stopped by user/ben: "freeze"'])
  })

  it('says whose turn it is, and what a hand has done to the alias', async () => {
    const live = await sandbox.start({ version: '2' })
    expect(await blocked({ version: '2' })).toEqual([
      'alias checkout:live: it is split already',
      `turn: Release ${live} is live: a new one would wait.`,
    ])
  })

  it('sees another execution role, which Lambda would refuse beside the present one', async () => {
    const Role = 'arn:aws:iam::000000000000:role/other'
    await sandbox.clients.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'checkout', Role }))
    const version = await sandbox.publish('v2 with another role')
    expect(await blocked({ version })).toEqual([
      `version checkout:${version}: its execution role is not that of version 1`,
    ])
  })

  it('says what its consumers leave open', async () => {
    const consumers = [{ name: 'orders', queue: 'orders', oldestSeconds: 300 }]
    await sandbox.world.services.put(sampleService({ slos: [], hooks: [], signals: { consumers } }))
    expect((await asked({ version: '2' })).unknown.join()).toMatch(/what its consumers say: a queue, .* has no version/)
  })

  it('paces the plan by the budget, as a release would be', async () => {
    await sandbox.world.services.put(sampleService({ hooks: [], pace: { bold: 'Canary20Percent15Minutes' } }))
    expect((await asked({ version: '2' })).checks.find(({ what }) => what === 'gates')?.isOk).toBe(false)
    await sandbox.ask('budget', { budgets: true })
    expect(await asked({ version: '2' })).toMatchObject({
      may: true,
      plan: expect.stringMatching(/^20 % for 15m/) as string,
    })
  })

  it.each([
    [{}],
    [{ version: '2', versions: { checkout: '2' } }],
    [{ version: '$LATEST' }],
    [{ version: '2', by: 'ben' }],
    [7],
  ])('of %j is refused', async (release) => {
    await expect(asked(release as object)).rejects.toMatchObject({ code: 'call_invalid' })
  })

  it('is printed by the command line, which ends with 1 if it would be refused or would wait', async () => {
    const lines: string[] = []
    const { hooks: _, ...world } = sandbox.world
    const cli = {
      backend: { ...world, order: sandbox.orderAs('ann') },
      screen: screenOn((line) => lines.push(line), false),
    }
    expect(await dryRun(cli, 'checkout', { version: '2' })).toBe(exitCodes.done)
    expect(lines.join('\n')).toMatch(/^Yes: .*\n {2}yes {2}version checkout:2: it exists and is Active\n/)
    expect(await dryRun(cli, 'checkout', { version: '9' })).toBe(exitCodes.different)
    expect(lines.at(-1)).toContain('  no   version checkout:9: There is no checkout:9.')
    expect(lines.join('\n')).not.toContain('Watched:')
    await sandbox.world.services.put(sampleService({ slos: [], hooks: [], watch: { for: '12h' } }))
    await dryRun(cli, 'checkout', { version: '2' })
    expect(lines.join('\n')).toMatch(
      /^Plan: .*\nWatched: for 12h after a promotion; a late fault is paged\.\nNot known before/m,
    )
  })
})
