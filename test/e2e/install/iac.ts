// The ways without the CDK by the tools that people have: the Terraform module (terraform.ts), the SAM template and the plugin of
// the Serverless Framework. What they make twice, with other code, has the same alias. Opt-in (`npm run e2e`).
import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import type { Verify } from '../emulator.ts'
import { checkTerraform } from './terraform.ts'

const root = resolve(import.meta.dirname, '../../..')

type Resource = {
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
  readonly DeletionPolicy?: string
}
type Template = { readonly Resources: Readonly<Record<string, Resource>> }

const ofType = ({ Resources }: Template, type: string): readonly Resource[] =>
  Object.values(Resources).filter(({ Type }) => Type === type)
const idsOf = ({ Resources }: Template, type: string): string =>
  Object.keys(Resources)
    .filter((id) => Resources[id]?.Type === type)
    .sort()
    .join()

/** What both have to show: versions are published and kept, and nothing in the template moves `live`. */
function verifyReleasable(verify: Verify, where: string, [first, second]: readonly [Template, Template]): void {
  const live = (template: Template): Resource | undefined =>
    ofType(template, 'AWS::Lambda::Alias').find(({ Properties }) => Properties['Name'] === 'live')
  const versions = ofType(second, 'AWS::Lambda::Version')
  verify(
    `${where}: other code is another version, which is kept`,
    idsOf(first, 'AWS::Lambda::Version') !== idsOf(second, 'AWS::Lambda::Version') &&
      versions.every(({ DeletionPolicy }) => DeletionPolicy === 'Retain'),
    JSON.stringify(versions),
  )
  verify(
    `${where}: and the alias is the same, so nothing moves it`,
    live(first)?.Properties['FunctionVersion'] === '1' &&
      live(first)?.DeletionPolicy === 'Retain' &&
      JSON.stringify(live(first)?.Properties) === JSON.stringify(live(second)?.Properties),
    JSON.stringify([live(first), live(second)]),
  )
  const tagged = ofType(first, 'AWS::Lambda::Function').filter(({ Properties }) =>
    JSON.stringify(Properties['Tags'] ?? []).includes('{"Key":"tidegate","Value":"tidegate"}'),
  )
  verify(`${where}: the function has the tag`, tagged.length === 1, JSON.stringify(first.Resources))
  verify(`${where}: CodeDeploy has no part in it`, !JSON.stringify(first).includes('CodeDeploy'), '')
}

function checkSam(verify: Verify): void {
  // The short forms of intrinsic functions, as CloudFormation reads them.
  const customTags = [
    { tag: '!Ref', resolve: (text: string) => ({ Ref: text }) },
    { tag: '!GetAtt', resolve: (text: string) => ({ 'Fn::GetAtt': text.split('.') }) },
  ]
  const text = readFileSync(join(root, 'examples/sam/template.yaml'), 'utf8')
  const translated = (key: string) => {
    const template = parse(text.replace('src/', `s3://packages/${key}`), { customTags }) as object
    return spawnSync('python3', [join(import.meta.dirname, 'sam_check.py')], {
      input: JSON.stringify(template),
      encoding: 'utf8',
    })
  }
  const [first, second] = [translated('one.zip'), translated('two.zip')]
  if (first.stderr.includes('No module named')) {
    console.log('left out: SAM (pip install aws-sam-translator)')
    return
  }
  verify('SAM: its translator takes the template', first.status === 0 && second.status === 0, first.stderr)
  const templates = [first, second].map(({ stdout }) => JSON.parse(stdout) as Template) as unknown as readonly [
    Template,
    Template,
  ]
  verifyReleasable(verify, 'SAM', templates)
  const callers = ['AWS::Lambda::EventSourceMapping', 'AWS::Lambda::Permission'].flatMap((type) =>
    ofType(templates[0], type),
  )
  verify(
    'SAM: whatever calls the function calls the alias',
    callers.length === 2 &&
      callers.every(({ Properties }) => JSON.stringify(Properties['FunctionName']) === '{"Ref":"Live"}'),
    JSON.stringify(callers),
  )
}

function checkServerless(verify: Verify): void {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-serverless-'))
  cpSync(join(root, 'examples/serverless'), folder, { recursive: true })
  // The successor of version 3, which asks nobody to log in.
  const packaged = (): Template => {
    const { status, stdout, stderr } = spawnSync('npx', ['--yes', 'osls@4.3.1', 'package'], {
      cwd: folder,
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`${stdout}${stderr}`)
    return JSON.parse(
      readFileSync(join(folder, '.serverless/cloudformation-template-update-stack.json'), 'utf8'),
    ) as Template
  }
  const first = packaged()
  appendFileSync(join(folder, 'index.mjs'), '// other code\n')
  verifyReleasable(verify, 'Serverless', [first, packaged()])
  const named = Object.entries(first.Resources).filter(
    ([, { Type, Properties }]) =>
      !/^AWS::Lambda::(Function|Version|Alias)$/.test(Type) &&
      JSON.stringify(Properties).includes('"CheckoutLambdaFunction"'),
  )
  const calling = Object.values(first.Resources).filter(({ Properties }) =>
    JSON.stringify(Properties).includes('{"Ref":"CheckoutLambdaFunctionLive"}'),
  )
  verify(
    'Serverless: whatever calls the function calls the alias',
    named.length === 0 && calling.length === 5,
    JSON.stringify(named),
  )
  verify('Serverless: a function without the tag has no alias', ofType(first, 'AWS::Lambda::Alias').length === 1, '')
}

export async function checkInfrastructureAsCode(verify: Verify): Promise<void> {
  await checkTerraform(verify)
  checkSam(verify)
  checkServerless(verify)
}
