// The contract of incidents: all notices about an incident, in any order and however often, are one incident.
import { describe, expect, it } from 'vitest'
import type { Incidents } from '../../../cloud/ports.ts'
import type { IncidentNotice } from '../../../core/measures/incident.ts'
import { expectOthersListed } from '../fuzz.ts'
import { t0Ms } from '../samples.ts'

type IncidentsUnderTest = {
  readonly incidents: Incidents
  readonly spoil: (notice: IncidentNotice, text: string) => unknown
}

const opened = (id: string, atMs = t0Ms, service = 'orders'): IncidentNotice => ({
  service,
  source: 'pagerduty',
  id,
  kind: 'opened',
  atMs,
  title: 'Orders drop',
})
const resolved = (id: string, atMs: number): IncidentNotice => ({ ...opened(id, atMs), kind: 'resolved' })
const seen = (id: string, openedAtMs = t0Ms, service = 'orders') => ({
  service,
  source: 'pagerduty',
  id,
  openedAtMs,
  title: 'Orders drop',
})

export function incidentsContract(name: string, open: () => Promise<IncidentsUnderTest>): void {
  describe(`incidents: ${name}`, () => {
    it('lists the incidents of a service that were opened in the requested period, oldest first', async () => {
      const { incidents } = await open()
      for (const [id, age] of [
        ['c', 0],
        ['a', 20],
        ['b', 10],
      ] as const)
        await incidents.put(opened(id, t0Ms - age))
      await incidents.put(opened('x', t0Ms, 'billing'))
      const ids = async (fromMs: number, toMs: number): Promise<string[]> =>
        (await incidents.list('orders', fromMs, toMs)).items.map(({ id }) => id)
      expect(await ids(0, t0Ms + 1)).toEqual(['a', 'b', 'c'])
      expect(await ids(t0Ms - 20, t0Ms)).toEqual(['a', 'b'])
      expect(await ids(t0Ms - 19, t0Ms - 10)).toEqual([])
      expect((await incidents.list('nobody', 0, t0Ms + 1)).items).toEqual([])
    })

    it('joins beginning and end, whichever comes first, and repeating changes nothing', async () => {
      const { incidents } = await open()
      await incidents.put(resolved('a', t0Ms + 5000))
      expect((await incidents.list('orders', 0, t0Ms + 9999)).items).toEqual([])
      for (let time = 0; time < 2; time++) await incidents.put(opened('a'))
      await incidents.put(opened('b', t0Ms + 1))
      await incidents.put({ ...opened('a', t0Ms + 2), source: 'opsgenie' })
      expect((await incidents.list('orders', 0, t0Ms + 9999)).items).toEqual([
        { ...seen('a'), resolvedAtMs: t0Ms + 5000 },
        seen('b', t0Ms + 1),
        { ...seen('a', t0Ms + 2), source: 'opsgenie' },
      ])
    })

    it('ignores an end before the beginning', async () => {
      const { incidents } = await open()
      await incidents.put(opened('a'))
      await incidents.put(resolved('a', t0Ms - 1))
      expect((await incidents.list('orders', 0, t0Ms + 1)).items).toEqual([seen('a')])
    })

    it('lists the others, and names the notice that cannot be read', async () => {
      const { incidents, spoil } = await open()
      const spoilOne = (text: string): unknown => spoil(opened('a'), text)
      await incidents.put(opened('b'))
      await expectOthersListed(opened('a'), spoilOne, () => incidents.list('orders', 0, t0Ms + 1), {
        others: [seen('b')],
        about: { notice: 'pagerduty#a#opened' },
      })
    })
  })
}
