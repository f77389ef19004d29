// What `tidegate init` writes, and when it writes nothing.
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { accountOnAws } from '../../../cli/adopt/account.ts'
import type { Known } from '../../../cli/adopt/facts.ts'
import { definitionText } from '../../../cli/adopt/first-definition.ts'
import { initService } from '../../../cli/adopt/init.ts'
import { registeredIn } from '../../../cli/adopt/registered.ts'
import { measured } from '../../../cli/adopt/measured.ts'
import { serviceNameOf, serviceNames } from '../../../cli/adopt/names.ts'
import { invokersOf, sourceOf } from '../../../cli/adopt/triggers.ts'
import { backendOnAws } from '../../../cli/backend/aws-backend.ts'
import { exitCodes, screenOn } from '../../../cli/backend/screen.ts'
import type { Usual } from '../../../cli/promise/usual.ts'
import { validateFiles } from '../../../cli/services/validate.ts'
import { parseDefinition } from '../../../core/service/definition.ts'
import { Problem } from '../../../core/problem.ts'
import { ServiceName } from '../../../core/service/service.ts'
import type { Telemetry } from '../../../cloud/ports.ts'
import { placeOf } from '../../../local/clients.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'

const folder = (): string => mkdtempSync(join(tmpdir(), 'tidegate-'))
const lines: string[] = []
const said = (): string => lines.splice(0).join('\n')
const screen = screenOn((line) => lines.push(line), false)

const usual = (perMinute: number, more: Partial<Usual> = {}): Usual => ({
  ...{ hours: 672, requests: Math.ceil(perMinute * 60 * 672), failed: 0, mean: perMinute, planned: perMinute },
  ...{ busiest: perMinute, busyShare: 1, activeShare: 1, rate: 0, ...more },
})
const known = (more: Partial<Known>): Known => ({ name: 'x', functionName: 'x', alias: 'live', notes: [], ...more })

it('asks for a window that has a length, of a function whose first request came as the hour began', async () => {
  const hour = 3_600_000
  const asked: { startMs: number; endMs: number }[] = []
  const read: Telemetry['read'] = (questions, window) => {
    asked.push(window)
    const points = [{ minuteMs: hour, value: 9 }]
    return Promise.resolve(
      questions.map(({ metric }) => ({ kind: 'points', points: metric === 'Invocations' ? points : [] })),
    )
  }
  const place = { functionName: 'young', service: 'young' }
  const [found] = await measured({ read }, [{ place, aliases: [] }], hour + 20_000)
  expect(found).toMatchObject({ all: [{ atMs: 0, requests: 540, failed: 0 }] })
  expect(asked.map(({ startMs, endMs }) => endMs > startMs)).toEqual([true, true])
})

it('takes no part of an hour for a whole one, of a function whose first request came as the last hour ended', async () => {
  const hour = 3_600_000
  const read: Telemetry['read'] = (questions, { startMs, endMs, periodSeconds }) => {
    const minutes = Array.from({ length: 10 }, (_, index) => ({ minuteMs: hour + (index - 6) * 60_000, value: 100 }))
    const hours = [0, hour].map((atMs, index) => ({ minuteMs: atMs, value: index === 0 ? 600 : 400 }))
    const points = (periodSeconds === 60 ? minutes : hours).filter(
      ({ minuteMs: atMs }) => atMs >= startMs && atMs < endMs,
    )
    return Promise.resolve(
      questions.map(({ metric }) => ({ kind: 'points', points: metric === 'Invocations' ? points : [] })),
    )
  }
  const place = { functionName: 'young', service: 'young' }
  const [found] = await measured({ read }, [{ place, aliases: [] }], hour + 4 * 60_000)
  expect(found).toMatchObject({ all: [{ atMs: 0, requests: 6000, failed: 0 }] })
})

