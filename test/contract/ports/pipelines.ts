// The contract of CodePipeline jobs: the first answer counts, and a second one has no effect.
import { describe, expect, it } from 'vitest'
import type { PipelineJob, Pipelines } from '../../../cloud/ports.ts'

type PipelinesUnderTest = {
  readonly pipelines: Pipelines
  /** Two waiting jobs. */
  readonly jobs: readonly [string, string]
  /** What the first of them is. */
  readonly job: PipelineJob
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

    it('knows what its jobs are, and no others', async () => {
      const { pipelines, jobs, job } = await open()
      expect(await pipelines.job(jobs[0])).toEqual(job)
      for (const id of ['0b6f3a2e-6a63-4d0e-9d6a-c1d2e3f40506', 'none', ''])
        expect(await pipelines.job(id)).toBeUndefined()
    })

    it('answers once: a job that is delivered again keeps its answer', async () => {
      const { pipelines, jobs, answerOf } = await open()
      await pipelines.answer(jobs[0], { may: false, because: 'first' })
      await pipelines.answer(jobs[0], { may: true, because: 'second' })
      expect(answerOf(jobs[0])).toEqual({ may: false, because: 'first' })
    })
  })
}
