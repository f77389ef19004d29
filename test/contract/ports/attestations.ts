// The contract of attestations: by subject, one from each author, and never replaced by an older one.
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
      await attestations.put(scan)
      await attestations.put(tests(0))
      await attestations.put({ ...tests(3), subject: 'commit/4f2' })
      expect((await attestations.of([subject, scan.subject, 'commit/none'])).items).toEqual([tests(0), scan])
      expect((await attestations.of([])).items).toEqual([])
    })

    it("replaces the author's earlier attestation, and keeps those of others", async () => {
      const { attestations } = await open()
      await attestations.put({ ...tests(2), flags: ['new-cart'] })
      await attestations.put(tests(5, 'nightly'))
      for (let time = 0; time < 2; time++) await attestations.put(tests(0))
      expect((await attestations.of([subject])).items).toEqual([tests(0), tests(5, 'nightly')])
    })

    it('never replaces an attestation with an older one', async () => {
      const { attestations } = await open()
      await attestations.put(tests(0, 'ci', t0Ms + 1000))
      await attestations.put(tests(7, 'ci', t0Ms))
      expect((await attestations.of([subject])).items).toEqual([tests(0, 'ci', t0Ms + 1000)])
    })

    it('returns the others, and names the attestation that cannot be read', async () => {
      const { attestations, spoil } = await open()
      const spoilOne = (text: string): unknown => spoil(subject, 'ci', text)
      const others = [tests(0, 'a'), { ...tests(1), subject: 'commit/none' }]
      for (const one of others) await attestations.put(one)
      await expectOthersListed(tests(0), spoilOne, () => attestations.of([subject, 'commit/none']), {
        others,
        about: { subject, by: 'ci' },
      })
    })
  })
}
