// The view of a release from real logs: releases on the embedded cloud, and the orders that the page's forms give.
import { afterEach, describe, expect, it } from 'vitest'
import { releasePage } from '../../../console/release/release-page.ts'
import { postMortemMarkdown } from '../../../console/release/post-mortem-markdown.ts'
import { postMortemPage } from '../../../console/release/post-mortem-page.ts'
import type { Order } from '../../../core/view/release/steering.ts'
import type { ReleaseView } from '../../../core/view/release/release-view.ts'
import { loadPostMortem } from '../../../functions/views/post-mortem.ts'
import { askedOf, loadRelease } from '../../../functions/views/release.ts'
import { openSandbox, type Sandbox, type SandboxOptions } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'

let sandbox: Sandbox
async function open(service: Readonly<Record<string, unknown>> = {}, options: SandboxOptions = {}): Promise<Sandbox> {
  sandbox = await openSandbox(options)
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [], ...service }))
  return sandbox
}
afterEach(() => sandbox.close())

async function viewOf(id: string, asked = ''): Promise<ReleaseView> {
  const view = await loadRelease(sandbox.world, id, askedOf(new URLSearchParams(asked)))
  if (view === undefined) throw new Error(`no release ${id}`)
  return view
}

/** Presses a button as somebody, and sends what its form says. */
async function press(order: Order | undefined, as: string, reason = order?.reason ?? ''): Promise<unknown> {
  if (order === undefined) throw new Error('there is no such button')
  const says = Object.entries(order.says).map(([name, value]) => [name, name === 'before' ? Number(value) : value])
  const body = { ...Object.fromEntries(says), ...(order.reason === undefined ? {} : { reason }) } as object
  const answer = await sandbox.orderAs(as)(order.route, order.service, { ...body })
  await sandbox.clock.settle()
  return answer
}

const frame = { path: '/release/x', where: 'here', who: 'ann', nowMs: 0, formToken: 't' }

