// What the commands do and print, on the embedded cloud in virtual time.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeleteAliasCommand } from '@aws-sdk/client-lambda'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { showBudgets } from '../../cli/commands/budgets.ts'
import { showDrift } from '../../cli/commands/diff.ts'
import { order } from '../../cli/orders/orders.ts'
import { exitCodes, screenOn } from '../../cli/backend/screen.ts'
import { applyFiles } from '../../cli/commands/apply.ts'
import { showHistory, showLog, showStatus, startRelease, watchRelease } from '../../cli/commands/verbs.ts'
import { addReleases } from '../../cli/spelling/releases.ts'
import type { Cli } from '../../cli/backend/surroundings.ts'
import { watch, type WatchOptions } from '../../cli/commands/watch.ts'
import { type Sandbox, minute, openSandbox } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'

let sandbox: Sandbox
let lines: string[]
beforeEach(async () => {
  sandbox = await openSandbox({ perMinute: 60, sweepMinutes: 5 })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
  lines = []
})
afterEach(() => sandbox.close())

function cli(json = false): Cli {
  const { hooks: _, ...world } = sandbox.world
  const backend = { ...world, order: sandbox.orderAs('ann') }
  return { backend, screen: screenOn((line) => lines.push(line), json) }
}
/** Each new look lets a minute pass in the cloud. */
const follow: WatchOptions = {
  everyMs: 1,
  evidence: true,
  pause: async () => {
    await sandbox.minutes(1)
    return true
  },
}
const said = (): string => lines.join('\n')

