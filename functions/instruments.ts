// A function's own telemetry, with Powertools for AWS Lambda: log lines and traces that carry the release id, and metrics that do
// not (core/measures/metric.ts). Never log events or answers: they may hold task tokens.
import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'
import { Tracer } from '@aws-lambda-powertools/tracer'
import { logText } from '../core/foreign-text.ts'
import { dimensionValue, type Metric } from '../core/measures/metric.ts'
import { Problem } from '../core/problem.ts'
import { troubleTo } from './steps/each.ts'
import type { Verb } from './handlers.ts'
import type { Handler, World } from './steps/world.ts'
import { own } from '../core/own.ts'

const serviceName = 'tidegate'
const logger = /* @__PURE__ */ new Logger({
  serviceName,
  jsonReplacerFn: (_, value: unknown) => (typeof value === 'string' ? logText(value) : value),
})
// SDK clients are traced separately (`traced`).
const tracer = /* @__PURE__ */ new Tracer({ serviceName, captureHTTPsRequests: false })

export const log: World['log'] = ({ level, message, ...rest }) => {
  const text = typeof message === 'string' ? message : ''
  if (level === 'error') logger.error(text, rest)
  else logger.info(text, rest)
}

/** Writes one line in CloudWatch's embedded metric format. */
export const emit: World['emit'] = ({ name, unit, value, atMs, dimensions, releaseId }: Metric) => {
  const metrics = new Metrics({ namespace: 'Tidegate', serviceName, singleMetric: true })
  metrics.clearDefaultDimensions()
  for (const [dimension, word] of Object.entries(dimensions)) metrics.addDimension(dimension, dimensionValue(word))
  if (releaseId !== undefined) metrics.addMetadata('releaseId', releaseId)
  metrics.setTimestamp(atMs)
  metrics.addMetric(name, unit, value)
}

// An environment runs one function and one call at a time, so module state is safe here, as it is for the logger's keys.
let atWork: Verb | undefined
export const trouble: World['trouble'] = /* @__PURE__ */ troubleTo({ log, emit }, Date.now, () => atWork ?? serviceName)

/**
 * SDK client timeouts. The SDK waits for ever by default. We must detect an outage and report it while half of the function's
 * minute is still left.
 */
export const patience = {
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 8_000, throwOnRequestTimeout: true },
}

/**
 * For telling people, and for what they are told besides: whoever tells may have traffic to put back, and what is not sent now is
 * sent within a minute.
 */
export const brevity = {
  requestHandler: { ...patience.requestHandler, connectionTimeout: 1_000, requestTimeout: 3_000 },
  maxAttempts: 2,
}

/** For what can be done without. */
export const impatience = {
  requestHandler: { ...patience.requestHandler, connectionTimeout: 500, requestTimeout: 1_000 },
}

/** Traces the calls of a client. */
export const traced = <Client>(client: Client): Client => tracer.captureAWSv3Client(client)

/**
 * Adds the function, the request and, where the call names one, the release to all log lines of a call. A Problem is logged with
 * its code and fix, and counted by function and code, before the state machine or the caller sees it.
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

/** Tasks and orders have `releaseId` at the top level; a new execution has it in its input. */
function releaseIdIn(event: unknown): string | undefined {
  const field = (value: unknown, name: string): unknown =>
    typeof value === 'object' && value !== null ? own(value as Readonly<Record<string, unknown>>, name) : undefined
  const found = field(event, 'releaseId') ?? field(field(event, 'input'), 'releaseId')
  return typeof found === 'string' && /^[a-z0-9-]{1,64}$/.test(found) ? found : undefined
}
