// The contract of return records, which put a release back when its log cannot be read.
import { describe, expect, it } from 'vitest'
import type { Returns } from '../../../cloud/ports.ts'
import type { ReturnRecord } from '../../../core/release/return-record.ts'
import { expectReadableOrProblem } from '../fuzz.ts'
import { t0Ms } from '../samples.ts'

type ReturnsUnderTest = {
  readonly returns: Returns
  readonly spoil: (releaseId: string, text: string) => unknown
}

const sample = (releaseId: string, service = 'orders'): ReturnRecord => ({
  v: 1,
  releaseId,
  service,
  requestedAtMs: t0Ms,
  admittedAtMs: t0Ms + 1,
  seq: 4,
  source: 'cli',
  targets: [{ functionName: `${service}-api`, alias: 'live', stable: '1', candidate: '2', revision: 'r-1' }],
  alarms: [`${service} errors`],
  excludedAlarms: [],
  holdSeconds: 600,
})

export function returnsContract(name: string, open: () => Promise<ReturnsUnderTest>): void {
  describe(`return records: ${name}`, () => {
    it('are found by their release and listed, and the last one written counts', async () => {
      const { returns } = await open()
      await returns.put(sample('o-1'))
      await returns.put(sample('b-1', 'billing'))
      await returns.put({ ...sample('o-1'), toldAtMs: t0Ms })
      expect(await returns.get('o-1')).toEqual({ ...sample('o-1'), toldAtMs: t0Ms })
      expect(await returns.get('o-2')).toBeUndefined()
      expect((await returns.list()).items.map((one) => one.releaseId)).toEqual(['b-1', 'o-1'])
      await returns.remove('o-1')
      await returns.remove('o-1')
      expect((await returns.list()).items.map((one) => one.releaseId)).toEqual(['b-1'])
    })

    it('that have ended are no longer listed, keep their outcome, and are not restarted by a late writer', async () => {
      const { returns } = await open()
      await returns.put(sample('o-1'))
      const ended = { ...sample('o-1'), ended: { atMs: t0Ms, outcome: 'aborted' as const, by: 'sweep', because: 'x' } }
      await returns.end(ended)
      await returns.put(sample('o-1'))
      expect(await returns.get('o-1')).toEqual(ended)
      expect(await returns.list()).toEqual({ items: [], unreadable: [] })
    })

    it('one that cannot be read is named, and hides no other', async () => {
      const { returns, spoil } = await open()
      await returns.put(sample('o-1'))
      await returns.put(sample('o-3'))
      await spoil('o-2', '{')
      const { items, unreadable } = await returns.list()
      expect(items.map((one) => one.releaseId)).toEqual(['o-1', 'o-3'])
      expect(unreadable).toMatchObject([{ about: { releaseId: 'o-2' }, problem: { code: 'item_unreadable' } }])
      await returns.put(sample('o-2'))
      expect((await returns.list()).unreadable).toEqual([])
    })

    it('meet anything stored with a value or a Problem', async () => {
      const { returns, spoil } = await open()
      await expectReadableOrProblem(
        sample('o-1'),
        (text) => spoil('o-1', text),
        () => returns.get('o-1'),
      )
    })
  })
}
