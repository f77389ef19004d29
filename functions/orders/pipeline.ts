// Answers the jobs of pipelines that ask before they enter a stage (CodePipeline's LambdaInvoke rule). Whoever may invoke the
// function can make up a job, and CodePipeline takes an answer to any job. So of an event only the job's id is believed: what the
// job asks, of which function, and for which pipeline, is what CodePipeline says about it.
import * as z from 'zod'
import type { PipelineJob } from '../../cloud/ports.ts'
import { Problem, readInput } from '../../core/problem.ts'
import type { Call, World } from '../steps/world.ts'
import { type Answer, GateCall, mayRelease, no, unknown } from './ask.ts'
import type { AskDeps } from './gates-now.ts'
import { readOrder } from './order.ts'

/** A pipeline asks about a service: what it would release is said later. */
const Question = GateCall.omit({ release: true })

type Deps = AskDeps & Pick<World, 'home' | 'pipelines' | 'log'>

/** docs/aws.md §5.2. The event carries credentials for the artifacts, so never log any of it. */
const JobEvent = z.looseObject({ 'CodePipeline.job': z.looseObject({ id: z.string().min(1).max(100) }) })

/**
 * A job that is not this function's is left unanswered: it is not ours to decide.
 * @throws Problem `event_invalid`, and those of the port
 */
export function pipelineHandler(deps: Deps) {
  return async (event: unknown, { functionName }: Pick<Call, 'functionName'>): Promise<Answer> => {
    const { id } = readInput(JobEvent, event, 'event_invalid', 'The job')['CodePipeline.job']
    const job = await deps.pipelines.job(id)
    if (job === undefined || !isOf(functionName, job)) {
      const problem = new Problem('job_foreign', `CodePipeline knows no job ${JSON.stringify(id)} of ${functionName}.`)
      deps.log(problem.line)
      return no(problem)
    }
    const answer = await answerTo(deps, job)
    await deps.pipelines.answer(id, answer)
    deps.log({ message: `pipeline: ${answer.because}`, may: answer.may, job: id, pipeline: job.pipeline })
    return answer
  }
}

/** An action names its function by name; by ARN would do. */
const isOf = (functionName: string, job: PipelineJob): boolean =>
  job.functionName === functionName || job.functionName.endsWith(`:function:${functionName}`)

/** An invalid question must be answered too, or the pipeline would wait for hours. */
async function answerTo(deps: Deps, job: PipelineJob): Promise<Answer> {
  try {
    const { service: name } = readOrder(Question, fromJson(job.userParameters))
    const { pipelines } = await deps.services.get(name)
    if (pipelines !== undefined && !(job.account === deps.home.account && pipelines.includes(job.pipeline)))
      return {
        may: false,
        because: `Pipeline ${job.pipeline} of account ${job.account} is none of the service's \`pipelines\`.`,
      }
    return await mayRelease(deps, name)
  } catch (error) {
    return unknown(deps, error, {})
  }
}

/** CodePipeline passes the rule's UserParameters on as text. */
function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Problem('call_invalid', 'The UserParameters are not JSON: give {"service":"NAME"}.', { cause })
  }
}
