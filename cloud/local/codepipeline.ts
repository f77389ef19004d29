// CodePipeline, only what an action that invokes a function needs: a job goes to the function, which answers with
// PutJob...Result.
import { AwsError } from './protocol/aws-error.ts'
import { optionalText, text } from './protocol/field.ts'
import { answerJson, type Input } from './protocol/json-protocol.ts'
import { account, type Invoker, type LocalService } from './protocol/service.ts'

type Job = { readonly id: string; readonly status: 'InProgress' | 'Succeeded' | 'Failed'; readonly summary: string }

export type LocalPipelines = LocalService & {
  /** Acts as a stage's LambdaInvoke rule. @returns the job's id */
  invoke(functionName: string, userParameters: string): string
  job(id: string): Job | undefined
}

type Deps = { readonly invoker: Pick<Invoker, 'take'>; readonly ids: () => string }

export function localPipelines({ invoker, ids }: Deps): LocalPipelines {
  const jobs = new Map<string, Job>()

  function conclude(input: Input, status: Job['status'], summary: string): void {
    const id = text(input, 'jobId')
    const job = jobs.get(id)
    if (job === undefined) throw new AwsError('JobNotFoundException', `Job with id ${id} does not exist`)
    if (job.status !== 'InProgress')
      throw new AwsError('InvalidJobStateException', `Job ${id} is in the state ${job.status}`)
    jobs.set(id, { id, status, summary })
  }

  const operations = {
    PutJobSuccessResult: (input: Input) =>
      conclude(input, 'Succeeded', optionalText((input['executionDetails'] ?? {}) as Input, 'summary') ?? ''),
    PutJobFailureResult: (input: Input) =>
      conclude(input, 'Failed', text((input['failureDetails'] ?? {}) as Input, 'message')),
  }

  return {
    handle: (request, caller) => answerJson(request, caller, operations, '1.1'),
    job: (id) => jobs.get(id),
    invoke(FunctionName, UserParameters) {
      const id = ids()
      jobs.set(id, { id, status: 'InProgress', summary: '' })
      const data = {
        actionConfiguration: { configuration: { FunctionName, UserParameters } },
        inputArtifacts: [],
        outputArtifacts: [],
        artifactCredentials: { accessKeyId: 'x', secretAccessKey: 'of the job', sessionToken: 'x' },
      }
      const event = { 'CodePipeline.job': { id, accountId: account, data } }
      invoker.take(FunctionName, undefined, Buffer.from(JSON.stringify(event)))
      return id
    },
  }
}
