// What is shipped: whose code it is, under which licence, what of it runs when it is installed, and what works without the rest.
import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { billOfMaterials, bundledPackages } from '../../lib/sbom.ts'
import { optionalVerbs, type Verb, verbs } from '../../functions/handlers.ts'
import { areAll } from '../repeats.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string): unknown => JSON.parse(readFileSync(join(root, path), 'utf8'))
const { dependencies, devDependencies } = read('package.json') as Record<string, Record<string, string>>
type Locked = { readonly version: string; readonly hasInstallScript?: boolean; readonly dev?: boolean }
const { packages } = read('package-lock.json') as { packages: Record<string, Locked & { resolved?: string }> }
// To bundle all takes ten seconds of a processor. These have S3's client and the evaluator of policies.
const asked: readonly Verb[] = areAll ? [...verbs, ...optionalVerbs] : ['prepare', 'copyLog', 'gate']
const bom = billOfMaterials(undefined, asked)

/** Such as a package's own package.json may name. */
const allowed = ['Apache-2.0', 'MIT', 'MIT-0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD']
/** Part of the command line alone: it replays what other controllers decide. */
const allowedInCli: Readonly<Record<string, string>> = { '@stdlib/': 'Apache-2.0 AND BSL-1.0' }

describe('the bill of materials', () => {
  it('has every package in a Lambda bundle, by its exact version, with the functions that it is in', () => {
    expect(bom.bomFormat).toBe('CycloneDX')
    const bundled = bundledPackages(asked)
    const said = bom.components.flatMap(({ name, version, properties = [] }) =>
      properties
        .filter((one) => one.name === 'tidegate:functions')
        .map(({ value }) => [`${name}@${version}`, value.split(' ')]),
    )
    expect(Object.fromEntries(said)).toEqual(Object.fromEntries(bundled))
    expect(bundled.get([...bundled.keys()].find((one) => one.startsWith('@aws-sdk/client-s3@')) ?? '')).toEqual([
      'prepare',
      'copyLog',
    ])
    expect([...bundled.keys()].some((one) => one.startsWith('@cedar-policy/cedar-wasm@'))).toBe(true)
  })

  it('has every dependency, and nothing of the embedded cloud or the tests', () => {
    const names = bom.components.map(({ name }) => name)
    for (const name of Object.keys(dependencies ?? {})) expect(names).toContain(name)
    for (const name of ['dynalite', 'classic-level', 'jsonata', 'vitest', '@cloud-copilot/iam-simulate'])
      expect(names).not.toContain(name)
  })

  it('calls nothing optional that is shipped, and has the hash of each package', () => {
    for (const { name, scope, hashes = [], properties = [] } of bom.components) {
      expect([name, scope, hashes.length]).toEqual([name, 'required', 1])
      expect(properties.map((one) => one.name)).not.toContain('cdx:npm:package:development')
    }
  })

  it('has only licences that we have agreed to', () => {
    const others = bom.components.flatMap(({ name, version, licenses = [] }) => {
      const words = licenses.map(({ license, expression }) => license?.id ?? expression ?? 'none')
      const isAllowed = (word: string): boolean =>
        allowed.includes(word) ||
        (Object.entries(allowedInCli).some(([begin, licence]) => name.startsWith(begin) && word === licence) &&
          !bundledPackages(asked).has(`${name}@${version}`))
      return words.length > 0 && words.every(isAllowed) ? [] : [`${name}: ${words.join()}`]
    })
    expect(others).toEqual([])
  })
})

it('no package that is shipped runs code when it is installed, and those for development that do are named', () => {
  const running = Object.entries(packages).filter(([, one]) => one.hasInstallScript)
  expect(running.filter(([, one]) => one.dev !== true)).toEqual([])
  const names = running.map(([path]) => path.split('node_modules/').at(-1) ?? '').sort()
  expect(names).toEqual(['classic-level', 'esbuild', 'node'])
  const text = readFileSync(join(root, 'docs/security.md'), 'utf8')
  for (const name of names) expect(text).toContain(`\`${name}\``)
})

describe('without the embedded cloud', () => {
  const local = ['dynalite', 'jsonata', '@sinonjs/fake-timers']

  it('every package that the command line, the functions and the constructs import is one that is installed', () => {
    const builtin = (name: string): boolean => name.startsWith('node:') || builtinModules.includes(name)
    const files = globSync('{cli,cloud/aws,console,core,functions,policy,lib}/**/*.ts', { cwd: root })
    const peers = ['aws-cdk-lib', 'constructs', 'esbuild']
    const missing = files.flatMap((file) => {
      const source = readFileSync(join(root, file), 'utf8')
      const all = [...source.matchAll(/(?:^(?:import|export)\s[^'";]*?from|\bimport\(|^import) ?'([^'.][^']*)'/gm)].map(
        ([, specifier = '']) => specifier,
      )
      const names = all.map((one) => /^(@[^/]+\/[^/]+|[^/]+)/.exec(one)?.[1] ?? one)
      const has = (name: string): boolean =>
        builtin(name) || dependencies?.[name] !== undefined || (file.startsWith('lib/') && peers.includes(name))
      return names.filter((name) => !has(name)).map((name) => `${file}: ${name}`)
    })
    expect(missing).toEqual([])
    for (const name of local)
      expect([dependencies?.[name], devDependencies?.[name]]).toEqual([undefined, expect.anything()])
  })

  const without = (...names: readonly string[]): string => {
    const hook = `import { registerHooks } from 'node:module'
      registerHooks({ resolve(specifier, context, next) {
        if (!${JSON.stringify(names)}.includes(specifier)) return next(specifier, context)
        throw Object.assign(new Error("Cannot find package '" + specifier + "'"), { code: 'ERR_MODULE_NOT_FOUND' })
      } })`
    return `data:text/javascript,${encodeURIComponent(hook)}`
  }
  const run = (...args: readonly string[]) =>
    promisify(execFile)(process.execPath, ['--import', without(...local), ...args], { cwd: root }).then(
      ({ stdout }) => ({ code: 0, text: stdout }),
      (error: unknown) => {
        const { code, stderr } = error as { code: number; stderr: string }
        return { code, text: stderr }
      },
    )

  it('the command line and the constructs load, and `tidegate local` says what is missing', async () => {
    expect(await run('cli/main.ts', '--help')).toMatchObject({ code: 0 })
    expect(await run('--eval', "await import('./lib/index.ts')")).toMatchObject({ code: 0 })
    const { code, text } = await run('cli/main.ts', 'local', '--once')
    expect(text).toMatch(/^part_missing: The embedded cloud needs \S+, which is not installed\.\n.*npm ci/)
    expect(code).toBe(2)
  })
})
