// The contract of attestations: by subject, one from each party, which takes the place of exactly the one that was read.
import { describe, expect, it } from 'vitest'
import type { Attestations } from '../../../cloud/ports.ts'
import type { Attestation } from '../../../core/gate/attestation.ts'
import { expectOthersListed } from '../fuzz.ts'
import { t0Ms } from '../samples.ts'

type AttestationsUnderTest = {
  readonly attestations: Attestations
  readonly spoil: (subject: string, by: string, text: string) => unknown
}

const subject = 'commit/4f2a'
const tests = (failed: number, by = 'ci', atMs = t0Ms): Attestation => ({
  subject,
  by,
  atMs,
  tests: { passed: 10, failed, skipped: 0 },
})

export function attestationsContract(name: string, open: () => Promise<AttestationsUnderTest>): void {
  describe(`attestations: ${name}`, () => {
    it('returns the attestations about the requested subjects, and no others', async () => {
      const { attestations } = await open()
      const scan: Attestation = {
        subject: 'ecr/shop/orders@sha256:00',
        by: 'aws.ecr',
        atMs: t0Ms,
        scan: { critical: 0, high: 1, medium: 0, low: 9 },
      }
      await attestations.put(scan, undefined)
      await attestations.put(tests(0), undefined)
      await attestations.put({ ...tests(3), subject: 'commit/4f2' }, undefined)
      expect((await attestations.of([subject, scan.subject, 'commit/none'])).items).toEqual([tests(0), scan])
      expect((await attestations.of([])).items).toEqual([])
    })

    it('finds what one party has said of one subject', async () => {
      const { attestations } = await open()
      await attestations.put(tests(2), undefined)
      await attestations.put(tests(5, 'nightly'), undefined)
      expect(await attestations.find(subject, 'ci')).toEqual(tests(2))
      expect(await attestations.find(subject, 'nobody')).toBeUndefined()
    })

    it('takes the place of exactly the one that was read, and keeps those of others', async () => {
      const { attestations } = await open()
      expect(await attestations.put(tests(2, 'ci', t0Ms), undefined)).toBe(true)
      await attestations.put(tests(5, 'nightly'), undefined)
      for (const before of [undefined, t0Ms - 1, t0Ms + 1])
        expect(await attestations.put(tests(0, 'ci', t0Ms + 2), before)).toBe(false)
      expect((await attestations.of([subject])).items).toEqual([tests(2), tests(5, 'nightly')])
      expect(await attestations.put(tests(0, 'ci', t0Ms + 2), t0Ms)).toBe(true)
      expect(await attestations.put(tests(1, 'ci', t0Ms + 3), t0Ms)).toBe(false)
      expect((await attestations.of([subject])).items).toEqual([tests(0, 'ci', t0Ms + 2), tests(5, 'nightly')])
    })

    it('of several that were written at once, one is written', async () => {
      const { attestations } = await open()
      const written = await Promise.all([1, 2, 3].map((failed) => attestations.put(tests(failed), undefined)))
      expect(written.filter((one) => one)).toHaveLength(1)
    })

    it('returns the others, and names the attestation that cannot be read', async () => {
      const { attestations, spoil } = await open()
      const spoilOne = (text: string): unknown => spoil(subject, 'ci', text)
      const others = [tests(0, 'a'), { ...tests(1), subject: 'commit/none' }]
      for (const one of others) await attestations.put(one, undefined)
      await expectOthersListed(tests(0), spoilOne, () => attestations.of([subject, 'commit/none']), {
        others,
        about: { subject, by: 'ci' },
      })
    })
  })
}
