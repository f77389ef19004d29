// The commands about gates, through the real command line grammar: what is sent, what is printed, and the exit code.
import { Command, CommanderError } from 'commander'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addGates } from '../../cli/spelling/gates.ts'
import { exitCodes, screenOn } from '../../cli/backend/screen.ts'
import { showStatus } from '../../cli/commands/verbs.ts'
import type { Cli } from '../../cli/backend/surroundings.ts'
import { type Sandbox, openSandbox } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'

let sandbox: Sandbox
let lines: string[]
let who: string
beforeEach(async () => {
  sandbox = await openSandbox({ perMinute: 60 })
  await define({})
  lines = []
  who = 'ann'
})
afterEach(() => sandbox.close())

const define = (gates: object) => sandbox.world.services.put(sampleService({ slos: [], hooks: [], gates }))

function cli({ json = false }: { readonly json?: boolean }): Cli {
  const { hooks: _, ...world } = sandbox.world
  return {
    backend: { ...world, order: sandbox.orderAs(who) },
    screen: screenOn((line) => lines.push(line), json),
  }
}

/** Runs one command as typed. @returns its exit code */
async function type(...words: readonly string[]): Promise<number> {
  let code: number = exitCodes.done
  const program = new Command('tidegate').exitOverride().configureOutput({ writeErr: () => undefined })
  addGates(program, {
    cli: (options) => Promise.resolve(cli(options)),
    run:
      (action) =>
      async (...args) => {
        code = await action(...args)
      },
    screen: () => {
      throw new Error('not asked for')
    },
    backend: () => {
      throw new Error('not asked for')
    },
    pause: () => Promise.resolve(true),
    positive: Number,
  })
  for (const command of program.commands.flatMap((one) => [one, ...one.commands])) command.exitOverride()
  await program.parseAsync(['node', 'tidegate', ...words])
  return code
}
const said = (): string => lines.splice(0).join('\n')
const start = async (): Promise<string> => sandbox.start({ version: await sandbox.publish('v2'), author: 'Ann' })

describe('tidegate gates', () => {
  it('says whether a release could begin, and what blocks it', async () => {
    expect(await type('gates', 'checkout')).toBe(0)
    expect(said()).toBe('Yes: Nothing is live, and every alias of checkout has one version.')
    await type('line', 'stop', 'checkout', '--reason', 'the database is being moved')
    expect(said()).toMatch(/^The line of checkout is stopped: no release begins/)
    expect(await type('gates', 'checkout', '--json')).toBe(exitCodes.different)
    expect(JSON.parse(said())).toEqual({
      may: false,
      because: 'releases of checkout are stopped by user/ann: "the database is being moved"',
    })
  })
})

describe('tidegate line', () => {
  it('stops and starts all services, and held releases go on', async () => {
    await type('line', 'stop', '--reason', 'x')
    expect(said()).toBe(
      'The line of every service is stopped: no release begins, and none takes a further step. Traffic stays where it is.',
    )
    const id = await start()
    await showStatus(cli({}), 'checkout')
    expect(said()).toContain(
      'Held at a gate before it begins since 00:10:00Z: every release is stopped by user/ann: "x"',
    )
    await type('line', 'start')
    await sandbox.clock.settle()
    expect(said()).toBe('The stop of every service is lifted.\nReleases begin and go on again.')
    expect((await sandbox.release(id)).state.phase).toBe('baking')
  })

  it('requires a reason, and an existing service', async () => {
    await expect(type('line', 'stop')).rejects.toThrow(CommanderError)
    await expect(type('line', 'stop', 'nonesuch', '--reason', 'x')).rejects.toMatchObject({ code: 'service_missing' })
    expect(await sandbox.world.line.stopped('checkout')).toBeUndefined()
  })
})

describe('tidegate approve, decline and override', () => {
  it('send who and why, and print the state of the release', async () => {
    await define({ approvals: [{ before: 'begin' }, { before: 50 }] })
    const id = await start()
    await expect(type('approve', 'checkout')).rejects.toMatchObject({ code: 'approval_refused' })
    const [named, both] = [
      ['--wave', 'production'],
      ['--wave', 'production', '--before', '50'],
    ]
    await expect(type('approve', 'checkout', ...named)).rejects.toMatchObject({ code: 'verb_not_now' })
    await expect(type('approve', 'checkout', ...both)).rejects.toMatchObject({ code: 'call_invalid' })
    await expect(type('approve', 'checkout', '--wave', 'EU West')).rejects.toMatchObject({ code: 'call_invalid' })
    who = 'ben'
    await type('approve', 'checkout', '--reason', 'read it')
    expect(said()).toBe(`${id}  Approved. The gates before it begins are asked again now.`)
    await expect(type('approve', 'checkout', '--before', 'soon')).rejects.toMatchObject({
      code: 'call_invalid',
    })
    who = 'cem'
    await type('decline', 'checkout', '--before', '50')
    expect(said()).toBe(`${id}  Declined. The gates before it begins are asked again now.`)
    expect((await sandbox.release(id)).approvals).toEqual([
      { beforeBp: 0, by: 'user/ben', answer: 'approve' },
      { beforeBp: 5000, by: 'user/cem', answer: 'decline' },
    ])
  })

  it('override a freeze, but not without a reason', async () => {
    await define({ freezes: [{ from: '2020-01-01T00:00:00Z', to: '2030-01-01T00:00:00Z' }] })
    const id = await start()
    await expect(type('override', 'checkout')).rejects.toThrow(CommanderError)
    await type('override', 'checkout', '--reason', 'the shop is down')
    expect(said()).toBe(
      `${id}  Its gates are overridden; your name and reason are in its log. The gates before it begins are asked again now.`,
    )
    await sandbox.clock.settle()
    expect((await sandbox.release(id)).overridden).toEqual({ by: 'user/ann', reason: 'the shop is down' })
    expect((await sandbox.release(id)).state.phase).toBe('baking')
  })
})
