// How long the page of a release with 500 events takes, from its log to HTML: a bake of eight hours with a look a minute. The
// first is the first page of this process, which has folded the log before: a new process takes a few milliseconds more.
import { releasePage } from '../console/release/release-page.ts'
import type { ReleaseEvent } from '../core/release/event.ts'
import { type Asked, releaseViewOf } from '../core/view/release/release-view.ts'
import { openSandbox } from '../local/sandbox.ts'
import { sampleService } from '../local/sample-service.ts'

const wanted = 500
const frame = { path: '/release/x', where: 'bench', who: 'ann', formToken: 't' }

async function longLog(): Promise<readonly ReleaseEvent[]> {
  const sandbox = await openSandbox({ perMinute: 30 })
  await sandbox.world.services.put(
    sampleService({ slos: [], hooks: [], plan: { steps: [{ weight: 20, bake: '10h' }] }, signals: { latency: {} } }),
  )
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.minutes(wanted)
  const events = await sandbox.events(id)
  sandbox.close()
  return events.slice(0, wanted)
}

type Measured = { readonly events: number; readonly firstMs: number; readonly medianMs: number; readonly kB: number }

export async function measureReleasePage(runs: number): Promise<readonly (Measured & { readonly what: string })[]> {
  const events = await longLog()
  const nowMs = events.at(-1)?.atMs ?? 0
  const beside = { nowMs, today: undefined, inCharge: { kind: 'inCharge' as const }, allowances: [] }
  const once = (asked: Asked): number => {
    const view = releaseViewOf(events, beside, asked)
    return view === undefined ? 0 : Buffer.byteLength(releasePage(view, { ...frame, nowMs }))
  }
  const timed = (what: string, asked: Asked): Measured & { readonly what: string } => {
    const times = Array.from({ length: runs }, () => {
      // Of the processor: what else the machine does is not counted.
      const before = process.cpuUsage()
      once(asked)
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 1000
    })
    const [firstMs = 0] = times
    const medianMs = times.toSorted((a, b) => a - b)[runs >> 1] ?? 0
    return { what, events: events.length, firstMs, medianMs, kB: once(asked) / 1000 }
  }
  return [
    timed('the page', {}),
    timed('as of look 100', { look: 100 }),
    timed('with another policy', { policy: 'stricter' }),
  ]
}
