// A sandbox in which a version has just been promoted and is watched. Nobody calls it: the minutes of its alias are written into
// the embedded CloudWatch, so that a day takes no time. The functions have the rights of the stack.
import { minute, openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { authorize } from '../../scenarios/least-privilege.ts'

type Minutes = { readonly invocations: number; readonly bad: number }
const calm: Minutes = { invocations: 200, bad: 0 }
export const faulty: Minutes = { invocations: 200, bad: 20 }

const FunctionName = 'checkout'
const dimensionSets = [{ FunctionName, Resource: 'checkout:live' }]

export const plain = { slos: [], hooks: [], gates: {}, triggers: {}, signals: { alarms: [], errors: {} } }

function measured(sandbox: Sandbox, atMs: number, { invocations, bad }: Minutes): void {
  const point = { namespace: 'AWS/Lambda', dimensionSets, unit: 'Count', atMs }
  sandbox.cloud.cloudwatch.record({ ...point, name: 'Invocations', value: invocations })
  sandbox.cloud.cloudwatch.record({ ...point, name: 'Errors', value: bad })
}

const together = 5

/** So many minutes; without any, CloudWatch has nothing of them. */
export async function pass(sandbox: Sandbox, minutes: number, each: Minutes | 'nothing' = calm): Promise<void> {
  for (let left = minutes; left > 0; left -= together) {
    const some = Math.min(left, together)
    for (let next = 0; next < some && each !== 'nothing'; next++)
      measured(sandbox, sandbox.clock.nowMs() + next * minute, each)
    await sandbox.minutes(some)
  }
}

/** A version after those before, all at once. @returns the id of the release */
export async function promote(sandbox: Sandbox, code: string): Promise<string> {
  const id = await sandbox.start({ version: await sandbox.publish(code), plan: 'AllAtOnce' })
  await sandbox.finish(id)
  return id
}

type Opened = { readonly sandbox: Sandbox; readonly id: string }

/** Version 2 after version 1, with a day before it: 200 requests a minute, of which one in 1000 fails. */
export async function openPromoted(
  watch: unknown,
  options: Parameters<typeof openSandbox>[0] = {},
  more: object = {},
): Promise<Opened> {
  const sandbox = await openSandbox({ authorize, watchMinutes: 5, sweepMinutes: 240, perMinute: 0, ...options })
  await sandbox.world.services.put(sampleService({ ...plain, ...more, watch }))
  const nowMs = sandbox.clock.nowMs()
  for (let slot = 1; slot <= 288; slot++) measured(sandbox, nowMs - slot * 5 * minute, { invocations: 1000, bad: 1 })
  // Gates let nothing begin while the remaining budget is unknown.
  if ('slos' in more) await sandbox.ask('budget', { budgets: true })
  return { sandbox, id: await promote(sandbox, 'v2') }
}

export const watchesOf = async (sandbox: Sandbox) => (await sandbox.world.watches.list()).items
export const endOf = async (sandbox: Sandbox, id: string) =>
  (await sandbox.events(id)).filter(({ type }) => type === 'watched')
export const backFrom = async (sandbox: Sandbox, id: string) =>
  (await sandbox.world.history.list('checkout', 20)).items.filter((head) => head.backFrom === id)
