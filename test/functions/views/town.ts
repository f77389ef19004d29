// A town of services in memory, in all the states in which pages may find them: what the loaders read and the pages show.
import { advance, begin } from '../../../core/release/advance.ts'
import type { NewEvent, ReleaseEvent } from '../../../core/release/event.ts'
import { headOf } from '../../../core/release/head.ts'
import { wayBack, wayForward } from '../../../core/release/move.ts'
import type { Release } from '../../../core/release/release.ts'
import type { Provenance } from '../../../core/service/candidate.ts'
import { parseDefinition } from '../../../core/service/definition.ts'
import { only } from '../../../core/service/routing.ts'
import type { Service } from '../../../core/service/service.ts'
import { dayMs, hourMs, minuteMs } from '../../../core/time.ts'
import type { SignalVerdict, Verdict } from '../../../core/verdict/evidence/evidence.ts'
import { numbered } from '../../../functions/steps/log.ts'
import { shiftsOfAllKinds } from '../../core/observe/shifts.ts'
import { logOf } from '../../memory/stores/journal.ts'
import { memoryCloud } from '../../memory/memory.ts'
import { padded } from '../../memory/stores/table.ts'

export const nowMs = Date.UTC(2026, 5, 15, 3, 10)

export const townService = (name: string, changes: Readonly<Record<string, unknown>> = {}): Service =>
  parseDefinition({
    name,
    targets: [{ function: `${name}-api`, alias: 'live' }],
    plan: {
      steps: [
        { weight: 10, bake: '10m' },
        { weight: 50, bake: '10m' },
      ],
    },
    slos: [{ name: 'available', objective: 99.9, window: '28d', sli: 'availability' }],
    ...changes,
  })

type Asked = {
  readonly id: string
  readonly atMs: number
  readonly from?: string
  readonly to?: string
  readonly key?: string
  readonly reason?: string
  readonly provenance?: Partial<Provenance>
}

/** A log that is written step by step, beginning with its request. */
export function story(
  service: Service,
  { id, atMs, from = '11', to = '12', key = `call/${id}`, reason, provenance }: Asked,
) {
  const versions = Object.fromEntries(service.targets.map(({ functionName }) => [functionName, to]))
  const first = numbered(
    {
      type: 'requested',
      atMs,
      releaseId: id,
      key,
      service,
      candidate: { kind: 'versions', versions },
      provenance: { source: 'api', requestedBy: 'ann', ...provenance },
      ...(reason === undefined ? {} : { reason }),
    },
    1,
  )
  if (first.type !== 'requested') throw new Error('unreachable')
  const events: ReleaseEvent[] = [first]
  let release: Release = begin(first)
  const write = (event: NewEvent) => {
    const next = numbered(event, events.length + 1)
    events.push(next)
    release = advance(release, next)
    return acts
  }
  const moved = (move: ReturnType<typeof wayBack>, at: number) => {
    write({ type: 'moveIntended', atMs: at, move })
    const revisions = Object.fromEntries(move.targets.map((one) => [one.functionName, `r${at}`]))
    return write({ type: 'moved', atMs: at, purpose: move.purpose, revisions })
  }
  const acts = {
    events,
    release: () => release,
    write,
    prepare: (at: number) => {
      write({ type: 'admitted', atMs: at })
      const targets = service.targets.map(({ functionName, alias }) => ({
        ...{ functionName, alias, stable: from, candidate: to, revision: 'r0', codeSha256: 'x' },
      }))
      return write({ type: 'prepared', atMs: at, targets, alarms: [] })
    },
    shift: (at: number) =>
      release.state.phase === 'shifting' ? moved(wayForward(release, release.state.step), at) : acts,
    look: (at: number, kind: Verdict['kind'], because: string = kind, signals: readonly SignalVerdict[] = []) =>
      write({
        ...{ type: 'judged', atMs: at },
        verdict: { kind, quiet: false, because, window: { startMs: atMs, endMs: at }, signals: [...signals] },
      }),
    hold: (at: number, gates: readonly string[], because: string, missing?: readonly number[]) =>
      write({
        ...{ type: 'gated', atMs: at, point: release.state.phase === 'shifting' ? release.state.step : -1 },
        ...{ allowed: false, because, gates: [...gates] },
        ...(missing === undefined ? {} : { missing: [...missing] }),
      }),
    /** Up to all traffic, and settled. */
    promote: (at: number) => {
      const phase = (): Release['state']['phase'] => release.state.phase
      for (let atMs = at; phase() === 'shifting'; atMs += 600_000) {
        acts.shift(atMs)
        if (phase() === 'baking') acts.look(atMs + 600_000, 'pass')
      }
      return phase() === 'settling' ? write({ type: 'settled', atMs: at + 1_800_000 }) : acts
    },
    rollBack: (at: number, by: string, reason: string) => {
      write({ type: 'returnOrdered', atMs: at, by, reason, outcome: 'rolledBack' })
      return moved(wayBack(release), at + 1000).write({ type: 'settled', atMs: at + 2000 })
    },
  }
  return acts
}
type Story = ReturnType<typeof story>

export type Town = ReturnType<typeof openTown>

