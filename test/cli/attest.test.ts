// `tidegate attest` on the embedded cloud: a call for each right, what stands, and signed statements about a file.
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { attest, attestBundle } from '../../cli/commands/attest.ts'
import { exitCodes, screenOn } from '../../cli/backend/screen.ts'
import type { Cli } from '../../cli/backend/surroundings.ts'
import { Problem } from '../../core/problem.ts'
import type { RouteName } from '../../functions/routes.ts'
import { type Sandbox, openSandbox } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const publicKey = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString()
let sandbox: Sandbox
let lines: string[]
beforeEach(async () => {
  sandbox = await openSandbox({ perMinute: 60 })
  const attestations = { signers: [{ name: 'builder', publicKey }] }
  await sandbox.world.services.put(sampleService({ hooks: [], slos: [], attestations }))
  lines = []
})
afterEach(() => sandbox.close())

/** @param refused a route to which the caller has no right */
function cli(refused?: RouteName): Cli {
  const { hooks: _, ...world } = sandbox.world
  const order: Cli['backend']['order'] = (route, service, body) => {
    if (route === refused) throw new Problem('route_refused', route)
    return sandbox.orderAs('ci')(route, service, body)
  }
  return { backend: { ...world, order }, screen: screenOn((line) => lines.push(line), false) }
}
const tests = (failed: number) => ({ passed: 9, failed, skipped: 0 })

it('says each kind of fact by its own right, and tells what still stands', async () => {
  const version = await sandbox.publish('v2')
  expect(await attest(cli(), 'checkout', { version, commit: '4f2a', tests: tests(1), flags: ['x'] })).toBe(
    exitCodes.done,
  )
  await attest(cli(), 'checkout', { version, tests: tests(0) })
  await attest(cli(), 'checkout', { version, tests: tests(0), replaces: 'flaky' })
  expect(lines).toEqual([
    'Noted about version/checkout:2: tests, binding, flags.',
    'Noted about version/checkout:2: tests.\n1 failed tests still stand about version/checkout:2. Where this is to take their place, say why (`replaces`).',
    'Noted about version/checkout:2: tests.',
  ])
  expect(await sandbox.world.attestations.find('version/checkout:2', 'user/ci')).toMatchObject({
    ...{ commit: '4f2a', tests: tests(0), flags: ['x'] },
  })
})

it('what a right is missing for is not noted, and the rest is said to be', async () => {
  const call = { subject: 'version/checkout:1', commit: '4f2a', tests: tests(0) }
  await expect(attest(cli('attest-binding-of-subject'), undefined, call)).rejects.toMatchObject({
    code: 'route_refused',
  })
  expect(lines).toEqual(['Noted about version/checkout:1: tests.'])
  await expect(attest(cli(), undefined, { subject: 'version/checkout:1' })).rejects.toMatchObject({
    code: 'call_invalid',
  })
})

it('hands in a signed statement about a package, of which only the hash leaves the machine', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-'))
  const digest = createHash('sha256').update('v2').digest('hex')
  const payloadType = 'application/vnd.in-toto+json'
  const payload = JSON.stringify({
    ...{ _type: 'https://in-toto.io/Statement/v1', subject: [{ digest: { sha256: digest } }] },
    ...{ predicateType: 'https://in-toto.io/attestation/test-result/v0.1', predicate: { result: 'PASSED' } },
  })
  const encoded = `DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} ${payload}`
  const sig = sign('sha256', Buffer.from(encoded), keys.privateKey).toString('base64')
  const files = { bundle: join(folder, 'bundle.json'), package: join(folder, 'function.zip') }
  writeFileSync(files.bundle, JSON.stringify({ payloadType, payload: btoa(payload), signatures: [{ sig }] }))
  writeFileSync(files.package, 'v2')
  expect(await attestBundle(cli(), 'checkout', files)).toBe(exitCodes.done)
  expect(lines).toEqual([`Verified, and noted about sha256/${digest}.`])

  writeFileSync(files.package, 'v3')
  await expect(attestBundle(cli(), 'checkout', files)).rejects.toMatchObject({ code: 'bundle_foreign' })
  writeFileSync(files.bundle, '{}\n{}')
  await expect(attestBundle(cli(), 'checkout', files)).rejects.toMatchObject({ code: 'call_invalid' })
  for (const call of [{ bundle: files.bundle }, { ...files, subject: 'x' }, { ...files, tests: 1 }, { package: 'x' }])
    await expect(attestBundle(cli(), 'checkout', call)).rejects.toMatchObject({ code: 'call_invalid' })
  await expect(attestBundle(cli(), undefined, files)).rejects.toMatchObject({ code: 'call_invalid' })
})
