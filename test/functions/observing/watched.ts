// A sandbox in which others move the alias, and Tidegate only watches. The roles have the rights of a stack with such services.
import type { ObservedEvent, ObservedShift } from '../../../core/observe/event.ts'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { sampleDefinition } from '../../scenarios/least-privilege.ts'
import { enforcing, synthesised } from '../../lib/policies.ts'

const observedDefinition = { ...sampleDefinition, mode: 'observe' }
export const watchedRoles = synthesised([observedDefinition])
const { authorize } = enforcing(watchedRoles)

/** Errors alone, so that what a fault does is known. */
export const watchedService = (changes: Readonly<Record<string, unknown>> = {}) =>
  sampleService({
    ...{ mode: 'observe', slos: [], hooks: [], triggers: {} },
    plan: { steps: [{ weight: 20, bake: '10m' }] },
    signals: { latency: 'off', alarms: [] },
    ...changes,
  })

export async function openWatched(options: Parameters<typeof openSandbox>[0] = {}): Promise<Sandbox> {
  const sandbox = await openSandbox({ authorize, observes: true, sweepMinutes: 60, perMinute: 60, ...options })
  await sandbox.world.services.put(watchedService())
  // The first look remembers what runs.
  await sandbox.minutes(1)
  return sandbox
}

/** As CodeDeploy moves an alias: the old version stays the main one until the end. */
export type Shifting = {
  readonly code: string
  /** Per cent, and for how many minutes each. */
  readonly steps: readonly (readonly [percent: number, minutes: number])[]
  /** So many minutes after the first shift its alarm puts it back; without it, it goes through. */
  readonly backAfter?: number
}

/** @returns the version */
export async function shift(sandbox: Sandbox, { code, steps, backAfter = Infinity }: Shifting): Promise<string> {
  const version = await sandbox.publish(code)
  const stable = (await sandbox.alias()).version ?? ''
  let passed = 0
  for (const [percent, minutes] of steps) {
    await sandbox.moveByHand(stable, { [version]: percent / 100 })
    const left = Math.min(minutes, backAfter - passed)
    await sandbox.minutes(left)
    passed += left
    if (passed >= backAfter) {
      await sandbox.moveByHand(stable)
      await sandbox.minutes(5)
      return version
    }
  }
  await sandbox.moveByHand(version)
  await sandbox.minutes(15)
  return version
}

export const rows = async (sandbox: Sandbox, service = 'checkout'): Promise<readonly ObservedShift[]> =>
  (await sandbox.world.observations.shifts(service, 0, sandbox.clock.nowMs() + 1)).items

/** The row of a log, computed from its events and nothing else. */
export function toldBy(events: readonly ObservedEvent[]) {
  const points = new Map<string, number>()
  for (const event of events) {
    const readings =
      event.type === 'judged' ? event.verdict.readings : event.type === 'counted' ? event.readings : undefined
    for (const [key, series] of Object.entries(readings?.points ?? {}))
      for (const [minute, value] of series) points.set(`${key} ${(readings?.fromMs ?? 0) + minute * 60_000}`, value)
  }
  const failed = events.find((event) => event.type === 'judged' && event.verdict.kind === 'fail')
  const end = events.find((event) => event.type === 'ended')
  const at = (key: string, ms: number): number => points.get(`0.${key} ${ms}`) ?? 0
  const whole = (fromMs: number): number[] => {
    const times: number[] = []
    for (let ms = Math.ceil(fromMs / 60_000) * 60_000; ms + 60_000 <= (end?.atMs ?? 0); ms += 60_000) times.push(ms)
    return times
  }
  const sum = (key: string, times: readonly number[]): number => times.reduce((all, ms) => all + at(key, ms), 0)
  const all = whole(Number([...points.keys()].map((key) => key.split(' ')[1]).sort()[0] ?? 0))
  const after = whole(failed?.atMs ?? Infinity)
  const usual = (sum('s.errors', all) / sum('s.invocations', all)) * sum('c.invocations', after)
  return {
    failedAtMs: failed?.atMs,
    how: end?.type === 'ended' ? end.how : undefined,
    endAtMs: end?.atMs,
    saved: failed === undefined ? undefined : Math.round(Math.max(0, sum('c.errors', after) - usual) * 10) / 10,
    minutes: failed === undefined ? undefined : after.length,
  }
}
