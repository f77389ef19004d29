// Whether each service is ready for production (docs/checklists.md): what a person needs who is woken, what guards a release, and
// whether the way back was ever tried. These are asked for by name or by --readiness: a deployment can be whole without them.
import { whole } from '../../core/listing.ts'
import { dayMs } from '../../core/time.ts'
import type { Service } from '../../core/service/service.ts'
import { latestHeads } from '../../functions/steps/heads.ts'
import type { Account, Check } from './account.ts'
import { each, type Finding, ok, problem } from './finding.ts'

type Asked = Pick<Check, 'id' | 'right'>

/** @param look what is wrong with a service and how to mend it, or what is right */
const ofEach = (
  asked: Asked,
  asks: readonly string[],
  look: (service: Service, account: Account) => Promise<Finding> | Finding,
): Check => ({
  ...asked,
  asks: ['dynamodb:Query', ...asks],
  async look(account) {
    const services = await account.services()
    if (services.length === 0) return [ok('services', 'No service is registered.')]
    return each(
      services,
      ({ name }) => name,
      'dynamodb:Query',
      async (service) => [await look(service, account)],
    )
  },
})

const has = (isThere: boolean, { name }: Service, right: string, wrong: string, words: string): Finding =>
  isThere ? ok(name, right) : problem(name, wrong, { words })

const runbooks = ofEach({ id: 'runbooks', right: 'Each service names a runbook.' }, [], (service) =>
  has(
    service.runbook !== undefined,
    service,
    `Its runbook is ${service.runbook ?? ''}.`,
    'It names no runbook: whoever is woken does not know where to read on.',
    'Add `runbook: https://...` to its definition and apply it.',
  ),
)

const owners = ofEach({ id: 'owners', right: 'Each service names who owns it.' }, [], (service) =>
  has(
    service.owner !== undefined,
    service,
    'It names its owner.',
    'It names no owner: nobody knows whom to wake.',
    'Add `owner` to its definition and apply it (docs/reference.md).',
  ),
)

const objectives = ofEach({ id: 'objectives', right: 'Each service has SLOs.' }, [], (service) =>
  has(
    service.slos.length > 0,
    service,
    `It has ${service.slos.length} SLO(s).`,
    'It has no SLO: no error budget stops a release, and nobody is told that customers are hurt.',
    'Add `slos` to its definition and apply it (docs/budget.md).',
  ),
)

const guards = ofEach(
  { id: 'guards', right: 'Each service has an alarm that puts a release back at once.' },
  [],
  (service) =>
    has(
      service.signals.alarms.length > 0,
      service,
      `Its alarms are ${service.signals.alarms.join(', ')}.`,
      'It names no alarm: a fault is found at the next look, not at once.',
      'Add `signals.alarms` to its definition and apply it.',
    ),
)

const smokeTests = ofEach(
  { id: 'smoke-tests', right: 'Each service tests a candidate before it has traffic.' },
  [],
  (service) =>
    has(
      service.hooks.some(({ at }) => at === 'beforeTraffic'),
      service,
      'It has a hook before traffic.',
      'It has no hook before traffic: customers are the first who call a candidate.',
      'Add a hook `at: beforeTraffic` to its definition and apply it (docs/start.md).',
    ),
)

const headsMost = 200
/** A drill each quarter, and two weeks to get to it. */
const triedDays = 106

const waysBack = ofEach(
  { id: 'way-back', right: 'The way back of each service was tried in the last quarter.' },
  [],
  async (service, { backend }) => {
    const heads = whole(await latestHeads(backend, service.name, headsMost))
    const tried = heads.find(
      ({ outcome, backFrom }) => outcome === 'rolledBack' || (backFrom !== undefined && outcome === 'promoted'),
    )
    const words = `Rehearse it: tidegate drill ${service.name}`
    if (tried?.settledAtMs === undefined)
      return problem(service.name, 'Its way back was never tried: no release of it went back, and no drill was held.', {
        words,
      })
    const days = Math.floor((backend.clock.nowMs() - tried.settledAtMs) / dayMs)
    const when = `${new Date(tried.settledAtMs).toISOString().slice(0, 10)} (${tried.drill === true ? 'drill' : 'release'} ${tried.releaseId})`
    return days <= triedDays
      ? ok(service.name, `Its way back was last tried on ${when}.`)
      : problem(service.name, `Its way back was last tried ${days} days ago, on ${when}.`, { words })
  },
)

export const readinessChecks: readonly Check[] = [runbooks, owners, objectives, guards, smokeTests, waysBack]
