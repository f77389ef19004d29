// The stack on a third-party emulator: its CloudFormation creates the synthesised template, and a good and a bad release run
// through it with real SDK calls. Opt-in (`npm run e2e`), with `pip install ministack`.
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import {
  CloudWatchClient,
  GetDashboardCommand,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch'
import {
  GetAliasCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { App, DefaultStackSynthesizer, type IStackSynthesizer, Stack } from 'aws-cdk-lib'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import { zipSync } from 'fflate'
import { awsHooks } from '../../cloud/aws/hooks.ts'
import { backendOnAws } from '../../cli/backend/aws-backend.ts'
import { ReleaseController } from '../../lib/controller.ts'
import { ReleasedFunction } from '../../lib/released-function.ts'
import { apiRequest, fromAnswer } from '../../local/api-request.ts'
import { functionName } from '../../local/installation.ts'
import { type RouteName, routeOf } from '../../functions/routes.ts'
import { account, emulator, endpoint, place, region, sleep, type Verify } from './emulator.ts'
import { verifyAccountThere } from './verify-account.ts'

export const examples = (version: string): string =>
  new URL(`../../examples/checkout/${version}`, import.meta.url).pathname

function synthesise(): string {
  const outdir = mkdtempSync(join(tmpdir(), 'tidegate-e2e-'))
  const app = new App({ outdir })
  // The CDK's own class is not exact about optional properties.
  const synthesizer = new DefaultStackSynthesizer({
    generateBootstrapVersionRule: false,
  }) as unknown as IStackSynthesizer
  const stack = new Stack(app, 'Shop', { env: { account, region }, synthesizer })
  const controller = new ReleaseController(stack, 'Tidegate', {
    services: [
      {
        name: 'checkout',
        targets: [{ function: 'checkout', alias: 'live' }],
        plan: { steps: [{ weight: 10, bake: '5m' }] },
        signals: { alarms: ['checkout-errors'] },
      },
    ],
    dashboards: true,
  })
  const fn = new lambda.Function(stack, 'Checkout', {
    functionName: 'checkout',
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromAsset(examples('v1')),
  })
  new ReleasedFunction(stack, 'Live', { controller, function: fn, alias: 'live' })
  app.synth()
  return outdir
}

export function zipOf(folder: string): Uint8Array {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    statSync(join(folder, file)).isFile(),
  )
  return zipSync(Object.fromEntries(files.map((file) => [file, new Uint8Array(readFileSync(join(folder, file)))])))
}

type Assets = {
  readonly files: Readonly<
    Record<
      string,
      {
        source: { path: string; packaging: string }
        destinations: Record<string, { bucketName: string; objectKey: string }>
      }
    >
  >
}

async function upload(outdir: string): Promise<void> {
  const { files } = JSON.parse(readFileSync(join(outdir, 'Shop.assets.json'), 'utf8')) as Assets
  const put = (path: string, body?: Uint8Array) =>
    fetch(`${endpoint}/${path}`, { method: 'PUT', ...(body === undefined ? {} : { body: Buffer.from(body) }) })
  const buckets = new Set<string>()
  for (const { source, destinations } of Object.values(files)) {
    for (const { bucketName, objectKey } of Object.values(destinations)) {
      if (!buckets.has(bucketName)) await put(bucketName)
      buckets.add(bucketName)
      const path = join(outdir, source.path)
      const body = source.packaging === 'zip' ? zipOf(path) : new Uint8Array(readFileSync(path))
      const { status } = await put(`${bucketName}/${objectKey}`, body)
      if (status !== 200) throw new Error(`PUT ${objectKey}: ${status}`)
    }
  }
}

/** @param outdir what the CDK has made of an app with a stack Shop @returns the outputs of the stack */
export async function create(outdir: string): Promise<Readonly<Record<string, string>>> {
  await upload(outdir)
  return createStack('Shop', JSON.parse(readFileSync(join(outdir, 'Shop.template.json'), 'utf8')) as EmulatedTemplate)
}

export type EmulatedTemplate = {
  Resources: Record<string, { readonly Properties?: Readonly<Record<string, unknown>> }>
}

/** @returns the outputs */
export async function createStack(
  StackName: string,
  template: EmulatedTemplate,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Readonly<Record<string, string>>> {
  await fetch(`${endpoint}/templates`, { method: 'PUT' })
  // The emulator supports no expression as a timeout, and no alarm on metric math (docs/deploy.md).
  const Resources = Object.fromEntries(
    Object.entries(template.Resources).filter(([, { Properties }]) => Properties?.['Metrics'] === undefined),
  )
  const body = JSON.stringify({ ...template, Resources }).replaceAll(
    /TimeoutSeconds\\":\s*\\"\{% \$(?:seconds|every) %\}\\"/g,
    'TimeoutSeconds\\": 60',
  )
  if (/\{% \$(?:seconds|every) %\}\\"/.test(body))
    throw new Error('the template has another form than this check expects')
  const TemplateURL = `${endpoint}/templates/${StackName}.template.json`
  await fetch(TemplateURL, { method: 'PUT', body })
  const cloudFormation = new CloudFormationClient(place)
  const Parameters = Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
    ParameterKey,
    ParameterValue,
  }))
  await cloudFormation.send(
    new CreateStackCommand({ StackName, TemplateURL, Parameters, Capabilities: ['CAPABILITY_NAMED_IAM'] }),
  )
  for (;;) {
    const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName }))
    const { StackStatus = '', StackStatusReason = '', Outputs = [] } = Stacks?.[0] ?? {}
    if (StackStatus === 'CREATE_COMPLETE')
      return Object.fromEntries(Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]))
    if (!StackStatus.endsWith('IN_PROGRESS')) throw new Error(`${StackStatus}: ${StackStatusReason}`)
    await sleep(1000)
  }
}

