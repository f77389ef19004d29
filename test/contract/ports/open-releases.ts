// The contract of the list that the sweep checks.
import { describe, expect, it } from 'vitest'
import type { Warm } from '../../../core/concurrency/warm.ts'
import type { OpenReleases } from '../../../cloud/ports.ts'
import { expectOthersListed } from '../fuzz.ts'
import { expectProblem, open as sample, t0Ms } from '../samples.ts'

const warm = (releaseId: string, minutes = 60): Warm => ({
  ...{ v: 1, service: 'orders', releaseId, promotedAtMs: t0Ms, settledAtMs: t0Ms, untilMs: t0Ms + minutes * 60_000 },
  targets: [{ functionName: 'orders-api', alias: 'live', stable: '1', candidate: '2' }],
})

type OpenReleasesUnderTest = {
  readonly openReleases: OpenReleases
  readonly spoil: (service: string, requestedAtMs: number, releaseId: string, text: string) => unknown
}

export function openReleasesContract(name: string, open: () => Promise<OpenReleasesUnderTest>): void {
  const ids = async (openReleases: OpenReleases, service?: string): Promise<string[]> =>
    (await openReleases.list(service)).items.map((one) => one.releaseId)

  describe(`open releases: ${name}`, () => {
    it('lists by time of request, then by id, for one service or for all', async () => {
      const { openReleases } = await open()
      await openReleases.add(sample('b-2', t0Ms + 5, 'billing'))
      await openReleases.add(sample('o-3', t0Ms + 10))
      await openReleases.add(sample('o-2', t0Ms))
      await openReleases.add(sample('o-1', t0Ms))
      await openReleases.add(sample('x-1', t0Ms + 1, 'orders-x'))
      expect(await ids(openReleases)).toEqual(['o-1', 'o-2', 'x-1', 'b-2', 'o-3'])
      expect(await ids(openReleases, 'orders')).toEqual(['o-1', 'o-2', 'o-3'])
      expect((await openReleases.list('billing')).items).toEqual([sample('b-2', t0Ms + 5, 'billing')])
      expect((await openReleases.list('nobody')).items).toEqual([])
    })

    it('keeps the first of two additions, whatever their times', async () => {
      const { openReleases } = await open()
      await openReleases.add(sample('o-1', t0Ms))
      await openReleases.add(sample('o-1', t0Ms))
      await openReleases.add(sample('o-1', t0Ms + 7))
      await openReleases.add(sample('o-1', t0Ms - 7))
      expect((await openReleases.list()).items).toEqual([sample('o-1', t0Ms)])
    })

    it('lists a release once if two add it at the same moment, and removes all of it', async () => {
      const { openReleases } = await open()
      await Promise.all([0, 1, 2].map((later) => openReleases.add(sample('o-1', t0Ms + later))))
      expect(await ids(openReleases)).toEqual(['o-1'])
      await openReleases.remove({ service: 'orders', releaseId: 'o-1' })
      expect(await ids(openReleases)).toEqual([])
    })

    it('has one by its key, and lists the keys, whatever the items hold', async () => {
      const { openReleases, spoil } = await open()
      await openReleases.add(sample('o-2', t0Ms))
      await openReleases.add(sample('o-1', t0Ms + 5))
      await openReleases.add(sample('b-1', t0Ms, 'billing'))
      const keysOf = async () => (await openReleases.keys()).map(({ service, releaseId }) => `${service} ${releaseId}`)
      expect(await keysOf()).toEqual(['billing b-1', 'orders o-1', 'orders o-2'])
      expect(await openReleases.get({ service: 'orders', releaseId: 'o-2' })).toEqual(sample('o-2', t0Ms))
      expect(await openReleases.get({ service: 'billing', releaseId: 'o-2' })).toBeUndefined()
      await spoil('orders', t0Ms, 'o-2', '{}')
      expect(await keysOf()).toHaveLength(3)
      await expectProblem('item_unreadable', openReleases.get({ service: 'orders', releaseId: 'o-2' }))
    })

    it('lists page by page, by service and id', async () => {
      const { openReleases, spoil } = await open()
      for (const id of ['o-2', 'o-1']) await openReleases.add(sample(id, t0Ms))
      await openReleases.add(sample('b-1', t0Ms + 5, 'billing'))
      const page = async (atMost: number, service?: string, releaseId = ''): Promise<string[]> => {
        const after = service === undefined ? undefined : { service, releaseId }
        return (await openReleases.page({ atMost, after })).items.map((one) => one.releaseId)
      }
      expect(await page(2)).toEqual(['b-1', 'o-1'])
      expect(await page(2, 'orders', 'o-1')).toEqual(['o-2'])
      expect(await page(2, 'orders', 'o-2')).toEqual([])
      await spoil('orders', t0Ms, 'o-1', '{}')
      expect(await openReleases.page({ atMost: 2 })).toMatchObject({
        items: [{ releaseId: 'b-1' }],
        unreadable: [{ about: { service: 'orders', releaseId: 'o-1' } }],
      })
    })

    it('shows what is only kept warm to nobody but who asks for all, and its entry is what it was', async () => {
      const { openReleases } = await open()
      for (const id of ['o-1', 'o-2', 'o-3', 'o-4']) await openReleases.add(sample(id, t0Ms))
      await openReleases.keepWarm(warm('o-1'))
      await openReleases.keepWarm(warm('o-3'))
      await openReleases.keepWarm(warm('o-3', 7))
      expect(await ids(openReleases)).toEqual(['o-2', 'o-4'])
      expect((await openReleases.keys()).map(({ releaseId }) => releaseId)).toEqual(['o-2', 'o-4'])
      const first = await openReleases.page({ atMost: 1 })
      expect(first.items.map(({ releaseId }) => releaseId)).toEqual(['o-2'])
      const second = await openReleases.page({ atMost: 1, after: { service: 'orders', releaseId: 'o-2' } })
      expect(second.items.map(({ releaseId }) => releaseId)).toEqual(['o-4'])
      const all = await openReleases.all()
      expect(all.open).toEqual(['o-2', 'o-4'].map((releaseId) => ({ service: 'orders', releaseId })))
      expect(all.warm).toEqual([warm('o-1'), warm('o-3', 7)])
      expect(await openReleases.all('orders')).toEqual(all)
      expect(await openReleases.all('order')).toEqual({ open: [], warm: [] })
      // Code from before finds the entry as that of any release.
      expect(await openReleases.get({ service: 'orders', releaseId: 'o-3' })).toEqual(sample('o-3', t0Ms))
      await openReleases.add(sample('o-3', t0Ms))
      expect((await openReleases.all()).warm).toHaveLength(2)
      await openReleases.remove({ service: 'orders', releaseId: 'o-3' })
      await openReleases.keepWarm(warm('o-3'))
      expect((await openReleases.all()).warm).toEqual([warm('o-1')])
    })

    it('removes one release and no other, even twice', async () => {
      const { openReleases } = await open()
      await openReleases.add(sample('o-1'))
      await openReleases.add(sample('o-11'))
      await openReleases.remove({ service: 'orders', releaseId: '1' })
      await openReleases.remove({ service: 'orders', releaseId: 'o-1' })
      await openReleases.remove({ service: 'orders', releaseId: 'o-1' })
      expect(await ids(openReleases)).toEqual(['o-11'])
    })

    it('lists the others, and names the one that cannot be read', async () => {
      const { openReleases, spoil } = await open()
      const spoilOne = (text: string): unknown => spoil('orders', t0Ms, 'o-1', text)
      const others = [sample('o-0', t0Ms - 1), sample('o-2', t0Ms + 1)]
      for (const one of others) await openReleases.add(one)
      await openReleases.add(sample('b-1', t0Ms, 'billing'))
      await expectOthersListed(sample('o-1'), spoilOne, () => openReleases.list('orders'), {
        others,
        about: { service: 'orders', releaseId: 'o-1' },
      })
      await spoilOne('{}')
      expect((await openReleases.list()).unreadable).toMatchObject([{ about: { service: 'orders', releaseId: 'o-1' } }])
      expect((await openReleases.list('billing')).unreadable).toEqual([])
    })
  })
}
