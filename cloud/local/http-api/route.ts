// Which route of an HTTP API a request takes: AWS prefers the one that says more, a literal before a variable before a greedy
// one (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html).

export type HttpRoute = {
  /** `ANY` for every method. */
  readonly method: string
  /** With variables for one segment (`{name}`), or for all that are left (`{name+}`). */
  readonly path: string
  readonly functionArn: string
}

type Match = {
  readonly routeKey: string
  readonly functionArn: string
  readonly pathParameters: Readonly<Record<string, string>>
}

const routeKeyOf = ({ method, path }: HttpRoute): string => `${method} ${path}`

/** @throws Error if API Gateway would refuse the routes */
export function checkRoutes(routes: readonly HttpRoute[]): void {
  const keys = routes.map(routeKeyOf)
  const twice = keys.find((key, index) => keys.indexOf(key) !== index)
  if (twice !== undefined) throw new Error(`the route ${twice} is there twice`)
  const odd = routes.find(({ path }) => !/^(\/[^/{}]+|\/\{\w+\})*(\/|\/[^/{}]+|\/\{\w+\+?\})$/.test(path))
  if (odd !== undefined) throw new Error(`the route ${routeKeyOf(odd)} has no path of literals and variables`)
}

/** @param path as it was sent: a slash that is encoded belongs to its segment */
export function routeOf(routes: readonly HttpRoute[], method: string, path: string): Match | undefined {
  const sent = path.split('/').slice(1).map(decodeURIComponent)
  const found = routes
    .filter((route) => route.method === method || route.method === 'ANY')
    .flatMap((route) => {
      const pathParameters = parametersOf(route.path.split('/').slice(1), sent)
      return pathParameters === undefined ? [] : [{ route, pathParameters }]
    })
    .sort((a, b) => (rankOf(a.route) < rankOf(b.route) ? -1 : 1))[0]
  if (found === undefined) return undefined
  const { route, pathParameters } = found
  return { routeKey: routeKeyOf(route), functionArn: route.functionArn, pathParameters }
}

const variable = /^\{(\w+)(\+?)\}$/

function parametersOf(wanted: readonly string[], sent: readonly string[]): Record<string, string> | undefined {
  const isGreedy = wanted.at(-1)?.endsWith('+}') === true
  if (isGreedy ? sent.length < wanted.length : sent.length !== wanted.length) return undefined
  const parameters: [string, string][] = []
  for (const [index, segment] of wanted.entries()) {
    const [, name, greedy] = variable.exec(segment) ?? []
    const value = greedy === '+' ? sent.slice(index).join('/') : (sent[index] ?? '')
    if (name === undefined ? segment !== value : value === '') return undefined
    if (name !== undefined) parameters.push([name, value])
  }
  return Object.fromEntries(parameters)
}

/** Sorts what says more to the front, segment by segment, and one method before any. */
function rankOf({ method, path }: HttpRoute): string {
  const segments = path.split('/').slice(1)
  const kinds = segments.map((segment) => ['0', '1', '2'][segment.endsWith('+}') ? 2 : variable.test(segment) ? 1 : 0])
  return `${kinds.join('')}${method === 'ANY' ? 'b' : 'a'}`
}
