// Experiments on UpdateAlias.
import {
  DeleteProvisionedConcurrencyConfigCommand,
  GetAliasCommand,
  GetFunctionConfigurationCommand,
  GetProvisionedConcurrencyConfigCommand,
  InvokeCommand,
  PublishVersionCommand,
  PutProvisionedConcurrencyConfigCommand,
  UpdateAliasCommand,
  type UpdateAliasCommandInput,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { isMissingHere, refusal } from './errors.ts'
import { compared, type Experiment, learned, notAsked } from './experiment.ts'
import { type Lab, packageOf, ready } from './lab.ts'

type Change = Partial<Omit<UpdateAliasCommandInput, 'FunctionName' | 'Name'>>

async function update({ clients, fn }: Lab, Name: string, change: Change) {
  return clients.lambda.send(new UpdateAliasCommand({ FunctionName: await fn(), Name, ...change }))
}
async function read({ clients, fn }: Lab, Name: string) {
  const {
    FunctionVersion = '',
    RoutingConfig,
    RevisionId = '',
  } = await clients.lambda.send(new GetAliasCommand({ FunctionName: await fn(), Name }))
  return { version: FunctionVersion, weights: RoutingConfig?.AdditionalVersionWeights ?? {}, revision: RevisionId }
}
const weighted = (weights: Record<string, number>): Change => ({ RoutingConfig: { AdditionalVersionWeights: weights } })

const omittedRouting: Experiment = {
  id: 'alias-omitted-routing',
  question: 'Does UpdateAlias without RoutingConfig leave the weights in place?',
  place: '§1.1',
  expectation: 'yes; the controller always sends it',
  source: "Terraform's provider sends an empty one for this reason",
  minutes: 1,
  async ask(lab) {
    const name = await lab.alias('omitted', '1', { 2: 0.25 })
    await update(lab, name, { Description: 'weights are not mentioned' })
    const { weights } = await read(lab, name)
    await update(lab, name, weighted({}))
    const cleared = Object.keys((await read(lab, name)).weights).length === 0
    const says = `Afterwards the weights are ${JSON.stringify(weights)}; an empty map ${cleared ? 'clears' : 'does not clear'} them.`
    return compared(weights['2'] === 0.25 && cleared, says, { weights, cleared })
  },
}

const weightPrecision: Experiment = {
  id: 'alias-weight-precision',
  question: 'Does a weight come back as it was sent, to the basis point?',
  place: '§1.1',
  expectation: 'yes',
  source: 'the API takes doubles; nothing is documented',
  minutes: 1,
  async ask(lab) {
    const name = await lab.alias('precise', '1')
    const sent = [0.0001, 0.1234, 0.9999, 1]
    const got: (number | undefined)[] = []
    for (const weight of sent) {
      await update(lab, name, weighted({ 2: weight }))
      got.push((await read(lab, name)).weights['2'])
    }
    return compared(JSON.stringify(got) === JSON.stringify(sent), `Sent ${sent.join(', ')}; read ${got.join(', ')}.`, {
      sent,
      got,
    })
  },
}

const revision: Experiment = {
  id: 'alias-revision',
  question: 'Does every UpdateAlias, one that changes nothing too, change RevisionId, and is the one before refused?',
  place: '§1.1',
  expectation: 'yes; PreconditionFailedException, 412',
  source: "LocalStack's recorded answers",
  minutes: 1,
  async ask(lab) {
    const name = await lab.alias('revised', '1')
    const before = await read(lab, name)
    await update(lab, name, { FunctionVersion: '1', RevisionId: before.revision })
    const after = await read(lab, name)
    const stale = await refusal(update(lab, name, { FunctionVersion: '2', RevisionId: before.revision }))
    const status = (stale as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode
    const changed = before.revision !== after.revision
    const says = `An update that changes nothing ${changed ? 'changes' : 'does not change'} it; the one before is ${stale === undefined ? 'accepted' : `refused: ${stale.name}, ${status}`}.`
    const measured = { changed, error: stale?.name, status, message: stale?.message }
    return compared(changed && stale?.name === 'PreconditionFailedException' && status === 412, says, measured)
  },
}

const pendingVersion: Experiment = {
  id: 'alias-pending-version',
  question: 'Is UpdateAlias to a version that is still Pending accepted?',
  place: '§1.2',
  expectation: 'unknown; the gate waits until it is Active',
  source: 'nothing is documented',
  minutes: 2,
  async ask(lab) {
    const { lambda } = lab.clients
    const FunctionName = await lab.fn()
    const name = await lab.alias('pending', '1')
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: packageOf('pending') }))
    await ready(lab, FunctionName)
    const { Version: version = '' } = await lambda.send(new PublishVersionCommand({ FunctionName }))
    const refused = await refusal(update(lab, name, { FunctionVersion: version }))
    const look = new GetFunctionConfigurationCommand({ FunctionName, Qualifier: version })
    const state = (await lambda.send(look)).State
    await ready(lab, FunctionName, version)
    if (state === 'Active') return notAsked('The version was active before the alias could be moved to it.')
    const says = refused === undefined ? 'It is accepted.' : `It is refused: ${refused.name}: ${refused.message}`
    return learned(says, { state, error: refused?.name, message: refused?.message })
  },
}

