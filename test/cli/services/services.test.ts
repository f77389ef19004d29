// What the commands about services and their definitions do and print, on the embedded cloud.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import { parse } from 'yaml'
import { functionFactsOnAws } from '../../../cli/backend/function-facts.ts'
import { exitCodes, screenOn } from '../../../cli/backend/screen.ts'
import type { Cli } from '../../../cli/backend/surroundings.ts'
import { applyFiles } from '../../../cli/commands/apply.ts'
import { newestVersions } from '../../../cli/orders/latest.ts'
import { showLine, startLine, stopLine } from '../../../cli/services/line.ts'
import { getService, listServices } from '../../../cli/services/services.ts'
import { validateFiles } from '../../../cli/services/validate.ts'
import { parseDefinition } from '../../../core/service/definition.ts'
import { placeOf } from '../../../local/clients.ts'
import { type Sandbox, openSandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'

const folder = (): string => mkdtempSync(join(tmpdir(), 'tidegate-'))
const lines: string[] = []
const said = (): string => lines.splice(0).join('\n')
const screen = (json = false) => screenOn((line) => lines.push(line), json)
const json = (): unknown => JSON.parse(said())

describe('on the embedded cloud', () => {
  let sandbox: Sandbox
  const cli = (asJson = false): Cli => {
    const { hooks: _, ...world } = sandbox.world
    return { backend: { ...world, order: sandbox.orderAs('ann') }, screen: screen(asJson) }
  }
  const functions = () => functionFactsOnAws(placeOf(sandbox.cloud.handler, 'operator'))
  beforeEach(async () => {
    sandbox = await openSandbox({ perMinute: 60 })
    await sandbox.world.services.put(sampleService({ hooks: [] }))
  })
  afterEach(() => sandbox.close())

  it('services are listed with what is in charge, live, left and stopped, and one that cannot be read stops no other', async () => {
    await sandbox.ask('budget', { budgets: true })
    expect(await listServices(cli())).toBe(exitCodes.done)
    expect(said()).toMatch(/checkout +- +nothing live +available 100 % +never$/)
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.ask('stopLine', { service: 'checkout', by: 'ben', reason: 'wait' })
    await listServices(cli())
    expect(said()).toMatch(new RegExp(`release ${id} is baking, step 1 of 3: checkout:2 has 10 %; line stopped`))
    await sandbox.ask('orderRollback', { verb: 'rollBack', service: 'checkout', by: 'ann', reason: 'x' })
    await sandbox.clock.settle()
    const item = { pk: { S: 'SERVICE' }, sk: { S: 'broken' }, body: { S: '{"name":"broken"}' } }
    await sandbox.clients.dynamodb.send(new PutItemCommand({ TableName: 'tidegate', Item: item }))
    expect(await listServices(cli())).toBe(exitCodes.refused)
    const words = said()
    expect(words).toMatch(/checkout +checkout:1 +line stopped .* 2026-01-01 00:1\dZ rolledBack/)
    expect(words).toContain('broken cannot be read')
    await listServices(cli(true))
    expect(json()).toMatchObject({
      services: [{ service: 'checkout', inCharge: { checkout: '1' }, last: { outcome: 'rolledBack' } }],
      unreadable: [{ service: 'broken' }],
    })
  })

  it('what get prints can be applied again and changes nothing; its comments say what is going on', async () => {
    const before = await sandbox.world.services.get('checkout')
    for (const all of [false, true]) {
      expect(await getService(cli(), 'checkout', all)).toBe(exitCodes.done)
      const text = said()
      expect(text).toContain('# alias checkout:live: version 1 at 100 %')
      expect(text).toContain('# no release is live')
      expect(parseDefinition(parse(text))).toEqual(before)
      const file = join(folder(), 'checkout.yaml')
      writeFileSync(file, text)
      await applyFiles(cli(), [file])
      expect(said()).toContain('Nothing in it has changed.')
      expect(text.includes('whenHeldTooLong')).toBe(all)
    }
    await expect(getService(cli(), 'nonesuch', false)).rejects.toMatchObject({ code: 'service_missing' })
  })

  it('apply names an alias that is not there yet', async () => {
    const file = join(folder(), 'early.yaml')
    const definition = { name: 'early', targets: [{ function: 'checkout', alias: 'gone' }], plan: 'AllAtOnce' }
    writeFileSync(file, JSON.stringify(definition))
    expect(await applyFiles(cli(), [file])).toBe(exitCodes.done)
    expect(said()).toMatch(
      /^Service early applied: checkout:gone\. [^]*There is no alias checkout:gone\. A release is refused/,
    )
  })

  it('apply says what is watched and what is promised', async () => {
    const file = join(folder(), 'kept.yaml')
    const targets = [{ function: 'checkout', alias: 'kept', provisionedConcurrency: 3 }]
    writeFileSync(file, JSON.stringify({ name: 'kept', targets, plan: 'AllAtOnce', watch: {} }))
    expect(await applyFiles(cli(), [file])).toBe(exitCodes.done)
    expect(said()).toMatch(
      /^Service kept applied: [^\n]*\n *Watched: for 1d after a promotion; a late fault is paged\.\n *Provisioned concurrency: 3 environments of checkout:kept; paid for twice during a release\.\n *It is new\./,
    )
  })

  it('a service that others move is said to be only observed', async () => {
    const file = join(folder(), 'theirs.yaml')
    const targets = [{ function: 'checkout', alias: 'theirs' }]
    writeFileSync(file, JSON.stringify({ name: 'theirs', mode: 'observe', targets, plan: 'AllAtOnce' }))
    expect(await applyFiles(cli(), [file])).toBe(exitCodes.done)
    const words = said()
    expect(words).toContain('Service theirs applied: checkout:theirs. Others move it: Tidegate only looks')
    expect(words).not.toContain('tidegate release')
    await listServices(cli())
    expect(said()).toMatch(/theirs +\S+ +only observed /)
  })

  it('get says when an alias is gone', async () => {
    await sandbox.world.services.put(
      sampleService({ name: 'lost', targets: [{ function: 'checkout', alias: 'gone' }] }),
    )
    await getService(cli(), 'lost', false)
    expect(said()).toMatch(/# alias checkout:gone: unknown: /)
  })

  it('the line tells the truth: who stopped what, and what stays stopped', async () => {
    await showLine(cli())
    expect(said()).toBe('No line is stopped.')
    await stopLine(cli(), [], { reason: 'storm' })
    await stopLine(cli(), ['checkout'], { reason: '\u001b[2Jown' })
    said()
    expect(await showLine(cli())).toBe(exitCodes.different)
    const [all, own] = said().split('\n')
    expect(all).toBe('every service is stopped by user/ann since 2026-01-01 00:10Z: "storm"')
    expect(own).toBe('checkout: stopped by user/ann since 2026-01-01 00:10Z: "\\u{1b}[2Jown"')
    await startLine(cli(), ['checkout'])
    expect(said()).toContain('Every service stays stopped: `tidegate line start` lifts that')
    await stopLine(cli(), ['checkout'], { reason: 'own' })
    said()
    await startLine(cli(), [])
    expect(said()).toBe(
      'The stop of every service is lifted.\ncheckout stays stopped: `tidegate line start checkout` lifts that (stopped by user/ann since 2026-01-01 00:10Z: "own").',
    )
    await startLine(cli(true), ['checkout'])
    expect(json()).toEqual({ started: ['checkout'], stillStopped: [] })
    await startLine(cli(), ['nonesuch'])
    expect(said()).toBe('There was no stop of nonesuch to lift.')
    await startLine(cli(), [])
    expect(said()).toBe('There was no stop of every service to lift.')
  })

  it('latest is the newest published version of each target, and never $LATEST', async () => {
    for (const code of Array.from({ length: 11 }, (_, index) => `v2 ${index}`)) await sandbox.publish(code)
    const service = await sandbox.world.services.get('checkout')
    expect(await newestVersions(functions(), service)).toEqual({ checkout: '12' })
    const nowhere = sampleService({ targets: [{ function: 'nonesuch', alias: 'live' }] })
    await expect(newestVersions(functions(), nowhere)).rejects.toMatchObject({ code: 'version_missing' })
  })
})

describe('without any cloud', () => {
  it('validate says what is wrong in which line, of every file, and nothing of what is right', async () => {
    const at = folder()
    const file = (name: string, text: string): string => {
      writeFileSync(join(at, name), text)
      return join(at, name)
    }
    const target = 'targets: [{ function: cart, alias: live }]\n'
    const good = file('good.yaml', `name: cart\n${target}plan: AllAtOnce\n`)
    expect(await validateFiles(screen(), [good])).toBe(exitCodes.done)
    expect(said()).toBe(`${good}: service cart is valid: cart:live; all traffic at once.`)
    const promised = file(
      'promised.yaml',
      'name: cart\ntargets: [{ function: cart, alias: live, provisionedConcurrency: 20 }]\nplan: AllAtOnce\nwatch: { for: 48h, onFault: rollBack, keepWarm: 6h }\n',
    )
    expect(await validateFiles(screen(), [promised])).toBe(exitCodes.done)
    expect(said().split('\n').slice(1)).toEqual([
      '  Watched: for 2d after a promotion; a late fault goes back, and is paged.',
      '  Provisioned concurrency: 20 environments of cart:live; paid for twice during a release, and for 6h after a promotion.',
    ])
    const bad = file(
      'bad.yaml',
      `name: shop\ntragets: 1\n${target}plan:\n  steps:\n    - { weight: 10, bake: 5 }\ngates:\n  rules: nonsense\n`,
    )
    expect(await validateFiles(screen(true), [bad])).toBe(exitCodes.different)
    expect(json()).toMatchObject({
      isValid: false,
      faults: [
        { line: 2, column: 1, message: 'no field is called "tragets"' },
        { line: 6, field: 'plan.steps[0].bake' },
      ],
    })
    const rules = file('rules.yaml', `name: shop\n${target}plan: AllAtOnce\ngates:\n  rules: nonsense\n`)
    const twice = file('twice.yaml', `name: cart\n${target}plan: AllAtOnce\n`)
    const torn = file('torn.yaml', 'name: cart\n  targets: [\n')
    const two = file('two.yaml', 'name: cart\n---\nname: shop\n')
    const custom = file('custom.yaml', `name: late\n${target}plan: AllAtOnce\nsignals: { custom: [{ name: lag }] }\n`)
    const empty = file('empty.yaml', '')
    const binary = join(at, 'binary.yaml')
    writeFileSync(binary, Uint8Array.from([0, 255, 254]))
    expect(
      await validateFiles(screen(), [good, rules, twice, torn, two, custom, empty, binary, join(at, 'nowhere')]),
    ).toBe(exitCodes.different)
    const words = said()
    expect(words).toMatch(/rules\.yaml:5:\d+: gates\.rules: /)
    expect(words).toContain(`twice.yaml: name: ${good} defines the service cart too`)
    expect(words).toMatch(/torn\.yaml:\d+:\d+: it is not YAML: /)
    expect(words).toContain('two.yaml:2:1: it is not YAML: it has several documents (---); write each into')
    expect(words.match(/custom\[0\]\.kind: /g)).toHaveLength(1)
    expect(words).toMatch(/empty\.yaml:1:1: it must be a set of fields/)
    expect(words).toContain('binary.yaml: The file')
    expect(words).toContain('nowhere: The file')
  })

  it('validate has an answer to any text, and refuses what apply would refuse', async () => {
    const file = join(folder(), 'any.yaml')
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ maxLength: 200 }), fc.json()), async (text) => {
        writeFileSync(file, text)
        expect([exitCodes.done, exitCodes.different]).toContain(await validateFiles(screen(), [file]))
        said()
      }),
      { numRuns: repeats(300, 80) },
    )
  })
})
