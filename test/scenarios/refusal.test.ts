// Invalid input at every entry point: a problem with a stable code, one sentence and a fix; and nothing has changed.
import { readFileSync } from 'node:fs'
import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Problem, type ProblemCode, problems } from '../../core/problem.ts'
import { parseDefinition } from '../../core/service/definition.ts'
import type { Verb } from '../../functions/handlers.ts'
import { type Sandbox, openSandbox } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'
import { definition } from '../core/sample.ts'
import { authorize } from './least-privilege.ts'

/** The functions that the state machine calls. */
const tasks = [
  ...readFileSync(new URL('../../statemachines/release.asl.json', import.meta.url), 'utf8').matchAll(
    /\{(\w+)Function\}/g,
  ),
]
  .map(([, name = '']) => `${name.charAt(0).toLowerCase()}${name.slice(1)}` as Verb)
  .filter((verb, index, all) => all.indexOf(verb) === index)

let sandbox: Sandbox
let live: string
beforeAll(async () => {
  sandbox = await openSandbox({ authorize, perMinute: 20 })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
  live = await sandbox.start({ version: await sandbox.publish('v2') })
})
afterAll(() => sandbox.close())

/** Everything that is stored, and where the traffic goes. */
async function everything(): Promise<unknown> {
  const { Items } = await sandbox.clients.dynamodb.send(new ScanCommand({ TableName: 'tidegate' }))
  return {
    items: Items?.map((item) => JSON.stringify(item)).sort(),
    alias: await sandbox.alias(),
    executions: sandbox.cloud.states.executions().length,
  }
}

function expectProblem(error: unknown, code: ProblemCode): void {
  const { name, message } = error as Error
  expect(name).toBe(`Tidegate.${code}`)
  expect(message).toMatch(/^[A-Z].{10,}[.!)]$/s)
  expect(problems[code]).toMatch(/^[A-Z].{10,}\.$/)
}

const here = { account: '000000000000', region: 'us-east-1' }

const changed = (changes: Record<string, unknown>): unknown => ({ ...definition, ...changes })

describe('a service definition', () => {
  it.each<[string, unknown]>([
    ['that is no object', 'checkout'],
    ['that is nothing', undefined],
    ['without a name', changed({ name: undefined })],
    ['with capitals in its name', changed({ name: 'Checkout' })],
    ['with a very long name', changed({ name: 'a'.repeat(41) })],
    ['without targets', changed({ targets: [] })],
    [
      'with 21 targets',
      changed({ targets: Array.from({ length: 21 }, (_, index) => ({ function: `f${index}`, alias: 'live' })) }),
    ],
    [
      'with one function twice',
      changed({
        targets: [
          { function: 'a', alias: 'live' },
          { function: 'a', alias: 'blue' },
        ],
      }),
    ],
    ['with an alias of digits only', changed({ targets: [{ function: 'a', alias: '42' }] })],
    [
      'with an ARN for a function',
      changed({ targets: [{ function: 'arn:aws:lambda:us-east-1:1:function:a', alias: 'live' }] }),
    ],
    [
      'with a target that names its region',
      changed({ targets: [{ function: 'a', alias: 'live', region: 'eu-west-1' }] }),
    ],
    ['without a plan', changed({ plan: undefined })],
    ['with a misspelt plan', changed({ plan: 'Canary10Percent' })],
    [
      'with falling weights',
      changed({
        plan: {
          steps: [
            { weight: 50, bake: '5m' },
            { weight: 10, bake: '5m' },
          ],
        },
      }),
    ],
    ['with a bake of a number', changed({ plan: { steps: [{ weight: 50, bake: 5 }] } })],
    ['with a weight as text', changed({ plan: { steps: [{ weight: '50', bake: '5m' }] } })],
    ['with an unknown signal', changed({ signals: { speed: {} } })],
    ['with an empty alarm name', changed({ signals: { alarms: [''] } })],
    ['with 51 alarms', changed({ signals: { alarms: Array.from({ length: 51 }, (_, index) => `a${index}`) } })],
    ['with a tolerance of nothing', changed({ signals: { errors: { tolerance: 0 } } })],
    ['with a tolerance that is no number', changed({ signals: { errors: { tolerance: Number.NaN } } })],
    ['with no minimum of samples', changed({ signals: { errors: { minimumSamples: 0 } } })],
    ['with a hook at no point', changed({ hooks: [{ at: 'sometimes', function: 'a' }] })],
    ['with a hook of two days', changed({ hooks: [{ at: 'beforeStep', function: 'a', timeout: '2d' }] })],
    ['with an unknown policy', changed({ policy: { whileLive: 'ignore' } })],
    ['with a look every second', changed({ policy: { lookEvery: '1s' } })],
    ['with a hold of a year', changed({ policy: { hold: { quiet: '365d' } } })],
    ['with a runbook that is no https address', changed({ runbook: 'javascript:alert(1)' })],
    ['with a trigger of an unknown kind', changed({ triggers: { git: {} } })],
    ['with a bucket of two letters', changed({ triggers: { s3: { bucket: 'ab', key: 'k' } } })],
    ['with a misspelt field', changed({ tragets: [] })],
  ])('%s is refused', (_, value) => {
    try {
      parseDefinition(value)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(Problem)
      expectProblem(error, 'definition_invalid')
    }
  })

  it('is a service or a problem, whatever it is', () => {
    const keys = Object.keys(definition)
    const mutated = fc
      .tuple(fc.nat(20), fc.jsonValue())
      .map(([at, junk]) => changed({ [keys[at % keys.length] ?? 'x']: junk }))
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), mutated), (value) => {
        try {
          parseDefinition(value)
        } catch (error) {
          expectProblem(error, 'definition_invalid')
        }
      }),
      { numRuns: 400 },
    )
  })
})

