// Budgets of Application Signals on the embedded cloud, under the stack's policies: what is stored, announced and shown.
import { afterEach, describe, expect, it } from 'vitest'
import { showBudgets } from '../../cli/commands/budgets.ts'
import { screenOn } from '../../cli/backend/screen.ts'
import { steppedClock } from '../../cloud/local/time/clock.ts'
import { memoryCloud } from '../memory/memory.ts'
import { budgetDetails } from '../../core/budget/news.ts'
import { budgetLeft } from '../../core/budget/left.ts'
import { reportsHandler } from '../../functions/listeners/reports.ts'
import { type Sandbox, openSandbox, startMs } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'
import { enforcing, synthesised } from '../lib/policies.ts'
import { sampleDefinition } from '../scenarios/least-privilege.ts'
import { refusing } from '../scenarios/refusing.ts'
import { usesItsRights } from '../lib/used-rights.ts'

usesItsRights()

const slos = [
  { name: 'paid', sli: { applicationSignals: 'checkout paid' } },
  { name: 'available', objective: 99.9, window: '1d' },
]
const { authorize } = enforcing(synthesised([{ ...sampleDefinition, slos }]))

let sandbox: Sandbox
async function open(options: object = {}): Promise<void> {
  sandbox = await openSandbox({ authorize, perMinute: 1, budgetMinutes: 5, ...options })
  await sandbox.world.services.put(sampleService({ hooks: [], slos }))
}
afterEach(() => sandbox.close())

const report = (left: number, BudgetStatus = 'OK') => ({
  EvaluationType: 'PeriodBased',
  BudgetStatus,
  Attainment: 99.5,
  TotalBudgetSeconds: 6048,
  BudgetSecondsRemaining: left,
  Goal: { AttainmentGoal: 99 },
})
const set = (left: number, status?: string): void =>
  sandbox.cloud.applicationSignals.setReport('checkout paid', report(left, status))
const mark = () => sandbox.world.budgets.mark('checkout', 'paid')
const told = (): unknown[] =>
  sandbox.cloud.events
    .recorded()
    .filter((event) => event['detail-type'] === 'Budget Changed')
    .map(({ detail }) => budgetDetails['Budget Changed'].parse(detail))
    .filter(({ slo }) => slo === 'paid')
    .map(({ leftStep, leftPercent, windowStart }) => [leftStep, leftPercent, windowStart])

async function shown(): Promise<string> {
  const lines: string[] = []
  const { hooks: _, ...world } = sandbox.world
  const backend = { ...world, order: sandbox.orderAs('ann') }
  await showBudgets({ backend, screen: screenOn((line) => lines.push(line), false) }, 'checkout')
  return lines.join('\n')
}

describe('a budget that Application Signals counts', () => {
  it('is read every five minutes, stored, announced at its steps, and shown', async () => {
    await open()
    set(6048)
    await sandbox.minutes(6)
    expect(await mark()).toMatchObject({ told: [], leftStep: 100, report: { status: 'ok', left: 6048, total: 6048 } })
    expect(told()).toEqual([])
    expect(await shown()).toContain(
      'paid: SLO checkout paid of Application Signals: 100 % of the budget is left (ok: 6048 of 6048 seconds, 99.5 % attained of 99 % wanted)',
    )
    set(1512, 'WARNING')
    await sandbox.minutes(10)
    set(-302.4, 'BREACHED')
    await sandbox.minutes(10)
    expect(told()).toEqual([
      [25, 25, undefined],
      [0, -5, undefined],
    ])
    expect(await shown()).toContain('nothing of the budget is left: 105 % is spent (breached: -302.4 of 6048 seconds')
    // Budgets counted here are counted as before.
    expect((await sandbox.world.budgets.mark('checkout', 'available'))?.readToMs).toBeGreaterThan(startMs)
  })

  it('is unknown at once if there is not enough data or no such SLO, and is never reported as healthy', async () => {
    await open()
    set(3000)
    await sandbox.minutes(6)
    sandbox.cloud.applicationSignals.setReport('checkout paid', { BudgetStatus: 'INSUFFICIENT_DATA' })
    await sandbox.minutes(5)
    const stored = await mark()
    expect(stored).toMatchObject({ leftStep: 25, report: { status: 'unknown' } })
    const [slo] = sampleService({ slos }).slos
    if (slo === undefined) throw new Error('no SLO')
    expect(budgetLeft(slo, stored, [])).toEqual({
      kind: 'unknown',
      because: 'the budget paid is not known: Application Signals says INSUFFICIENT_DATA',
    })
    expect(await shown()).toContain('not known: Application Signals says INSUFFICIENT_DATA; asked at 2026-')
    expect(sandbox.logged).toContainEqual(expect.objectContaining({ budget: 'checkout/paid', code: 'aws_unavailable' }))
    expect(told()).toHaveLength(1)
  })

  it('keeps its last known value, with its time, while AWS does not answer', async () => {
    let silent = false
    await open(refusing('BatchGetServiceLevelObjectiveBudgetReport', () => silent))
    set(6048)
    await sandbox.minutes(6)
    const before = await mark()
    silent = true
    await sandbox.minutes(30)
    expect(await mark()).toEqual(before)
    expect(await shown()).toContain('31m ago: what has happened since is not known')
    silent = false
    await sandbox.minutes(6)
    expect((await mark())?.readToMs).toBeGreaterThan(before?.readToMs ?? 0)
  })
})

describe('the function that reads reports', () => {
  it('asks once in five minutes, and refuses calls that are not from its schedule', async () => {
    await open()
    const clock = steppedClock(startMs)
    const cloud = memoryCloud({ clock })
    await cloud.services.put(sampleService({ slos }))
    cloud.inspect.setReport('checkout paid', { status: 'ok', unit: 'seconds', total: 10, left: 10 })
    const tick = reportsHandler({ ...cloud, trouble: () => undefined })
    expect(await tick({ reports: true })).toEqual({ updated: ['checkout/paid'], troubles: [] })
    expect(await tick({ reports: true })).toEqual({ updated: [], troubles: [] })
    await expect(tick({ budgets: true })).rejects.toMatchObject({ code: 'event_invalid' })
  })
})
