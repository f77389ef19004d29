// `tidegate doctor --readiness`: each thing that a service lacks is named, and is no longer once the service has it.
import { beforeEach, expect, it } from 'vitest'
import { backendOnAws } from '../../../cli/backend/aws-backend.ts'
import { screenOn } from '../../../cli/backend/screen.ts'
import { accountOf } from '../../../cli/doctor/account.ts'
import { chosen } from '../../../cli/doctor/checks.ts'
import { examine } from '../../../cli/doctor/doctor.ts'
import { readinessChecks } from '../../../cli/doctor/readiness.ts'
import { type Sandbox, openSandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await openSandbox({ perMinute: 0 })
  return () => sandbox.close()
})

async function ask(...ids: readonly string[]) {
  const lines: string[] = []
  const backend = { ...backendOnAws({}, sandbox.clients.place), clock: sandbox.clock }
  const checks = ids.length === 0 ? readinessChecks : chosen(ids)
  const screen = screenOn((line) => lines.push(line), false)
  return {
    code: await examine(screen, accountOf(backend, 'tidegate', sandbox.clients.place), checks),
    text: lines.join('\n'),
  }
}

const without = { slos: [], hooks: [], signals: {}, runbook: undefined, owner: undefined }

it.each([
  ['runbooks', { runbook: 'https://example.com/r' }],
  ['owners', { owner: { name: 'shop', contact: 'shop@example.com' } }],
  ['objectives', { slos: [{ name: 'available', objective: 99 }] }],
  ['guards', { signals: { alarms: ['checkout-errors'] } }],
  ['smoke-tests', { hooks: [{ at: 'beforeTraffic', function: 'checkout-smoke' }] }],
] as const)('%s: missing, and there', async (id, has) => {
  await sandbox.world.services.put(sampleService(without))
  expect(await ask(id)).toMatchObject({ code: 1, text: expect.stringContaining(`problem  ${id}: checkout`) as string })
  await sandbox.world.services.put(sampleService({ ...without, ...has }))
  expect(await ask(id)).toMatchObject({ code: 0 })
})

it('way-back: never tried, tried, and too long ago', async () => {
  await sandbox.world.services.put(sampleService({ slos: [] }))
  expect((await ask('way-back')).text).toContain('never tried')
  const version = await sandbox.publish('v2')
  const id = await sandbox.start({ version, plan: 'Canary10Percent5Minutes' })
  expect((await ask('way-back')).text).toContain('never tried')
  await sandbox.ask('orderRollback', { verb: 'rollBack', service: 'checkout', by: 'ann', reason: 'x' })
  await sandbox.finish(id)
  expect(await ask('way-back')).toMatchObject({ code: 0, text: expect.stringContaining(`(release ${id})`) as string })
  const later = { nowMs: () => sandbox.clock.nowMs() + 107 * 86_400_000 }
  const backend = { ...backendOnAws({}, sandbox.clients.place), clock: later }
  const lines: string[] = []
  const screen = screenOn((line) => lines.push(line), false)
  expect(await examine(screen, accountOf(backend, 'tidegate', sandbox.clients.place), chosen(['way-back']))).toBe(1)
  expect(lines.join('\n')).toMatch(/last tried 107 days ago.*\n.*tidegate drill checkout/)
})
