// The contract of CodePipeline jobs: the first answer counts, and a second one has no effect.
import { describe, expect, it } from 'vitest'
import type { Pipelines } from '../../../cloud/ports.ts'

type PipelinesUnderTest = {
  readonly pipelines: Pipelines
  /** Two waiting jobs. */
  readonly jobs: readonly [string, string]
  readonly answerOf: (job: string) => { readonly may: boolean; readonly because: string } | undefined
}

export function pipelinesContract(name: string, open: () => Promise<PipelinesUnderTest>): void {
  describe(`pipelines: ${name}`, () => {
    it('answers a job yes or no, with the reason', async () => {
      const { pipelines, jobs, answerOf } = await open()
      await pipelines.answer(jobs[0], { may: true, because: 'nothing is live' })
      await pipelines.answer(jobs[1], { may: false, because: 'the alias is split' })
      expect(jobs.map(answerOf)).toEqual([
        { may: true, because: 'nothing is live' },
        { may: false, because: 'the alias is split' },
      ])
    })

    it('answers once: a job that is delivered again keeps its answer', async () => {
      const { pipelines, jobs, answerOf } = await open()
      await pipelines.answer(jobs[0], { may: false, because: 'first' })
      await pipelines.answer(jobs[0], { may: true, because: 'second' })
      expect(answerOf(jobs[0])).toEqual({ may: false, because: 'first' })
    })
  })
}
