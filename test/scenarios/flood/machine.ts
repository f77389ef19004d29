// The real functions on ports in memory, with what the state machine does about the queue: each execution asks for its turn,
// waits for it, holds it, and settles when its release has ended. A call that dies is made again, as Step Functions does.
import { createHash } from 'node:crypto'
import { isCrash } from '../../memory/faults.ts'
import { memoryCloud } from '../../memory/memory.ts'
import type { QueueEntry } from '../../../core/queue/admission.ts'
import { isLive, isSettled, isWaiting, type Release } from '../../../core/release/release.ts'
import type { ReleaseRequest } from '../../../core/release/request.ts'
import { only } from '../../../core/service/routing.ts'
import { orderRollbackHandler } from '../../../functions/orders/order-rollback.ts'
import { reconcileHandler } from '../../../functions/listeners/reconcile.ts'
import { acceptAndStart } from '../../../functions/steps/accept.ts'
import { loadIfThere } from '../../../functions/steps/lease.ts'
import { load } from '../../../functions/steps/log.ts'
import { admitHandler } from '../../../functions/tasks/admit.ts'
import { bakeHandler } from '../../../functions/tasks/bake.ts'
import { settle } from '../../../functions/tasks/settle.ts'
import type { Metric } from '../../../core/measures/metric.ts'
import { head } from '../../contract/samples.ts'
import { service, t0 } from '../../core/sample.ts'

export type Flood = Awaited<ReturnType<typeof openFlood>>

export async function openFlood(policy: Readonly<Record<string, unknown>> = {}) {
  let nowMs = t0
  let calls = 0
  const logged: Readonly<Record<string, unknown>>[] = []
  const measured: Metric[] = []
  const cloud = memoryCloud({ clock: { nowMs: () => nowMs } })
  const deps = {
    ...cloud,
    digest: (text: string) => createHash('sha256').update(text).digest('hex'),
    log: (line: Readonly<Record<string, unknown>>) => void logged.push(line),
    emit: (metric: Metric) => void measured.push(metric),
    trouble: (error: unknown) => {
      // A process that dies goes on with nothing.
      if (isCrash(error)) throw error
    },
  }
  /** Counts calls; every so many of them take a millisecond. */
  const observe = (perMs = 1): void =>
    cloud.faults.observe(() => {
      calls += 1
      if (calls % perMs === 0) nowMs += 1
      return undefined
    })
  observe()
  cloud.inspect.moveByHand({ functionName: 'checkout', alias: 'live' }, only('1'))
  const define = (name: string, own: Readonly<Record<string, unknown>> = policy, also = {}) =>
    deps.services.put(service({ name, signals: {}, policy: own, ...also }))
  await define('checkout')
  await deps.history.put({
    ...head('checkout-before', t0 - 1000),
    service: 'checkout',
    phase: 'settled',
    outcome: 'promoted',
    settledAtMs: t0 - 500,
    versions: { checkout: { stable: '7', candidate: '8' } },
  })
  const wish = (key: string, { urgent = false, name = 'checkout', version = '2' } = {}): ReleaseRequest => ({
    service: name,
    key: `call/${key}`,
    candidate: { kind: 'versions', versions: { checkout: version } },
    provenance: { source: 'api' },
    ...(urgent ? { urgent: true as const } : {}),
  })
  return {
    deps,
    cloud,
    logged,
    measured,
    define,
    observe,
    /** @returns the id of the release */
    ask: async (key: string, how: Parameters<typeof wish>[1] = {}): Promise<string> =>
      (await acceptAndStart(deps, wish(key, how)))[0]?.releaseId ?? '',
    idOf: (key: string, name = 'checkout') => `${name}-${deps.digest(`${name}\ncall/${key}`).slice(0, 20)}`,
    ...machine(deps),
    sweep: reconcileHandler(deps),
    order: (verb: 'rollBack' | 'abort', which: { readonly releaseId?: string; readonly service?: string }) =>
      orderRollbackHandler(deps)({ verb, ...which, by: 'ann', reason: 'it is bad' }),
    release: async (id: string): Promise<Release | undefined> => (await loadIfThere(deps, id))?.release,
    queue: (name = 'checkout'): Promise<readonly QueueEntry[]> => deps.queues.first(name),
    /** Calls of AWS since the last time. */
    counted: async (work: () => Promise<unknown>): Promise<number> => {
      const before = calls
      await work()
      return calls - before
    },
    pass: (ms: number): void => void (nowMs += ms),
    setNow: (ms: number): void => void (nowMs = ms),
    nowMs: () => nowMs,
  }
}

/** @param deps of the functions */
function machine(
  deps: Parameters<typeof admitHandler>[0] &
    Parameters<typeof settle>[0] &
    Pick<ReturnType<typeof memoryCloud>, 'inspect'>,
) {
  const [admit, bake] = [admitHandler(deps), bakeHandler(deps)]
  const { executions, answers, openTask } = deps.inspect
  /** Executions that are due, and those that wait, by their token. */
  const due = new Set<string>()
  const waits = new Map<string, string>()
  let [seen, heard] = [0, 0]

  const wait = async (arn: string, work: (token: string) => Promise<unknown>): Promise<void> => {
    const token = openTask()
    waits.set(token, arn)
    await work(token)
    due.delete(arn)
  }
  const step = async (arn: string): Promise<void> => {
    const execution = executions.get(arn)
    if (execution?.status !== 'running') return void due.delete(arn)
    const { releaseId } = execution.input as { releaseId: string }
    const now = (await load(deps, releaseId)).release
    const isNew = !isSettled(now) && !now.executions.includes(arn)
    const { next } =
      isWaiting(now) || isNew
        ? await admit({ input: { releaseId }, execution: arn, machine: 3 })
        : { next: isLive(now) ? 'hold' : 'settle' }
    if (next === 'queue') return wait(arn, (token) => bake({ releaseId, execution: arn, machine: 3, token }))
    const after = (await load(deps, releaseId)).release
    if (isLive(after)) return wait(arn, (token) => deps.journal.wait(releaseId, { slot: 'turn', token }))
    const { next: end } = await settle(deps, releaseId)
    execution.status = end === 'released' ? 'succeeded' : 'failed'
    due.delete(arn)
  }
  const hear = (): void => {
    const started = [...executions.keys()]
    for (const arn of started.slice(seen)) due.add(arn)
    seen = started.length
    for (const { token } of answers.slice(heard)) {
      const arn = waits.get(token)
      if (arn !== undefined) due.add(arn)
    }
    heard = answers.length
  }
  return {
    /** Runs all executions until each waits, or has ended. A call that dies is repeated. */
    run: async (atMost = 100_000): Promise<void> => {
      for (let round = 0; round < atMost; round++) {
        hear()
        const [arn] = due
        if (arn === undefined) return
        // Whoever has waited longest is first.
        due.delete(arn)
        due.add(arn)
        await step(arn).catch((error: unknown) => {
          if (!isCrash(error)) throw error
        })
      }
      throw new Error('the executions never rest')
    },
    /** StopExecution: nobody is told. */
    stop: (arn: string): void => deps.inspect.setStatus(arn, 'failed'),
  }
}
