// The functions as Lambda gets them: small, and without SDK clients that they do not use. Functions that decide by policies ship
// the evaluator beside the bundle, and this test states its size. To make all bundles takes ten seconds of a processor, so
// `npm test` makes some, and `npm run e2e` all. It runs with the examples (cdk.test.ts), which need the same bundles there.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { zipSync } from 'fflate'
import { expect, it, vi } from 'vitest'
import type { PolicyDecision } from '../../core/gate/policy.ts'
import { optionalVerbs, type Verb, verbs } from '../../functions/handlers.ts'
import { permissions } from '../../functions/permissions.ts'
import { bundle, bundleOf, bundles, writeBundle } from '../../lib/bundle.ts'
import type { Bundle } from '../../lib/bundles/write.ts'
import { controllerFunction, type Resources } from '../../lib/controller-functions.ts'
import { environment } from '../../local/installation.ts'
import { areAll } from '../repeats.ts'

const clients: Readonly<Record<string, readonly string[]>> = {
  gate: ['appconfig', 'cloudwatch', 'dynamodb', 'lambda'],
  intake: ['dynamodb', 'sfn'],
  admit: ['dynamodb', 'lambda', 'sfn'],
  prepare: [
    'appconfig',
    'application-auto-scaling',
    'cloudwatch',
    'dynamodb',
    'lambda',
    's3',
    'secrets-manager',
    'sqs',
    'ssm',
  ],
  hook: ['dynamodb', 'lambda', 'sfn'],
  shift: ['dynamodb', 'lambda'],
  bake: ['dynamodb', 'sfn'],
  judge: ['appconfig', 'cloudwatch', 'dynamodb', 'lambda', 'secrets-manager', 'sfn', 'ssm'],
  rollBack: ['dynamodb', 'lambda', 'sfn', 'sns'],
  outage: ['cloudwatch', 'dynamodb', 'lambda'],
  page: ['dynamodb', 'sns'],
  settle: ['appconfig', 'application-auto-scaling', 'dynamodb', 'lambda', 'secrets-manager', 'sfn', 'sns', 'ssm'],
  handOver: ['dynamodb', 'sfn'],
  pause: ['dynamodb', 'sfn'],
  promote: ['dynamodb', 'sfn'],
  answer: ['dynamodb', 'sfn'],
  orderRollback: ['dynamodb', 'lambda', 'sfn', 'sns'],
  announce: ['dynamodb', 'eventbridge', 'sns'],
  alarm: ['cloudwatch', 'dynamodb', 'lambda', 'sfn', 'sns'],
  budget: ['cloudwatch', 'dynamodb', 'eventbridge', 'sns'],
  attest: ['dynamodb'],
  hear: ['dynamodb'],
  ask: ['appconfig', 'cloudwatch', 'dynamodb', 'lambda'],
  pipeline: ['appconfig', 'cloudwatch', 'codepipeline', 'dynamodb', 'lambda'],
  start: ['dynamodb', 'sfn'],
  approve: ['dynamodb', 'sfn'],
  override: ['dynamodb', 'sfn'],
  stopLine: ['dynamodb'],
  startLine: ['dynamodb', 'sfn'],
  reports: ['application-signals', 'dynamodb', 'eventbridge'],
  incident: ['dynamodb'],
  apply: ['dynamodb', 'lambda', 'sqs'],
  copyLog: ['dynamodb', 's3', 'sns'],
  sendTelemetry: ['dynamodb', 'secrets-manager'],
  measure: ['dynamodb'],
  oldVersions: ['dynamodb', 'lambda'],
  prune: ['dynamodb', 'lambda'],
  observe: ['cloudwatch', 'dynamodb', 'lambda'],
  watch: ['cloudwatch', 'dynamodb', 'lambda', 'sfn', 'sns'],
  widget: ['dynamodb', 'lambda'],
  read: ['dynamodb'],
  provision: ['dynamodb', 'lambda', 'sfn'],
  reconcile: ['application-auto-scaling', 'cloudwatch', 'dynamodb', 'lambda', 'sfn', 'sns'],
}

/** Those with the most in them, and one of each kind: with and without policies, a second client, signatures, pages. */
const someVerbs: readonly Verb[] = ['gate', 'prepare', 'judge', 'attest', 'copyLog', 'widget']
const bundledHere: readonly Verb[] = areAll ? [...verbs, ...optionalVerbs] : someVerbs

/** The functions that decide by policies. */
const deciding: readonly Verb[] = ['gate', 'ask', 'pipeline', 'approve', 'override', 'apply']

