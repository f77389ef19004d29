// CodePipeline jobs in memory: the first answer to each counts.
import type { PipelineJob, Pipelines } from '../../cloud/ports.ts'

export type JobAnswer = Parameters<Pipelines['answer']>[1]

export function memoryPipelines(answers: Map<string, JobAnswer>, jobs: ReadonlyMap<string, PipelineJob>): Pipelines {
  return {
    job: (jobId) => Promise.resolve(jobs.get(jobId)),
    answer(jobId, answer) {
      if (!answers.has(jobId)) answers.set(jobId, answer)
      return Promise.resolve()
    },
  }
}