const boundMs = 60_000
const propagation: Experiment = {
  id: 'alias-propagation',
  question: 'How long after UpdateAlias does an invocation still reach the version before?',
  place: '§1.1',
  expectation: 'less than a minute: the minute of a shift is not judged',
  source: 'DataBiosphere/azul#7883; no bound is published',
  cents: 1,
  minutes: 2,
  async ask(lab) {
    const FunctionName = await lab.fn()
    const Qualifier = await lab.alias('moved', '1')
    const invoked = async (): Promise<string | undefined> =>
      (await lab.clients.lambda.send(new InvokeCommand({ FunctionName, Qualifier }))).ExecutedVersion
    for (let warm = 0; warm < 5; warm++) await invoked()
    await update(lab, Qualifier, { FunctionVersion: '2' })
    const movedMs = lab.nowMs()
    let lastMs = 0
    let asked = 0
    // The old version may reappear, so keep watching for a while after its last invocation.
    for (; lab.nowMs() - movedMs < Math.min(boundMs + 30_000, lastMs + 30_000); asked++) {
      if ((await invoked()) === '1') lastMs = lab.nowMs() - movedMs
      await lab.pause(250)
    }
    const says = `The last of ${asked} invocations that reached the version before came ${lastMs} ms after UpdateAlias.`
    return compared(lastMs < boundMs, says, { lastMs, asked })
  },
}

const provisioned: Experiment = {
  id: 'alias-provisioned',
  question: 'Which weights and revisions does Lambda write itself, when an alias with provisioned concurrency moves?',
  place: '§1.3',
  expectation:
    'the new version with {old: 1} until it is ready, then no weights; each of its writes has a revision of its own',
  source: 'terraform-provider-aws#48116; that revisions change is a belief',
  cents: 1,
  minutes: 12,
  async ask(lab) {
    const { lambda } = lab.clients
    const FunctionName = await lab.fn()
    const Qualifier = await lab.alias('provisioned', '1')
    const place = { FunctionName, Qualifier }
    const refused = await refusal(
      lambda.send(new PutProvisionedConcurrencyConfigCommand({ ...place, ProvisionedConcurrentExecutions: 1 })),
    )
    if (refused !== undefined) return notAsked(`Provisioned concurrency is refused: ${refused.message}`)
    const status = async (): Promise<string | undefined> =>
      (await lambda.send(new GetProvisionedConcurrencyConfigCommand(place))).Status
    const isReady = async (): Promise<true | undefined> => ((await status()) === 'READY' ? true : undefined)
    if ((await lab.until('provisioned concurrency', 300_000, isReady)) === undefined)
      return notAsked(`Provisioned concurrency was not ready after five minutes: ${await status()}.`)
    await update(lab, Qualifier, { FunctionVersion: '2' })
    const seen: {
      readonly atMs: number
      readonly version: string
      readonly weights: object
      readonly revision: string
    }[] = []
    const movedMs = lab.nowMs()
    const settled = await lab.until('the move of provisioned concurrency', 300_000, async () => {
      const now = await read(lab, Qualifier)
      if (
        JSON.stringify(seen.at(-1), ['version', 'weights', 'revision', '1', '2']) !==
        JSON.stringify(now, ['version', 'weights', 'revision', '1', '2'])
      )
        seen.push({ atMs: lab.nowMs() - movedMs, ...now })
      return Object.keys(now.weights).length === 0 && (await status()) === 'READY' ? true : undefined
    })
    await lambda.send(new DeleteProvisionedConcurrencyConfigCommand(place)).catch((error: unknown) => {
      if (!isMissingHere(error)) throw error
    })
    const transitional = seen.some(({ weights }) => (weights as Record<string, number>)['1'] === 1)
    const revisions = new Set(seen.map((one) => one.revision)).size
    const says = `${seen.map(({ atMs, version, weights }) => `${Math.round(atMs / 1000)} s: ${version} ${JSON.stringify(weights)}`).join('; ')}; ${revisions} revision(s)${settled === true ? '' : '; it did not settle'}.`
    return compared(settled === true && transitional && revisions === seen.length, says, {
      seen: seen.map(({ revision: _, ...one }) => one),
      revisions,
    })
  },
}

export const aliasExperiments: readonly Experiment[] = [
  omittedRouting,
  weightPrecision,
  revision,
  pendingVersion,
  propagation,
  provisioned,
]
