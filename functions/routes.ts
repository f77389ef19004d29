// The routes of the controller's API: what people, and machines in their name, may order and read. IAM gives each route as a
// right of its own, for all services or for one: the verb stands before the service, because a wildcard covers what follows it
// (docs/aws.md §13).
type Route = {
  readonly verb: string
  /** Fields of the call that the route says. */
  readonly says?: Readonly<Record<string, unknown>>
  /** It is about every service, or says itself what it is about: none is named in its path. */
  readonly everywhere?: true
  /** Nothing is kept of who calls. */
  readonly anonymous?: true
}

const routes = {
  start: { verb: 'start', says: { bolder: false } },
  'start-bolder': { verb: 'start', says: { bolder: true } },
  'start-urgent': { verb: 'start', says: { urgent: true } },
  drill: { verb: 'start', says: { drill: true } },
  ask: { verb: 'ask', anonymous: true },
  pause: { verb: 'pause', says: { verb: 'pause' } },
  resume: { verb: 'pause', says: { verb: 'resume' } },
  promote: { verb: 'promote' },
  'roll-back': { verb: 'orderRollback', says: { verb: 'rollBack' } },
  abort: { verb: 'orderRollback', says: { verb: 'abort' } },
  approve: { verb: 'approve', says: { answer: 'approve' } },
  decline: { verb: 'approve', says: { answer: 'decline' } },
  override: { verb: 'override' },
  'stop-line': { verb: 'stopLine' },
  'stop-every-line': { verb: 'stopLine', says: { all: true }, everywhere: true },
  'start-line': { verb: 'startLine' },
  'start-every-line': { verb: 'startLine', says: { all: true }, everywhere: true },
  'attest-tests': { verb: 'attest', says: { what: 'tests' } },
  'attest-tests-of-subject': { verb: 'attest', says: { what: 'tests' }, everywhere: true },
  'attest-scan': { verb: 'attest', says: { what: 'scan' } },
  'attest-scan-of-subject': { verb: 'attest', says: { what: 'scan' }, everywhere: true },
  'attest-binding': { verb: 'attest', says: { what: 'binding' } },
  'attest-binding-of-subject': { verb: 'attest', says: { what: 'binding' }, everywhere: true },
  'attest-flags': { verb: 'attest', says: { what: 'flags' } },
  'attest-flags-of-subject': { verb: 'attest', says: { what: 'flags' }, everywhere: true },
  'attest-bundle': { verb: 'attest', says: { what: 'bundle' } },
  incident: { verb: 'incident', anonymous: true },
  'old-versions': { verb: 'oldVersions', anonymous: true },
  apply: { verb: 'apply', says: { remove: false } },
  remove: { verb: 'apply', says: { remove: true } },
} as const satisfies Readonly<Record<string, Route>>

/** What may be read, and where. */
const readings = {
  services: '/services',
  service: '/service/{service}',
  releases: '/releases/{service}',
  observed: '/observed/{service}',
  release: '/release/{service}/{release}',
  events: '/events/{service}/{release}',
  open: '/open',
  line: '/line',
  problem: '/problem/{code}',
  openapi: '/openapi.json',
} as const satisfies Readonly<Record<string, `/${string}`>>

export type Routes = typeof routes
export type Readings = typeof readings
export type RouteName = keyof Routes
type ReadingName = keyof Readings
/** The function that reads, and changes nothing. */
export const reader = 'read' as const
/** A function that the API calls. */
type DoorVerb = (typeof routes)[RouteName]['verb'] | typeof reader
export const routeNames = Object.keys(routes) as readonly RouteName[]

export const routeOf = (name: RouteName): Route & { readonly verb: DoorVerb } => routes[name]
/** As API Gateway spells it. */
export const routePath = (name: RouteName): string => (routeOf(name).everywhere ? `/${name}` : `/${name}/{service}`)
export const readingNames = Object.keys(readings) as readonly ReadingName[]
export const readingPath = (name: ReadingName): string => readings[name]
/** Whether it is about one service. */
export const isOfService = (name: ReadingName): boolean => readings[name].includes('{service}')

type ApiRoute = { readonly path: string; readonly verb: DoorVerb; readonly says?: Route['says'] } & (
  { readonly method: 'POST'; readonly name: RouteName } | { readonly method: 'GET'; readonly name: ReadingName }
)
/** Every route, as callers know it. */
export const apiRoutes: readonly ApiRoute[] = [
  ...routeNames.map((name): ApiRoute => {
    const { verb, says = {} } = routeOf(name)
    return { method: 'POST', name, path: routePath(name), verb, says }
  }),
  ...readingNames.map((name): ApiRoute => ({ method: 'GET', name, path: readings[name], verb: reader })),
]
/**
 * The routes that API Gateway has: one for each order, and few for what is read, because each is a resource of the template. A
 * right is on the path of a request, whatever the route. What waits has a route, and so a limit, of its own.
 */
export const gatewayRoutes: readonly Pick<ApiRoute, 'method' | 'path' | 'verb'>[] = [
  ...apiRoutes.filter(({ method, name }) => method === 'POST' || name === 'events'),
  ...['/{reading}', '/{reading}/{of}', '/{reading}/{of}/{release}'].map((path) => ({
    ...{ method: 'GET' as const, path, verb: reader },
  })),
]
/** Verbs that only the API calls. */
export const doorVerbs: readonly DoorVerb[] = [...new Set(apiRoutes.map(({ verb }) => verb))]
/** Of these, those that order something. */
export const orderVerbs: readonly DoorVerb[] = doorVerbs.filter((verb) => verb !== reader)
