// The template without the CDK: cfn-lint finds nothing, a third-party CloudFormation creates it from the one package, a service
// is registered by `apply`, and a good and a bad release run through it. Opt-in (`npm run e2e`).
import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateAliasCommand, CreateFunctionCommand, LambdaClient, PublishVersionCommand } from '@aws-sdk/client-lambda'
import { writeTemplate } from '../../../lib/template/write.ts'
import { account, emulator, endpoint, place, type Verify } from '../emulator.ts'
import { checkReleases, createStack, type EmulatedTemplate, examples, ordersOn, zipOf } from '../ministack.ts'

const isThere = (command: string): boolean => spawnSync(command, ['--help'], { encoding: 'utf8' }).error === undefined

export async function checkTemplateWithoutCdk(verify: Verify): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-template-'))
  const [template = '', zip = ''] = writeTemplate(folder)
  const sums = readFileSync(join(folder, 'SHA256SUMS'), 'utf8')
  const summed = [template, zip].map((name) => {
    const hash = createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex')
    return `${hash}  ${name}\n`
  })
  verify('template: its checksums are right', sums === summed.join(''), sums)
  if (isThere('cfn-lint')) {
    const { status, stdout, stderr } = spawnSync('cfn-lint', ['--format', 'parseable', join(folder, template)], {
      encoding: 'utf8',
    })
    verify('template: cfn-lint finds nothing', status === 0 && stdout === '', `${stdout}${stderr}`)
  }
  if (!isThere('ministack')) return
  const stop = await emulator()
  try {
    await fetch(`${endpoint}/packages`, { method: 'PUT' })
    await fetch(`${endpoint}/packages/tidegate/${zip}`, { method: 'PUT', body: readFileSync(join(folder, zip)) })
    const outputs = await createStack(
      'Tidegate',
      JSON.parse(readFileSync(join(folder, template), 'utf8')) as EmulatedTemplate,
      { PackageBucket: 'packages', PackagePrefix: 'tidegate/', PagesEmail: 'night@example.com' },
    )
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
