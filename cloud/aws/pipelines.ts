// CodePipeline's jobs: what they are, and their answers.
import {
  GetJobDetailsCommand,
  PutJobFailureResultCommand,
  PutJobSuccessResultCommand,
} from '@aws-sdk/client-codepipeline'
import type { CodePipelineClient } from '@aws-sdk/client-codepipeline'
import { oneLine } from '../../core/foreign-text.ts'
import type { Pipelines } from '../ports.ts'
import { asProblem, isNamed } from './failure.ts'

export function awsPipelines(client: CodePipelineClient): Pipelines {
  return {
    async job(jobId) {
      try {
        const { jobDetails } = await client.send(new GetJobDetailsCommand({ jobId }))
        // The rest has credentials for the artifacts: it goes no further.
        const { actionConfiguration, pipelineContext } = jobDetails?.data ?? {}
        const { FunctionName = '', UserParameters = '' } = actionConfiguration?.configuration ?? {}
        return {
          functionName: FunctionName,
          userParameters: UserParameters,
          pipeline: pipelineContext?.pipelineName ?? '',
          account: pipelineContext?.pipelineArn?.split(':')[4] ?? jobDetails?.accountId ?? '',
        }
      } catch (error) {
        if (isNamed(error, 'JobNotFoundException')) return undefined
        // No id of a job: nobody is asked about it.
        if (isNamed(error, 'ValidationException')) return undefined
        throw asProblem(error, 'codepipeline:GetJobDetails')
      }
    },
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
