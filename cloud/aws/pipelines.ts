// Answers CodePipeline jobs.
import { PutJobFailureResultCommand, PutJobSuccessResultCommand } from '@aws-sdk/client-codepipeline'
import type { CodePipelineClient } from '@aws-sdk/client-codepipeline'
import { oneLine } from '../../core/foreign-text.ts'
import type { Pipelines } from '../ports.ts'
import { asProblem, isNamed } from './failure.ts'

export function awsPipelines(client: CodePipelineClient): Pipelines {
  return {
    async answer(jobId, { may, because }) {
      const call = may ? 'codepipeline:PutJobSuccessResult' : 'codepipeline:PutJobFailureResult'
      try {
        if (may) {
          const executionDetails = { summary: oneLine(because, 2048) }
          await client.send(new PutJobSuccessResultCommand({ jobId, executionDetails }))
        } else {
          const failureDetails = { type: 'JobFailed' as const, message: oneLine(because, 5000) }
          await client.send(new PutJobFailureResultCommand({ jobId, failureDetails }))
        }
      } catch (error) {
        // Lambda delivers a job at least once: an earlier delivery has already answered it.
        if (!isNamed(error, 'InvalidJobStateException')) throw asProblem(error, call)
      }
    },
  }
}