describe('at an entry point of the controller', () => {
  const by = 'ann'
  const reason = 'because'
  it.each<[string, Verb, unknown, ProblemCode]>([
    ['a verb that does not exist', 'pause', { verb: 'explode', service: 'checkout' }, 'call_invalid'],
    ['no verb', 'orderRollback', {}, 'call_invalid'],
    [
      'an abort of a service that is not there',
      'orderRollback',
      { verb: 'abort', service: 'other', by, reason },
      'service_missing',
    ],
    ['a pause for no reason', 'pause', { verb: 'pause', service: 'checkout', by }, 'call_invalid'],
    ['a pause of nothing', 'pause', { verb: 'pause', by, reason }, 'call_invalid'],
    [
      'a pause with a very long reason',
      'pause',
      { verb: 'pause', service: 'checkout', by, reason: 'x'.repeat(501) },
      'call_invalid',
    ],
    [
      'a pause with one field too many',
      'pause',
      { verb: 'pause', service: 'checkout', by, reason, force: true },
      'call_invalid',
    ],
    [
      'a roll back of a release with a strange id',
      'orderRollback',
      { verb: 'rollBack', releaseId: '../../etc', by, reason },
      'call_invalid',
    ],
    [
      'a roll back of a release that does not exist',
      'orderRollback',
      { verb: 'rollBack', releaseId: 'checkout-0000000000', by, reason },
      'release_missing',
    ],
    [
      'a roll back of a service that there is not',
      'orderRollback',
      { verb: 'rollBack', service: 'other', by, reason },
      'service_missing',
    ],
    ['a resume of what is not paused', 'pause', { verb: 'resume', service: 'checkout', by }, 'verb_not_now'],
    [
      'an answer that nobody waits for',
      'answer',
      { releaseId: 'LIVE', hook: 'beforeStep/0/0/1', result: 'pass' },
      'verb_not_now',
    ],
    [
      'an answer that says later where no hook is called',
      'answer',
      { releaseId: 'LIVE', hook: 'beforeStep/0/0/1', result: 'later' },
      'verb_not_now',
    ],
    ['a list', 'answer', [], 'call_invalid'],
    ['a release of no service', 'start', { service: 'nonesuch', version: '2' }, 'service_missing'],
    ['a release of no version', 'start', { service: 'checkout' }, 'call_invalid'],
    ['a release of another function', 'start', { service: 'checkout', versions: { cart: '1' } }, 'target_unknown'],
    ['an event of another source', 'intake', { source: 'aws.ec2', 'detail-type': 'x' }, 'event_unknown'],
    [
      'an S3 event without an object',
      'intake',
      { source: 'aws.s3', 'detail-type': 'Object Created', detail: {} },
      'event_invalid',
    ],
    ['an alarm event without an alarm', 'alarm', { source: 'aws.cloudwatch', detail: {} }, 'event_invalid'],
    [
      'an alarm event with a time that is none',
      'alarm',
      {
        ...here,
        source: 'aws.cloudwatch',
        'detail-type': 'CloudWatch Alarm State Change',
        detail: { alarmName: 'checkout-errors', state: { value: 'ALARM', timestamp: 'noon' } },
      },
      'event_invalid',
    ],
    [
      'an alarm in a state that does not exist',
      'alarm',
      {
        ...here,
        source: 'aws.cloudwatch',
        'detail-type': 'CloudWatch Alarm State Change',
        detail: { alarmName: 'checkout-errors', state: { value: 'PANIC', timestamp: '2026-01-01T00:00:00.000+0000' } },
      },
      'event_invalid',
    ],
    ['an event that is no sweep', 'reconcile', { source: 'aws.health' }, 'event_invalid'],
    ['nothing', 'reconcile', null, 'event_invalid'],
    ['a task of no release', 'shift', {}, 'task_invalid'],
    ['a task of a release that does not exist', 'shift', { releaseId: 'nonesuch', execution: 'x' }, 'release_missing'],
    ['a bake without a token', 'bake', { releaseId: 'LIVE', execution: 'x' }, 'task_invalid'],
    ['a hook without a token', 'hook', { releaseId: 'LIVE', execution: 'x' }, 'task_invalid'],
    ['a settlement of a release that goes on', 'settle', { releaseId: 'LIVE', execution: 'x' }, 'verb_not_now'],
    ['an admission of nothing', 'admit', {}, 'task_invalid'],
  ])('%s is refused by %s, and nothing changes', async (_, verb, payload, code) => {
    const before = await everything()
    const text = JSON.stringify(payload).replace('LIVE', live)
    await expect(sandbox.ask(verb, JSON.parse(text))).rejects.toSatisfy((error: unknown) => {
      expectProblem(error, code)
      return true
    })
    expect(await everything()).toEqual(before)
  })

  it.each(tasks)("a person who calls %s, the state machine's, is told what to call", async (verb) => {
    const before = await everything()
    const said = 'The state machine calls this function. People call tidegate-orderRollback, or `tidegate rollback`.'
    const called = sandbox.ask(verb, { verb: 'rollBack', service: 'checkout', by: 'ann', reason: 'orders drop' })
    expect(problems.task_invalid).toBe(said)
    // Lambda's answer has a problem's sentence, and not its fix.
    await expect(called).rejects.toMatchObject({
      name: 'Tidegate.task_invalid',
      message: expect.stringContaining(said) as string,
    })
    expect(await everything()).toEqual(before)
  })

  it.each([
    [{ version: '2' }, 'call_invalid'],
    [{ service: 'nonesuch', version: '2' }, 'service_missing'],
    [{ releaseId: 'nonesuch' }, 'release_missing'],
  ])('the state machine started with %j fails with a sentence that CodePipeline can show', async (input, code) => {
    const machine = 'arn:aws:states:us-east-1:000000000000:stateMachine:tidegate-release'
    const arn = sandbox.cloud.states.start(machine, `pipe-${code}`, JSON.stringify(input))
    await sandbox.clock.settle()
    const execution = sandbox.cloud.states.executions().find((one) => one.arn === arn)
    expect(execution).toMatchObject({ status: 'FAILED', error: `Tidegate.${code}` })
    expect(execution?.cause).toMatch(/^[A-Z].*\. [A-Z].*\.$/)
  })

  it('an artifact that no service wants is no error, and starts nothing', async () => {
    const before = await everything()
    const event = {
      ...sandbox.world.home,
      source: 'aws.s3',
      'detail-type': 'Object Created',
      detail: { bucket: { name: 'pictures' }, object: { key: 'cat.jpg', 'version-id': '1' } },
    }
    expect(await sandbox.ask('intake', event)).toEqual({ releases: [] })
    expect(await everything()).toEqual(before)
  })
})

