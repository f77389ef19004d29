// `tidegate local`: runs the embedded cloud with the controller and the sample service, makes a good and a bad release, and then
// serves for the user to experiment.
import { InvokeCommand } from '@aws-sdk/client-lambda'
import { localKeys } from '../../cloud/local/door/keys.ts'
import { chance } from '../../cloud/local/time/chance.ts'
import { type LocalClock, runningClock, until } from '../../cloud/local/time/clock.ts'
import { localCloud } from '../../cloud/local/cloud.ts'
import { processRuntime } from '../../cloud/local/runtime/process-runtime.ts'
import type { Runtime } from '../../cloud/local/runtime/runtime.ts'
import { type Endpoint, localSocket } from '../../cloud/local/socket.ts'
import { formatDuration } from '../../core/duration.ts'
import type { Release } from '../../core/release/release.ts'
import type { Target } from '../../core/service/service.ts'
import { targetsWords } from '../../core/service/target.ts'
import { clientsAt, placeOf } from '../../local/clients.ts'
import { credentialsFile, pipeline, users } from '../../local/identities.ts'
import { api, functionName, install } from '../../local/installation.ts'
import { controllerPackages, samplePackage } from '../../local/package.ts'
import { bySamplePolicies } from '../../local/rights.ts'
import { createSample, openArtifacts, sampleDefinition } from '../../local/sample-service.ts'
import { signedFetch } from '../../local/signed-fetch.ts'
import { startTraffic, type Traffic } from '../../local/traffic.ts'
import { backendOnAws } from '../backend/aws-backend.ts'
import type { Backend } from '../backend/backend.ts'
import type { Line } from '../backend/line.ts'
import { exitCodes, type Screen } from '../backend/screen.ts'
import { whyWords } from '../../core/release/head.ts'
import { watch, type WatchOptions } from '../commands/watch.ts'
import { sampleConsole } from './sample-console.ts'

type LocalOptions = {
  readonly once: boolean
  readonly port: number
  readonly rate: number
  /** Aliases that get as many requests as the sample, once they are there. */
  readonly traffic: readonly Target[]
  readonly stopping: AbortSignal
  readonly pause: WatchOptions['pause']
  /**
   * When the cloud's time begins; default: the start of the current hour, so that minutes line up in the same way in every run.
   */
  readonly originMs?: number
  /** Where functions run; default: processes of their own. */
  readonly runtime?: (options: RuntimeOptions) => Runtime
}

type RuntimeOptions = {
  readonly clock: LocalClock
  readonly endpointUrl: () => string
  readonly secretOf: (accessKeyId: string) => string
}

const perMinute = 100

/** The console's port: the one after the endpoint's. */
const besides = (port: number): number => (port === 0 ? 0 : port + 1)

const wholeHour = (ms: number): number => ms - (ms % 3_600_000)