describe('the view of a release', () => {
  it('that does not exist is none', async () => {
    await open()
    expect(await loadRelease(sandbox.world, 'checkout-00000000000000000000')).toBeUndefined()
    expect(await loadPostMortem(sandbox.world, 'checkout-00000000000000000000')).toBeUndefined()
  })

  it('of a bad version says what it costs while it bakes, and that everything is back afterwards', async () => {
    await open({ signals: { errors: { minimumSamples: 20 } } })
    const id = await sandbox.start({ version: await sandbox.publish('v3') })
    await sandbox.minutes(4)
    const live = await viewOf(id)
    expect(live.now).toMatchObject({ state: 'baking' })
    expect(live.now.sentence).toMatch(
      /^Baking at 10 %, step 1 of 3: 1m left\. At 00:15:00Z, if the evidence allows it, version 2 gets 50 %\.$/,
    )
    expect(live.setBp).toBe(1000)
    expect(live.served).toMatchObject({ kind: 'known' })
    expect(live.served.kind === 'known' && Math.abs(live.served.shareBp - 1000)).toBeLessThan(300)
    expect(live.harm).toMatchObject({ tone: 'bad' })
    expect(live.harm.ifAllFails).toMatch(
      /^About 80 failed requests until it is put back, at 200 requests a minute and 4m/,
    )
    expect(live.back.order).toMatchObject({ label: 'Put back: checkout 2 → 1', says: { releaseId: id }, danger: true })
    expect(live.back.commands).toEqual([
      expect.stringContaining('--function-name checkout --name live --function-version 1'),
    ])
    await sandbox.finish(id)
    const ended = await viewOf(id)
    expect(ended.now.sentence).toMatch(/^Rolled back at 00:16:00Z: errors: candidate /)
    expect(ended.now.more).toBe('All traffic is on version 1 again.')
    expect(ended.served).toMatchObject({ kind: 'unknown' })
    expect([ended.back.order, ended.orders, ended.isSettled]).toEqual([undefined, [], true])
    const errors = ended.tiles.find(({ signal }) => signal === 'errors')
    expect(errors).toMatchObject({
      kind: 'fail',
      toRollBack: { share: 1 },
      times: expect.stringMatching(/^at least /) as string,
    })
    expect(errors?.points.length).toBeGreaterThan(3)
  })

  it('shows the evidence as of any look, and what another policy would have said there', async () => {
    await open({ signals: { errors: { minimumSamples: 20 } } })
    const id = await sandbox.start({ version: await sandbox.publish('v3') })
    await sandbox.finish(id)
    const [last, first] = [await viewOf(id), await viewOf(id, 'look=1')]
    expect(last.looks).toMatchObject({ count: 6, shown: 6 })
    expect(first.looks.sentence).toBe('Look 1 of 6, at 00:11:00Z, with 10 % of the traffic: unknown.')
    expect(first.tiles.find(({ signal }) => signal === 'errors')).toMatchObject({ kind: 'unknown' })
    for (const [asked, shown] of [
      ['look=99', 6],
      ['look=0', 6],
      ['look=-3', 6],
      ['look=x', 6],
      ['look=2.5', 6],
    ] as const)
      expect((await viewOf(id, asked)).looks.shown).toBe(shown)
    expect(last.compared).toBeUndefined()
    expect((await viewOf(id, 'policy=constructor')).compared).toBeUndefined()
    const stricter = (await viewOf(id, 'policy=stricter')).compared
    expect(stricter?.words).toContain('alpha 0.1 instead of 0.05')
    expect(stricter?.sentence).toMatch(
      /^The stricter policy would have put it back at (look \d instead of look 6|the same look, 6)\.$/,
    )
    expect(stricter?.rows.at(-1)).toMatchObject({ said: 'fail', other: 'fail' })
  })

  it('of a promoted version is put back by one press, once', async () => {
    await open()
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.finish(id)
    const view = await viewOf(id)
    expect(view.now).toMatchObject({ tone: 'good', sentence: 'Promoted at 00:25:00Z: all traffic is on checkout:2.' })
    expect(view.back.order).toMatchObject({ label: 'Put back: checkout 2 → 1', service: 'checkout', says: {} })
    const { releaseId } = (await press(view.back.order, 'ann')) as { releaseId: string }
    const during = await viewOf(id)
    expect(during.back.order).toBeUndefined()
    await sandbox.finish(releaseId)
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
    expect((await viewOf(id)).back).toEqual({
      sentence: `It was put back: release ${releaseId} has gone back from it.`,
      commands: [],
    })
    expect((await viewOf(releaseId)).back.order).toBeUndefined()
  })

  it('of a promoted version is not put back by its page once another release is live or promoted', async () => {
    await open()
    const first = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.finish(first)
    const second = await sandbox.start({ version: await sandbox.publish('v1') })
    expect((await viewOf(first)).back).toMatchObject({
      sentence: `Release ${second} of this service is live: put that one back first.`,
    })
    await sandbox.finish(second)
    expect((await viewOf(first)).back.sentence).toBe(`Release ${second} was promoted since: put that one back.`)
    expect((await viewOf(second)).back.order).toBeDefined()
  })

  it('that is held shows who may approve, and not who asked; the answer goes in by its form', async () => {
    await open({ gates: { approvals: [{ before: 50, by: ['ann', 'ben', 'operator'] }] } })
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.minutes(8)
    const held = await viewOf(id)
    expect(held.now.state).toBe('held at a gate')
    const stepsOf = ({ plan }: typeof held) => plan.map(({ state }) => state)
    expect(stepsOf(held)).toEqual(['done', 'next', 'ahead', 'ahead'])
    expect(held.now.sentence).toMatch(/^Held at a gate before 50 % since 00:15:00Z: 0 of 1 approvals/)
    expect(held.gates.approvals).toMatchObject([
      { state: 'missing', who: 'ann, ben, operator, but not user/operator, who asked for it', given: [] },
    ])
    const [approval] = held.gates.approvals
    const approve = approval?.orders.find(({ route }) => route === 'approve')
    expect(approve?.says).toEqual({ releaseId: id, before: '50' })
    await expect(press(approve, 'operator')).rejects.toMatchObject({ code: 'approval_refused' })
    await press(approve, 'ann')
    await sandbox.minutes(1)
    const after = await viewOf(id)
    expect(after.gates.approvals).toMatchObject([{ state: 'given', given: ['approved by user/ann'], orders: [] }])
    expect(after.setBp).toBe(5000)
    expect(stepsOf(after)).toEqual(['done', 'now', 'ahead', 'ahead'])
  })

  it('is paused, resumed and put back by its forms, and says by whom', async () => {
    await open()
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.minutes(1)
    const order = async (route: string): Promise<Order | undefined> =>
      (await viewOf(id)).orders.find((one) => one.route === route)
    await press(await order('pause'), 'ben', 'look "at" it')
    const paused = await viewOf(id)
    expect(paused.now.sentence).toMatch(
      /^Paused at 10 % since 00:11:00Z by user\/ben: "look 'at' it"\. It goes back to version 1 if/,
    )
    expect(paused.orders.map(({ route }) => route)).toEqual(['resume', 'promote', 'abort'])
    await press(await order('resume'), 'ben')
    expect((await viewOf(id)).orders.map(({ route }) => route)).toEqual(['pause', 'promote', 'abort'])
    await press((await viewOf(id)).back.order, 'ann', 'orders drop')
    await sandbox.minutes(1)
    const back = await viewOf(id)
    expect(back.now.sentence).toBe('Rolled back at 00:11:00Z: user/ann says "orders drop".')
    expect(back.timeline.map(({ what, by }) => `${what}${by === undefined ? '' : ` ${by}`}`)).toEqual(
      expect.arrayContaining([
        'requested user/operator',
        'paused user/ben',
        'resumed user/ben',
        'back user/ann',
        'put back',
        'paged',
      ]),
    )
  })

  it('says what its error budget lost, and that it is not known while nobody has counted', async () => {
    await open(
      { slos: [{ name: 'available', objective: 99.9 }], signals: { errors: {} }, gates: {} },
      { budgetMinutes: 5 },
    )
    await sandbox.minutes(6)
    const id = await sandbox.start({ version: await sandbox.publish('v3') })
    const sheet = await loadPostMortem(sandbox.world, id)
    await sandbox.minutes(5)
    const live = await viewOf(id)
    expect(live.harm.shares).toEqual([expect.stringMatching(/^Error budget available: [\d.]+ % of its window\.$/)])
    await sandbox.finish(id)
    const ended = await loadPostMortem(sandbox.world, id)
    expect(sheet?.sentence).toMatch(/^It has not ended yet\./)
    expect(ended?.missing.join('\n')).toContain('not counted against the error budgets yet')
    await sandbox.minutes(40)
    const counted = await viewOf(id)
    expect(counted.harm.soFar).toBe('Counted after the end, per error budget:')
    expect(counted.harm.shares[0]).toMatch(/^available: [\d.]+ bad more than stable would have had/)
    const late = await loadPostMortem(sandbox.world, id)
    if (late === undefined) throw new Error('no sheet')
    expect(postMortemMarkdown(late)).toMatch(/## Actions\n\n\| no\. \| action \| owner \| until \|/)
    expect(postMortemPage(late, frame)).toContain('What was missing')
  })

  it('hides neither a release nor its way back when all beside its log cannot be read', async () => {
    await open()
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    const { Problem } = await import('../../../core/problem.ts')
    const away = (): Promise<never> => Promise.reject(new Problem('aws_unavailable', 'DynamoDB does not answer.'))
    const ports = {
      ...sandbox.world,
      services: { get: away },
      history: { ...sandbox.world.history, list: away },
      leases: { ...sandbox.world.leases, holder: away },
      budgets: { ...sandbox.world.budgets, mark: away },
    }
    const live = await loadRelease(ports, id)
    expect(live?.back.order).toBeDefined()
    await sandbox.finish(id)
    expect((await loadRelease(ports, id))?.back).toMatchObject({
      sentence: expect.stringMatching(
        /^Whether it is still in charge is not known: DynamoDB does not answer/,
      ) as string,
    })
  })

  it('is a page whose buttons name the versions, and which shows commands where nobody can press', async () => {
    await open()
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.minutes(1)
    const view = await viewOf(id)
    const page = releasePage(view, frame)
    expect(page).toMatch(/<p id="sentence" class="sentence" role="status" data-live>/)
    expect(page).toMatch(/action="\/order\/roll-back\/checkout"/)
    expect(page).toContain('<button class="danger">Put back: checkout 2 → 1</button>')
    expect(page).not.toMatch(/ style=| on[a-z]+=/)
    const saved = releasePage(view, { ...frame, who: undefined })
    expect(saved).not.toContain('<form class="order"')
    expect(saved).toContain(`tidegate rollback checkout --release ${id} --reason`)
    expect(saved).toContain('--function-version 1')
  })
})
