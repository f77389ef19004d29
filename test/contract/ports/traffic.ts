// The contract of moving traffic: compare and set, all or nothing, no weight lost in conversion.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Traffic } from '../../../cloud/ports.ts'
import { only, type Routing, split } from '../../../core/service/routing.ts'
import type { AliasPlace } from '../../../core/location.ts'
import { expectProblem } from '../samples.ts'

/** An alias on version 1 of a function that has versions 1 and 2, and 3 with another role. */
type TrafficUnderTest = {
  readonly traffic: Traffic
  readonly target: AliasPlace
  readonly moveByHand: (routing: Routing) => unknown
}

export function trafficContract(name: string, open: () => Promise<TrafficUnderTest>): void {
  describe(`traffic: ${name}`, () => {
    it('reads an alias without weights as one version', async () => {
      const { traffic, target } = await open()
      const alias = await traffic.read(target)
      expect(alias.routing).toEqual({ version: '1' })
      expect(alias.revision).not.toBe('')
    })

    it('gives every write its own revision, even one that changes nothing', async () => {
      const { traffic, target } = await open()
      const before = await traffic.read(target)
      const same = await traffic.write(target, before.routing, before.revision)
      expect(same.routing).toEqual(before.routing)
      expect(same.revision).not.toBe(before.revision)
      expect(await traffic.read(target)).toEqual(same)
    })

    it('changes nothing when the revision is stale', async () => {
      const { traffic, target } = await open()
      const before = await traffic.read(target)
      const after = await traffic.write(target, split('1', '2', 1000), before.revision)
      await expectProblem('traffic_moved', traffic.write(target, only('2'), before.revision), /live/)
      expect(await traffic.read(target)).toEqual(after)
    })

    it('notices a change by a person in between', async () => {
      const { traffic, target, moveByHand } = await open()
      const before = await traffic.read(target)
      await moveByHand(split('1', '2', 2500))
      await expectProblem('traffic_moved', traffic.write(target, only('1'), before.revision))
      expect((await traffic.read(target)).routing).toEqual(split('1', '2', 2500))
    })

    it('lets exactly one of ten concurrent writers through', async () => {
      const { traffic, target } = await open()
      const { revision } = await traffic.read(target)
      const writes = Array.from({ length: 10 }, (_, index) =>
        traffic.write(target, split('1', '2', index + 1), revision),
      )
      const settled = await Promise.allSettled(writes)
      expect(settled.filter((one) => one.status === 'fulfilled')).toHaveLength(1)
    })

    it('removes weights', async () => {
      const { traffic, target } = await open()
      const before = await traffic.read(target)
      const { revision } = await traffic.write(target, split('1', '2', 5000), before.revision)
      await traffic.write(target, only('1'), revision)
      expect((await traffic.read(target)).routing).toEqual({ version: '1' })
    })

    it('loses no basis point on the round trip', async () => {
      const { traffic, target } = await open()
      let { revision } = await traffic.read(target)
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 10_000 }), async (weightBp) => {
          const written = await traffic.write(target, split('1', '2', weightBp), revision)
          revision = written.revision
          expect(written.routing).toEqual(split('1', '2', weightBp))
          expect(await traffic.read(target)).toEqual(written)
        }),
        { examples: [[1], [10_000], [9999], [3333]], numRuns: 50, seed: 20261123 },
      )
    })

    it('distinguishes a missing alias from a missing version', async () => {
      const { traffic, target } = await open()
      const { revision } = await traffic.read(target)
      await expectProblem('version_missing', traffic.write(target, split('1', '99', 100), revision), /99/)
      await expectProblem('version_missing', traffic.write(target, only('99'), revision), /99/)
      const elsewhere = { ...target, alias: 'nowhere' }
      await expectProblem('alias_missing', traffic.read(elsewhere), /nowhere/)
      await expectProblem('alias_missing', traffic.write(elsewhere, only('1'), revision), /nowhere/)
      await expectProblem('alias_missing', traffic.read({ ...target, functionName: 'nobody' }), /nobody/)
      expect((await traffic.read(target)).revision).toBe(revision)
    })

    it('creates an alias once, and does not change an existing one', async () => {
      const { traffic, target } = await open()
      const fresh = { ...target, alias: 'fresh' }
      expect(await traffic.create(fresh, '2')).toBe(true)
      const { routing, revision } = await traffic.read(fresh)
      expect(routing).toEqual(only('2'))
      expect(await traffic.create(fresh, '1')).toBe(false)
      expect(await traffic.read(fresh)).toEqual({ routing, revision })
      await expectProblem('version_missing', traffic.create({ ...target, alias: 'other' }, '99'), /99/)
    })

    it('does not split traffic between roles', async () => {
      const { traffic, target } = await open()
      const { revision } = await traffic.read(target)
      await expectProblem('roles_differ', traffic.write(target, split('1', '3', 100), revision), /role/)
      expect(await traffic.read(target)).toEqual({ routing: { version: '1' }, revision })
    })
  })
}
