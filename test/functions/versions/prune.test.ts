// Old versions of the example's service on the embedded cloud, under the stack's policies: what goes, what stays and why, and
// that a run which dies after any effect leaves nothing wrong.
import { readFileSync } from 'node:fs'
import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import {
  AddPermissionCommand,
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  InvokeCommand,
  ListDurableExecutionsByFunctionCommand,
  ListEventSourceMappingsCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  PutProvisionedConcurrencyConfigCommand,
  StopDurableExecutionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { RequestInfo } from '../../../cloud/local/protocol/service.ts'
import { parseDefinition } from '../../../core/service/definition.ts'
import type { OldVersionsAnswer } from '../../../functions/orders/old-versions.ts'
import { oldVersionsHandler } from '../../../functions/orders/old-versions.ts'
import { pruneHandler } from '../../../functions/listeners/prune.ts'
import { functionName } from '../../../local/installation.ts'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { worldOn } from '../../../local/world.ts'
import { enforcing, synthesised } from '../../lib/policies.ts'
import { usesItsRights } from '../../lib/used-rights.ts'

usesItsRights()

const example = parse(
  readFileSync(new URL('../../../examples/versions/service.yaml', import.meta.url), 'utf8'),
) as Record<string, unknown>
const search = (changes: object = {}) => parseDefinition({ ...example, ...changes })
const { authorize } = enforcing(synthesised([example]))
const day = 86_400_000

let sandbox: Sandbox
let watch: (info: RequestInfo) => void | Promise<void>
beforeEach(async () => {
  watch = () => undefined
  sandbox = await openSandbox({ authorize, perMinute: 0, onRequest: (info) => watch(info) })
  await sandbox.world.services.put(search())
})
afterEach(() => sandbox.close())

/** Versions 1 to 8, of which 2 was released after 1. */
async function eightVersions(): Promise<void> {
  await sandbox.addFunction('search')
  const id = await sandbox.start({ service: 'search', version: '2' })
  expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  for (let number = 3; number <= 8; number++) await sandbox.publish(`v${number}`, 'search')
}

const later = (days: number) => ({ nowMs: () => sandbox.clock.nowMs() + days * day })
const worldOf = (verb: string, days: number) =>
  worldOn(sandbox.clientsFor(`role.${functionName(verb)}`), later(days), {
    log: () => undefined,
    emit: () => undefined,
  })
const prune = async (days = 30) => pruneHandler({ ...worldOf('prune', days), trouble })({ prunes: true })
let troubles: string[] = []
const trouble = (error: unknown): void => void troubles.push(error instanceof Error ? error.message : String(error))
beforeEach(() => {
  troubles = []
})
const ask = async (days = 30, call: object = {}): Promise<OldVersionsAnswer> =>
  oldVersionsHandler(worldOf('oldVersions', days))({ service: 'search', ...call })
const whyOf = async (version: string, days = 30): Promise<string> => {
  const { functions } = await ask(days)
  return functions[0]?.versions.find((one) => one.version === version)?.because.join('; ') ?? 'no such version'
}
const there = async (): Promise<readonly string[]> => {
  const { Versions = [] } = await sandbox.clients.lambda.send(
    new ListVersionsByFunctionCommand({ FunctionName: 'search' }),
  )
  return Versions.flatMap(({ Version = '' }) => (Version === '$LATEST' ? [] : [Version]))
}
const records = async () => (await sandbox.world.deletedVersions.list('search')).items

describe('the example', () => {
  it('loses what nothing speaks for, with a record of each, and the dry run says so before', async () => {
    await eightVersions()
    const before = await ask()
    expect(before).toMatchObject({
      isAsked: true,
      policy: { keep: 3, keepSeconds: 604_800 },
      freesBytes: 6,
      deleted: [],
    })
    expect(before.storage?.limitBytes).toBe(75 * 1024 ** 3)
    expect(await there()).toHaveLength(8)
    expect(await prune()).toEqual({ deleted: ['search:3', 'search:4', 'search:5'], freedBytes: 6 })
    expect(await there()).toEqual(['1', '2', '6', '7', '8'])
    expect(await whyOf('1')).toContain('search runs it or can go back to it')
    expect(await whyOf('2')).toContain('alias live points at it')
    expect(await records()).toMatchObject(
      ['3', '4', '5'].map((version) => ({ version, by: 'policy', bytes: 2, deletedAtMs: later(30).nowMs() })),
    )
    expect((await records())[0]?.codeSha256).toMatch(/^[\w+/]+=*$/)
    expect(await prune()).toEqual({ deleted: [], freedBytes: 0 })
    expect(troubles).toEqual([])
  })

  it('keeps what is young, and everything while a release has not ended', async () => {
    await eightVersions()
    expect((await prune(6)).deleted).toEqual([])
    const id = await sandbox.start({ service: 'search', version: '8', plan: { steps: [{ weight: 10, bake: '1h' }] } })
    expect(await whyOf('4')).toBe(`release ${id} of search has not ended`)
    expect((await prune()).deleted).toEqual([])
    // The return record alone is enough, too.
    await sandbox.minutes(3)
    await sandbox.world.openReleases.remove({ service: 'search', releaseId: id })
    expect(await whyOf('4')).toContain('has not ended')
  })

  it('keeps what it can go back to also where its definition called the function by its ARN until now', async () => {
    const targets = [{ function: 'arn:aws:lambda:us-east-1:000000000000:function:search', alias: 'live' }]
    await sandbox.world.services.put(search({ targets, versions: undefined }))
    await eightVersions()
    await sandbox.world.services.put(search())
    expect(await whyOf('1')).toContain('search runs it or can go back to it')
    expect((await prune()).deleted).toEqual(['search:3', 'search:4', 'search:5'])
    expect(await there()).toEqual(['1', '2', '6', '7', '8'])
  })

  it('without `versions` in its definition deletes nothing, and says what would go if it had', async () => {
    await sandbox.world.services.put(search({ versions: undefined }))
    await eightVersions()
    expect((await prune(4000)).deleted).toEqual([])
    expect(await ask(4000)).toMatchObject({ isAsked: false, policy: { keep: 10 }, freesBytes: 0 })
    expect(await ask(4000, { versions: { keep: 3 } })).toMatchObject({ isAsked: false, freesBytes: 6 })
  })

  it('is asked for nothing by anybody but the schedule', async () => {
    await expect(pruneHandler({ ...worldOf('prune', 30), trouble })({ prune: 'search' })).rejects.toThrow('Not a call')
    expect(await sandbox.ask('prune', { prunes: true })).toEqual({ deleted: [], freedBytes: 0 })
  })
})

describe('something speaks for a version', () => {
  beforeEach(async () => {
    await sandbox.addFunction('search')
    for (let number = 3; number <= 8; number++) await sandbox.publish(`v${number}`, 'search')
  })
  const of = { FunctionName: 'search' }

  it('an alias with a share, an event source, a policy of its own, provisioned concurrency', async () => {
    const { lambda } = sandbox.clients
    const AdditionalVersionWeights = { '2': 0.1 }
    await lambda.send(new UpdateAliasCommand({ ...of, Name: 'live', RoutingConfig: { AdditionalVersionWeights } }))
    const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand({}))
    await lambda.send(
      new CreateEventSourceMappingCommand({
        ...{ FunctionName: 'search:3', StartingPosition: 'TRIM_HORIZON' },
        EventSourceArn: EventSourceMappings[0]?.EventSourceArn,
        FilterCriteria: { Filters: [{ Pattern: '{"none":["x"]}' }] },
      }),
    )
    const permission = { StatementId: 's3', Principal: 's3.amazonaws.com', Action: 'lambda:InvokeFunction' }
    await lambda.send(new AddPermissionCommand({ ...of, Qualifier: '4', ...permission }))
    await lambda.send(
      new PutProvisionedConcurrencyConfigCommand({ ...of, Qualifier: '5', ProvisionedConcurrentExecutions: 1 }),
    )
    const whys = ['alias live points', 'alias live points', 'is mapped to it', 'names callers', 'provisioned']
    for (const [index, why] of whys.entries()) expect(await whyOf(String(index + 1))).toContain(why)
    expect(await prune()).toEqual({ deleted: [], freedBytes: 0 })
    expect(await there()).toHaveLength(8)
  })

  it('a question that AWS does not answer', async () => {
    for (const operation of [
      'GetPolicy',
      'ListAliases',
      'ListEventSourceMappings',
      'ListProvisionedConcurrencyConfigs',
    ]) {
      watch = (info) => {
        if (info.phase === 'before' && info.operation === operation) throw new Error('no answer')
      }
      const { functions } = await ask()
      expect(functions[0]?.unknown ?? functions[0]?.versions[3]?.because.join()).toContain(operation)
      expect((await prune()).deleted).toEqual([])
    }
    expect(await there()).toHaveLength(8)
  })

  it('Lambda itself, in the moment of the deletion', async () => {
    watch = async (info) => {
      if (info.phase !== 'before' || info.operation !== 'DeleteFunction') return
      watch = () => undefined
      await sandbox.clients.lambda.send(new UpdateAliasCommand({ ...of, Name: 'live', FunctionVersion: '2' }))
    }
    expect((await prune()).deleted).toEqual(['search:3', 'search:4', 'search:5'])
    expect(troubles.join()).toContain('Lambda keeps search:2: Unable to delete version')
    // The record says that it was begun, and not that it was done.
    expect((await records())[0]).not.toHaveProperty('deletedAtMs')
  })

  it('a release that begins between two deletions', async () => {
    const { dynamodb } = sandbox.clients
    watch = async ({ phase, operation }) => {
      if (phase !== 'after' || operation !== 'DeleteFunction') return
      const Item = { pk: { S: 'OPEN' }, sk: { S: 'search#r-1' } }
      await dynamodb.send(new PutItemCommand({ TableName: 'tidegate', Item }))
    }
    expect((await prune()).deleted).toEqual(['search:2'])
    expect(await there()).toHaveLength(7)
    expect(await whyOf('3')).toBe('release r-1 of search has not ended')
  })

  it('IAM and the port, against a deletion of more than one version', async () => {
    const { versionRemoval } = worldOf('prune', 0)
    for (const version of ['', '0', '$LATEST', 'live', '2 ', '02', '-1', '2:3', '*'])
      await expect(versionRemoval.remove('search', version)).rejects.toThrow('bug: ')
    for (const named of ['', 'search:2', 'arn:aws:lambda:us-east-1:000000000000:function:search'])
      await expect(versionRemoval.remove(named, '2')).rejects.toThrow('bug: ')
    for (const verb of ['prune', 'oldVersions']) {
      const { lambda } = sandbox.clientsFor(`role.${functionName(verb)}`)
      await expect(lambda.send(new DeleteFunctionCommand(of))).rejects.toThrow('not authorized')
    }
    const asOld = worldOf('oldVersions', 0).versionRemoval
    await expect(asOld.remove('search', '2')).rejects.toMatchObject({ code: 'permission_denied' })
    // A function whose service does not ask for it.
    await sandbox.publish('v2')
    await expect(versionRemoval.remove('checkout', '1')).rejects.toMatchObject({ code: 'permission_denied' })
    expect(await versionRemoval.remove('search', '99')).toEqual({ kind: 'gone' })
    expect(await there()).toHaveLength(8)
  })
})

