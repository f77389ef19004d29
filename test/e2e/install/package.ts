// The package as others get it: packed, installed into an empty folder, and used there with the oldest Node that it is for and
// with the one of the repository, where no file of the repository can be read. `node test/e2e/install/package.ts` runs it alone.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from '../../../package/build.ts'
import { root } from '../../../package/code.ts'
import { linkedFrom } from '../../../package/links.ts'
import { unwanted } from '../../../package/readiness.ts'
import { writeRelease } from '../../../package/release-files.ts'
import type { Verify } from '../emulator.ts'
import { checkInstalled } from './installed.ts'
import { checkStack } from './package-stack.ts'

type Ran = { readonly status: number | null; readonly stdout: string; readonly stderr: string; readonly all: string }

/** A folder in which something is installed, and the Node that is used there. */
export type Place = {
  readonly folder: string
  readonly node: string
  readonly run: (command: string, ...args: readonly string[]) => Ran
  /** As `run`, with further settings. */
  readonly runWith: (env: NodeJS.ProcessEnv, command: string, ...args: readonly string[]) => Ran
  readonly start: (env: NodeJS.ProcessEnv, command: string, ...args: readonly string[]) => ChildProcess
}

const clean = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^(AWS_|npm_|NODE_(OPTIONS|PATH|COMPILE_CACHE)|TIDEGATE_|INIT_CWD)/.test(name),
    ),
  )

/** Puts an empty folder in the place of the repository, for one command and what it starts; it needs root, and Linux. */
const hidden = ['unshare', '-m', 'sh', '-c', `mount -t tmpfs none '${root}' && exec "$0" "$@"`]
const canHide = spawnSync(hidden[0] ?? '', [...hidden.slice(1), 'true']).status === 0

function placeWith(nodeBin: string, name: string): Place {
  // Whoever builds addresses out of paths finds a space in this one.
  const folder = mkdtempSync(join(tmpdir(), `tidegate package ${name} `))
  const bin = join(folder, '.node')
  mkdirSync(bin)
  cpSync(nodeBin, join(bin, 'node'), { dereference: true })
  const PATH = [bin, ...(process.env['PATH'] ?? '').split(':').filter((one) => !one.startsWith(root))].join(':')
  const settings = (env: NodeJS.ProcessEnv) => ({ cwd: folder, env: { ...clean(process.env), ...env, PATH } })
  const words = (command: string, args: readonly string[]): [string, string[]] => {
    const [first = command, ...rest] = canHide ? [...hidden, command, ...args] : [command, ...args]
    return [first, rest]
  }
  const runWith: Place['runWith'] = (env, command, ...args) => {
    const options = { ...settings(env), encoding: 'utf8', timeout: 600_000 } as const
    const { status, stdout, stderr } = spawnSync(...words(command, args), options)
    return { status, stdout, stderr, all: `${stdout}${stderr}` }
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'shop', private: true, type: 'module' }))
  return {
    ...{ folder, runWith, node: runWith({}, 'node', '--version').stdout.trim() },
    run: (command, ...args) => runWith({}, command, ...args),
    start: (env, command, ...args) =>
      spawn(...words(command, args), { ...settings(env), stdio: ['ignore', 'pipe', 'pipe'], detached: true }),
  }
}

/** Node 20 of the machine, or npm's. */
function oldNode(): string {
  const there = spawnSync('/usr/bin/node', ['--version'], { encoding: 'utf8' })
  if (there.error === undefined && there.stdout.startsWith('v20.')) return '/usr/bin/node'
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-node-'))
  spawnSync('npm', ['install', '--prefix', folder, 'node@20'], { encoding: 'utf8' })
  return join(folder, 'node_modules/node/bin/node')
}

/** Makes what `npm run release` makes. @returns the tarball */
function pack(verify: Verify, inCode: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-packed-'))
  const { filename, size, files, bom } = writeRelease(folder, inCode)
  const faults = unwanted(files, size)
  verify(`package: ${files.length} files, ${(size / 1e6).toFixed(2)} MB packed`, faults.length === 0, faults.join('\n'))
  checkMaterials(verify, folder, bom)
  return join(folder, filename)
}

