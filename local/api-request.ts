// What the functions of the controller get from API Gateway, and what their answers mean: for tests that call them without a
// signature.
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda'
import { replay } from '../core/release/advance.ts'
import type { World } from '../functions/steps/world.ts'
import { functionName } from './installation.ts'
import { callsFor } from '../core/gate/attest-call.ts'
import { Problem, type ProblemCode } from '../core/problem.ts'
import { type RouteName, routeNames, routeOf, routePath } from '../functions/routes.ts'

/** `ann`: a user of that name; an ARN is the caller's. */
const arnOf = (who: string): string => (who.startsWith('arn:') ? who : `arn:aws:iam::000000000000:user/${who}`)

type Order = {
  readonly who: string
  readonly route: RouteName
  readonly service: string | undefined
  readonly body: Readonly<Record<string, unknown>>
}

/** An event of payload format 2.0, with the fields that the functions read. @param requestId of the API's request */
export const apiRequest = ({ who, route, service, body }: Order, requestId: string) => ({
  version: '2.0',
  routeKey: `POST ${routePath(route)}`,
  pathParameters: service === undefined ? {} : { service },
  body: JSON.stringify(body),
  isBase64Encoded: false,
  requestContext: { requestId, authorizer: { iam: { userArn: arnOf(who), accountId: '000000000000' } } },
})

/** @returns what the function returned @throws Problem that it answered with */
export function fromAnswer(value: unknown): unknown {
  const { statusCode, body } = value as { statusCode: number; body: string }
  const said: unknown = JSON.parse(body)
  if (statusCode === 200) return said
  const { code, detail } = said as { code: ProblemCode; detail: string }
  throw new Problem(code, detail)
}

/** The route that a call means which says in its fields what the route would say. */
function routeFor(verb: string, call: Call): RouteName | undefined {
  const fits = routeNames.filter((name) => routeOf(name).verb === verb)
  const says = (name: RouteName) => Object.entries(routeOf(name).says ?? {})
  return (
    fits.find((name) => says(name).length > 0 && says(name).every(([field, word]) => call[field] === word)) ?? fits[0]
  )
}

/** What the controller of a sandbox is told to do, without a signature. */
export function ordersOn(lambda: LambdaClient, journal: Pick<World['journal'], 'read'>) {
  let requests = 0
  const orderAs =
    (who: string) =>
    async (route: RouteName, service?: string, body: Call = {}): Promise<unknown> => {
      const request = apiRequest({ who, route, service, body }, `request-${++requests}`)
      return fromAnswer(await askFunction(lambda, routeOf(route).verb, request))
    }
  const serviceOf = async ({ service, releaseId, subject }: Partial<Record<string, string>>) => {
    if (service !== undefined || subject !== undefined || releaseId === undefined) return service
    return replay((await journal.read(releaseId)).events)?.service.name ?? 'nobody'
  }
  /** A call for each kind of fact. @returns what the last one answered */
  const attest = async ({ by, service: _, ...said }: Call, service?: string): Promise<unknown> => {
    let answer: unknown
    for (const { what, call } of callsFor(said))
      answer =
        service === undefined
          ? await orderAs(whoOf({ by }))(`attest-${what}-of-subject`, undefined, call)
          : await orderAs(whoOf({ by }))(`attest-${what}`, service, call)
    return answer
  }
  return {
    orderAs,
    /** A call of a function; of those that people call, through the API, by the caller that `by` names. */
    ask: async (verb: string, payload: unknown): Promise<unknown> => {
      const route = routeFor(verb, payload as Call)
      if (route === undefined) return askFunction(lambda, verb, payload)
      const service = await serviceOf(payload as Partial<Record<string, string>>)
      if (verb === 'attest') return attest(payload as Call, service)
      return orderAs(whoOf(payload))(...wordsOf(route, payload, service))
    },
  }
}

type Call = Readonly<Record<string, unknown>>

const whoOf = (payload: unknown): string => {
  const { by } = payload as { by?: unknown }
  return typeof by === 'string' ? by : 'operator'
}

/** What is left of a call once the route, the service and the caller are said otherwise. */
function wordsOf(route: RouteName, payload: unknown, service: string | undefined) {
  const { by: _, service: _service, ...call } = payload as Readonly<Record<string, unknown>>
  const { says = {}, everywhere } = routeOf(route)
  const body = Object.fromEntries(Object.entries(call).filter(([field]) => !Object.hasOwn(says, field)))
  return [route, everywhere === true ? undefined : service, body] as const
}

/** Calls one of the controller's functions; rethrows its error under the same name. */
async function askFunction(lambda: LambdaClient, verb: string, payload: unknown): Promise<unknown> {
  const command = new InvokeCommand({ FunctionName: functionName(verb), Payload: JSON.stringify(payload) })
  const { Payload, FunctionError } = await lambda.send(command)
  const value: unknown = JSON.parse(new TextDecoder().decode(Payload))
  if (FunctionError === undefined) return value
  const { errorType, errorMessage } = value as { errorType: string; errorMessage: string }
  throw Object.assign(new Error(errorMessage), { name: errorType })
}