it('a version whose durable executions run stays until they have ended', async () => {
  const of = { FunctionName: 'search' }
  const { lambda } = sandbox.clients
  const code = (text: string) => ({ ZipFile: new TextEncoder().encode(text) })
  await lambda.send(
    new CreateFunctionCommand({
      ...{ ...of, Role: 'arn:aws:iam::000000000000:role/x', Code: code('v1'), Publish: true },
      DurableConfig: { ExecutionTimeout: 86_400, RetentionPeriodInDays: 1 },
    }),
  )
  for (let number = 2; number <= 6; number++) {
    await lambda.send(new UpdateFunctionCodeCommand({ ...of, ...code(`v${number}`) }))
    await lambda.send(new PublishVersionCommand(of))
  }
  await lambda.send(
    new InvokeCommand({ ...of, Qualifier: '2', InvocationType: 'Event', DurableExecutionName: 'order-1' }),
  )
  expect(await whyOf('2')).toBe('durable executions of it are running')
  expect((await prune()).deleted).toEqual(['search:1', 'search:3'])
  const [running] =
    (await lambda.send(new ListDurableExecutionsByFunctionCommand({ ...of, Qualifier: '2' }))).DurableExecutions ?? []
  await lambda.send(
    new StopDurableExecutionCommand({
      DurableExecutionArn: running?.DurableExecutionArn,
    }),
  )
  expect((await prune()).deleted).toEqual(['search:2'])
})

it('a run that dies after any of its effects is completed by the next, and each version is recorded once', async () => {
  await eightVersions()
  const effects = new Set(['PutItem', 'DeleteFunction'])
  for (let alive = 0; alive < 4; alive++) {
    let done = 0
    watch = ({ phase, operation, caller }) => {
      if (!caller.arn.includes('tidegate-prune')) return
      if (phase === 'before' && done > alive) throw new Error('dead')
      if (phase === 'after' && effects.has(operation)) done++
      if (phase === 'after' && done > alive) throw new Error('dead')
    }
    await prune().catch(() => undefined)
    watch = () => undefined
    // Nothing has gone that was not recorded before.
    const known = (await records()).map(({ version }) => version)
    const left = await there()
    for (const version of ['3', '4', '5']) expect(left.includes(version) || known.includes(version)).toBe(true)
    expect(left).toEqual(expect.arrayContaining(['1', '2', '6', '7', '8']))
  }
  await prune()
  expect(await there()).toEqual(['1', '2', '6', '7', '8'])
  expect((await records()).map(({ version, deletedAtMs }) => [version, deletedAtMs !== undefined])).toEqual(
    ['3', '4', '5'].map((version) => [version, true]),
  )
})
