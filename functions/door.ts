// What stands between API Gateway and a function that people call: who calls is taken from the authorizer's facts, what is called
// from the route, and the rest from the body. The answer is JSON, or a problem (RFC 9457). docs/decisions/0055.
import * as z from 'zod'
import { callerName } from '../core/caller.ts'
import { own } from '../core/own.ts'
import { Problem } from '../core/problem.ts'
import { retryAfterSeconds, statusOf } from '../core/problem-status.ts'
import { type Keyed, once } from './idempotency.ts'
import { apiRoutes, doorVerbs, reader, routeOf } from './routes.ts'
import type { Call, Handler } from './steps/world.ts'

const texts = z.record(z.string(), z.string())
/**
 * Payload format 2.0, with header names in lower case. All of `requestContext` is set by API Gateway, after it has checked the
 * signature.
 */
const Request = z.looseObject({
  version: z.literal('2.0'),
  routeKey: z.string(),
  headers: texts.nullish(),
  pathParameters: texts.nullish(),
  queryStringParameters: texts.nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().optional(),
  requestContext: z.looseObject({
    requestId: z.string(),
    authorizer: z.looseObject({ iam: z.looseObject({ userArn: z.string() }) }),
  }),
})
type Request = z.output<typeof Request>

type Answer = { readonly statusCode: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }
/** An answer that is no JSON. */
type PlainAnswer = { readonly contentType: string; readonly text: string; readonly status?: number }

type Order = Extract<(typeof apiRoutes)[number], { readonly method: 'POST' }>
const orders = apiRoutes.filter((route): route is Order => route.method === 'POST')
const orderByKey = new Map<string, Order>(orders.map((route) => [`POST ${route.path}`, route]))

type Wrap = (handler: Handler) => Handler

const behindDoors = new Set<string>(doorVerbs)

/**
 * What stands before a function of people: its handler gets what the body says, the service of the path as `service`, and who
 * calls as `by`. Nobody else is heard. Other functions stay as they are.
 * @param keyed what an idempotency key takes
 */
export const behindDoor =
  (verb: string, keyed: () => Keyed): Wrap =>
  (inner) => {
    if (!behindDoors.has(verb)) return inner
    return async (event, call) => {
      const request = Request.safeParse(event)
      if (!request.success)
        throw new Problem('door_only', 'This function is called by the API alone, which proves who calls.')
      return passed(request.data, { verb, inner, call, keyed })
    }
  }

type Passage = { readonly verb: string; readonly inner: Handler; readonly call: Call; readonly keyed: () => Keyed }

async function passed(request: Request, { verb, inner, call, keyed }: Passage): Promise<unknown> {
  const { routeKey, headers, requestContext } = request
  const { requestId } = requestContext
  const work = (id: string, what: unknown) => inner(what, { ...call, awsRequestId: id })
  if (verb === reader && routeKey.startsWith('GET ')) return work(requestId, readingOf(request))
  const route = orderByKey.get(routeKey)
  // A route that leads to another function than its own must not widen what that one does.
  if (route?.verb !== verb)
    throw new Problem('door_only', `The API has no route ${routeKey.slice(0, 100)} to this function.`)
  const order = orderOf(route.name, request)
  const key = own(headers ?? {}, 'idempotency-key')
  if (key === undefined) return work(requestId, order)
  const by = callerName(requestContext.authorizer.iam.userArn)
  const scope = [by, routeKey, own(request.pathParameters ?? {}, 'service') ?? '']
  return once(keyed(), { key, scope, body: request.body ?? '', requestId }, (id) => work(id, order))
}

/** For callers of the API a Problem is an answer. Anything else fails the call. */
export const answering =
  (verb: string): Wrap =>
  (inner) => {
    if (!behindDoors.has(verb)) return inner
    return async (event, call) => {
      const request = Request.safeParse(event)
      if (!request.success) return inner(event, call)
      try {
        const said = await inner(event, call)
        return isPlain(said)
          ? answer(said.status ?? 200, said.contentType, said.text)
          : answer(200, 'application/json', JSON.stringify(said ?? {}))
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        return refusal(error, request.data.requestContext.requestId)
      }
    }
  }

const isPlain = (value: unknown): value is PlainAnswer =>
  typeof value === 'object' && value !== null && 'contentType' in value && 'text' in value

/** `type` is where the API tells of that kind of problem. */
function refusal({ code, message: detail, fix }: Problem, requestId: string): Answer {
  const status = statusOf(code)
  const after = retryAfterSeconds(code)
  const title = code.replaceAll('_', ' ')
  const body = JSON.stringify({ type: `/problem/${code}`, status, title, detail, code, fix, requestId })
  return answer(status, 'application/problem+json', body, after === undefined ? {} : { 'retry-after': String(after) })
}

const answer = (statusCode: number, contentType: string, body: string, more: Answer['headers'] = {}): Answer => ({
  statusCode,
  headers: { 'content-type': contentType, 'cache-control': 'no-store', ...more },
  body,
})

/** What is read, and how much of it. @throws Problem `reading_missing` */
function readingOf(request: Request) {
  const { queryStringParameters, headers } = request
  return {
    ...pathOf(request),
    query: queryStringParameters ?? {},
    accept: own(headers ?? {}, 'accept') ?? '',
    ...lastEventIn(headers ?? {}),
  }
}

/** The name of the reading, and what its path names. API Gateway has fewer routes than there are readings (routes.ts). */
function pathOf({ routeKey, pathParameters }: Request): Readonly<Record<string, string>> {
  const segmentsOf = (path: string): readonly string[] => path.split('/').slice(1)
  const variable = (segment: string): string | undefined => /^\{(\w+)\}$/.exec(segment)?.[1]
  const sent = segmentsOf(routeKey.replace('GET ', '')).map((segment) => {
    const name = variable(segment)
    return name === undefined ? segment : (own(pathParameters ?? {}, name) ?? '')
  })
  for (const { method, name: reading, path } of apiRoutes) {
    const wanted = segmentsOf(path)
    if (method !== 'GET' || wanted[0] !== sent[0] || wanted.length !== sent.length) continue
    const named = wanted.flatMap((segment, index) => {
      const name = variable(segment)
      return name === undefined ? [] : [[name, sent[index] ?? ''] as const]
    })
    return { reading, ...Object.fromEntries(named) }
  }
  throw new Problem('reading_missing', `There is nothing to read at ${JSON.stringify(sent.join('/').slice(0, 100))}.`)
}

/** Where an EventSource goes on. */
function lastEventIn(headers: Readonly<Record<string, string>>): { readonly lastEventId?: string } {
  const lastEventId = own(headers, 'last-event-id')
  return lastEventId === undefined ? {} : { lastEventId }
}

function orderOf(name: Order['name'], request: Request): unknown {
  const { pathParameters, body, isBase64Encoded, requestContext } = request
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
