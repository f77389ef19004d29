// CodePipeline, only what an action that invokes a function needs: a job goes to the function, which may ask what the job is, and
// answers with PutJob...Result.
import { AwsError } from './protocol/aws-error.ts'
import { optionalText, text } from './protocol/field.ts'
import { answerJson, type Input } from './protocol/json-protocol.ts'
import { account as homeAccount, type Invoker, type LocalService } from './protocol/service.ts'

type Job = {
  readonly id: string
  readonly status: 'InProgress' | 'Succeeded' | 'Failed'
  readonly summary: string
  readonly details: Readonly<Record<string, unknown>>
}
type Pipeline = { readonly name?: string; readonly account?: string }

export type LocalPipelines = LocalService & {
  /** Acts as a stage's LambdaInvoke rule. @returns the job's id */
  invoke(functionName: string, userParameters: string, pipeline?: Pipeline): string
  job(id: string): Job | undefined
}

/** API reference of GetJobDetails. */
const idPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

type Deps = { readonly invoker: Pick<Invoker, 'take'>; readonly ids: () => string }

export function localPipelines({ invoker, ids }: Deps): LocalPipelines {
  const jobs = new Map<string, Job>()

  function find(input: Input): Job {
    const id = text(input, 'jobId')
    if (!idPattern.test(id)) throw new AwsError('ValidationException', `Value '${id}' at 'jobId' is no id of a job`)
    const job = jobs.get(id)
    if (job === undefined) throw new AwsError('JobNotFoundException', `Job with id ${id} does not exist`)
    return job
  }

  function conclude(input: Input, status: Job['status'], summary: string): void {
    const job = find(input)
    const { id } = job
    if (job.status !== 'InProgress')
      throw new AwsError('InvalidJobStateException', `Job ${id} is in the state ${job.status}`)
    jobs.set(id, { ...job, status, summary })
  }

  const operations = {
    GetJobDetails: (input: Input) => ({ jobDetails: find(input).details }),
    PutJobSuccessResult: (input: Input) =>
      conclude(input, 'Succeeded', optionalText((input['executionDetails'] ?? {}) as Input, 'summary') ?? ''),
    PutJobFailureResult: (input: Input) =>
      conclude(input, 'Failed', text((input['failureDetails'] ?? {}) as Input, 'message')),
  }

  return {
    handle: (request, caller) => answerJson(request, caller, operations, '1.1'),
    job: (id) => jobs.get(id),
    invoke(FunctionName, UserParameters, { name = 'delivery', account = homeAccount } = {}) {
      const id = ids()
      const data = {
        actionConfiguration: { configuration: { FunctionName, UserParameters } },
        inputArtifacts: [],
        outputArtifacts: [],
        artifactCredentials: { accessKeyId: 'x', secretAccessKey: 'of the job', sessionToken: 'x' },
      }
      const pipelineArn = `arn:aws:codepipeline:us-east-1:${account}:${name}`
      const details = {
        id,
        accountId: account,
        data: { ...data, pipelineContext: { pipelineName: name, pipelineArn } },
      }
      jobs.set(id, { id, status: 'InProgress', summary: '', details })
      // Only a job's details say which pipeline it is of.
      const event = { 'CodePipeline.job': { id, accountId: account, data } }
      invoker.take(FunctionName, undefined, Buffer.from(JSON.stringify(event)))
      return id
    },
  }
}