function checkMaterials(verify: Verify, folder: string, bom: string): void {
  const sums = spawnSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: folder, encoding: 'utf8' })
  verify(
    'package: the checksums are of its tarball and its bill of materials',
    sums.status === 0 && sums.stdout.split(': OK\n').length === 3,
    `${sums.stdout}${sums.stderr}`,
  )
  const python = (path: string) =>
    spawnSync('python3', [join(import.meta.dirname, 'bom_check.py'), path], { encoding: 'utf8' })
  const valid = python(join(folder, bom))
  if (valid.stderr.includes('No module named')) {
    console.log('left out: the schema of the bill of materials (pip install "cyclonedx-python-lib[json-validation]")')
    return
  }
  verify('package: its bill of materials is valid CycloneDX', valid.status === 0, `${valid.stdout}${valid.stderr}`)
  const wrong = join(folder, 'wrong.json')
  writeFileSync(wrong, readFileSync(join(folder, bom), 'utf8').replace('"SHA-512"', '"SHA-513"'))
  verify('package: CycloneDX refuses a fault in it', python(wrong).status === 1, python(wrong).stderr)
  rmSync(wrong)
}

function checkForm(verify: Verify, tarball: string): void {
  const bin = (name: string): string => join(root, 'node_modules/.bin', name)
  const linted = spawnSync(bin('publint'), ['run', tarball, '--strict'], { encoding: 'utf8' })
  verify('package: publint finds nothing', linted.status === 0 && linted.stdout.includes('All good'), linted.stdout)
  // There is no CommonJS to import: Node 20.19 and later `require` modules.
  const typed = spawnSync(bin('attw'), [tarball, '--profile', 'esm-only', '--no-emoji'], { encoding: 'utf8' })
  verify('package: its types are right under node16 and bundler resolution', typed.status === 0, typed.stdout)
  const listed = spawnSync('tar', ['-xzOf', tarball], { encoding: 'utf8', maxBuffer: 1e9 })
  verify('package: no path of the repository is in it', !listed.stdout.includes(root), root)
}

/** By what is in the tarball, whatever the build meant to put there. */
function checkLinks(verify: Verify, tarball: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-pages-'))
  spawnSync('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1'])
  const pages = globSync('**/*.md', { cwd: folder })
  const dead = pages.flatMap((page) =>
    linkedFrom(page, readFileSync(join(folder, page), 'utf8'))
      .filter((path) => !existsSync(join(folder, path)))
      .map((path) => `${page}: ${path}`),
  )
  verify(
    `package: the links of its ${pages.length} pages lead somewhere`,
    pages.length > 30 && dead.length === 0,
    dead.join('\n'),
  )
  rmSync(folder, { recursive: true })
}

export async function checkPackage(verify: Verify, withEmulator: boolean): Promise<void> {
  const tarball = pack(verify, await build())
  checkForm(verify, tarball)
  checkLinks(verify, tarball)
  if (!canHide) console.log('left out: hiding the repository (unshare and mount need root)')
  const nodes = [oldNode(), join(root, 'node_modules/node/bin/node')].filter((one) => existsSync(one))
  for (const [index, node] of nodes.entries()) {
    const place = placeWith(node, String(index))
    verify(`package: there is a Node ${index === 0 ? '20' : '24'}`, /^v2[04]\./.test(place.node), place.node)
    try {
      await checkInstalled(verify, place, tarball, 4690 + index)
      await checkStack(verify, place, withEmulator && index === nodes.length - 1)
    } finally {
      rmSync(place.folder, { recursive: true, force: true })
    }
  }
}

if (import.meta.main) {
  let failed = 0
  await checkPackage(
    (name, holds, detail) => {
      if (!holds) failed++
      console.log(`${holds ? 'ok    ' : 'FAILED'} ${name}${holds ? '' : `\n${detail.slice(-4000)}`}`)
    },
    spawnSync('ministack', ['--help']).error === undefined,
  )
  process.exitCode = failed === 0 ? 0 : 1
}
