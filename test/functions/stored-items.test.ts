// State outlives code: every item that an earlier version wrote to a table can be read, and means the same as then. The files in
// test/fixtures/stored are whole tables, named by the month in which they were written. A new format adds a file; existing files
// never change.
import { readdirSync, readFileSync } from 'node:fs'
import { type AttributeValue, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { afterEach, describe, expect, it } from 'vitest'
import { environment } from '../../local/installation.ts'
import { openSandbox, type Sandbox } from '../../local/sandbox.ts'

type Stored = {
  readonly releases: Readonly<
    Record<string, { phase: string; outcome: string | null; versions: string[][]; seq: number }>
  >
  readonly items: readonly Record<string, AttributeValue>[]
}

const folder = new URL('../fixtures/stored/', import.meta.url)
const read = (file: string): Stored => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Stored

let sandbox: Sandbox
afterEach(() => sandbox.close())

describe.each(readdirSync(folder))('the table of %s', (file) => {
  it('can be read, item by item', async () => {
    const { releases, items } = read(file)
    sandbox = await openSandbox({ perMinute: 0 })
    for (const Item of items)
      await sandbox.clients.dynamodb.send(new PutItemCommand({ TableName: environment.TIDEGATE_TABLE, Item }))
    const { world } = sandbox
    for (const [id, then] of Object.entries(releases)) {
      const { state, ending, targets, seq } = await sandbox.release(id)
      const versions = targets.map(({ stable, candidate }) => [stable, candidate])
      expect({ phase: state.phase, outcome: ending?.outcome ?? null, versions, seq }).toEqual(then)
    }
    const [live = ''] = Object.entries(releases).flatMap(([id, { phase }]) => (phase === 'baking' ? [id] : []))
    const listings = [
      await world.services.list(),
      await world.openReleases.list(),
      await world.history.list('checkout', 10),
      await world.incidents.list('checkout', 0, Number.MAX_SAFE_INTEGER),
    ]
    expect(listings.map(({ items: { length }, unreadable }) => [length, unreadable])).toEqual([
      [2, []],
      [2, []],
      [2, []],
      [1, []],
    ])
    expect(await world.leases.holder('checkout')).toBe(live)
    const [waiter] = await world.journal.waiters(live)
    expect(waiter?.slot).toBe('turn')
    // Once an execution waits anew, the one that waited before does not count.
    await world.journal.wait(live, { slot: 'turn', token: 'since' })
    expect(await world.journal.waiters(live)).toEqual([{ slot: 'turn', token: 'since' }])
    expect(await world.alarmWatch.releases('checkout-errors')).toEqual([live])
    expect(await world.returns.get(live)).toMatchObject({ releaseId: live, service: 'checkout' })
    expect(await world.line.stopped('other')).toMatchObject({ by: 'ann' })
  })
})