/** An empty town, and how to build in it. */
export function openTown() {
  const cloud = memoryCloud({ clock: { nowMs: () => nowMs } })
  const settle = async (service: Service, version: string) => {
    await cloud.services.put(service)
    for (const target of service.targets) {
      for (const one of ['11', '12', '13']) cloud.inspect.setVersion(target.functionName, one)
      cloud.inspect.moveByHand(target, { version })
    }
  }
  /** Stores a log and its head. */
  const keep = async ({ events, release }: Story) => {
    let link: string | undefined
    for (const event of events) link = await cloud.journal.append(release().id, event, link)
    await cloud.history.put(headOf(release()))
    return release().id
  }
  return {
    ...cloud,
    settle,
    keep,
    /** A service that has run version 12 since `ageMs`, with nothing going on. */
    quiet: async (name: string, ageMs = 3 * dayMs, changes: Readonly<Record<string, unknown>> = {}) => {
      const service = townService(name, changes)
      await settle(service, '12')
      const atMs = nowMs - ageMs
      await keep(
        story(service, { id: `${name}-1`, atMs })
          .prepare(atMs)
          .promote(atMs + 1000),
      )
      return service
    },
    /** A live release, which has the lease. */
    live: async (service: Service, told: Story) => {
      await keep(told)
      await cloud.leases.take(service.name, told.release().id)
    },
    lose: (releaseId: string) => cloud.inspect.corrupt(logOf(releaseId), padded(2), '{"v":1,"type":"lost"}'),
    /** Counts an SLO by the hour up to now. @param badOf how many of 1000 an hour were bad, by hours ago */
    count: async (name: string, badOf: (hoursAgo: number) => number, hours = 28 * 24, slo = 'available') => {
      const last = Math.floor(nowMs / hourMs) * hourMs
      for (let ago = hours; ago >= 0; ago--) {
        const atMs = last - ago * hourMs
        const bad = badOf(ago)
        await cloud.budgets.putHour(name, slo, atMs, [{ atMs, good: 1000 - bad, bad }])
      }
      await cloud.budgets.setMark(name, slo, { readToMs: nowMs - 5 * minuteMs, told: [] })
    },
  }
}

const ago = (minutes: number): number => nowMs - minutes * minuteMs

/** A town in which something of everything is going on. */
export async function busyTown(): Promise<Town> {
  const town = openTown()
  const approvals = { gates: { approvals: [{ before: 50, count: 2, by: ['bob', 'carol'] }] } }
  const begun = (name: string, minutes: number, changes = {}) => {
    const service = townService(name, changes)
    const told = story(service, { id: `${name}-2`, atMs: ago(minutes + 1), reason: 'a faster cart' })
    return { service, told: told.prepare(ago(minutes)).shift(ago(minutes)) }
  }
  for (const name of ['accounts', 'basket', 'catalogue', 'mail']) {
    await town.quiet(name)
    await town.count(name, (hours) => (hours % 40 === 0 ? 12 : 0))
  }
  const baking = begun('checkout', 4)
  await town.settle(baking.service, '11')
  await town.live(baking.service, baking.told.look(ago(1), 'pass'))
  await town.count('checkout', (hours) => (hours < 2 ? 60 : 0))
  const gated = begun('payments', 90, approvals)
  await town.settle(gated.service, '11')
  gated.told.look(ago(80), 'pass').hold(ago(79), ['approvals'], '0 of 2 approvals before 50 %', [5000])
  await town.live(gated.service, gated.told)
  await town.count('payments', () => 0)
  const unproven = begun('unproven', 50)
  await town.settle(unproven.service, '11')
  unproven.told.look(ago(40), 'pass').hold(ago(39), ['provenance'], 'its tests are not attested')
  await town.live(unproven.service, unproven.told)
  const paused = begun('search', 300)
  await town.settle(paused.service, '11')
  await town.live(
    paused.service,
    paused.told.write({ type: 'paused', atMs: ago(280), by: 'dora', reason: 'looking at a graph' }),
  )
  const undecided = begun('slow', 25)
  await town.settle(undecided.service, '11')
  await town.live(undecided.service, undecided.told.look(ago(10), 'unknown', 'errors: 12 of 50 samples'))
  const lost = begun('ledger', 30)
  await town.settle(lost.service, '11')
  await town.live(lost.service, lost.told)
  town.lose('ledger-2')
  const drifted = await town.quiet('tax', 40 * dayMs)
  town.inspect.moveByHand(drifted.targets[0]!, { version: '13' })
  await town.quiet('images', 9 * dayMs)
  await town.line.stop('images', { by: 'erin', reason: 'the bucket is moved', sinceMs: ago(600) })
  const failed = townService('orders')
  await town.settle(failed, '11')
  const bad = story(failed, { id: 'orders-2', atMs: ago(200) })
    .prepare(ago(199))
    .shift(ago(198))
  await town.keep(bad.rollBack(ago(190), 'alarm orders-errors', 'alarm orders-errors fires'))
  await town.count('orders', (hours) => (hours === 3 ? 500 : 1))
  await town.services.put(townService('broken'))
  town.inspect.corrupt('services', 'broken', '{"name":"broken"}')
  await town.queues.add('checkout', {
    releaseId: 'checkout-3',
    requestedAtMs: ago(2),
    lane: 'usual',
    whileLive: 'queue',
  })
  await town.outages.put({ part: 'CloudWatch', sinceMs: ago(7), because: 'GetMetricData: 503', toldAtMs: ago(6) })
  await town.settle(townService('invoices', { mode: 'observe', slos: [] }), '11')
  const seen = { service: 'invoices', functionName: 'invoices-api', alias: 'live', rev: 1, routing: only('11') }
  await town.observations.setSeen(seen)
  for (const shift of shiftsOfAllKinds('invoices', ago(7 * 60))) await town.observations.putShift(shift)
  await town.quiet('shop-web', 2 * dayMs, { gates: { concurrency: { group: 'shop', max: 2 } } })
  await town.leases.take('#shop/1', 'checkout-2')
  return town
}