describe('tidegate budget', () => {
  it('prints what is left, how fast it burns, and until when that is known', async () => {
    const window = { calendar: 'month', timeZone: 'Europe/Berlin' } as const
    const slos = [
      { name: 'available', objective: 99.9 },
      { name: 'fast', objective: 99, window, sli: { fasterThanMs: 300 } },
    ]
    await sandbox.world.services.put(sampleService({ slos }))
    expect(await showBudgets(cli(), 'checkout')).toBe(exitCodes.done)
    expect(said()).toContain('available: 99.9 % of requests succeed in 28 days: not counted yet')
    await sandbox.ask('budget', { budgets: true })
    await showBudgets(cli(), 'checkout')
    expect(said()).toMatch(
      /available: .*: 100 % of the budget is left \(0 bad of [\d.]+ that the window allows at this pace; \d+ good\)/,
    )
    expect(said()).toMatch(
      /fast: 99 % of requests take less than 300 ms in a month \(Europe\/Berlin\): 100 % of the budget/,
    )
    expect(said()).toContain('burn rate 1h 0, 6h 0, 24h 0, 72h 0; counted up to 2026-01-01T00:10Z')
    expect(said()).not.toContain('not known')
    await sandbox.minutes(40)
    await showBudgets(cli(), 'checkout')
    expect(said()).toContain('counted up to 2026-01-01T00:10Z, 40m ago: what has happened since is not known')
    await expect(showBudgets(cli(), 'nonesuch')).rejects.toMatchObject({ code: 'service_missing' })
  })

  it('prints which release spent it and what none did; so do the log and the history', async () => {
    const slos = [
      { name: 'available', objective: 99.9, window: '1d' },
      { name: 'steady', objective: 99, window: '1d', slices: { minutes: 5, objective: 99 } },
    ]
    await sandbox.world.services.put(sampleService({ hooks: [], slos }))
    await sandbox.ask('budget', { budgets: true })
    await startRelease(
      cli(),
      { route: 'start', service: 'checkout', call: { version: await sandbox.publish('v2') } },
      follow,
    )
    await startRelease(
      cli(),
      { route: 'start', service: 'checkout', call: { version: await sandbox.publish('v3') } },
      follow,
    )
    const [bad, good] = (await sandbox.world.history.list('checkout', 2)).items
    await sandbox.ask('budget', { budgets: true })
    lines = []
    await showBudgets(cli(), 'checkout')
    expect(said()).toContain('it is not charged yet')
    await sandbox.minutes(21)
    await sandbox.ask('budget', { budgets: true })
    lines = []
    await showBudgets(cli(), 'checkout')
    expect(said()).toMatch(
      new RegExp(
        `spent by release ${bad?.releaseId ?? ''} \\(rolledBack\\): \\d+ bad, ± [\\d.]+; [\\d.]+ % of the budget`,
      ),
    )
    expect(said()).toContain('by 1 other release together: 0 bad, none of them more than chance explains')
    expect(said()).toContain('by no release: 0 bad')
    expect(said()).toContain(`unknown for 2 releases: ${bad?.releaseId ?? ''}: its budget is counted in slices`)
    lines = []
    await showBudgets(cli(true), 'checkout')
    expect(JSON.parse(said())).toMatchObject({
      slos: [
        {
          spentBy: {
            charged: [
              { releaseId: bad?.releaseId, outcome: 'rolledBack', sure: true },
              { releaseId: good?.releaseId, outcome: 'promoted', bad: 0, sure: false },
            ],
            unknown: [],
            unassigned: 0,
          },
        },
        { spentBy: { charged: [] } },
      ],
    })
    lines = []
    await showLog(cli(), bad?.releaseId ?? '')
    expect(lines.at(-1)).toMatch(
      /charged +available: \d+ bad more than stable would have had .*; steady: not known: its/,
    )
    lines = []
    await showHistory(cli(), 'checkout', 5)
    expect(lines.join('\n').split('\n')[1]).not.toContain('burned')
    expect(lines.join('\n').split('\n')[0]).toMatch(/rolledBack .* \[burned available: \d+ bad more/)
  })
})

describe('the command line', () => {
  it('starts a release, follows it with split, evidence and time left, and exits with 0 when it is promoted', async () => {
    const code = await startRelease(
      cli(),
      { route: 'start', service: 'checkout', call: { version: await sandbox.publish('v2') } },
      follow,
    )
    expect(code).toBe(exitCodes.done)
    expect(said()).toContain('prepared  checkout:live from version 1 to 2; alarm checkout-errors is ok')
    expect(said()).toMatch(/shifted +██░+ +10 %/)
    expect(said()).toMatch(
      /^ +unknown +errors: \d+ of 20 samples of the candidate at this weight, about \d+ more minutes/m,
    )
    expect(said()).toMatch(/^ +\d+:00 {2}unknown +\d+ of \d+ signals unknown \[\dm left\]$/m)
    expect(said()).toMatch(/promoted +█+ 100 %/)
  })

  it('exits with 1 when the release was put back, and prints why', async () => {
    const code = await startRelease(
      cli(),
      { route: 'start', service: 'checkout', call: { version: await sandbox.publish('v3') } },
      follow,
    )
    expect(code).toBe(exitCodes.notReleased)
    expect(said()).toContain('(alarm checkout-errors)')
  })

  it('prints JSON, one document a line', async () => {
    await startRelease(
      cli(true),
      { route: 'start', service: 'checkout', call: { version: await sandbox.publish('v2') } },
      follow,
    )
    const documents = lines.map((line) => JSON.parse(line) as { event?: { type: string } })
    expect(documents.at(-1)?.event?.type).toBe('settled')
    lines = []
    await showHistory(cli(true), 'checkout', 5)
    expect(JSON.parse(said())).toMatchObject({ releases: [{ outcome: 'promoted' }] })
    lines = []
    await showStatus(cli(true), undefined)
    expect(JSON.parse(said())).toEqual({ releases: [] })
  })

  it('shows live releases, past ones, and the whole story of one', async () => {
    const version = await sandbox.publish('v2')
    await startRelease(cli(), { route: 'start', service: 'checkout', call: { version } }, undefined)
    await sandbox.minutes(4)
    lines = []
    await showStatus(cli(), 'checkout')
    expect(said()).toMatch(/checkout {2}checkout-\w{20} {2}baking$/m)
    expect(said()).toMatch(/██░+ {2}10 % {3}step 1 of 3: 10 % → 50 % → 90 % → promoted$/m)
    expect(said()).toContain(
      'Baking at 10 %, step 1 of 3: 1m left. At 00:15:00Z, if the evidence allows it, version 2 gets 50 %.',
    )
    lines = []
    await showLog(cli(), 'checkout')
    expect(said()).toMatch(/^Release checkout-\w+ of checkout, requested at 2026-01-01 [\d:]+Z\./)
    expect(said()).toContain('requested by user/ann: checkout:2')
    lines = []
    await showHistory(cli(), 'checkout', 5)
    expect(said()).toBe('No release of checkout has ended yet.')
    expect(await watchRelease(cli(), 'checkout', { ...follow, pause: () => Promise.resolve(false) })).toBe(
      exitCodes.interrupted,
    )
  })

  it('pauses, resumes, promotes and rolls back; with nothing live, rollback returns to the previous version', async () => {
    await startRelease(
      cli(),
      { route: 'start', service: 'checkout', call: { version: await sandbox.publish('v2') } },
      undefined,
    )
    await sandbox.clock.settle()
    const steer = (verb: 'pause' | 'resume' | 'promote' | 'rollBack') =>
      order(cli(), { verb, service: 'checkout', reason: 'test' })
    expect(await steer('pause')).toBe(exitCodes.done)
    await showStatus(cli(), 'checkout')
    expect(said()).toContain('by user/ann: "test". It goes back to version 1 if it is still so in 3d')
    const again = { verb: 'pause', service: 'checkout', reason: 'lunch' } as const
    said()
    expect(await order(cli(), again)).toBe(exitCodes.done)
    const words = said()
    expect(words).toMatch(/It was paused already, at 2026-\S+ \S+Z: user\/ann says "test"\. Your reason is not kept\./)
    expect(words).not.toContain('lunch')
    await steer('resume')
    await steer('promote')
    await sandbox.clock.settle()
    expect(await sandbox.alias()).toMatchObject({ version: '2', weights: {} })
    await steer('rollBack')
    await sandbox.clock.settle()
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
    await expect(steer('pause')).rejects.toMatchObject({ code: 'no_live_release' })
  })

  it('aborts one that waits, by its id, and leaves the live one alone', async () => {
    const live = await sandbox.start({ version: await sandbox.publish('v2') })
    const waits = await sandbox.start({ version: await sandbox.publish('v2') })
    const abort = { verb: 'abort', service: 'checkout', reason: 'overtaken', releaseId: waits } as const
    expect(await order(cli(), abort)).toBe(exitCodes.done)
    await sandbox.clock.settle()
    expect((await sandbox.release(waits)).ending?.outcome).toBe('aborted')
    expect(await sandbox.world.leases.holder('checkout')).toBe(live)
    await sandbox.ask('orderRollback', { verb: 'abort', releaseId: live, by: 'ann', reason: 'done' })
    await sandbox.clock.settle()
  })

  it('follows an accepted release whose log has not begun yet', async () => {
    await startRelease(
      cli(),
      { route: 'start', service: 'checkout', call: { version: await sandbox.publish('v2') } },
      undefined,
    )
    const [open] = (await sandbox.world.openReleases.list('checkout')).items
    const { backend, screen } = cli()
    let reads = 0
    const read = (id: string) =>
      reads++ < 2 ? Promise.resolve({ events: [], isWhole: true }) : backend.journal.read(id)
    const release = await watch(
      { ...backend, journal: { ...backend.journal, read } },
      screen,
      open?.releaseId ?? '',
      follow,
    )
    expect(release?.ending?.outcome).toBe('promoted')
    expect(
      await watch(
        { ...backend, journal: { ...backend.journal, read: () => Promise.resolve({ events: [], isWhole: true }) } },
        screen,
        'x',
        { ...follow, pause: () => Promise.resolve(false) },
      ),
    ).toBeUndefined()
  })

  it("refuses to roll back without an earlier release, and passes on the controller's refusals", async () => {
    await expect(order(cli(), { verb: 'rollBack', service: 'checkout', reason: 'x' })).rejects.toMatchObject({
      code: 'nothing_to_return_to',
    })
    await expect(
      startRelease(cli(), { route: 'start', service: 'nonesuch', call: { version: '1' } }, undefined),
    ).rejects.toMatchObject({
      code: 'service_missing',
    })
    await expect(watchRelease(cli(), 'nonesuch', follow)).rejects.toMatchObject({ code: 'release_missing' })
    await expect(showStatus(cli(), 'nonesuch')).rejects.toMatchObject({ code: 'service_missing' })
  })

  it('applies a definition from a file, or says what is wrong with it', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'tidegate-')), 'service.yaml')
    writeFileSync(file, 'name: cart\ntargets: [{ function: cart, alias: live }]\nplan: Canary10Percent5Minutes\n')
    expect(await applyFiles(cli(), [file])).toBe(exitCodes.done)
    expect((await sandbox.world.services.get('cart')).plan.steps).toEqual([
      { weightBp: 1000, bakeSeconds: (5 * minute) / 1000 },
    ])
    writeFileSync(file, 'name: cart\n  targets: [')
    await expect(applyFiles(cli(), [file])).rejects.toMatchObject({ code: 'definition_invalid' })
    writeFileSync(file, 'name: cart\ntargets: []\nplan: AllAtOnce\n')
    await expect(applyFiles(cli(), [file])).rejects.toMatchObject({ code: 'definition_invalid' })
    await expect(applyFiles(cli(), ['/nowhere.yaml'])).rejects.toMatchObject({ code: 'definition_invalid' })
    expect((await sandbox.world.services.get('cart')).plan.steps).toHaveLength(1)
  })

  it('shows how a definition differs from its file, in the same terms, and services that are not registered', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-'))
    const [same, other, unknown] = ['same.yaml', 'other.yaml', 'unknown.yaml'].map((name) => join(folder, name))
    const target = 'targets: [{ function: checkout, alias: live }]'
    writeFileSync(same ?? '', `name: checkout\n${target}\nplan: { steps: [{ weight: 10, bake: 300s }] }\n`)
    writeFileSync(
      other ?? '',
      `name: checkout\n${target}\nplan: { steps: [{ weight: 20, bake: 5m }] }\nrunbook: https://a.b/c\n`,
    )
    writeFileSync(unknown ?? '', `name: cart\n${target}\nplan: AllAtOnce\n`)
    await applyFiles(cli(), [same ?? ''])
    expect(await showDrift(cli(), [same ?? ''])).toBe(exitCodes.done)
    lines = []
    expect(await showDrift(cli(), [other ?? '', unknown ?? ''])).toBe(exitCodes.different)
    expect(said()).toBe(
      [
        'checkout: plan.steps[0].weight is 10, but 20 in the file',
        'checkout: runbook is nothing, but "https://a.b/c" in the file',
        'cart: not registered yet',
      ].join('\n'),
    )
  })

  it('detects an alias that was moved, split or deleted between releases, and ignores live ones', async () => {
    await startRelease(
      cli(),
      { route: 'start', service: 'checkout', call: { version: await sandbox.publish('v2') } },
      undefined,
    )
    await sandbox.minutes(3)
    expect(await showDrift(cli(), [])).toBe(exitCodes.done)
    await order(cli(), { verb: 'promote', service: 'checkout', reason: 'test' })
    await sandbox.minutes(1)
    expect(await showDrift(cli(), [])).toBe(exitCodes.done)
    lines = []
    await sandbox.moveByHand('1')
    expect(await showDrift(cli(), [])).toBe(exitCodes.different)
    expect(said()).toMatch(/checkout:live: it has version 1, and release checkout-\w+ left it at 2$/)
    lines = []
    await sandbox.moveByHand('2', { '1': 0.3 })
    expect(await showDrift(cli(true), [])).toBe(exitCodes.different)
    expect(JSON.parse(said())).toMatchObject({ drifts: [{ aliases: [{ alias: 'checkout:live' }] }] })
    await sandbox.clients.lambda.send(new DeleteAliasCommand({ FunctionName: 'checkout', Name: 'live' }))
    expect(await showDrift(cli(), [])).toBe(exitCodes.different)
  })
})

describe('the spelling of release', () => {
  it.each([
    [
      ['--object', 's3://artifacts/releases/a+b.zip', '--object-version', 'v'],
      { kind: 's3', bucket: 'artifacts', key: 'releases/a+b.zip', versionId: 'v' },
    ],
    [['--image', 'host/app@sha256:1'], { kind: 'image', uri: 'host/app@sha256:1' }],
  ])('%j names the artifact in the call', async (args, artifact) => {
    const asked: unknown[] = []
    const order = (...call: readonly unknown[]) =>
      Promise.resolve({ releases: [{ releaseId: String(asked.push(call)) }] })
    const program = new Command()
    const backend = { ...cli().backend, order }
    addReleases(program, {
      screen: () => cli().screen,
      backend: () => Promise.resolve(backend),
      cli: () => Promise.resolve({ ...cli(), backend }),
      run:
        (act) =>
        async (...all) => {
          await act(...all)
        },
      positive: Number,
      pause: () => Promise.resolve(false),
    })
    await program.parseAsync(['release', 'checkout', '--request-id', 'r', ...args], { from: 'user' })
    expect(asked).toEqual([['start', 'checkout', { source: 'cli', artifact, requestId: 'r' }]])
  })
})
