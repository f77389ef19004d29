// What CI and ECR say about candidates, on the embedded cloud under the policies of the stack, and where a release finds it.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { attestedOf } from '../../functions/gate/attested.ts'
import { type House, openHouse } from '../../local/house.ts'
import { sampleService } from '../../local/sample-service.ts'
import { authorize } from '../scenarios/least-privilege.ts'

let house: House
beforeEach(async () => {
  house = await openHouse({ authorize, perMinute: 60 })
  await house.world.services.put(sampleService({ slos: [], hooks: [] }))
})
afterEach(() => house.close())

const tests = (failed: number) => ({ passed: 40, failed, skipped: 1 })

it('a release finds what was said about its version, its commit and the commit of its version', async () => {
  const version = await house.publish('v2')
  expect(await house.ask('attest', { service: 'checkout', version, by: 'build', commit: '4f2a' })).toEqual({
    subjects: [`version/checkout:${version}`],
  })
  await house.ask('attest', { subject: 'commit/4f2a', by: 'ci', tests: tests(2), flags: ['new-cart'] })
  await house.clock.advanceTo(house.clock.nowMs() + 1000)
  await house.ask('attest', { subject: 'commit/4f2a', by: 'nightly', tests: tests(0) })
  await house.ask('attest', { subject: 'commit/other', by: 'ci', tests: tests(9) })
  const release = await house.release(await house.start({ version }))
  expect(await attestedOf(house.world, release)).toEqual({ commit: '4f2a', tests: tests(0), flags: ['new-cart'] })
})

it('a finished ECR scan is heard by its rule', async () => {
  const digest = `sha256:${'7'.repeat(64)}`
  const send = async (status: string): Promise<void> => {
    const detail = {
      'scan-status': status,
      'repository-name': 'shop/orders',
      'image-digest': digest,
      'finding-severity-counts': { CRITICAL: 1 },
    }
    house.cloud.events.emit({ source: 'aws.ecr', detailType: 'ECR Image Scan', detail })
    await house.clock.settle()
  }
  const subject = `ecr/shop/orders@${digest}`
  await send('FAILED')
  expect((await house.world.attestations.of([subject])).items).toEqual([])
  await send('COMPLETE')
  expect((await house.world.attestations.of([subject])).items).toMatchObject([
    { by: 'aws.ecr', scan: { critical: 1, high: 0, medium: 0, low: 0 } },
  ])
})

it('what is wrong is refused and nothing is kept', async () => {
  const version = { versions: { nonesuch: '2' }, by: 'ci', flags: [] }
  await expect(house.ask('attest', { service: 'nobody', ...version })).rejects.toMatchObject({
    name: 'Tidegate.service_missing',
  })
  await expect(house.ask('attest', { service: 'checkout', ...version })).rejects.toMatchObject({
    name: 'Tidegate.target_unknown',
  })
  await expect(house.ask('attest', { subject: 'version/nonesuch:2', by: 'ci' })).rejects.toMatchObject({
    name: 'Tidegate.call_invalid',
  })
  expect((await house.world.attestations.of(['version/nonesuch:2'])).items).toEqual([])
})
