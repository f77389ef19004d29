// A release whose log is lost or damaged: its page says what is known all the same, what the controller does, and how to put its
// traffic back; and of many services, only its own is affected.
import { beforeEach, describe, expect, it } from 'vitest'
import { showLog, showStatus } from '../../../cli/commands/verbs.ts'
import { screenOn } from '../../../cli/backend/screen.ts'
import { lostPage } from '../../../console/release/lost-page.ts'
import { onCallPage } from '../../../console/on-call/on-call-page.ts'
import { headOf } from '../../../core/release/head.ts'
import { returnRecordOf } from '../../../core/release/return-record.ts'
import type { LostView } from '../../../core/view/release/lost-view.ts'
import { loadFleet } from '../../../functions/views/fleet.ts'
import { loadAnyRelease } from '../../../functions/views/lost.ts'
import { loadOnCall } from '../../../functions/views/on-call.ts'
import { loadService } from '../../../functions/views/service.ts'
import { nowMs, openTown, story, type Town, townService } from './town.ts'

const minute = 60_000
const frame = { path: '/', where: 'here', who: 'ann', nowMs, formToken: 't' }
const id = 'ledger-0123456789abcdef0123'

let town: Town
const ledger = townService('ledger')
const begun = () =>
  story(ledger, { id, atMs: nowMs - 30 * minute })
    .prepare(nowMs - 29 * minute)
    .shift(nowMs - 28 * minute)

beforeEach(async () => {
  town = openTown()
  await town.quiet('basket', 86_400_000)
  await town.settle(ledger, '11')
})

const lostOf = async (releaseId = id): Promise<LostView> => {
  const found = await loadAnyRelease(town, releaseId)
  if (found?.kind !== 'lost') throw new Error(`it is ${found?.kind ?? 'not there'}`)
  return found.view
}
const byHand = `aws lambda update-alias --function-name ledger-api --name live --function-version 11 --routing-config '{"AdditionalVersionWeights":{}}'`

/** It has traffic, and its log is gone or damaged. */
async function losing(how: 'damaged' | 'gone'): Promise<void> {
  const told = begun()
  if (how === 'damaged') await town.live(ledger, told)
  else await town.leases.take('ledger', id)
  const record = returnRecordOf(told.release())
  if (record === undefined) throw new Error('it has one')
  await town.returns.put(record)
  if (how === 'damaged') town.lose(id)
}

describe.each(['damaged', 'gone'] as const)('a release with traffic whose log is %s', (how) => {
  beforeEach(() => losing(how))

  it('has a page that says what is known, what is done about it, and puts it back by its record', async () => {
    const view = await lostOf()
    expect(view).toMatchObject({ service: 'ledger', title: 'ledger-api 11 → 12', state: 'log lost', tone: 'bad' })
    expect(view.sentence).toMatch(/Traffic of it may have moved; what ran before is known from its return record\.$/)
    expect(view.next).toMatch(
      /sweep .* puts the traffic back by the return record, ends the release and pages somebody/,
    )
    expect(view.back.order).toMatchObject({
      route: 'roll-back',
      service: 'ledger',
      says: { releaseId: id },
      label: 'Put back: ledger-api 12 → 11',
    })
    expect(view.back.commands).toEqual([byHand])
    const page = lostPage(view, frame)
    expect(page).toContain('action="/order/roll-back/ledger"')
    expect(page).toContain(`name="releaseId" value="${id}"`)
    expect(page).toContain('aws lambda update-alias')
    expect(page).toContain(`/runbook#${how === 'gone' ? 'release_missing' : 'item_unreadable'}`)
    expect(lostPage(view, { ...frame, who: undefined })).toContain(`tidegate rollback ledger --release ${id}`)
  })

  it('is named on the pages of its service, of all and of who is on call, and hides no other', async () => {
    const [fleet, onCall, service] = [await loadFleet(town), await loadOnCall(town), await loadService(town, 'ledger')]
    expect(fleet.tiles.map(({ service: name, standing }) => [name, standing])).toEqual([
      ['ledger', 'person'],
      ['basket', expect.stringMatching(/quiet|unknown/)],
    ])
    expect(onCall.needs).toMatchObject([{ kind: 'lost', service: 'ledger', releaseId: id }])
    expect(onCall.needs[0]?.actions).toMatchObject([
      { kind: 'order', says: { releaseId: id } },
      { kind: 'command', command: byHand },
    ])
    expect(onCallPage(onCall, frame)).toContain('log lost')
    expect(service?.putBack).toMatchObject({ label: 'Put back: ledger, without its log', says: { releaseId: id } })
  })

  it('is told by `status` and `log`, with the command that puts it back', async () => {
    const said: string[] = []
    const cli = { backend: town as never, screen: screenOn((line) => said.push(line), false) }
    for (const show of [() => showStatus(cli, 'ledger'), () => showLog(cli, id), () => showLog(cli, 'ledger')]) {
      said.length = 0
      expect(await show()).not.toBe(0)
      expect(said.join('\n')).toContain('Traffic of it may have moved')
      expect(said.join('\n')).toContain(byHand)
    }
  })

  it('that was ended without its log says when, why and by whom', async () => {
    const record = await town.returns.get(id)
    if (record === undefined) throw new Error('it has one')
    const ended = { atMs: nowMs - minute, outcome: 'rolledBack' as const, by: 'user/ann', because: 'orders drop' }
    await town.returns.end({ ...record, ended })
    const view = await lostOf()
    expect(view.sentence).toMatch(/It was ended without it at 03:09:00Z: rolled back: user\/ann says "orders drop"\.$/)
    expect(view.back.order).toBeUndefined()
    expect(view.back.commands).toEqual([byHand])
  })
})

