// What stands between API Gateway and a function that people call: who calls is taken from the authorizer's facts, what is called
// from the route, and the rest from the body. The answer is JSON, or a problem (RFC 9457). docs/decisions/0055.
import * as z from 'zod'
import { callerName } from '../core/caller.ts'
import { Problem, type ProblemCode } from '../core/problem.ts'
import { doorVerbs, type RouteName, routeNames, routeOf, routePath } from './routes.ts'
import type { Handler } from './steps/world.ts'

/** Payload format 2.0. All of `requestContext` is set by API Gateway, after it has checked the signature. */
const Request = z.looseObject({
  version: z.literal('2.0'),
  routeKey: z.string(),
  pathParameters: z.record(z.string(), z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().optional(),
  requestContext: z.looseObject({
    requestId: z.string(),
    authorizer: z.looseObject({ iam: z.looseObject({ userArn: z.string() }) }),
  }),
})
type Request = z.output<typeof Request>

type Answer = { readonly statusCode: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }

const routeByKey = new Map<string, RouteName>(routeNames.map((name) => [`POST ${routePath(name)}`, name]))

type Wrap = (handler: Handler) => Handler

const behindDoors = new Set<string>(doorVerbs)

/**
 * What stands before a function of people: its handler gets what the body says, the service of the path as `service`, and who
 * calls as `by`. Nobody else is heard. Other functions stay as they are.
 */
export const behindDoor =
  (verb: string): Wrap =>
  (inner) => {
    if (!behindDoors.has(verb)) return inner
    return async (event, call) => {
      const request = Request.safeParse(event)
      if (!request.success)
        throw new Problem('door_only', 'This function is called by the API alone, which proves who calls.')
      return inner(orderOf(verb, request.data), { ...call, awsRequestId: request.data.requestContext.requestId })
    }
  }

/** For callers of the API a Problem is an answer. Anything else fails the call. */
export const answering =
  (verb: string): Wrap =>
  (inner) => {
    if (!behindDoors.has(verb)) return inner
    return async (event, call) => {
      if (!Request.safeParse(event).success) return inner(event, call)
      try {
        return answer(200, 'application/json', await inner(event, call))
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        const { code, message: title, fix } = error
        const status = statuses[code] ?? 409
        return answer(status, 'application/problem+json', { type: `tidegate:${code}`, status, title, code, fix })
      }
    }
  }

const answer = (statusCode: number, contentType: string, body: unknown): Answer => ({
  statusCode,
  headers: { 'content-type': contentType, 'cache-control': 'no-store' },
  body: JSON.stringify(body ?? {}),
})

function orderOf(verb: string, { routeKey, pathParameters, body, isBase64Encoded, requestContext }: Request): unknown {
  const name = routeByKey.get(routeKey)
  // A route that leads to another function than its own must not widen what that one does.
  if (name === undefined || routeOf(name).verb !== verb)
    throw new Problem('door_only', `The API has no route ${routeKey.slice(0, 100)} to this function.`)
  const said = fieldsOf(body ?? '', isBase64Encoded === true)
  const { says, everywhere, anonymous } = routeOf(name)
  const by = callerName(requestContext.authorizer.iam.userArn)
  const fixed = {
    ...says,
    ...(everywhere === true ? {} : { service: pathParameters?.['service'] }),
    ...(anonymous === true ? {} : { by }),
  }
  for (const field of [...Object.keys(fixed), 'by'])
    if (Object.hasOwn(said, field))
      throw new Problem('call_invalid', `The body must not say ${field}: the route and the signature do.`)
  return { ...said, ...fixed }
}

const Fields = z.record(z.string(), z.unknown())

function fieldsOf(body: string, isBase64: boolean): Readonly<Record<string, unknown>> {
  const text = isBase64 ? Buffer.from(body, 'base64').toString('utf8') : body
  if (text.trim() === '') return {}
  try {
    return Fields.parse(JSON.parse(text))
  } catch (cause) {
    throw new Problem('call_invalid', 'The body is not a JSON object.', { cause })
  }
}

const statuses: Partial<Readonly<Record<ProblemCode, number>>> = {
  call_invalid: 400,
  definition_invalid: 400,
  caller_unknown: 403,
  approval_refused: 403,
  override_refused: 403,
  plan_bolder: 403,
  artifact_not_allowed: 403,
  service_missing: 404,
  release_missing: 404,
  no_live_release: 404,
}
