// The README's example of the constructs, by its own import lines, in a folder where the package is installed: synthesised, and
// created on ministack.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../../package/code.ts'
import { ownManifest } from '../../../package/manifest.ts'
import { account, emulator, region, type Verify } from '../emulator.ts'
import { create } from '../ministack.ts'
import type { Place } from './package.ts'
import { checkTemplateWithoutCdk } from './template.ts'

const block = (text: string, language: string): string =>
  new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'm').exec(text)?.[1] ?? ''

/** The example stands in a stack that has what it names. */
function appOf(example: string): string {
  const lines = example.split('\n')
  const imports = lines.filter((line) => line.startsWith('import '))
  const rest = lines.filter((line) => !line.startsWith('import ')).join('\n')
  return `${imports.join('\n')}
import { App, DefaultStackSynthesizer, Stack } from 'aws-cdk-lib'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import * as sqs from 'aws-cdk-lib/aws-sqs'

class Shop extends Stack {
  constructor(scope) {
    const synthesizer = new DefaultStackSynthesizer({ generateBootstrapVersionRule: false })
    super(scope, 'Shop', { env: { account: '${account}', region: '${region}' }, synthesizer })
    const orders = new sqs.Queue(this, 'Orders')
    const checkout = new lambda.Function(this, 'Checkout', {
      functionName: 'checkout',
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline('exports.handler = async () => ({})'),
    })
${rest}
  }
}
const app = new App({ outdir: 'cdk.out' })
new Shop(app)
app.synth()
`
}

export async function checkStack(verify: Verify, { node, folder, run }: Place, withEmulator: boolean): Promise<void> {
  const { devDependencies, dependencies } = ownManifest()
  const wanted = ['aws-cdk-lib', 'constructs', 'yaml'].map(
    (name) => `${name}@${devDependencies[name] ?? dependencies[name] ?? ''}`,
  )
  const installed = run('npm', 'install', ...wanted)
  verify(`${node}: npm install of the CDK beside it`, installed.status === 0, installed.all)
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  mkdirSync(join(folder, 'services'), { recursive: true })
  // As the comment in the example says.
  const definition = block(readme, 'yaml').replace(/^ {2}s3: .*$/m, '  cloudFormation: true')
  writeFileSync(join(folder, 'services/checkout.yaml'), definition)
  writeFileSync(join(folder, 'app.mjs'), appOf(block(readme, 'ts')))
  const made = run('node', 'app.mjs')
  verify(`${node}: the README's example is synthesised`, made.status === 0, made.all)
  // No file of the repository can be read by the command, which makes the template of what is in the package.
  copyFileSync(join(root, 'examples/shadow/shadow.yaml'), join(folder, 'shadow.yaml'))
  const written = run('npx', 'tidegate', 'template', 'made template', '--shadow', 'shadow.yaml')
  verify(`${node}: tidegate template writes it`, written.status === 0, written.all)
  if (!withEmulator || made.status !== 0 || written.status !== 0) return
  const stop = await emulator()
  try {
    const outputs = await create(join(folder, 'cdk.out'))
    verify(`${node}: ministack makes the stack`, Object.keys(outputs).length > 0, JSON.stringify(outputs))
  } finally {
    await stop()
  }
  await checkTemplateWithoutCdk(verify, join(folder, 'made template'))
}
