// The gate function alone, on the in-memory cloud: cases that the embedded cloud cannot produce.
import { expect, it } from 'vitest'
import { steppedClock } from '../../cloud/local/time/clock.ts'
import { memoryCloud } from '../memory/memory.ts'
import type { ReleaseEvent } from '../../core/release/event.ts'
import { gateHandler } from '../../functions/tasks/gate.ts'
import { numbered } from '../../functions/steps/log.ts'
import { prepareHandler } from '../../functions/tasks/prepare.ts'
import { service, t0, target } from '../core/sample.ts'

const trouble = (): void => undefined
const task = { releaseId: 'checkout-1', execution: 'arn:x', machine: 2 }

/** An admitted release of a service with these gates. */
async function admitted(changes: Record<string, unknown> = {}, key = 'version/checkout:2') {
  const clock = steppedClock(t0)
  const cloud = memoryCloud({ clock })
  const own = service(changes)
  await cloud.services.put(own)
  cloud.inspect.setVersion('checkout', '2')
  const [requested, after] = [
    numbered(
      {
        type: 'requested',
        atMs: t0,
        releaseId: 'checkout-1',
        key,
        service: own,
        candidate: { kind: 'versions', versions: { checkout: '2' } },
        provenance: { source: 'api' },
      },
      1,
    ),
    numbered({ type: 'admitted', atMs: t0 }, 2),
  ]
  for (const event of [requested, after]) await cloud.journal.append('checkout-1', event)
  const gate = gateHandler({ ...cloud, trouble })
  const last = async (): Promise<ReleaseEvent | undefined> => (await cloud.journal.read('checkout-1')).events.at(-1)
  return { cloud, clock, gate, last }
}

it('signed code passes the gate that requires a signature', async () => {
  const { cloud, clock, gate, last } = await admitted({ gates: { provenance: { signed: true } } })
  expect(await gate(task)).toMatchObject({ next: 'bake' })
  expect(await last()).toMatchObject({ type: 'gated', allowed: false, because: 'its code is not signed' })
  cloud.inspect.setVersion('checkout', '2', { isSigned: true })
  await clock.advanceTo(t0 + 60_000)
  expect(await gate(task)).toMatchObject({ next: 'prepare' })
  expect(await last()).toMatchObject({ type: 'gated', allowed: true })
})

it('code signed by another profile does not pass the gate that names one; a profile without a version is any version of it', async () => {
  const profile = 'arn:aws:signer:us-east-1:111122223333:/signing-profiles/release'
  const pass = async (by: string, signingProfile?: string) => {
    const { cloud, gate, last } = await admitted({ gates: { provenance: { signed: { by: [by] } } } })
    cloud.inspect.setVersion('checkout', '2', { isSigned: true, ...(signingProfile && { signingProfile }) })
    await gate(task)
    return last()
  }
  const version = `${profile}/abcdefghij`
  for (const by of [profile, version]) expect(await pass(by, version)).toMatchObject({ type: 'gated', allowed: true })
  for (const other of [undefined, `${profile}s/abcdefghij`, `${profile}/abcdefghik`])
    expect(await pass(version, other)).toMatchObject({
      type: 'gated',
      allowed: false,
      because: `its code is not signed by ${version}`,
    })
  expect(await pass(profile, `${profile}s/abcdefghij`)).toMatchObject({ allowed: false })
})

it('an evaluator that fails says no, and says why', async () => {
  const { cloud, gate, last } = await admitted()
  const { message } = new Error('out of memory')
  const policies = { decide: () => Promise.reject(new Error(message)), check: () => [] }
  await gateHandler({ ...cloud, policies, trouble })(task)
  expect(await last()).toMatchObject({
    type: 'gated',
    allowed: false,
    gates: [],
    because: 'the policies could not be evaluated: out of memory',
  })
  // Not asked again at once: an evaluator that fails is not asked in a loop.
  expect(await gate(task)).toMatchObject({ next: 'bake', seconds: 60 })
})

it.each([
  'services.get',
  'line.stopped',
  'budgets.mark',
  'attestations.of',
  'leases.holder',
  'policies.decide',
] as const)('a failed look-up is a no that is asked again: %s', async (method) => {
  const { cloud, clock, gate, last } = await admitted({
    slos: [{ name: 'available', objective: 99 }],
    gates: { concurrency: { group: 'shop', max: 1 } },
  })
  await cloud.budgets.setMark('checkout', 'available', { readToMs: t0, told: [] })
  cloud.faults.next(method, 'throttle')
  await gate(task)
  expect(await last()).toMatchObject({ type: 'gated', allowed: false })
  await clock.advanceTo(t0 + 60_000)
  await gate(task)
  expect(await last()).toMatchObject({ type: 'gated', allowed: true })
})

it('an approval that arrives while the gates are asked is not overlooked', async () => {
  const { cloud, gate, last } = await admitted({ gates: { approvals: [{ before: 'begin' }] } })
  const approved = numbered({ type: 'approved', atMs: t0, beforeBp: 0, by: 'ben', answer: 'approve' }, 3)
  let told = false
  cloud.faults.observe(({ method }) => {
    if (method === 'policies.decide' && !told) {
      told = true
      void cloud.journal.append('checkout-1', approved)
    }
    return undefined
  })
  expect(await gate(task)).toMatchObject({ next: 'gate' })
  expect(await last()).toMatchObject({ type: 'approved' })
  expect(await gate(task)).toMatchObject({ next: 'prepare' })
})

it('a gate asked twice about the same point answers once', async () => {
  const { cloud, gate } = await admitted()
  await gate(task)
  await gate(task)
  const { events } = await cloud.journal.read('checkout-1')
  expect(events.filter(({ type }) => type === 'gated')).toHaveLength(1)
})

it('a way back asks no gates', async () => {
  const { cloud, gate } = await admitted({}, 'back/checkout-0')
  await cloud.line.stop(undefined, { by: 'ben', reason: 'x', sinceMs: t0 })
  expect(await gate(task)).toMatchObject({ next: 'prepare' })
  expect(cloud.faults.count('policies.decide')).toBe(0)
})

it('a state machine from before there were gates hands over to a current one', async () => {
  const { cloud } = await admitted()
  cloud.inspect.moveByHand(target, { version: '1' })
  const { machine: _, ...old } = task
  const prepare = prepareHandler({ ...cloud, log: () => undefined })
  expect(await prepare(old)).toMatchObject({ next: 'handOver' })
  expect(await prepare(task)).toMatchObject({ next: 'gate' })
  expect((await cloud.journal.read('checkout-1')).events.map(({ type }) => type)).toEqual(['requested', 'admitted'])
})
