// An export is for other files of the program. One that only tests use is tested through what is public, or stands here with the
// reason why it is tested by itself.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

/** Called from outside of the program: by Lambda, by whoever installs the package, by a tool; or put into it by its build. */
const doors = [
  'functions/main.ts',
  'functions/pruning.ts',
  'functions/readers.ts',
  'functions/senders.ts',
  'functions/watchers.ts',
  'lib/index.ts',
  'package/core.ts',
  'package/ponyfills.ts',
  'lib/bundles/prebuilt.ts',
  'client/index.ts',
  'shadow/index.ts',
  'shadow/hook.ts',
  'examples/cdk/',
]

/** By the reason, exports that only tests use. */
const forTests: Readonly<Record<string, readonly string[]>> = {
  'a formula that is compared with published numbers, or with another one': [
    'bench/rivals/kayenta.ts: mannWhitneyInterval',
    'bench/rivals/tests.ts: after',
    'bench/rivals/tests.ts: growthBookInterval',
    'bench/rivals/tests.ts: safeBlock',
    'core/budget/budget.ts: burnFactor',
    'core/service/pacing.ts: excessMax',
    'core/verdict/judge/explain.ts: rateRatio',
    'core/verdict/processes/split-check.ts: logFixed',
  ],
  'a part of a longer sentence': ['core/service/plan.ts: planWords'],
  'compared with what is published or committed, row by row': [
    'cli/promise/promised.ts: promises',
    'cli/mcp/server.ts: tools',
    'cloud/authorization.ts: authorizations',
    'cloud/kinds.ts: kindOf',
    'local/rights.ts: identityPolicies',
    'cloud/kinds.ts: kinds',
    'core/view/widget-call.ts: widgetViews',
    'docs/generate.ts: jsonSchemas',
    'docs/generate.ts: reference',
    'lib/sbom.ts: bundledPackages',
  ],
  'the embedded cloud is the double of the tests: they set it up, and break one service of it': [
    'bench/promises/account.ts: Fleet',
    'bench/promises/account.ts: addFunction',
    'bench/promises/account.ts: addTraffic',
    'bench/promises/account.ts: days',
    'bench/promises/account.ts: release',
    'local/api-request.ts: apiRequest',
    'local/api-request.ts: fromAnswer',
    'local/installation.ts: definition',
    'local/sandbox.ts: SandboxOptions',
    'local/sandbox.ts: startMs',
  ],
  'given what no sandbox has: damaged policies, text instead of a file, an account that is full': [
    'policy/policies.ts: policiesFrom',
    'cli/commands/openslo.ts: openSloDocuments',
    'cli/doctor/installation.ts: storage',
  ],
  'the form of what others read': ['cli/verify/report.ts: VerifyReport', 'core/release/announcement.ts: incidentWords'],
  'makes what is published, which the tests look at before anybody gets it': [
    'lib/template/write.ts: shadowTemplateOf',
    'lib/template/write.ts: templateOf',
    'package/build.ts: copiedFiles',
    'package/build.ts: packedPage',
    'package/links.ts: linkedFrom',
  ],
  'text of a function that is written out, and no export': ['cli/verify/lab.ts: handler'],
  'the evaluator is bundled alone, to see what it adds': ['lib/bundle.ts: bundleOf'],
}

const files = globSync('**/*.ts', { cwd: root, exclude: ['node_modules', 'test', 'dist', 'coverage', 'cdk.out', '.*'] })
const sources = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]))

const namesIn = (list: string): string[] =>
  list.split(',').flatMap((one) => {
    const [name = ''] = one
      .trim()
      .replace(/^type /, '')
      .split(' as ')
    return name === '' ? [] : [name]
  })

function exportsOf(source: string): string[] {
  const declared = [...source.matchAll(/^export (?:async )?(?:function\*?|const|let|class|type|interface) (\w+)/gm)]
  const listed = [...source.matchAll(/^export (?:type )?\{([^}]*)\}/gm)]
  return [...declared.map(([, name = '']) => name), ...listed.flatMap(([, list = '']) => namesIn(list))]
}

/** Where what a module exports is written: in itself, or in one of those that it passes on as a whole. */
function origin(path: string, name: string): string {
  const source = sources.get(path) ?? ''
  const passedOn = [...source.matchAll(/^export (?:type )?\* from '(\.[^']+)'/gm)].map(([, to = '']) =>
    join(dirname(path), to),
  )
  return passedOn.find((to) => exportsOf(sources.get(to) ?? '').includes(name)) ?? path
}

/** `path: name` of whatever a file imports. Of a module that it imports as a whole, or later, whatever name stands in it. */
function usesOf(file: string, source: string): string[] {
  const at = (specifier: string): string => join(dirname(file), specifier)
  const named = [...source.matchAll(/^(?:import|export) (?:type )?\{([^}]*)\} from '(\.[^']+)'/gm)]
  const whole = [...source.matchAll(/^import (?:type )?\* as \w+ from '(\.[^']+)'|import\('(\.[^']+)'\)/gm)]
  return [
    ...named.flatMap(([, list = '', specifier = '']) =>
      namesIn(list).map((name) => `${origin(at(specifier), name)}: ${name}`),
    ),
    ...whole.flatMap(([, now, later]) => {
      const path = at(now ?? later ?? '')
      const names = exportsOf(sources.get(path) ?? '').filter((name) => new RegExp(`\\b${name}\\b`).test(source))
      return names.map((name) => `${path}: ${name}`)
    }),
  ]
}

it('no export is used by tests only, but those that are listed with the reason', () => {
  const used = new Set([...sources].flatMap(([file, source]) => usesOf(file, source)))
  const unused = [...sources]
    .filter(([file]) => !doors.some((door) => file.startsWith(door)))
    .flatMap(([file, source]) => exportsOf(source).map((name) => `${file}: ${name}`))
    .filter((one) => !used.has(one))
  expect([...new Set(unused)].sort()).toEqual(Object.values(forTests).flat().sort())
})

it('every way of exporting and importing is seen', () => {
  expect(
    exportsOf('export const a = 1\nexport async function b() {}\nexport type C = 1\nexport { d, type E }'),
  ).toEqual(['a', 'b', 'C', 'd', 'E'])
  const source = "import { a,\n  type B as C } from './one.ts'\nexport { d } from '../two.ts'\n"
  expect(usesOf('core/x.ts', source)).toEqual(['core/one.ts: a', 'core/one.ts: B', 'two.ts: d'])
})