describe('a stored item that cannot be read', () => {
  const put = (pk: string, sk: string, body: string) =>
    sandbox.clients.dynamodb.send(
      new PutItemCommand({ TableName: 'tidegate', Item: { pk: { S: pk }, sk: { S: sk }, body: { S: body } } }),
    )

  it.each<[string, string, string, Verb, unknown]>([
    ['an event that is not JSON', 'RELEASE#broken-1', '{', 'shift', { releaseId: 'broken-1', execution: 'x' }],
    [
      'an event of an unknown type',
      'RELEASE#broken-2',
      '{"v":1,"seq":1,"atMs":0,"type":"exploded"}',
      'judge',
      { releaseId: 'broken-2', execution: 'x' },
    ],
    [
      'an event of a future format',
      'RELEASE#broken-3',
      '{"v":2,"seq":1,"atMs":0,"type":"settled"}',
      'settle',
      { releaseId: 'broken-3', execution: 'x' },
    ],
    [
      'an event out of place',
      'RELEASE#broken-4',
      '{"v":1,"seq":7,"atMs":0,"type":"settled"}',
      'rollBack',
      { releaseId: 'broken-4', execution: 'x' },
    ],
    [
      'a log without a beginning',
      'RELEASE#broken-5',
      '{"v":1,"seq":1,"atMs":0,"type":"settled"}',
      'prepare',
      { releaseId: 'broken-5', execution: 'x' },
    ],
  ])('%s is reported with its key, and nothing changes', async (_, pk, body, verb, payload) => {
    await put(pk, 'EVENT#000001', body)
    const before = await everything()
    await expect(sandbox.ask(verb, payload)).rejects.toMatchObject({
      name: 'Tidegate.item_unreadable',
      message: expect.stringContaining(pk.slice(8)) as string,
    })
    expect(await everything()).toEqual(before)
  })

  it('a service that cannot be read stops only its own releases', async () => {
    await put('SERVICE', 'broken', '{"name":"broken"}')
    await expect(sandbox.ask('start', { service: 'broken', version: '1' })).rejects.toMatchObject({
      name: 'Tidegate.item_unreadable',
    })
    expect(await sandbox.ask('pause', { verb: 'pause', service: 'checkout', by: 'ann', reason: 'x' })).toMatchObject({
      releaseId: live,
    })
  })
})