const lambdaClient = new LambdaClient(place)
const cloudWatch = new CloudWatchClient(place)

/** The emulator does not pass the name of a function's error to the state machine, so a pending version would not be retried. */
async function publish(folder: string): Promise<string> {
  const FunctionName = 'checkout'
  await lambdaClient.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: zipOf(examples(folder)) }))
  const { Version = '' } = await lambdaClient.send(new PublishVersionCommand({ FunctionName }))
  const state = async (): Promise<string> =>
    (await lambdaClient.send(new GetFunctionConfigurationCommand({ FunctionName, Qualifier: Version }))).State ?? ''
  await until(state, /^Active$/)
  return Version
}

async function alias(): Promise<string> {
  const { FunctionVersion, RoutingConfig } = await lambdaClient.send(
    new GetAliasCommand({ FunctionName: 'checkout', Name: 'live' }),
  )
  return JSON.stringify([FunctionVersion, RoutingConfig?.AdditionalVersionWeights ?? {}])
}

/** Waits about as long as a person would. */
async function until(what: () => Promise<string>, wanted: RegExp): Promise<string> {
  let last = ''
  for (let tried = 0; tried < 120 && !wanted.test(last); tried++) {
    await sleep(1000)
    last = await what()
  }
  return last
}

/** Each dashboard is there, as JSON that names its widgets. */
async function checkDashboards(verify: Verify): Promise<void> {
  for (const name of ['executive', 'on-call', 'debug'].map((what) => `tidegate-${region}-${what}`)) {
    const { DashboardBody = '{}' } = await cloudWatch.send(new GetDashboardCommand({ DashboardName: name }))
    const { widgets = [] } = JSON.parse(DashboardBody) as {
      widgets?: readonly {
        readonly type: string
        readonly properties: { readonly params?: { readonly show?: string } }
      }[]
    }
    const isThere = widgets.length > 5 && widgets.some(({ properties }) => properties.params?.show === 'timeline')
    verify(`ministack: the dashboard ${name}`, isThere, DashboardBody.slice(0, 500))
  }
}

/** @returns after the checks, which leave out what the emulator cannot do */
export async function checkOnMinistack(verify: Verify): Promise<void> {
  const stop = await emulator()
  try {
    const outputs = await create(synthesise())
    verify('ministack: its CloudFormation makes the stack', true, '')
    await checkDashboards(verify)
    const ordered = ordersOn(outputs)
    const { targets } = await ordered.backend.services.get('checkout')
    verify('ministack: the service is registered', targets.length === 1, '')
    verify('ministack: the alias is made on the first version', (await alias()) === '["1",{}]', await alias())
    await checkReleases(verify, 'ministack', ordered)
    verifyAccountThere(verify)
  } finally {
    await stop()
  }
}

/** What people order, and what there is of it, on a stack with these outputs. */
export function ordersOn(outputs: Readonly<Record<string, string>>) {
  const table = Object.entries(outputs).find(([name]) => name.includes('TableName'))?.[1] ?? ''
  const backend = backendOnAws({ TIDEGATE_TABLE: table }, place)
  const hooks = awsHooks(new LambdaClient(place))
  // Its API Gateway takes no signature, so the functions get what AWS's would tell them.
  const order = async (route: RouteName, body: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const request = apiRequest({ who: 'ann', route, service: 'checkout', body }, `request-${randomUUID()}`)
    const reply = await hooks.call(functionName(routeOf(route).verb), request)
    return reply.kind === 'answered' ? fromAnswer(reply.payload) : reply
  }
  return { backend, order }
}

/** A good release, one that its alarm puts back, and one that a person puts back. */
export async function checkReleases(
  verify: Verify,
  where: string,
  { backend, order }: ReturnType<typeof ordersOn>,
): Promise<void> {
  const alarm = { AlarmName: 'checkout-errors', Namespace: 'AWS/Lambda', MetricName: 'Errors', Period: 60 }
  await cloudWatch.send(
    new PutMetricAlarmCommand({
      ...alarm,
      Statistic: 'Sum',
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    }),
  )
  const state = (StateValue: 'OK' | 'ALARM') =>
    cloudWatch.send(
      new SetAlarmStateCommand({ AlarmName: 'checkout-errors', StateValue, StateReason: 'the check says so' }),
    )
  await state('OK')
  const outcome = async (): Promise<string> => {
    const [last] = (await backend.history.list('checkout', 1)).items
    return `${last?.releaseId ?? ''} ${last?.outcome ?? ''} ${last?.because ?? ''}`
  }
  const start = (version: string, more: object = {}) => order('start-bolder', { version, source: 'cli', ...more })

  await start(await publish('v2'), { plan: 'AllAtOnce' })
  const good = await until(outcome, /promoted/)
  verify(`${where}: a good release is promoted`, good.includes('promoted') && (await alias()) === '["2",{}]', good)

  await start(await publish('v3'))
  const split = await until(alias, /0\.1/)
  verify(`${where}: the next one gets a tenth`, split === '["2",{"3":0.1}]', split)
  await state('ALARM')
  const back = await until(alias, /^\["2",\{\}\]$/)
  verify(`${where}: its alarm puts the traffic back`, back === '["2",{}]', back)
  const bad = await until(outcome, /rolledBack/)
  verify(`${where}: and it is settled as rolled back`, bad.includes('rolledBack alarm checkout-errors'), bad)

  await state('OK')
  await start(await publish('v4'))
  await until(alias, /0\.1/)
  await order('roll-back', { reason: 'enough' })
  verify(`${where}: a person puts the next one back`, (await alias()) === '["2",{}]', await alias())
}