describe('a release that had ended before its log was lost', () => {
  it('says how, and is put back as long as it is what the service runs', async () => {
    const told = story(ledger, { id, atMs: nowMs - 50 * minute }).prepare(nowMs - 49 * minute)
    await town.history.put(headOf(told.promote(nowMs - 45 * minute).release()))
    const view = await lostOf()
    expect(view.sentence).toMatch(/^Its log is not there\. It had ended at 02:55:00Z: promoted/)
    expect(view.back.order).toMatchObject({ says: { releaseId: id }, label: 'Put back: ledger-api 12 → 11' })
    const next = story(ledger, { id: 'ledger-3', atMs: nowMs - 4 * minute, from: '12', to: '13' })
    await town.history.put(
      headOf(
        next
          .prepare(nowMs - 4 * minute)
          .promote(nowMs - 3 * minute)
          .release(),
      ),
    )
    expect((await lostOf()).back).toMatchObject({
      sentence: expect.stringContaining('Release ledger-3 was promoted since') as string,
    })
    expect((await lostOf()).back.order).toBeUndefined()
  })
})

it('an open entry alone says that nothing is known to have moved, and what becomes of it', async () => {
  const [requested] = begun().events
  if (requested?.type !== 'requested') throw new Error('unreachable')
  await town.openReleases.add({ releaseId: id, service: 'ledger', requestedAtMs: requested.atMs, requested })
  const view = await lostOf()
  expect(view).toMatchObject({ state: 'not begun', tone: 'hold', service: 'ledger' })
  expect(view.next).toContain("the controller's sweep begins it")
  expect(view.facts).toContainEqual({ name: 'asked for by', words: 'ann' })
})

it('of a damaged log with nothing beside it says so; of no log and nothing there is no page', async () => {
  expect(await loadAnyRelease(town, id)).toBeUndefined()
  await town.live(ledger, begun())
  town.lose(id)
  const view = await lostOf()
  expect(view.back.order).toBeUndefined()
  expect(lostPage(view, frame)).toContain('log lost')
})

it('a return record that cannot be read either is said to be unknown', async () => {
  await losing('damaged')
  town.inspect.corrupt('returns', id, '{"v":')
  const view = await lostOf()
  expect(view.unknown).toEqual([expect.stringMatching(/^Its return record cannot be read: /)])
  const fleet = await loadFleet(town)
  expect(fleet.unknown.join(' ')).toContain(`The return record of release ${id} cannot be read`)
  expect(fleet.tiles.map(({ service }) => service).sort()).toEqual(['basket', 'ledger'])
})
