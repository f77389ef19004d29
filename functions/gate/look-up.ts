// Looks up the facts that the gates decide on: the stopped line, the calendar, the error budgets, and what is attested about the
// candidate. It uses the gates of the service as defined today, not as defined when the release was requested: a freeze that
// starts today must hold releases that are already waiting.
import { underWayWords } from '../../core/around/changes.ts'
import { nameWords } from '../../core/foreign-text.ts'
import type { AlarmReading } from '../../core/verdict/evidence/evidence.ts'
import type { GateBudget, LookedUp } from '../../core/gate/facts.ts'
import { hexOf } from '../../core/gate/attestation.ts'
import { type Gates, gatesOfRelease } from '../../core/service/gates.ts'
import { insteadOf } from '../../core/problem.ts'
import type { Release } from '../../core/release/release.ts'
import type { Service } from '../../core/service/service.ts'
import { placedIn } from '../../core/service/target.ts'
import { attestedOf } from './attested.ts'
import { headroomNow } from './headroom.ts'
import { budgetsLeft } from '../budgets/left.ts'
import type { World } from '../steps/world.ts'
import type { VersionState } from '../../cloud/ports.ts'
import { own } from '../../core/own.ts'

type Deps = Pick<
  World,
  'clock' | 'services' | 'line' | 'budgets' | 'versions' | 'attestations' | 'telemetry' | 'deployments' | 'concurrency'
>

export async function lookUp(deps: Deps, release: Release): Promise<LookedUp> {
  const { service } = release
  const [today, stopped] = await Promise.all([asDefinedToday(deps, service), deps.line.stopped(service.name)])
  const budgets: readonly GateBudget[] = await budgetsLeft(deps, today)
  const states = needsVersions(today) ? await versionsOf(deps, release) : undefined
  const hashes = Object.fromEntries(
    (states ?? []).flatMap(({ name, codeSha256 }) => {
      const hex = hexOf(codeSha256)
      return hex === undefined ? [] : [[name, hex] as const]
    }),
  )
  const attested = await attestedOf(deps, release, today, hashes)
  const [notQuiet, configuring, headroom] = await Promise.all([
    notQuietOf(deps, today),
    configuringOf(deps, today),
    headroomNow(deps, today),
  ])
  return {
    nowMs: deps.clock.nowMs(),
    gates: gatesOfRelease({ ...today, gates: gatesOf(today, service) }, service),
    stopped,
    budgets,
    full: false,
    notQuiet,
    configuring,
    headroom,
    attested,
    signed: states?.every((state) => isSignedBy(today.gates.provenance.signed, state)),
    hashed: states !== undefined || release.candidate.kind === 'image',
  }
}

const alarmWords: Readonly<Record<AlarmReading['state'], string>> = {
  ok: '',
  alarm: 'fires',
  insufficientData: 'has too little data',
  unclear: 'could not be evaluated',
  missing: 'does not exist',
}

/** Only OK is quiet: an alarm that nobody can read says nothing good. */
async function notQuietOf({ telemetry }: Deps, { gates: { quietAlarms = [] } }: Service): Promise<string> {
  if (quietAlarms.length === 0) return ''
  const found = await telemetry.alarms(quietAlarms)
  return found
    .filter(({ state }) => state !== 'ok')
    .map(({ name, state }) => `alarm ${nameWords(name)} ${alarmWords[state]}`)
    .join(', ')
}

async function configuringOf({ deployments }: Deps, { depends }: Service): Promise<string> {
  const { appConfig = [] } = depends ?? {}
  return appConfig.length === 0 ? '' : underWayWords(await deployments.read(appConfig))
}

/** What only Lambda knows of a version: who signed it, and its hash, by which signed statements name it. */
const needsVersions = ({ gates: { provenance }, attestations: { signers } }: Service): boolean =>
  provenance.signed !== false || provenance.verified || provenance.builders.length > 0 || signers.length > 0

type Profiles = Gates['provenance']['signed']
const isSignedBy = (profiles: Profiles, { isSigned, signingProfile = '' }: VersionState): boolean =>
  isSigned === true &&
  (typeof profiles === 'boolean' ||
    profiles.by.some((one) => one === signingProfile || signingProfile.startsWith(`${one}/`)))

/** The concurrency group stays the one in which the release took its place, so that it also leaves that one. */
const gatesOf = (today: Service, { gates: { concurrency } }: Service): Gates => {
  const { concurrency: _, ...gates } = today.gates
  return concurrency === undefined ? gates : { ...gates, concurrency }
}

/** A service whose definition was removed keeps the definition that its release began with. */
export const asDefinedToday = (deps: Pick<World, 'services'>, service: Service): Promise<Service> =>
  deps.services.get(service.name).catch(insteadOf('service_missing', service))

/** Every version that is to get traffic; `undefined` while an artifact has no version yet. */
async function versionsOf(
  deps: Deps,
  { service, targets, candidate }: Release,
): Promise<readonly (VersionState & { readonly name: string })[] | undefined> {
  const places =
    targets.length > 0
      ? targets.map((target) => ({ place: target, version: target.candidate }))
      : candidate.kind === 'versions'
        ? service.targets.map((place) => ({ place, version: own(candidate.versions, place.functionName) ?? '' }))
        : undefined
  const taking = places?.filter(({ version }) => version !== '')
  if (taking === undefined) return undefined
  return Promise.all(
    taking.map(async ({ place, version }) => ({
      ...(await deps.versions.describe(placedIn(service, place), version)),
      name: place.functionName,
    })),
  )
}
