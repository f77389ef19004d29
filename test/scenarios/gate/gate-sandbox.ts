// A sandbox with a service that has gates.
import { expect } from 'vitest'
import { hourAt, slotMs } from '../../../core/budget/budget.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { type Sandbox, type SandboxOptions, minute, openSandbox, startMs } from '../../../local/sandbox.ts'
import { authorize } from '../least-privilege.ts'
import { hourMs } from '../../../core/time.ts'

export let sandbox: Sandbox
export type Changes = Readonly<Record<string, unknown>>
const plan = 'Canary10Percent5Minutes'
export const base = { slos: [], hooks: [], plan, signals: { errors: { minimumSamples: 20 }, latency: 'off' } }

export async function open(service: Changes = {}, options: SandboxOptions = {}): Promise<Sandbox> {
  sandbox = await openSandbox({ authorize, sweepMinutes: 5, perMinute: 120, ...options })
  await sandbox.world.services.put(sampleService({ ...base, ...service }))
  return sandbox
}
/** Call after each test. */
export const close = (): void => sandbox.close()

const iso = (minutes: number): string => new Date(startMs + minutes * minute).toISOString()
/** From and to in minutes after the sandbox's first moment; the sandbox opens at minute 10. */
export const span = (from: number, to: number) => [{ from: iso(from), to: iso(to) }]

export const start = async (call: Changes = {}): Promise<string> =>
  sandbox.start({ version: await sandbox.publish('v2'), requestId: 'r1', ...call })
export const held = async (id: string) => (await sandbox.release(id)).held
export const types = async (id: string): Promise<string[]> => (await sandbox.events(id)).map(({ type }) => type)

/** Expects that the release was denied, and that it changed nothing. */
export async function expectDenied(id: string, gates: readonly string[], sentence: RegExp): Promise<void> {
  const release = await sandbox.release(id)
  expect(release).toMatchObject({ state: { phase: 'preparing' }, held: { gates } })
  expect(release.held?.because).toMatch(sentence)
  expect(release.ending).toBeUndefined()
  expect(await types(id)).not.toContain('prepared')
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
}

export const override = (id: string): Promise<unknown> =>
  sandbox.ask('override', { releaseId: id, by: 'ann', reason: 'the shop is down' })

/** Expects that the release goes on at once and to its end, in the same log. */
export async function expectPasses(id: string): Promise<void> {
  await sandbox.clock.settle()
  expect((await sandbox.alias()).weights).toEqual({ '2': 0.1 })
  const release = await sandbox.finish(id)
  expect(release.ending?.outcome).toBe('promoted')
  expect((await types(id)).filter((type) => type === 'requested')).toHaveLength(1)
}

export const ledger = { slos: [{ name: 'available', objective: 99 }] }
/**
 * Puts an hour of requests into the ledger, counted up to now, and one request at the start of the window, so that the window was
 * seen in full.
 */
export async function counted(good: number, bad: number, toMs = Math.floor(sandbox.clock.nowMs() / slotMs) * slotMs) {
  const firstMs = hourAt(toMs - hourMs)
  const slots = Array.from({ length: 12 }, (_, index) => ({ atMs: firstMs + index * slotMs, good, bad }))
  await sandbox.world.budgets.putHour('checkout', 'available', firstMs, slots)
  const longAgoMs = hourAt(toMs - 28 * 24 * hourMs)
  await sandbox.world.budgets.putHour('checkout', 'available', longAgoMs, [{ atMs: longAgoMs, good: 1, bad: 0 }])
  await sandbox.world.budgets.setMark('checkout', 'available', { readToMs: toMs, told: [] })
}