// S3's client reads packages, for their hash: 150 kB. Three clients that see when something changed: 120 kB.
const mostKilobytes: Partial<Readonly<Record<Verb, number>>> = {
  judge: 1_140,
  settle: 1_115,
  pipeline: 1_010,
  reconcile: 1_050,
  prepare: 1_300,
  ask: 1_000,
  gate: 990,
  alarm: 980,
  orderRollback: 980,
  widget: 1_130,
  watch: 980,
}

function bundled(verb: Verb): Bundle {
  bundles(bundledHere)
  return bundle(verb)
}

export function testBundles(): void {
  it.each(bundledHere)('%s is under 970 kB, or its own limit, and contains only its own clients', (verb) => {
    const made = bundled(verb)
    expect(made.clients).toEqual(clients[verb])
    expect(made.code.length).toBeLessThan((mostKilobytes[verb] ?? 970) * 1024)
    expect(Object.keys(made.files).length > 0).toBe(deciding.includes(verb))
  })

  it('the CDK puts the bundle of a function into its asset, with the policies and their evaluator beside it', () => {
    vi.stubEnv('CDK_CONTEXT_JSON', undefined)
    const code = bundled('gate')
    const app = new App()
    const stack = new Stack(app, 'bundled')
    const resources = Object.fromEntries(['table', ...Object.keys(permissions.gate)].map((scope) => [scope, ['*']]))
    controllerFunction(stack, {
      verb: 'gate',
      controller: 'tidegate',
      environment,
      resources: resources as unknown as Resources,
    })
    const { directory } = app.synth()
    const [asset = '', ...others] = readdirSync(directory).filter((name) => name.startsWith('asset.'))
    expect(others).toEqual([])
    for (const [path, bytes] of Object.entries({ ...code.files, 'index.mjs': code.code }))
      expect(Buffer.compare(readFileSync(join(directory, asset, path)), bytes), path).toBe(0)
    vi.unstubAllEnvs()
  })

  const policies = bundleOf('policy/policies.ts', 'cedarPolicies')

  it('the policy evaluator adds 4.5 MB to a function, 1.5 MB as a zip, and none of it to the module', () => {
    expect(policies.code.length).toBeLessThan(16 * 1024)
    const bytes = Object.values(policies.files).reduce((sum, { length }) => sum + length, 0)
    expect(bytes).toBeLessThan(4.5 * 1000 * 1000)
    expect(zipSync(policies.files).length).toBeLessThan(1.5 * 1000 * 1000)
  })

  it('a bundle decides by policies with nothing but what it was shipped with', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-test-'))
    writeBundle(folder, 'index.mjs', policies)
    const script = `
      const { cedarPolicies } = await import('./index.mjs')
      const context = { requesters: ['ada'], approvers: [], fourEyes: true, isNamed: true, reason: '' }
      const question = { action: 'approve', service: 'checkout', context, own: '@id("x") forbid (principal, action, resource);' }
      for (const id of ['ada', 'bob'])
        console.log(JSON.stringify(await cedarPolicies().decide({ ...question, principal: { kind: 'Person', id } })))`
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: folder, encoding: 'utf8' })
    rmSync(folder, { recursive: true })
    const decisions = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as PolicyDecision)
    expect(decisions.map(({ because, trouble }) => [because.map(({ policy }) => policy), trouble])).toEqual([
      [['four-eyes', 'own/x'], []],
      [['own/x'], []],
    ])
  })
  it('only the function that verifies signatures has the library for it, 106 kB, and it works as it is shipped', () => {
    const isThere = (verb: Verb) => Buffer.from(bundled(verb).code).includes('signature verification failed')
    expect(bundledHere.filter(isThere)).toEqual(['attest'])
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-test-'))
    writeBundle(folder, 'index.mjs', bundleOf('provenance/signatures.ts', 'sigstoreSignatures'))
    const path = new URL('../fixtures/sigstore/happy-path-intoto-in-dsse-v3.json', import.meta.url).pathname
    const script = `
      const { readFileSync } = await import('node:fs')
      const { sigstoreSignatures } = await import('./index.mjs')
      await sigstoreSignatures().verify(JSON.parse(readFileSync(${JSON.stringify(path)}, 'utf8')), []).catch((error) => console.log(error.code))`
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: folder, encoding: 'utf8' })
    rmSync(folder, { recursive: true })
    // It was verified, and nobody has named who signed it.
    expect(out.trim()).toBe('signer_unknown')
  })
}
