// The contract of provisioned concurrency: what is asked for is listed, and removing what is not there is no error.
import { describe, expect, it } from 'vitest'
import type { Concurrency } from '../../cloud/ports.ts'
import { expectProblem } from './samples.ts'

/** A function with versions 1 and 2, and an alias `live` with a share for version 2. */
type ConcurrencyUnderTest = {
  readonly concurrency: Concurrency
  readonly functionName: string
  /** Advances time until Lambda has allocated everything. */
  readonly settle: () => unknown
}

export function concurrencyContract(name: string, open: () => Promise<ConcurrencyUnderTest>): void {
  describe(`concurrency: ${name}`, () => {
    it('asks for environments, then for others in their place, and removes them, twice without an error', async () => {
      const { concurrency, functionName, settle } = await open()
      expect(await concurrency.list(functionName)).toEqual([])
      await concurrency.ask(functionName, '2', 5)
      await settle()
      await concurrency.ask(functionName, '2', 7)
      await settle()
      expect(await concurrency.list(functionName)).toEqual([{ qualifier: '2', environments: 7, state: 'ready' }])
      await concurrency.remove(functionName, '2')
      await concurrency.remove(functionName, '2')
      await concurrency.remove(functionName, '99')
      expect(await concurrency.list(functionName)).toEqual([])
    })

    it('lists aliases with all the versions that they point at', async () => {
      const { concurrency, functionName } = await open()
      expect(await concurrency.aliases(functionName)).toEqual([{ name: 'live', versions: ['1', '2'] }])
      await expectProblem('version_missing', concurrency.aliases('nobody'), /nobody/)
    })

    it('says what the account leaves, and that there is no room for more', async () => {
      const { concurrency, functionName } = await open()
      expect(await concurrency.limits(functionName)).toEqual({ account: 1000, unreserved: 1000 })
      await concurrency.ask(functionName, '2', 900)
      await expectProblem('concurrency_no_room', concurrency.ask(functionName, '2', 901), /901/)
    })

    it('throws a Problem for what does not exist', async () => {
      const { concurrency, functionName } = await open()
      await expectProblem('version_missing', concurrency.list('nobody'), /nobody/)
      await expectProblem('version_missing', concurrency.ask(functionName, '99', 1), /99/)
    })
  })
}
