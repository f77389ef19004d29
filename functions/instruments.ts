// What a function tells about itself, by Powertools for AWS Lambda: log lines and traces that carry the release's id, and
// metrics that do not (core/measures/metric.ts). Neither events nor answers are ever written down: they may hold task tokens.
import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'
import { Tracer } from '@aws-lambda-powertools/tracer'
import type { Metric } from '../core/measures/metric.ts'
import { Problem } from '../core/problem.ts'
import { troubleTo } from './steps/each.ts'
import type { Handler, Verb } from './handlers.ts'
import type { World } from './steps/world.ts'

const serviceName = 'tidegate'
const logger = /* @__PURE__ */ new Logger({ serviceName })
// The clients of the SDK are traced by themselves.
const tracer = /* @__PURE__ */ new Tracer({ serviceName, captureHTTPsRequests: false })

export const log: World['log'] = ({ level, message, ...rest }) => {
  const text = typeof message === 'string' ? message : ''
  if (level === 'error') logger.error(text, rest)
  else logger.info(text, rest)
}

/** One line in CloudWatch's embedded metric format. */
export const emit: World['emit'] = ({ name, unit, value, atMs, dimensions, releaseId }: Metric) => {
  const metrics = new Metrics({ namespace: 'Tidegate', serviceName, singleMetric: true })
  metrics.clearDefaultDimensions()
  for (const [dimension, word] of Object.entries(dimensions)) metrics.addDimension(dimension, word)
  if (releaseId !== undefined) metrics.addMetadata('releaseId', releaseId)
  metrics.setTimestamp(atMs)
  metrics.addMetric(name, unit, value)
}

// One function an environment, and one call at a time, as with the keys of the logger.
let atWork: Verb | undefined
export const trouble: World['trouble'] = /* @__PURE__ */ troubleTo({ log, emit }, Date.now, () => atWork ?? serviceName)

/**
 * What clients are made with: by itself the SDK waits for ever, and a part that is away has to be found out, and told, while the
 * function still has half its minute.
 */
export const patience = {
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 8_000, throwOnRequestTimeout: true },
}

/** A client whose calls are parts of the trace. */
export const traced = <Client>(client: Client): Client => tracer.captureAWSv3Client(client)

/**
 * Everything that a call says carries its function, its request and, where the call names one, the release. A problem is
 * said with its code and its fix, and counted by both, before the state machine or the caller hears of it.
 */
export function observed(verb: Verb, handler: () => Handler): Handler {
  return async (event, call) => {
    const releaseId = releaseIdIn(event)
    atWork = verb
    logger.resetKeys()
    logger.appendKeys({
      function: verb,
      requestId: call.awsRequestId,
      ...(releaseId === undefined ? {} : { releaseId }),
    })
    return inSegment(verb, releaseId, async () => {
      try {
        return await handler()(event, call)
      } catch (error) {
        if (error instanceof Error) tracer.addErrorAsMetadata(error)
        if (error instanceof Problem) {
          const { code, message, fix } = error
          log({ level: 'error', code, message, fix })
          emit({ name: 'Problems', unit: 'Count', value: 1, atMs: Date.now(), dimensions: { function: verb, code } })
        }
        throw error
      }
    })
  }
}

async function inSegment<T>(verb: Verb, releaseId: string | undefined, work: () => Promise<T>): Promise<T> {
  const whole = tracer.getSegment()
  const part = whole?.addNewSubsegment(`## ${verb}`)
  if (whole === undefined || part === undefined) return work()
  tracer.setSegment(part)
  tracer.annotateColdStart()
  if (releaseId !== undefined) tracer.putAnnotation('releaseId', releaseId)
  try {
    return await work()
  } finally {
    part.close()
    tracer.setSegment(whole)
  }
}

/** Tasks and orders name their release at the top, an execution that begins does in its input. */
function releaseIdIn(event: unknown): string | undefined {
  const field = (value: unknown, name: string): unknown =>
    typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined
  const found = field(event, 'releaseId') ?? field(field(event, 'input'), 'releaseId')
  return typeof found === 'string' && /^[a-z0-9-]{1,64}$/.test(found) ? found : undefined
}
