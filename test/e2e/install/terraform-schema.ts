// Terraform's blocks against a schema of the AWS provider that is not ours: the types which HashiCorp's CDK for Terraform, now
// CDK Terrain, has generated from the provider. Each block becomes an object of such a type, each reference a read of such a
// class, and the TypeScript compiler says what is unknown or missing. The files are read by HashiCorp's own parser (hcl2json).
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../../package/code.ts'

const packages = { parser: '@cdktn/hcl2json@0.24.0', types: '@cdktn/provider-aws@25.7.0', base: 'cdktn@0.24.0' }

type Values = Readonly<Record<string, unknown>>
/** By type and name, as hcl2json gives them. */
type Blocks = Readonly<Record<string, Readonly<Record<string, readonly [Values]>>>>
type Parsed = {
  readonly resource?: Blocks
  readonly data?: Blocks
  readonly module?: Readonly<Record<string, readonly [Values]>>
  readonly variable?: Readonly<Record<string, readonly [Values]>>
} & Values

export type Terraform = {
  readonly parse: (text: string) => Promise<Parsed>
  /** Such as `data.aws_s3_bucket.files.arn`, of every expression in these values. */
  readonly references: (values: unknown) => Promise<readonly string[]>
  /** @returns the faults, each with where it is */
  readonly check: (files: Readonly<Record<string, Parsed>>, variables: Parsed['variable']) => Promise<readonly string[]>
  /** Of the provider whose types these are. */
  readonly provider: string
  readonly remove: () => void
}

const run = (command: string, args: readonly string[], cwd: string) => {
  const { status, stdout } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 1e9 })
  return { status, stdout }
}

