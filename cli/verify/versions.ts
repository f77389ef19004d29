// Experiments on publishing, and on the limits of an account.
import {
  DeleteFunctionConcurrencyCommand,
  GetAccountSettingsCommand,
  GetFunctionConfigurationCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { refusal } from './errors.ts'
import { compared, type Experiment, learned, notAsked } from './experiment.ts'
import { hashOf, packageOf } from './lab.ts'

const dryRun: Experiment = {
  id: 'version-dry-run',
  question: 'Is CodeSha256 of UpdateFunctionCode with DryRun that of the new package?',
  place: '§1.2',
  expectation:
    'unknown; CodeSha256 of a version is the base64 of the SHA-256 of its package, which the controller reckons itself',
  source: 'moto answers the old one',
  minutes: 1,
  async ask({ clients: { lambda }, fn }) {
    const FunctionName = await fn()
    const fresh = packageOf('dry run')
    const { CodeSha256: dry } = await lambda.send(
      new UpdateFunctionCodeCommand({ FunctionName, ZipFile: fresh, DryRun: true }),
    )
    const { CodeSha256: published } = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName, Qualifier: '1' }),
    )
    const isOurs = published === hashOf(packageOf('one'))
    const ofDry = dry === hashOf(fresh) ? 'new' : dry === hashOf(packageOf('two')) ? 'present' : 'neither'
    const says = `DryRun answers the hash of the ${ofDry} package; that of a version is ${isOurs ? '' : 'not '}the one we reckon.`
    return isOurs ? learned(says, { ofDry }) : compared(false, says, { ofDry, published })
  },
}

const unchanged: Experiment = {
  id: 'version-unchanged',
  question: 'Does PublishVersion without a change answer the version that is there?',
  place: '§1.2',
  expectation: 'yes',
  source: "LocalStack's recorded answers",
  minutes: 1,
  async ask({ clients: { lambda }, fn }) {
    const FunctionName = await fn()
    const versions: (string | undefined)[] = []
    for (let times = 0; times < 2; times++)
      versions.push((await lambda.send(new PublishVersionCommand({ FunctionName }))).Version)
    return compared(versions[0] === versions[1], `It answers ${versions.join(', then ')}.`, { versions })
  },
}

const limits: Experiment = {
  id: 'concurrency-limits',
  question: 'What does the account bear of reserved concurrency, and in which words is more refused?',
  place: '§1.4',
  expectation:
    'all of it is refused: InvalidParameterValueException, "below its minimum value of [100]", or [10] for a small quota',
  source: 'many public logs',
  minutes: 1,
  async ask({ clients: { lambda }, fn }) {
    const FunctionName = await fn()
    const { AccountLimit = {} } = await lambda.send(new GetAccountSettingsCommand({}))
    const { ConcurrentExecutions: all = 0, UnreservedConcurrentExecutions: free } = AccountLimit
    if (all === 0) return notAsked('The account has no concurrency to reserve.')
    const refused = await refusal(
      lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: all })),
    )
    // If AWS accepted it, undo it, because the later experiments need that concurrency.
    if (refused === undefined) await lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }))
    const kept = /minimum value of \[(\d+)\]/.exec(refused?.message ?? '')?.[1]
    const says = `Of ${all}, ${free} are unreserved; ${kept ?? 'none'} must stay so.`
    return compared(refused?.name === 'InvalidParameterValueException' && kept !== undefined, says, {
      all,
      free,
      kept,
      message: refused?.message,
    })
  },
}

export const versionExperiments: readonly Experiment[] = [dryRun, unchanged, limits]