export async function serveLocally(screen: Screen, options: LocalOptions): Promise<number> {
  const clock = runningClock({ rate: options.rate, originMs: options.originMs ?? wholeHour(Date.now()) })
  let url = ''
  const keys = localKeys(users)
  const { secretOf } = keys
  const runtime = (options.runtime ?? processRuntime)({ clock, endpointUrl: () => url, secretOf })
  const cloud = localCloud({ clock, runtime, seed: 1, secretOf, endpointUrl: () => url, authorize: bySamplePolicies })
  const socket = await localSocket(cloud.handler, keys, options.port)
  url = socket.url
  // Stop the time first, so that nothing new starts during the shutdown.
  const stops: (() => unknown)[] = [() => clock.stop(), () => runtime.stop(), () => socket.close(), () => cloud.close()]
  const hands = handsOn(clock, options.stopping)
  try {
    const { apiId } = cloud.httpApi.create(api)
    const backend = await furnish(socket, apiId)
    const traffic = startTraffic(cloud, clock, chance(1, 'carts'), perMinute)
    stops.unshift(() => traffic.stop())
    const pages = options.once
      ? undefined
      : await sampleConsole({ cloud, clock, endpoint: socket, port: besides(options.port) })
    if (pages !== undefined) stops.unshift(() => pages.close())
    screen.note([
      `The embedded cloud is at ${url}; its time runs at most ${options.rate} times as fast as real time. ${perMinute} requests a minute go to checkout:live.`,
      ...(pages === undefined ? [] : [`Watch it, and press its buttons: ${pages.address}`]),
    ])
    // A release needs some history: the alarm must be OK, and the usual latency must be known.
    await hands.pause(5 * 60_000)
    const outcome = await demonstrate(screen, { backend, endpoint: socket, traffic, pause: hands.pause })
    hands.rest()
    if (options.once || options.stopping.aborted) return outcome
    const credentials = credentialsFile(secretOf)
    stops.push(() => credentials.remove())
    await pages?.ready()
    for (const target of options.traffic) {
      const more = startTraffic(cloud, clock, chance(1, 'carts'), perMinute, target)
      stops.unshift(() => more.stop())
    }
    const { traffic: others } = options
    screen.note(invitation({ url, credentials: credentials.path, pages: pages?.address ?? '', others }).map(asTyped))
    while (await options.pause(60_000)) continue
    return exitCodes.done
  } finally {
    for (const stop of stops) await stop()
  }
}

/**
 * The demonstration itself counts as work on the cloud's clock: time stands still while it works, and passes while it waits. So
 * every package arrives at the same moment of the story on every machine.
 */
function handsOn(clock: LocalClock, stopping: AbortSignal) {
  let rest = clock.work()
  const stopped = new Promise<void>((resolve) => stopping.addEventListener('abort', () => resolve(), { once: true }))
  return {
    rest: () => rest(),
    pause: async (ms: number): Promise<boolean> => {
      rest()
      if (!stopping.aborted) await Promise.race([until(clock, clock.nowMs() + ms), stopped])
      rest = clock.work()
      return !stopping.aborted
    },
  }
}

/** Installs the controller and the sample, as a deployment would, and warms up the functions. */
async function furnish(endpoint: Endpoint, apiId: string): Promise<Backend> {
  const packageOf = await controllerPackages()
  const place = placeOf(endpoint, 'operator')
  const clients = clientsAt(place)
  const { lambda } = clients
  await install(clients, {
    code: (verb) => ({ zip: packageOf(verb), handler: `index.${verb}` }),
    budgetMinutes: 5,
    observes: true,
    watchMinutes: 1,
    putBackBy: apiId,
    widgets: true,
  })
  await createSample(clients, { v1: samplePackage('v1'), smoke: samplePackage('smoke') })
  const backend = backendOnAws({}, place)
  await backend.order('apply', 'checkout', { definition: sampleDefinition() })
  const call = (verb: string, payload: object) =>
    lambda.send(new InvokeCommand({ FunctionName: functionName(verb), Payload: JSON.stringify(payload) }))
  await call('reconcile', { sweep: true })
  // Does what the schedule would do within five minutes: until the budget is counted, no release begins.
  await call('budget', { budgets: true })
  await openArtifacts((path, body) => upload(endpoint, path, body))
  return backend
}

type Demo = {
  readonly backend: Backend
  readonly endpoint: Endpoint
  readonly traffic: Traffic
  /** Waits in the cloud's time. */
  readonly pause: WatchOptions['pause']
}

async function demonstrate(screen: Screen, demo: Demo): Promise<number> {
  const good = await releaseArtifact(screen, demo, 'v2', 'Version 2 is healthy. Its package arrives in the bucket:')
  if (good?.state.phase !== 'settled') return exitCodes.interrupted
  const bad = await releaseArtifact(screen, demo, 'v3', 'Version 3 fails for some carts. Its package arrives:')
  if (bad === undefined) return exitCodes.interrupted
  summarise(screen, demo.traffic, [good, bad])
  return good.ending?.outcome === 'promoted' && bad.ending?.outcome === 'rolledBack'
    ? exitCodes.done
    : exitCodes.notReleased
}