/** @returns `undefined` if the packages cannot be had */
export function terraformTypes(): Terraform | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-terraform-types-'))
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', packages.parser]
  // Unpacked, the types have 400 MB. A few of the files are needed, so they are taken out of the tarball one by one.
  const packed = ['pack', packages.types, packages.base, '--json']
  if (run('npm', install, folder).status !== 0) return undefined
  const { status, stdout } = run('npm', packed, folder)
  if (status !== 0) return undefined
  const [types = '', base = ''] = (JSON.parse(stdout) as { filename: string }[]).map(({ filename }) => filename)
  const modules = join(folder, 'node_modules')
  const unpack = (tarball: string, name: string, ...paths: readonly string[]) => {
    mkdirSync(join(modules, name), { recursive: true })
    const into = ['--strip-components=1', '-C', join(modules, name), ...paths.map((path) => `package/${path}`)]
    return run('tar', ['-xzf', tarball, ...into], folder)
  }
  unpack(base, 'cdktn')
  symlinkSync(join(root, 'node_modules/constructs'), join(modules, 'constructs'))
  unpack(types, '@cdktn/provider-aws', 'package.json')
  const manifest = JSON.parse(readFileSync(join(modules, '@cdktn/provider-aws/package.json'), 'utf8')) as {
    cdktn: { provider: { version: string } }
  }
  const { parse, getReferencesInExpression } = createRequire(join(folder, 'package.json'))('@cdktn/hcl2json') as {
    parse: (name: string, text: string) => Promise<Parsed>
    getReferencesInExpression: (name: string, text: string) => Promise<{ value: string }[]>
  }
  const references: Terraform['references'] = async (values) => {
    if (typeof values === 'string')
      return (await getReferencesInExpression('main.tf', values)).map(({ value }) => value.replaceAll('"', ''))
    if (typeof values !== 'object' || values === null) return []
    return (await Promise.all(Object.values(values).map(references))).flat()
  }
  return {
    parse: (text) => parse('main.tf', text),
    references,
    provider: manifest.cdktn.provider.version,
    remove: () => rmSync(folder, { recursive: true }),
    check: async (files, variables) => {
      const sources: string[] = []
      for (const [where, parsed] of Object.entries(files))
        sources.push(`// ${where}`, ...(await statements(parsed, variables, references)))
      const text = sources.join('\n')
      const needed = [...new Set([...text.matchAll(/provider-aws\/(lib\/[\w-]+)'/g)].map(([, path = '']) => path))]
      const isLacking = (path: string) => !existsSync(join(modules, '@cdktn/provider-aws', path, 'index.d.ts'))
      const wanted = needed.filter(isLacking)
      if (wanted.length > 0) unpack(types, '@cdktn/provider-aws', ...wanted.map((path) => `${path}/index.d.ts`))
      const lacking = wanted.filter(isLacking)
      return [...lacking.map((path) => `the provider has no ${path}`), ...compile(folder, text)]
    },
  }
}

const words = (name: string): readonly string[] => name.split('_')
const capital = (word: string): string => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`
/** What is written as the types write it would be taken for right. */
const camel = (name: string): string =>
  name === name.toLowerCase()
    ? words(name)
        .map((word, index) => (index === 0 ? word : capital(word)))
        .join('')
    : `${name}_is_not_lower_case`

/** `aws_lambda_alias` is LambdaAlias of lib/lambda-alias. */
function typeOf(kind: 'resource' | 'data', type: string): string {
  const parts = [...(kind === 'data' ? ['data', 'aws'] : []), ...words(type).slice(1)]
  return `import('@cdktn/provider-aws/lib/${parts.join('-')}').${parts.map(capital).join('')}`
}

/** An attribute is `any`: what it evaluates to is not known here. A block that stands once is an object. */
function literal(values: Values): string {
  const isBlock = (value: unknown): value is readonly Values[] =>
    Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'object' && !Array.isArray(one))
  const fields = Object.entries(values).map(([name, value]) => {
    if (!isBlock(value)) return `${camel(name)}: given`
    const blocks = value.map(literal)
    return `${camel(name)}: ${blocks.length === 1 ? (blocks[0] ?? '') : `[${blocks.join()}]`}`
  })
  return `{ ${fields.join(', ')} }`
}

type References = Terraform['references']

/** One line for each block and each reference, so that what the compiler says names it. */
async function statements(parsed: Parsed, variables: Parsed['variable'], references: References) {
  const lines: string[] = []
  for (const kind of ['resource', 'data'] as const)
    for (const [type, named] of Object.entries(parsed[kind] ?? {}))
      for (const [values] of Object.values(named)) {
        lines.push(`take<${typeOf(kind, type)}Config>(${literal(values)})`)
        const [{ ignore_changes: ignored = [] } = {}] = (values['lifecycle'] ?? []) as readonly Values[]
        for (const name of await references(ignored)) lines.push(reads(kind, type, name))
      }
  for (const [values] of Object.values(parsed.module ?? {})) {
    const { source: _, ...given } = values
    const fields = Object.entries(variables ?? {}).map(
      ([name, [one]]) => `${camel(name)}${'default' in one ? '?' : ''}: unknown`,
    )
    lines.push(`take<{ ${fields.join('; ')} }>(${literal(given)})`)
  }
  for (const reference of await references(parsed)) {
    const [first = '', ...rest] = reference.split('.')
    const [type = '', , attribute] = first === 'data' ? rest : [first, ...rest]
    if (type.startsWith('aws_') && attribute !== undefined)
      lines.push(reads(first === 'data' ? 'data' : 'resource', type, attribute))
  }
  return lines
}
const reads = (kind: 'resource' | 'data', type: string, attribute: string): string =>
  `read<${typeOf(kind, type)}>().${camel(attribute)}`

function compile(folder: string, text: string): readonly string[] {
  const begin = ['declare const given: any', 'declare function take<T>(it: T): void', 'declare function read<T>(): T']
  const lines = [...begin, ...text.split('\n'), 'export {}']
  writeFileSync(join(folder, 'blocks.ts'), lines.join('\n'))
  const flags = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--pretty', 'false']
  const { status, stdout } = run(join(root, 'node_modules/.bin/tsc'), [...flags, 'blocks.ts'], folder)
  if (status !== 0 && stdout === '') return ['tsc does not run']
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(' '))
    .map((line) => `${line}: ${lines[Number(/\((\d+),/.exec(line)?.[1] ?? 0) - 1] ?? ''}`)
}
