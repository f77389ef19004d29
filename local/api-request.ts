// What the functions of the controller get from API Gateway, and what their answers mean: for tests that call them without a
// signature.
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
  const { code, title } = said as { code: ProblemCode; title: string }
  throw new Problem(code, title)
}

/** The route that a call means which says in its fields what the route would say. */
export function routeFor(verb: string, call: Readonly<Record<string, unknown>>): RouteName | undefined {
  if (verb === 'attest') return call['subject'] === undefined ? 'attest' : 'attest-subject'
  const fits = routeNames.filter((name) => routeOf(name).verb === verb)
  const says = (name: RouteName) => Object.entries(routeOf(name).says ?? {})
  return (
    fits.find((name) => says(name).length > 0 && says(name).every(([field, word]) => call[field] === word)) ?? fits[0]
  )
}
