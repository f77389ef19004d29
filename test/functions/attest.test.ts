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

it('a release finds the attestations about its version and the commit of its version, and the worst counts', async () => {
  const version = await sandbox.publish('v2')
  expect(await sandbox.ask('attest', { service: 'checkout', version, by: 'build', commit: '4f2a' })).toEqual({
    subjects: [`version/checkout:${version}`],
  })
  await sandbox.ask('attest', { subject: 'commit/4f2a', by: 'ci', tests: tests(2), flags: ['new-cart'] })
  await sandbox.clock.advanceTo(sandbox.clock.nowMs() + 1000)
  await sandbox.ask('attest', { subject: 'commit/4f2a', by: 'nightly', tests: tests(0) })
  await sandbox.ask('attest', { subject: 'commit/other', by: 'ci', tests: tests(9) })
  const release = await sandbox.release(await sandbox.start({ version }))
  expect(await attestedOf(sandbox.world, release, release.service)).toEqual({
    ...{ commit: '4f2a', bound: true, tests: tests(2), flags: ['new-cart'] },
  })
})

it('a failure stands until the same caller replaces it with a reason; nothing of it is lost', async () => {
  const subject = `version/checkout:${await sandbox.publish('v2')}`
  const attest = (by: string, failed: number, more: object = {}) =>
    sandbox.ask('attest', { subject, by, tests: tests(failed), ...more })
  expect(await attest('ci', 2)).toEqual({ subjects: [subject] })
  expect(await attest('ci', 0)).toEqual({
    subjects: [subject],
    stands: [`2 failed tests still stand about ${subject}. Where this is to take their place, say why (\`replaces\`).`],
  })
  await attest('mallory', 0, { replaces: 'mine is better' })
  const release = await sandbox.release(await sandbox.start({ version: '2' }))
  const found = () => attestedOf(sandbox.world, release, release.service)
  expect(await found()).toMatchObject({ tests: tests(2) })
  expect(await attest('ci', 0, { replaces: 'flaky' })).toEqual({ subjects: [subject] })
  expect(await found()).toEqual({ tests: tests(0), replaced: ['user/ci has replaced 2 failed tests: "flaky"'] })
  expect((await sandbox.world.attestations.find(subject, 'user/ci'))?.earlier).toMatchObject([
    { tests: tests(0) },
    { tests: tests(2), because: 'flaky' },
  ])
})

it('of two calls of one caller at once both are kept', async () => {
  const attest = (failed: number) =>
    sandbox.ask('attest', { subject: 'version/checkout:1', by: 'ci', tests: tests(failed) })
  await Promise.all([attest(0), attest(3), attest(0)])
  expect(await sandbox.world.attestations.find('version/checkout:1', 'user/ci')).toMatchObject({ tests: tests(3) })
})

it('a caller with a name of AWS attests nothing', async () => {
  for (const who of ['aws.ecr', 'arn:aws:sts::000000000000:assumed-role/AWSReservedSSO_admin_1/AWS.ecr'])
    await expect(
      sandbox.orderAs(who)('attest-tests', 'checkout', { version: '1', tests: tests(0) }),
    ).rejects.toMatchObject({ code: 'attester_reserved' })
  expect((await sandbox.world.attestations.of(['version/checkout:1'])).items).toEqual([])
})

it('no route takes what is the right of another', async () => {
  const call = { subject: 'version/checkout:1', commit: '4f2a' }
  const order = sandbox.orderAs('ci')
  await expect(order('attest-tests-of-subject', undefined, call)).rejects.toMatchObject({ code: 'call_invalid' })
  await expect(order('attest-tests-of-subject', undefined, { ...call, what: 'binding' })).rejects.toMatchObject({
    code: 'call_invalid',
    message: expect.stringContaining('must not say what') as string,
  })
  expect((await sandbox.world.attestations.of([call.subject])).items).toEqual([])
})

it('a commit of the future starts nothing', async () => {
  const call = { service: 'checkout', version: '1', commit: '4f2a', committedAt: '9999-01-01T00:00:00Z' }
  await expect(sandbox.ask('start', call)).rejects.toMatchObject({ code: 'call_invalid' })
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
  await expect(attest('attest-scan-of-subject', undefined, scan)).rejects.toMatchObject({ code: 'call_invalid' })
  await expect(attest('attest-scan', 'checkout', scan)).rejects.toMatchObject({ code: 'call_invalid' })
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
  await expect(sandbox.ask('attest', { subject: 'version/nonesuch:2', by: 'ci', commit: '' })).rejects.toMatchObject({
    name: 'Tidegate.call_invalid',
  })
  expect((await sandbox.world.attestations.of(['version/nonesuch:2'])).items).toEqual([])
})