describe('on the embedded cloud', () => {
  let sandbox: Sandbox
  const account = () => accountOnAws(placeOf(sandbox.cloud.handler, 'operator'))
  beforeEach(async () => {
    sandbox = await openSandbox({ perMinute: 60 })
  })
  afterEach(() => sandbox.close())

  it('a definition fits the function, says what it promises, and never takes the place of a file', async () => {
    const file = join(folder(), 'services', 'checkout.yaml')
    await sandbox.minutes(120)
    const asked = { name: 'checkout', functionName: 'checkout', file }
    expect(await initService(screen, account(), asked)).toBe(exitCodes.done)
    const text = readFileSync(file, 'utf8')
    expect(text).toMatch(/# {3}requests {3}[\d,]+ in 2h: (5|6)\d a minute on average/)
    expect(text).toMatch(/\n# +\w+ {2}if every request fails: \d+ bad requests/)
    expect(parseDefinition(parse(text))).toMatchObject({ name: 'checkout', signals: { alarms: ['checkout-errors'] } })
    expect(await validateFiles(screen, [file])).toBe(exitCodes.done)
    await expect(initService(screen, account(), asked)).rejects.toMatchObject({ code: 'call_invalid' })
    expect(readFileSync(file, 'utf8')).toBe(text)
    writeFileSync(join(folder(), 'f'), '')
    await expect(initService(screen, account(), { ...asked, file: join(file, 'x.yaml') })).rejects.toMatchObject({
      code: 'file_unusable',
    })
  })

  it('a function that is minutes old gets a plan for the traffic that it has had, and a word that this is little', async () => {
    await sandbox.minutes(10)
    const file = join(folder(), 'young.yaml')
    await initService(screen, account(), { name: 'young', functionName: 'checkout', file })
    const text = readFileSync(file, 'utf8')
    expect(text).toMatch(/# {3}requests {3}[\d,]+ in 1h: (5|6)\d a minute on average/)
    expect(text).not.toContain('proves nothing')
    expect(text).toContain('called for less than a week')
    expect(parseDefinition(parse(text)).plan.steps.length).toBeGreaterThan(1)
  })

  it('nothing is written without a region or credentials: nobody would be asked', async () => {
    const file = join(folder(), 'x.yaml')
    const failed = new Problem('aws_unavailable', 'AWS failed.', { cause: new Error('Region is missing') })
    const lost = { ...account(), aliases: () => Promise.reject(failed) }
    await expect(initService(screen, lost, { name: 'x', functionName: 'checkout', file })).rejects.toBe(failed)
    expect(existsSync(file)).toBe(false)
  })

  it('no definition is written over one that is registered, by its name or by its alias', async () => {
    await sandbox.world.services.put(sampleService())
    const registered = await registeredIn(sandbox.world, 'tidegate')
    const file = join(folder(), 'x.yaml')
    for (const name of ['checkout', 'other'])
      await expect(
        initService(screen, account(), { name, functionName: 'checkout', file, registered }),
      ).rejects.toThrow(
        `Service checkout is registered already${name === 'other' ? ', and releases checkout:live' : ''}. Its definition: tidegate get checkout > ${file}.`,
      )
    expect(existsSync(file)).toBe(false)
    const blue = { name: 'other', functionName: 'checkout', alias: 'blue', file, registered }
    expect(await initService(screen, account(), blue)).toBe(exitCodes.done)
  })

  it('where there is no controller nothing is registered; where nobody may look, that is said', async () => {
    const list = (error: Error) => ({ services: { ...sandbox.world.services, list: () => Promise.reject(error) } })
    const none = backendOnAws({ TIDEGATE_TABLE: 'nowhere' }, placeOf(sandbox.cloud.handler, 'operator'))
    expect(await registeredIn(none, 'tidegate')).toEqual({ services: [] })
    const { note } = await registeredIn(list(new Problem('permission_denied', 'You may not.')), 'tidegate')
    expect(note).toContain('could not be looked up: You may not. Do not apply')
  })

  it.each(['nonesuch', 'arn:aws:lambda:us-east-1:000000000000:function:nonesuch', 'x'.repeat(64)])(
    'nothing is written for a function that is not there: %s',
    async (functionName) => {
      const file = join(folder(), 'services', 'x.yaml')
      const asked = initService(screen, account(), { name: 'x', functionName, file })
      await expect(asked).rejects.toMatchObject({
        ...{
          code: 'call_invalid',
          message: expect.stringContaining(`There is no function ${functionName}`) as unknown,
        },
      })
      expect(existsSync(join(file, '..'))).toBe(false)
    },
  )

  it('what it could not look up is said, and the file is valid all the same', async () => {
    const file = join(folder(), 'x.yaml')
    said()
    const denied: ReturnType<typeof account> = {
      ...account(),
      aliases: () => Promise.reject(new Problem('permission_denied', 'AWS denied lambda:ListAliases.')),
    }
    await initService(screen, denied, { name: 'x', functionName: 'nonesuch', file })
    expect(said()).toContain('Its aliases could not be looked up: AWS denied lambda:ListAliases.')
    expect(parseDefinition(parse(readFileSync(file, 'utf8')))).toMatchObject({ name: 'x' })
    const other = join(folder(), 'y.yaml')
    await initService(screen, account(), { name: 'y', functionName: 'checkout', alias: 'blue', file: other })
    expect(said()).toContain('checkout has no alias blue. It has live.')
  })
})

it('where a canary proves nothing, the alarms alone decide, and a release is promoted although nobody calls', async () => {
  const sandbox = await openSandbox({ perMinute: 0.001 })
  const text = definitionText(
    known({ name: 'checkout', functionName: 'checkout', isIdle: true, alarms: ['checkout-errors'] }),
  )
  await sandbox.world.services.put(parseDefinition(parse(text)))
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  expect((await sandbox.finish(id)).ending).toMatchObject({ outcome: 'promoted' })
  sandbox.close()
})

describe('without any cloud', () => {
  it.runIf(process.platform === 'linux')(
    'a folder that the system lets nobody make is refused, and in time',
    async () => {
      const asked = { name: 'x', functionName: 'x' }
      for (const file of ['/proc/x/y/x.yaml', '/proc/x.yaml'])
        await expect(initService(screen, undefined, { ...asked, file })).rejects.toMatchObject({
          code: 'file_unusable',
        })
      const file = join(folder(), 'a', 'b', 'c', 'x.yaml')
      expect(await initService(screen, undefined, { ...asked, file })).toBe(exitCodes.done)
    },
  )

  it.each([
    ['name', { name: 'Bad_Name' }],
    ['name', { name: 'a\nplan: AllAtOnce' }],
    ['targets[0].function', { functionName: 'a: b' }],
    ['targets[0].function', { functionName: '"' }],
    ['targets[0].alias', { alias: '42' }],
  ])('a wrong %s is refused (%j), and nothing is written', async (field, wrong) => {
    const file = join(folder(), 'x.yaml')
    const asked = { name: 'x', functionName: 'x', file, ...wrong }
    await expect(initService(screen, undefined, asked)).rejects.toThrow(`No definition can be written: ${field}: `)
    expect(() => readFileSync(file)).toThrow()
  })

  it('a definition is valid, whatever was told of the function', () => {
    const text = fc.string({ maxLength: 60, unit: 'binary' })
    const usuals = fc
      .tuple(
        fc.double({ min: 1e-4, max: 1e6, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
      )
      .map(([perMinute, rate, share]) => usual(perMinute, { rate, busyShare: share, activeShare: share }))
    fc.assert(
      fc.property(
        fc.record(
          {
            usual: usuals,
            alarms: fc.array(fc.string({ minLength: 1, maxLength: 255 }), { maxLength: 60 }),
            stack: text,
            notes: fc.array(text),
            otherAliases: fc.array(text),
            releases: fc.nat(),
            provisioned: fc.constantFrom(['live'], ['1']),
            aliasShare: fc.double({ min: 0, max: 1, noNaN: true }),
            performance: fc.record({
              p50Ms: fc.double({ min: 0, max: 1e6, noNaN: true }),
              p99Ms: fc.constant(3),
              throttled: fc.nat(),
            }),
            triggers: fc.array(
              fc.record({
                kind: fc.constantFrom('queue', 'stream', 'invoker'),
                words: text,
                qualifier: fc.option(text, { nil: undefined }),
                isScheduled: fc.boolean(),
              }),
            ),
            group: fc.record({
              application: text,
              name: text,
              config: text,
              alarms: fc.constant([]),
              hooks: fc.array(text),
            }),
          },
          { requiredKeys: [] },
        ),
        fc.constantFrom('true', 'null', '12', 'yes', 'live-1'),
        (told, functionName) => {
          const service = parseDefinition(parse(definitionText(known({ ...told, functionName }))))
          expect(service).toMatchObject({
            targets: [{ functionName, alias: 'live' }],
            signals: { alarms: (told.alarms ?? []).slice(0, 50) },
          })
        },
      ),
      { numRuns: 100 },
    )
  })

  it.each<[string, Partial<Known>, RegExp]>([
    [
      'three calls a day',
      { usual: usual(3 / 1440, { planned: 0, activeShare: 0.1 }) },
      /proves nothing here: with about 3 requests a day/,
    ],
    [
      'a run at night',
      { usual: usual(7, { planned: 0, activeShare: 0.04 }) },
      /it works in runs, with requests in 4 % of its hours/,
    ],
    ['many errors', { usual: usual(500, { rate: 0.4 }) }, /40 % of its requests fail when nothing is wrong/],
    [
      '$LATEST is called',
      { triggers: invokersOf(policyOf('sns.amazonaws.com'), undefined) },
      /SNS topic may call x without an alias/,
    ],
    [
      'a stream',
      {
        triggers: sourceOf(
          'arn:aws:lambda:eu-west-1:1:function:x:live',
          'arn:aws:kinesis:eu-west-1:1:stream/clicks',
          false,
        ),
      },
      /It reads a stream/,
    ],
    [
      'a queue',
      {
        usual: usual(10),
        triggers: sourceOf('arn:aws:lambda:eu-west-1:1:function:x:live', 'arn:aws:sqs:eu-west-1:1:orders', false),
      },
      /one version: at 10 a minute, a step of 1 % gets one batch in 10 minutes\. .*signals\.consumers/,
    ],
    ['provisioned', { provisioned: ['live'] }, /has provisioned concurrency/],
    ['few by the alias', { usual: usual(100), aliasShare: 0.03 }, /Only 3 % of its requests came by the alias live/],
  ])('it is said where that matters: %s', (_, told, words) => {
    expect(definitionText(known(told)).replaceAll(/\n# +/g, ' ')).toMatch(words)
  })

  it('policies that cannot be read name nobody, and break nothing', () => {
    expect(
      invokersOf(policyOf('apigateway.amazonaws.com', 'arn:aws:execute-api:eu-west-1:1:abc123/*/GET/x'), 'live'),
    ).toEqual([{ kind: 'invoker', words: 'API Gateway abc123', qualifier: 'live', isScheduled: false }])
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (policy) => Array.isArray(invokersOf(policy, undefined))))
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), (arn, source) =>
        Array.isArray(sourceOf(arn, source, false)),
      ),
    )
  })

  it('every function gets a name that a service may have, and no two the same', () => {
    const name = fc.string({ minLength: 1, maxLength: 64, unit: fc.constantFrom('a', 'B', '_', '-', '1') })
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 12 }), (functions) => {
        const names = serviceNames(functions, new Set(['a', 'b-1']))
        expect(new Set(names.values()).size).toBe(functions.length)
        for (const one of names.values()) expect(ServiceName.safeParse(one).success && one !== 'a').toBe(true)
      }),
    )
    expect(serviceNameOf('CheckoutProd_v2')).toBe('checkoutprod-v2')
    expect(serviceNameOf('arn:aws:lambda:eu-west-1:111122223333:function:Cart')).toBe('cart')
  })
})

function policyOf(Service: string, arn = 'arn:aws:sns:eu-west-1:1:topic'): string {
  const Condition = { ArnLike: { 'AWS:SourceArn': arn } }
  return JSON.stringify({
    Statement: [{ Effect: 'Allow', Principal: { Service }, Action: 'lambda:InvokeFunction', Condition }],
  })
}
