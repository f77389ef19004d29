// `tidegate watch` on a terminal and in a pipe, on the embedded cloud in virtual time.
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exitCodes, screenOn, type Terminal } from '../../../cli/backend/screen.ts'
import type { Cli } from '../../../cli/backend/surroundings.ts'
import { order } from '../../../cli/orders/orders.ts'
import { showHistory, watchRelease } from '../../../cli/commands/verbs.ts'
import type { WatchOptions } from '../../../cli/commands/watch.ts'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'

let sandbox: Sandbox
let printed: string[]
let painted: string[]
beforeEach(async () => {
  sandbox = await openSandbox({ perMinute: 60, sweepMinutes: 5 })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
  ;[printed, painted] = [[], []]
})
afterEach(() => sandbox.close())

const terminal: Terminal = {
  size: () => ({ columns: 100, rows: 40 }),
  isColoured: false,
  write: (text) => void painted.push(text),
  onResize: () => () => undefined,
  onStop: () => () => undefined,
}
function cli(onTerminal: boolean, json = false): Cli {
  const { hooks: _, ...world } = sandbox.world
  const surface = () => ({ isColoured: false, ...(onTerminal ? { columns: 100 } : {}) })
  const output = onTerminal ? { surface, terminal } : { surface }
  return {
    backend: { ...world, order: sandbox.orderAs('ann') },
    screen: screenOn((line) => printed.push(line), json, output),
  }
}
const follow = (looks = Infinity): WatchOptions => ({
  everyMs: 1,
  evidence: true,
  live: true,
  pause: async () => {
    await sandbox.minutes(1)
    return looks-- > 0
  },
})
const said = (): string => printed.join('\n')
const screens = (): readonly string[] => painted.map((text) => stripVTControlCharacters(text))

describe('watch on a terminal', () => {
  it('takes all of it, and leaves the whole story and what is next', async () => {
    await sandbox.start({ version: await sandbox.publish('v2') })
    expect(await watchRelease(cli(true), 'checkout', follow())).toBe(exitCodes.done)
    expect(painted[0]).toBe('\u001b[?1049h\u001b[?25l')
    expect(painted.at(-1)).toBe('\u001b[?25h\u001b[?1049l')
    expect(screens().some((text) => text.includes('Baking at 10 %, step 1 of 3: '))).toBe(true)
    expect(screens().some((text) => /served +█+░+ +[\d.]+ % +\d+ of \d+ requests at this weight/.test(text))).toBe(true)
    expect(said()).toMatch(/^ {2}0:00 {2}requested by user\/operator: checkout:2\n/)
    expect(said()).toContain('Promoted at 00:29:00Z: all traffic is on checkout:2.')
    expect(said()).toMatch(/next: tidegate rollback checkout --release \S+ --reason "\.\.\."$/)
  })

  it('says that the release goes on if one stops watching, and how to watch again', async () => {
    await sandbox.start({ version: await sandbox.publish('v2') })
    expect(await watchRelease(cli(true), 'checkout', follow(2))).toBe(exitCodes.interrupted)
    expect(painted.at(-1)).toBe('\u001b[?25h\u001b[?1049l')
    expect(said()).toContain('It goes on without being watched.\nnext: tidegate watch checkout\n')
  })

  it('gives it back if the log can no longer be read', async () => {
    await sandbox.start({ version: await sandbox.publish('v2') })
    const { backend, screen } = cli(true)
    let reads = 0
    const read: typeof backend.journal.read = (id) =>
      reads++ < 3 ? backend.journal.read(id) : Promise.reject(new Error('gone'))
    const broken = { backend: { ...backend, journal: { ...backend.journal, read } }, screen }
    await expect(watchRelease(broken, 'checkout', follow())).rejects.toThrow('gone')
    expect(painted.at(-1)).toBe('\u001b[?25h\u001b[?1049l')
  })
})

describe('watch in a pipe', () => {
  it('says each thing once, and has no control sequence', async () => {
    await sandbox.start({ version: await sandbox.publish('v2') })
    expect(await watchRelease(cli(false), 'checkout', follow())).toBe(exitCodes.done)
    expect(painted).toEqual([])
    // eslint-disable-next-line no-control-regex -- what must not be there
    expect(said()).not.toMatch(/\u001b/)
    // One for each of three steps.
    expect(said().match(/errors: no whole minute at this weight yet/g)).toHaveLength(3)
  })

  it('has every event as JSON', async () => {
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await watchRelease(cli(false, true), 'checkout', follow())
    expect(printed.map((line) => (JSON.parse(line) as { event: unknown }).event)).toEqual(
      JSON.parse(JSON.stringify(await sandbox.events(id))),
    )
  })
})

describe('orders', () => {
  it('say what they did, until when it may stay so, and what to type next', async () => {
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.minutes(2)
    const steer = async (verb: 'pause' | 'resume' | 'promote' | 'rollBack') => {
      printed = []
      await order(cli(true), { verb, service: 'checkout', reason: `${verb} it` })
      return said().replaceAll(/\n +/g, ' ')
    }
    expect(await steer('pause')).toMatch(
      new RegExp(
        `^${id}  Paused at 10 % since 00:\\d+:00Z by user/ann: "pause it". It goes back to version 1 if it is still so in 3d, at 2026-01-04 00:\\d+:00Z \\(policy.hold.paused\\).\nnext: tidegate resume checkout`,
      ),
    )
    expect(await steer('resume')).toMatch(/ {2}Resumed\. Baking at 10 %, step 1 of 3: /)
    expect(await steer('rollBack')).toMatch(
      / {2}The traffic is back: checkout:live is on version 1\. Rolled back: user\/ann says "rollBack it"\.\nnext: tidegate log/,
    )
  })

  it('that go back from what was promoted say so, and the history says what they undid', async () => {
    await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.minutes(1)
    await order(cli(true), { verb: 'promote', service: 'checkout', reason: 'sure' })
    await sandbox.minutes(2)
    printed = []
    await order(cli(false), { verb: 'rollBack', service: 'checkout', reason: 'orders drop' })
    expect(said()).toMatch(/ {2}Nothing was live: this release puts back the version before\.$/)
    await sandbox.minutes(2)
    printed = []
    await showHistory(cli(false), 'checkout', 5)
    expect(said()).toMatch(
      /promoted {5}undid release checkout-\w+: checkout from version 2 back to 1, by user\/ann: "orders drop"\n/,
    )
  })
})
