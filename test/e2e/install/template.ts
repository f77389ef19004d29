// The template without the CDK: cfn-lint finds nothing, a third-party CloudFormation creates it from the one package, a service
// is registered by `apply`, and a good and a bad release run through it. Opt-in (`npm run e2e`).
import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { EventBridgeClient, ListTargetsByRuleCommand } from '@aws-sdk/client-eventbridge'
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  PublishVersionCommand,
} from '@aws-sdk/client-lambda'
import { ownManifest } from '../../../package/manifest.ts'
import { account, emulator, endpoint, place, type Verify } from '../emulator.ts'
import { checkReleases, createStack, type EmulatedTemplate, examples, ordersOn, zipOf } from '../ministack.ts'

const isThere = (command: string): boolean => spawnSync(command, ['--help'], { encoding: 'utf8' }).error === undefined

/** @param folder where `tidegate template` of the installed package has written */
export async function checkTemplateWithoutCdk(verify: Verify, folder: string): Promise<void> {
  const { version } = ownManifest()
  const [template, zip, ofShadows] = [
    `tidegate-${version}.json`,
    `tidegate-${version}.zip`,
    `tidegate-shadow-${version}.json`,
  ]
  const sums = readFileSync(join(folder, 'SHA256SUMS'), 'utf8')
  const summed = [template, zip, ofShadows].map((name) => {
    const hash = createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex')
    return `${hash}  ${name}\n`
  })
  verify('template: its checksums are right', sums === summed.join(''), sums)
  const size = statSync(join(folder, template)).size
  verify('template: it is within the 460,800 bytes that some tools still count to', size < 460_800, String(size))
  if (isThere('cfn-lint')) {
    const linted = ['--format', 'parseable', join(folder, template), join(folder, ofShadows)]
    const { status, stdout, stderr } = spawnSync('cfn-lint', linted, { encoding: 'utf8' })
    verify('template: cfn-lint finds nothing', status === 0 && stdout === '', `${stdout}${stderr}`)
  }
  if (!isThere('ministack')) return
  const files = { template: join(folder, template), zip: join(folder, zip) }
  await checkWithEverything(verify, files)
  await checkShadows(verify, { ...files, template: join(folder, ofShadows) })
  const stop = await emulator()
  try {
    const outputs = await created(files, { PagesEmail: 'night@example.com' })
    verify('template: what is not asked for is not there', !Object.keys(outputs).some((name) => optional.has(name)), '')
    verify('template: a third-party CloudFormation makes the stack', outputs['Prefix'] === 'tidegate', '')
    await createFunction()
    const ordered = ordersOn(outputs)
    const applied = await ordered.order('apply', {
      definition: {
        name: 'checkout',
        targets: [{ function: 'checkout', alias: 'live' }],
        plan: { steps: [{ weight: 10, bake: '5m' }] },
        signals: { alarms: ['checkout-errors'] },
      },
    })
    verify(
      'template: apply registers a service',
      JSON.stringify(applied).includes('"isKnown":false'),
      JSON.stringify(applied),
    )
    const refused = await ordered
      .order('apply', {
        definition: {
          name: 'checkout',
          targets: [{ function: 'checkout', alias: 'live' }],
          plan: 'AllAtOnce',
          triggers: { s3: { bucket: 'elsewhere', key: 'a.zip' } },
        },
      })
      .catch((error: unknown) => String(error))
    verify(
      'template: apply refuses what is out of reach',
      JSON.stringify(refused).includes('ArtifactBucket'),
      JSON.stringify(refused),
    )
    await checkReleases(verify, 'template', ordered)
  } finally {
    await stop()
  }
}

type Files = { readonly template: string; readonly zip: string }

async function created(
  { template, zip }: Files,
  parameters: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  await fetch(`${endpoint}/packages`, { method: 'PUT' })
  await fetch(`${endpoint}/packages/tidegate/${basename(zip)}`, { method: 'PUT', body: readFileSync(zip) })
  const emulated = JSON.parse(readFileSync(template, 'utf8')) as EmulatedTemplate
  return createStack('Tidegate', emulated, { PackageBucket: 'packages', PackagePrefix: 'tidegate/', ...parameters })
}

/** Outputs of what is asked for. */
const optional = new Set([
  ...['ChatTopicArn', 'PutBackFromChatPolicyArn', 'LogCopyBucket', 'LogCopyPolicyArn', 'DashboardsPolicyArn'],
])

/** The hook is called, in the package of all functions, and says that it has no samples. */
async function checkShadows(verify: Verify, files: Files): Promise<void> {
  const stop = await emulator()
  try {
    const outputs = await created(files, {})
    const wanted = ['Hook', 'SamplesTable', 'SamplingPolicyArn1'].filter((name) => outputs[name] === undefined)
    verify('template: that of the shadows is made', wanted.length === 0, JSON.stringify(outputs))
    const targets = [{ function: 'shop', alias: 'live', stable: '1', candidate: '2' }]
    const { Payload } = await new LambdaClient(place).send(
      new InvokeCommand({ FunctionName: outputs['Hook'], Payload: Buffer.from(JSON.stringify({ targets })) }),
    )
    const said = Buffer.from(Payload ?? []).toString()
    verify('template: the hook of the shadows answers', /"result": ?"unknown".*it takes 30/.test(said), said)
  } finally {
    await stop()
  }
}

/** The emulator knows no channels of chats and no API destinations; the rest of what may be asked for it makes. */
async function checkWithEverything(verify: Verify, files: Files): Promise<void> {
  const stop = await emulator()
  try {
    const outputs = await created(files, {
      ...{ Chat: 'yes', ChatPutBack: 'yes', OpsCenter: 'yes', Dashboards: 'yes', LogCopy: 'GOVERNANCE' },
      ...{ OtlpUrl: 'https://otlp.example.com', PrometheusUrls: 'https://a.example.com,https://b.example.com' },
    })
    const missing = [...optional].filter((name) => outputs[name] === undefined)
    verify('template: what is asked for is there', missing.length === 0, missing.join())
    const { Environment } = await new LambdaClient(place).send(
      new GetFunctionConfigurationCommand({ FunctionName: 'tidegate-page' }),
    )
    verify(
      'template: the functions know the chat',
      Environment?.Variables?.['TIDEGATE_CHAT_ARN'] === outputs['ChatTopicArn'],
      JSON.stringify(Environment),
    )
    verify(
      'template: the functions know both addresses of a Prometheus',
      Environment?.Variables?.['TIDEGATE_PROMETHEUS'] === '["https://a.example.com","https://b.example.com"]',
      JSON.stringify(Environment),
    )
    const { Targets = [] } = await new EventBridgeClient(place).send(
      new ListTargetsByRuleCommand({ Rule: 'tidegate-incident-opsitems' }),
    )
    verify('template: incidents become OpsItems', Targets.length === 1, JSON.stringify(Targets))
  } finally {
    await stop()
  }
}

/** As a team's own deployment does: function, version, tag, and the alias once. */
async function createFunction(): Promise<void> {
  const client = new LambdaClient(place)
  const FunctionName = 'checkout'
  await client.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: `arn:aws:iam::${account}:role/checkout`,
      Code: { ZipFile: zipOf(examples('v1')) },
      Tags: { tidegate: 'tidegate' },
    }),
  )
  const { Version: FunctionVersion = '' } = await client.send(new PublishVersionCommand({ FunctionName }))
  await client.send(new CreateAliasCommand({ FunctionName, Name: 'live', FunctionVersion }))
}
