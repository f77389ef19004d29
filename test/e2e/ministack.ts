// The stack on an emulator that we did not write: its CloudFormation makes the synthesised template, and a good and a bad
// release run through it with real SDK calls. Opt-in (`npm run e2e`), with `pip install ministack`.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation'
import { App, DefaultStackSynthesizer, Stack } from 'aws-cdk-lib'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import { zipSync } from 'fflate'
import { ReleaseController } from '../../lib/controller.ts'
import { ReleasedFunction } from '../../lib/released-function.ts'

const port = 4577
const endpoint = `http://127.0.0.1:${port}`
const account = '000000000000'
const region = 'us-east-1'
const place = { endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function serve(): Promise<() => void> {
  const bin = join(import.meta.dirname, '../../node_modules/.bin')
  const child = spawn('ministack', [], {
    stdio: ['ignore', 'ignore', 'ignore'],
    // Its functions run on the node that it finds.
    env: { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}`, GATEWAY_PORT: String(port), AWS_DEFAULT_REGION: region },
  })
  for (let tried = 0; ; tried++) {
    if (tried > 60) throw new Error('ministack does not answer')
    await sleep(500)
    if ((await fetch(`${endpoint}/_ministack/health`).catch(() => undefined))?.ok === true) break
  }
  return () => child.kill('SIGINT')
}

const examples = (version: string): string => new URL(`../../examples/checkout/${version}`, import.meta.url).pathname

function synthesise(): string {
  const outdir = mkdtempSync(join(tmpdir(), 'tidegate-e2e-'))
  const app = new App({ outdir })
  const synthesizer = new DefaultStackSynthesizer({ generateBootstrapVersionRule: false })
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

function zipOf(folder: string): Uint8Array {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    statSync(join(folder, file)).isFile(),
  )
  return zipSync(Object.fromEntries(files.map((file) => [file, new Uint8Array(readFileSync(join(folder, file)))])))
}

type Assets = { readonly files: Readonly<Record<string, { source: { path: string; packaging: string }; destinations: Record<string, { bucketName: string; objectKey: string }> }>> }

async function upload(outdir: string): Promise<void> {
  const { files } = JSON.parse(readFileSync(join(outdir, 'Shop.assets.json'), 'utf8')) as Assets
  const put = (path: string, body?: Uint8Array) => fetch(`${endpoint}/${path}`, { method: 'PUT', ...(body === undefined ? {} : { body: Buffer.from(body) }) })
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

const stop = await serve()
try {
  const outdir = synthesise()
  await upload(outdir)
  await fetch(`${endpoint}/templates`, { method: 'PUT' })
  await fetch(`${endpoint}/templates/Shop.template.json`, { method: 'PUT', body: readFileSync(join(outdir, 'Shop.template.json')) })
  const cloudFormation = new CloudFormationClient(place)
  await cloudFormation.send(new CreateStackCommand({ StackName: 'Shop', TemplateURL: `${endpoint}/templates/Shop.template.json`, Capabilities: ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM'] }))
  for (;;) {
    const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: 'Shop' }))
    const status = Stacks?.[0]?.StackStatus ?? ''
    if (!status.endsWith('IN_PROGRESS')) {
      console.log(status, Stacks?.[0]?.StackStatusReason)
      break
    }
    await sleep(1000)
  }
  const { StackEvents } = await cloudFormation.send(new DescribeStackEventsCommand({ StackName: 'Shop' }))
  for (const event of StackEvents ?? []) if (event.ResourceStatus?.includes('FAILED')) console.log(event.LogicalResourceId, event.ResourceStatusReason)
} finally {
  stop()
}
