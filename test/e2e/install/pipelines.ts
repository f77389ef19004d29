// Every YAML file of the repository, and every pipeline that the documentation shows, by the schema of the tool that reads it:
// those of SchemaStore come with check-jsonschema, a definition has the one that is published (docs/service.schema.json). Opt-in
// (`npm run e2e`).
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import { root } from '../../../package/code.ts'
import type { Verify } from '../emulator.ts'
import { codeBlocks } from './documented.ts'

/** For each schema, what check-jsonschema is told, and what makes any document of it wrong. */
const schemas = {
  action: { args: ['--builtin-schema', 'vendor.github-actions'], wrong: { runs: { using: 'composit' } } },
  workflow: { args: ['--builtin-schema', 'vendor.github-workflows'], wrong: { jobs: { it: { step: [] } } } },
  gitlab: { args: ['--builtin-schema', 'vendor.gitlab-ci'], wrong: { include: [{ component: 1 }] } },
  definition: { args: ['--schemafile', join(root, 'docs/service.schema.json')], wrong: { targts: [] } },
} as const
type Kind = keyof typeof schemas

/** What each file is, or why no schema here is asked; a file that fits nothing fails. */
const kinds: readonly (readonly [RegExp, string])[] = [
  [/^actions\/[\w-]+\/action\.yml$/, 'action'],
  [/(^|\/)\.github\/workflows\//, 'workflow'],
  [/^templates\/|(^|\/)\.gitlab-ci\.yml$/, 'gitlab'],
  [/^examples\/(gitops\/services\/|[\w-]+\/(service|expand|contract)\.yaml$)/, 'definition'],
  [/(^|\/)buildspec\.yml$/, 'no package has a schema of it: test/examples/gitops.test.ts reads its commands'],
  [
    /^examples\/shadow\/shadow\.yaml$/,
    'test/e2e/install/package-stack.ts gives it to `tidegate template`, which reads it',
  ],
  [/^examples\/(sam|serverless)\//, 'test/e2e/install/iac.ts gives it to the tool that reads it'],
  [/^test\/fixtures\/|^\.textlintrc\.yml$/, 'nobody but the tests and lint reads it'],
]
const isKind = (kind: string): kind is Kind => kind in schemas

type Document = { readonly kind: Kind; readonly where: string; readonly content: unknown }
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

function filesOfRepository(verify: Verify): readonly Document[] {
  const listed = spawnSync('git', ['ls-files', '*.yml', '*.yaml'], { cwd: root, encoding: 'utf8' })
  const paths = listed.stdout.trim().split('\n')
  const kindOf = (path: string): string | undefined => kinds.find(([pattern]) => pattern.test(path))?.[1]
  const unknown = paths.filter((path) => kindOf(path) === undefined)
  verify(
    `pipelines: who reads each of ${paths.length} YAML files is known`,
    unknown.length === 0 && paths.length > 10,
    `${unknown.join()}${listed.stderr}`,
  )
  return paths.flatMap((path) => {
    const kind = kindOf(path) ?? ''
    if (!isKind(kind)) return []
    return parseAllDocuments(readFileSync(join(root, path), 'utf8')).map((one, index) => ({
      ...{ kind, where: index === 0 ? path : `${path} (${index + 1})`, content: one.toJS() as unknown },
    }))
  })
}

/** A part of a pipeline, put where it belongs. */
function whole(content: unknown): { readonly kind: Kind; readonly content: unknown } | undefined {
  const inJob = (job: object) => ({
    kind: 'workflow' as const,
    content: { on: 'push', jobs: { it: { 'runs-on': 'ubuntu-latest', ...job } } },
  })
  if (Array.isArray(content))
    return content.some((one) => isObject(one) && ('uses' in one || 'run' in one))
      ? inJob({ steps: content })
      : undefined
  if (!isObject(content)) return undefined
  if ('jobs' in content) return { kind: 'workflow', content }
  if ('steps' in content && !('plan' in content)) return inJob(content)
  return 'include' in content || 'stages' in content ? { kind: 'gitlab', content } : undefined
}

function documented(verify: Verify): readonly Document[] {
  const found = codeBlocks().flatMap(({ page, text }) => {
    try {
      const one = whole(parse(text, { logLevel: 'error' }))
      return one === undefined ? [] : [{ ...one, where: page }]
    } catch {
      // Most blocks are no YAML. One that should be is missed in the number below.
      return []
    }
  })
  const count = found.filter(({ where }) => where === 'docs/pipelines.md').length
  verify(`pipelines: docs/pipelines.md shows ${count}, and 3 are expected`, count === 3, JSON.stringify(found))
  return found
}

/** What a component or an action takes, and whether it must be given. */
function inputsOf(kind: Kind, name: string): Readonly<Record<string, { default?: unknown; required?: boolean }>> {
  if (kind === 'workflow') {
    const { inputs } = parse(readFileSync(join(root, `actions/${name}/action.yml`), 'utf8')) as { inputs: object }
    return inputs as ReturnType<typeof inputsOf>
  }
  const [first] = parseAllDocuments(readFileSync(join(root, `templates/${name}.yml`), 'utf8'))
  const { spec } = first?.toJS() as { spec: { inputs: ReturnType<typeof inputsOf> } }
  return Object.fromEntries(
    Object.entries(spec.inputs).map(([input, one]) => [input, { ...one, required: !('default' in one) }]),
  )
}

/** A step of GitHub, or what GitLab includes. */
type Use = { readonly uses?: string; readonly component?: string; readonly with?: object; readonly inputs?: object }

/** The schema says that an action or a component may be used; ours says with which inputs. */
function wrongInputs({ kind, content }: Document): readonly string[] {
  const { jobs = {}, include = [] } = content as { jobs?: object; include?: readonly object[] }
  const steps = Object.values(jobs).flatMap((job: { readonly steps?: readonly object[] }) => job.steps ?? [])
  return [...steps, ...include].flatMap((one) => {
    const { uses, component, ...rest } = one as Use
    const [, name] = /\/tidegate\/(?:actions\/)?([\w-]+)@/.exec(uses ?? component ?? '') ?? []
    if (name === undefined) return []
    const given = Object.keys(rest.with ?? rest.inputs ?? {})
    const takes = inputsOf(kind, name)
    return [
      ...given.filter((input) => !(input in takes)).map((input) => `${name} does not take ${input}`),
      ...Object.keys(takes)
        .filter((input) => takes[input]?.required === true && !given.includes(input))
        .map((input) => `${name} needs ${input}`),
    ]
  })
}

type Fault = { readonly filename: string }
type Faults = { readonly errors: readonly Fault[]; readonly parse_errors?: readonly Fault[] }

/** @returns what check-jsonschema says, and of how many documents it says anything */
function faultsOf(kind: Kind, documents: readonly Document[]): { readonly count: number; readonly all: string } {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-schemas-'))
  const paths = documents.map(({ where, content }, index) => {
    const path = join(folder, `${index} ${where.replaceAll('/', ' ')}.json`)
    writeFileSync(path, JSON.stringify(content))
    return path
  })
  const args = ['--output-format', 'json', ...schemas[kind].args, ...paths]
  const { stdout, stderr } = spawnSync('check-jsonschema', args, { encoding: 'utf8' })
  const { errors, parse_errors: unread = [] } = JSON.parse(stdout) as Faults
  return { count: new Set([...errors, ...unread].map((one) => one.filename)).size, all: `${stdout}${stderr}` }
}

export function checkPipelines(verify: Verify): void {
  const documents = [...filesOfRepository(verify), ...documented(verify)]
  const inputs = documents.flatMap((one) => wrongInputs(one).map((fault) => `${one.where}: ${fault}`))
  verify('pipelines: actions and components get inputs that they take', inputs.length === 0, inputs.join('\n'))
  if (spawnSync('check-jsonschema', ['--version']).error !== undefined) {
    console.log('left out: check-jsonschema is not installed (pip install check-jsonschema)')
    return
  }
  for (const kind of Object.keys(schemas) as readonly Kind[]) {
    const ofKind = documents.filter((one) => one.kind === kind)
    const where = [...new Set(ofKind.map((one) => one.where))].join(', ')
    const { count, all } = faultsOf(kind, ofKind)
    verify(`pipelines: the ${kind} schema takes ${where}`, count === 0 && ofKind.length > 0, all)
    const broken = ofKind.map((one) => ({ ...one, content: { ...(one.content as object), ...schemas[kind].wrong } }))
    const refused = faultsOf(kind, broken)
    verify('pipelines: and none of them with a fault', refused.count === broken.length, refused.all)
  }
}