/** Uploads the package to the service's bucket; the bucket's event starts the release. */
async function releaseArtifact(
  screen: Screen,
  { backend, endpoint, pause }: Demo,
  version: 'v2' | 'v3',
  words: string,
): Promise<Release | undefined> {
  // A release that has just settled may still be listed as open.
  const before = [
    ...(await backend.history.list('checkout', 100)).items,
    ...(await backend.openReleases.list('checkout')).items,
  ]
  const known = new Set(before.map((one) => one.releaseId))
  screen.note(['', words])
  await upload(endpoint, '/artifacts/checkout.zip', samplePackage(version))
  for (;;) {
    const open = (await backend.openReleases.list('checkout')).items.find((one) => !known.has(one.releaseId))
    if (open !== undefined) return watch(backend, screen, open.releaseId, { everyMs: 5000, pause })
    if (!(await pause(1000))) return undefined
  }
}

/** What the sample's pipeline does. */
async function upload(endpoint: Endpoint, path: string, body: string | Uint8Array): Promise<void> {
  const { ok, status } = await signedFetch(endpoint, pipeline, 's3')({ method: 'PUT', path, body })
  if (!ok) throw new Error(`PUT ${path} was answered with ${status}`)
}

function summarise(screen: Screen, traffic: Traffic, releases: readonly Release[]): void {
  const rows = releases.map((release) => {
    const took =
      release.state.phase === 'settled' ? formatDuration((release.state.atMs - release.requestedAtMs) / 1000) : '-'
    return {
      release: release.id,
      outcome: release.ending?.outcome ?? '-',
      took,
      why: release.ending === undefined ? '' : whyWords(release.ending),
    }
  })
  const answered = traffic.answered()
  const width = Math.max(...rows.map(({ release }) => release.length), 0)
  screen.note(['', `${'release'.padEnd(width)} outcome     took     why`])
  for (const row of rows)
    screen.say(`${row.release.padEnd(width)} ${row.outcome.padEnd(11)} ${row.took.padEnd(8)} ${row.why}`, row)
  screen.note(['', 'version  answered  failed'])
  for (const [version, { good, bad }] of Object.entries(answered)) {
    screen.say(`${version.padEnd(8)} ${String(good + bad).padStart(8)} ${String(bad).padStart(7)}`, {
      version,
      answered: good + bad,
      failed: bad,
    })
  }
}

/** What begins with spaces is to be copied. */
const asTyped = (line: string): Line => (line.startsWith(' ') ? { asIs: line } : line)

type Invitation = {
  readonly url: string
  readonly credentials: string
  readonly pages: string
  readonly others: readonly Target[]
}

function invitation({ url, credentials, pages, others }: Invitation): readonly string[] {
  const names = targetsWords(others)
  return [
    '',
    'It keeps serving until Ctrl-C. The pages, with buttons for good, failing, slow and worsening versions:',
    `  ${pages}`,
    ...(names === '' ? [] : [`${perMinute} requests a minute go to ${names} too, as soon as it is there.`]),
    `Only signed requests are answered. The file has the secrets of ann, ben, ci, ann-sso, operator, viewer, chat-channel and`,
    'agent, and is deleted at the end. In another terminal:',
    '  unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN',
    `  export AWS_SHARED_CREDENTIALS_FILE=${credentials} AWS_PROFILE=ann AWS_ENDPOINT_URL=${url} AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1`,
    ...asCommand(process.env, process.argv[1] ?? ''),
    '  tidegate history checkout',
    '  tidegate budget checkout',
    '  tidegate release checkout --version 2 --plan AllAtOnce --bolder --watch',
    '  aws lambda get-alias --function-name checkout --name live',
  ]
}

/** From a checkout, by `npm start`, `tidegate` is no command yet. A function and not an alias: shells complete its words too. */
function asCommand(environment: NodeJS.ProcessEnv, main: string): readonly string[] {
  if (environment['npm_lifecycle_event'] === undefined) return []
  const [node, program] = [process.execPath, main].map((path) =>
    /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`,
  )
  return [`  tidegate() { ${node} ${program} "$@"; }`]
}
