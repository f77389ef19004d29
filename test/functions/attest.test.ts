// Attestations by CI and ECR, on the embedded cloud under the stack's policies, and the release that finds them.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { attestedOf } from '../../functions/gate/attested.ts'
import { type Sandbox, openSandbox } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'
import { authorize } from '../scenarios/least-privilege.ts'

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await openSandbox({ authorize, perMinute: 60 })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
})
afterEach(() => sandbox.close())

const tests = (failed: number) => ({ passed: 40, failed, skipped: 1 })

it('a release finds the attestations about its version, its commit and the commit of its version', async () => {
  const version = await sandbox.publish('v2')
  expect(await sandbox.ask('attest', { service: 'checkout', version, by: 'build', commit: '4f2a' })).toEqual({
    subjects: [`version/checkout:${version}`],
  })
  await sandbox.ask('attest', { subject: 'commit/4f2a', by: 'ci', tests: tests(2), flags: ['new-cart'] })
  await sandbox.clock.advanceTo(sandbox.clock.nowMs() + 1000)
  await sandbox.ask('attest', { subject: 'commit/4f2a', by: 'nightly', tests: tests(0) })
  await sandbox.ask('attest', { subject: 'commit/other', by: 'ci', tests: tests(9) })
  const release = await sandbox.release(await sandbox.start({ version }))
  expect(await attestedOf(sandbox.world, release)).toEqual({ commit: '4f2a', tests: tests(0), flags: ['new-cart'] })
})

it('a finished ECR scan arrives by its rule', async () => {
  const digest = `sha256:${'7'.repeat(64)}`
  const send = async (status: string): Promise<void> => {
    const detail = {
      'scan-status': status,
      'repository-name': 'shop/orders',
      'image-digest': digest,
      'finding-severity-counts': { CRITICAL: 1 },
    }
    sandbox.cloud.events.emit({ source: 'aws.ecr', detailType: 'ECR Image Scan', detail })
    await sandbox.clock.settle()
  }
  const subject = `ecr/shop/orders@${digest}`
  await send('FAILED')
  expect((await sandbox.world.attestations.of([subject])).items).toEqual([])
  await send('COMPLETE')
  expect((await sandbox.world.attestations.of([subject])).items).toMatchObject([
    { by: 'aws.ecr', scan: { critical: 1, high: 0, medium: 0, low: 0 } },
  ])
})

it('nobody who may attest can pass for the scanner', async () => {
  const digest = `sha256:${'7'.repeat(64)}`
  const scan = {
    source: 'aws.ecr',
    'detail-type': 'ECR Image Scan',
    ...{ account: sandbox.world.home.account, region: sandbox.world.home.region },
    time: new Date(sandbox.clock.nowMs()).toISOString(),
    detail: {
      'scan-status': 'COMPLETE',
      'repository-name': 'shop/orders',
      'image-digest': digest,
      'finding-severity-counts': {},
    },
  }
  const attest = sandbox.orderAs('ci')
  await expect(attest('attest-subject', undefined, scan)).rejects.toMatchObject({ code: 'call_invalid' })
  await expect(attest('attest', 'checkout', scan)).rejects.toMatchObject({ code: 'call_invalid' })
  expect((await sandbox.world.attestations.of([`ecr/shop/orders@${digest}`])).items).toEqual([])
})

it('an invalid attestation is refused and nothing is stored', async () => {
  const version = { versions: { nonesuch: '2' }, by: 'ci', flags: [] }
  await expect(sandbox.ask('attest', { service: 'nobody', ...version })).rejects.toMatchObject({
    name: 'Tidegate.service_missing',
  })
  await expect(sandbox.ask('attest', { service: 'checkout', ...version })).rejects.toMatchObject({
    name: 'Tidegate.target_unknown',
  })
  await expect(sandbox.ask('attest', { subject: 'version/nonesuch:2', by: 'ci' })).rejects.toMatchObject({
    name: 'Tidegate.call_invalid',
  })
  expect((await sandbox.world.attestations.of(['version/nonesuch:2'])).items).toEqual([])
})
