// The Terraform module, its example and what the documentation shows of Terraform: by Terraform's own command with the provider
// itself, where one can be had, and by the types that others generate from a newer provider. Opt-in (`npm run e2e`).
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../../package/code.ts'
import { templateOf } from '../../../lib/template/write.ts'
import type { Verify } from '../emulator.ts'
import { codeBlocks } from './documented.ts'
import { type Terraform, terraformTypes } from './terraform-schema.ts'

const read = (path: string): string => readFileSync(join(root, 'terraform', path), 'utf8')
const example = 'examples/checkout/main.tf'

/** By page, all that it shows, as one file. */
function documented(verify: Verify): ReadonlyMap<string, string> {
  const found = codeBlocks().filter(({ text }) => /^(resource|data|module|provider|terraform)\b.*\{$/m.test(text))
  verify(`Terraform: the documentation shows ${found.length} blocks, and 3 are expected`, found.length === 3, '')
  const pages = [...new Set(found.map(({ page }) => page))]
  return new Map(
    pages.map((page) => [page, found.flatMap((one) => (one.page === page ? [one.text] : [])).join('\n\n')]),
  )
}

/** One argument that there is not and one that is missing; one attribute that there is not; the same of the module. */
function withFaults(): string {
  const faults: readonly (readonly [string, string])[] = [
    ['statement_id ', 'statement_name '],
    ['  handler          = "index.handler"\n  filename ', '  file_name '],
    ['  role             = var.role_arn\n', ''],
    ['aws_lambda_function.checkout.version\n', 'aws_lambda_function.checkout.newest\n'],
    ['[function_version, routing_config]', '[function_version, routing]'],
    ['  pages_email =', '  pager_email ='],
    ['  bucket      = var.bucket\n', ''],
  ]
  return faults.reduce((text, [right, wrong]) => {
    if (!text.includes(right)) throw new Error(`the example has no ${right}`)
    return text.replace(right, wrong)
  }, read(example))
}

async function checkTypes(verify: Verify, terraform: Terraform, pages: ReadonlyMap<string, string>): Promise<void> {
  const { parse, check, provider, references } = terraform
  const texts = Object.entries({
    'main.tf': read('main.tf'),
    'outputs.tf': read('outputs.tf'),
    [example]: read(example),
    ...Object.fromEntries(pages),
  })
  const files = Object.fromEntries(
    await Promise.all(texts.map(async ([where, text]) => [where, await parse(text)] as const)),
  )
  const { variable } = await parse(read('variables.tf'))
  const faults = await check(files, variable)
  const where = Object.keys(files).join(', ')
  verify(`Terraform: by the types of provider ${provider}: ${where}`, faults.length === 0, faults.join('\n'))
  // An object in which something is unknown is not looked at for what is missing, so these are counted by block.
  const found = await check({ faults: await parse(withFaults()) }, variable)
  const named = ['FunctionConfig', 'PermissionConfig', 'newest', 'routing', 'pagerEmail']
  verify(
    'Terraform: the types refuse what is unknown and what is missing',
    named.every((name) => found.some((one) => one.includes(name))) && found.length === named.length,
    found.join('\n'),
  )

  const { Parameters, Outputs } = templateOf('0.0.0') as unknown as { Parameters: object; Outputs: object }
  const stack = files['main.tf']?.resource?.['aws_cloudformation_stack']?.['tidegate']?.[0]
  const given = Object.keys(stack?.['parameters'] ?? {})
  verify(
    'Terraform: it gives every parameter of the template',
    given.sort().join() === Object.keys(Parameters).sort().join(),
    given.join(),
  )
  const outputs = (await references(files['outputs.tf'])).map((one) => one.split('.').slice(2).join('.'))
  verify(
    'Terraform: it reads outputs that there are',
    outputs.length > 5 && outputs.every((one) => one.startsWith('outputs.') && one.slice(8) in Outputs),
    outputs.join(),
  )
}

/** Where a machine without a way to Terraform's registry has the provider: `terraform providers mirror` makes such a folder. */
const mirror = (): readonly string[] =>
  globSync('/opt/*/registry.terraform.io/hashicorp/aws').map((path) => `-plugin-dir=${join(path, '../../..')}`)

/** Puts what a page shows in the place of the same resources of the example. */
async function checkPage(folder: string, text: string, { parse }: Terraform): Promise<void> {
  const { resource = {}, variable = {} } = await parse(read(example))
  const { resource: shown = {} } = await parse(text)
  const others = Object.entries(resource).flatMap(([type, named]) =>
    Object.entries(named).flatMap(([name, blocks]) =>
      shown[type]?.[name] === undefined ? [{ [type]: { [name]: blocks } }] : [],
    ),
  )
  const variables = Object.fromEntries(Object.keys(variable).map((name) => [name, {}]))
  writeFileSync(join(folder, 'rest.tf.json'), JSON.stringify({ resource: others, variable: variables }))
  writeFileSync(join(folder, 'main.tf'), text.replace(/"git::https:[^"]*"/, '"../.."'))
}

async function checkCommand(verify: Verify, pages: ReadonlyMap<string, string>, types: Terraform | undefined) {
  const run = (...args: readonly string[]) => {
    const { error, status, stdout, stderr } = spawnSync('terraform', args, { encoding: 'utf8' })
    return { isThere: error === undefined, status, all: `${stdout}${stderr}` }
  }
  const format = run('fmt', '-check', '-recursive', '-diff', join(root, 'terraform'))
  if (!format.isThere) {
    console.log('left out: terraform is not installed')
    return
  }
  verify('Terraform: its own command finds the module well formed', format.status === 0, format.all)
  const copy = mkdtempSync(join(tmpdir(), 'tidegate-terraform-'))
  cpSync(join(root, 'terraform'), copy, { recursive: true })
  const folder = join(copy, 'examples/checkout')
  // Their hashes are computed when the module is validated.
  mkdirSync(join(folder, 'tidegate'))
  for (const file of ['checkout.zip', 'tidegate/tidegate-0.1.0.json', 'tidegate/tidegate-0.1.0.zip'])
    writeFileSync(join(folder, file), '')
  const [plugins] = mirror()
  const from = plugins === undefined ? [] : [plugins]
  const initialised = run(`-chdir=${folder}`, 'init', '-backend=false', '-input=false', '-no-color', ...from)
  if (initialised.status !== 0) {
    console.log("left out: terraform validate, because Terraform's registry cannot be reached")
    return
  }
  const validate = () => run(`-chdir=${folder}`, 'validate', '-no-color')
  const provider = /hashicorp\/aws v(\d+(?:\.\d+)+)/.exec(initialised.all)?.[1] ?? ''
  const valid = validate()
  verify(`Terraform: provider ${provider} finds the module and its example valid`, valid.status === 0, valid.all)
  writeFileSync(join(folder, 'main.tf'), withFaults())
  const wrong = validate()
  verify('Terraform: and refuses faults', wrong.status === 1 && wrong.all.includes('Unsupported argument'), wrong.all)
  if (types === undefined) return
  for (const [page, text] of pages) {
    await checkPage(folder, text, types)
    const shown = validate()
    verify(`Terraform: provider ${provider} finds what ${page} shows valid`, shown.status === 0, shown.all)
  }
  rmSync(copy, { recursive: true })
}

export async function checkTerraform(verify: Verify): Promise<void> {
  const pages = documented(verify)
  const types = terraformTypes()
  if (types === undefined) console.log('left out: the types of the AWS provider, which come from npm')
  else await checkTypes(verify, types, pages)
  await checkCommand(verify, pages, types)
  types?.remove()
}
