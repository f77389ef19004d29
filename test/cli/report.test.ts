// `tidegate report` on the embedded cloud: releases, attestations and incidents, read back as measures.
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type ReportOptions, showReport } from '../../cli/commands/report.ts'
import { exitCodes, screenOn } from '../../cli/backend/screen.ts'
import type { Cli } from '../../cli/backend/surroundings.ts'
import { type Sandbox, openSandbox, startMs } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'

let sandbox: Sandbox
let lines: string[]
beforeEach(async () => {
  sandbox = await openSandbox({ perMinute: 60 })
  await sandbox.world.services.put(sampleService({ hooks: [], slos: [] }))
  lines = []
})
afterEach(() => sandbox.close())

function cli(json = false): Cli {
  const { hooks: _, ...world } = sandbox.world
  return {
    backend: { ...world, order: sandbox.orderAs('ann') },
    screen: screenOn((line) => lines.push(line), json),
  }
}
const iso = (ms: number): string => new Date(ms).toISOString()

type Entry = { readonly id: string; readonly value: number | null; readonly n: number; readonly because?: string }
type Told = { readonly of: string; readonly measures: readonly Entry[]; readonly services?: readonly Told[] }
async function told(name?: string, options: ReportOptions = {}): Promise<Told> {
  lines = []
  expect(await showReport(cli(true), name, options)).toBe(exitCodes.done)
  return JSON.parse(lines[0] ?? '') as Told
}
const valuesOf = ({ measures }: Told): Record<string, number | null> =>
  Object.fromEntries(measures.map(({ id, value }) => [id, value]))

it('reports releases, their attestations and the incidents', async () => {
  const good = await sandbox.publish('v2')
  const committedAt = iso(sandbox.clock.nowMs() - 3_600_000)
  await sandbox.ask('attest', {
    subject: 'commit/4f2a',
    by: 'ci',
    committedAt,
    tests: { passed: 9, failed: 1, skipped: 0 },
    flags: ['x'],
  })
  await sandbox.ask('attest', { service: 'checkout', version: good, by: 'builder', commit: '4f2a' })
  const first = await sandbox.finish(await sandbox.start({ version: good }))
  const openedAt = iso(sandbox.clock.nowMs() - 60_000)
  const incident = { id: 'i1', service: 'checkout', source: 'ann', openedAt, resolvedAt: iso(sandbox.clock.nowMs()) }
  await sandbox.ask('incident', incident)
  const bad = await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v3') }))
  expect([first.ending?.outcome, bad.ending?.outcome]).toEqual(['promoted', 'rolledBack'])
  await sandbox.minutes(1)

  const values = valuesOf(await told('checkout'))
  const promotedMs = first.shifts.at(-1)?.sinceMs ?? 0
  expect(values).toMatchObject({
    M1: 1 / 30,
    M2: (promotedMs - Date.parse(committedAt)) / 1000,
    M3: 1,
    M5: 1 / 2,
    M10: 0.9,
    M11: 0,
    M13: 1,
    M14: 1,
    M6: null,
    M7: null,
  })
  expect(values['M8']).toBeLessThan(60)
  expect(values['M12']).toBeGreaterThan(0)
  // The report on all services has the same values, overall and for each service.
  const all = await told()
  expect(all.of).toBe('All services')
  expect(all.services?.map((one) => valuesOf(one))).toEqual([values])
  expect(valuesOf(all)).toEqual(values)
  // In a period before everything, the only known values are zeros.
  const before = await told('checkout', { from: iso(startMs - 86_400_000), to: iso(startMs) })
  expect(Object.entries(valuesOf(before)).filter(([, value]) => value !== null)).toEqual([
    ['M1', 0],
    // Incidents are reported here, so their absence counts as zero.
    ['M14', 0],
  ])

  lines = []
  await showReport(cli(), 'checkout', { last: '2h' })
  expect(lines[0]).toMatch(/^checkout, .*Z to .*Z\n\nM1 /)
  expect(lines[0]).toMatch(/M5 +canary pass rate +50 % +missed: at least 95 %\n +of 2\n/)
  expect(lines[0]).toMatch(/M6 +budget burn rate \(1 h\) +unknown +\(at most 2\)\n +there is no SLO\n/)

  lines = []
  const file = join(mkdtempSync(join(tmpdir(), 'tidegate-')), 'report.html')
  await showReport(cli(), undefined, { html: file })
  expect(lines).toEqual([`The report is in ${file}.`])
  expect(readFileSync(file, 'utf8')).toContain('<h1>All services: measures of delivery</h1>')
})

it('refuses an invalid period', async () => {
  const report = (options: ReportOptions) => showReport(cli(), 'checkout', options)
  const refused = { code: 'call_invalid' }
  await expect(report({ from: 'yesterday' })).rejects.toMatchObject(refused)
  await expect(report({ last: '5' })).rejects.toMatchObject(refused)
  await expect(report({ from: '2026-02-01', to: '2026-01-01' })).rejects.toMatchObject(refused)
  await expect(showReport(cli(), 'nonesuch', {})).rejects.toMatchObject({ code: 'service_missing' })
})
