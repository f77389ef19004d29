// The routes of the controller's API: what people, and machines in their name, may order. IAM gives each route as a right of its
// own, for all services or for one: the verb stands before the service, because a wildcard covers what follows it (docs/aws.md
// §13).
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
  apply: { verb: 'apply' },
} as const satisfies Readonly<Record<string, Route>>

export type RouteName = keyof typeof routes
/** A function that the API calls. */
type DoorVerb = (typeof routes)[RouteName]['verb']
export const routeNames = Object.keys(routes) as readonly RouteName[]

export const routeOf = (name: RouteName): Route & { readonly verb: DoorVerb } => routes[name]
/** As API Gateway spells it. */
export const routePath = (name: RouteName): string => (routeOf(name).everywhere ? `/${name}` : `/${name}/{service}`)
/** Verbs that only the API calls. */
export const doorVerbs: readonly DoorVerb[] = [...new Set(routeNames.map((name) => routeOf(name).verb))]
