// The contract of versions: describing them, and publishing an artifact exactly once.
import { describe, expect, it } from 'vitest'
import type { Versions } from '../../../cloud/ports.ts'
import type { Artifact } from '../../../core/service/candidate.ts'
import { expectProblem } from '../samples.ts'

/** A function whose version 1 has different code, and an artifact for the function. */
type VersionsUnderTest = {
  readonly versions: Versions
  readonly functionName: string
  readonly artifact: Artifact
  readonly missing: Artifact
  /** Advances time until Lambda has finished its updates. */
  readonly settle: () => unknown
  /** Somebody else uploads different code and publishes it. */
  readonly publishByHand: () => string | Promise<string>
  /** Gives a version provisioned concurrency, and advances time until it is ready. */
  readonly provision: (qualifier: string) => unknown
}

async function published({ versions, functionName, settle }: VersionsUnderTest, artifact: Artifact): Promise<string> {
  for (let round = 0; round < 10; round++) {
    const version = await versions.publish(functionName, artifact, 'tidegate test')
    if (version !== undefined) return version
    await settle()
  }
  throw new Error('Lambda never finished')
}

const service = 'orders'

export function versionsContract(name: string, open: () => Promise<VersionsUnderTest>): void {
  describe(`versions: ${name}`, () => {
    it('describes a version that runs', async () => {
      const { versions, functionName } = await open()
      const found = await versions.describe({ functionName, service }, '1')
      expect(found).toMatchObject({ version: '1', state: 'active' })
      expect(found.role).toContain(':role/')
      expect(found.codeSha256).not.toBe('')
    })

    it('throws a Problem for a version or a function that does not exist', async () => {
      const { versions, functionName, artifact } = await open()
      await expectProblem('version_missing', versions.describe({ functionName, service }, '99'), /99/)
      await expectProblem('version_missing', versions.describe({ functionName: 'nobody', service }, '1'), /nobody/)
      await expectProblem('version_missing', versions.publish('nobody', artifact, 'x'), /nobody/)
    })

    it('lists the qualifiers with provisioned concurrency', async () => {
      const under = await open()
      expect(await under.versions.provisioned({ ...under, service })).toEqual([])
      await under.provision('1')
      expect(await under.versions.provisioned({ ...under, service })).toEqual([
        { qualifier: '1', environments: 2, state: 'ready' },
      ])
      await expectProblem('version_missing', under.versions.provisioned({ functionName: 'nobody', service }), /nobody/)
    })

    it('publishes the artifact as a new version with its code', async () => {
      const under = await open()
      const version = await published(under, under.artifact)
      expect(version).toBe('2')
      const first = await under.versions.describe({ ...under, service }, '1')
      const second = await under.versions.describe({ ...under, service }, version)
      expect(second.codeSha256).not.toBe(first.codeSha256)
    })

    it('publishes the same code once, however often it is asked', async () => {
      const under = await open()
      const versions = [await published(under, under.artifact), await published(under, under.artifact)]
      expect(versions).toEqual(['2', '2'])
      await expectProblem('version_missing', under.versions.describe({ ...under, service }, '3'))
    })

    it('publishes the requested code after somebody else published theirs', async () => {
      const under = await open()
      const mine = await published(under, under.artifact)
      const theirs = await under.publishByHand()
      expect(theirs).not.toBe(mine)
      const again = await published(under, under.artifact)
      const code = async (version: string): Promise<string> =>
        (await under.versions.describe({ ...under, service }, version)).codeSha256
      expect(await code(again)).toBe(await code(mine))
      expect(await code(again)).not.toBe(await code(theirs))
    })

    it('throws a Problem for an artifact that cannot be read, and does not change the code', async () => {
      const under = await open()
      await expectProblem('artifact_missing', published(under, under.missing))
      expect(await published(under, under.artifact)).toBe('2')
    })
  })
}
