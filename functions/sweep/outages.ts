// A person hears once that a part of AWS is away while releases are live, and once that it is back.
import { isToldNow, type Outage, type Part } from '../../core/release/outage.ts'
import { answersAgainPage, awayPage } from '../../core/release/pages.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'outages' | 'pager' | 'log'>

export async function noteDown(deps: Deps, part: Part, because: string, more: readonly string[] = []): Promise<void> {
  const nowMs = deps.clock.nowMs()
  const known = (await deps.outages.list()).find((one) => one.part === part)
  if (known === undefined) return deps.outages.put({ part, sinceMs: nowMs, because: because.slice(0, 1000) })
  if (!isToldNow(known, nowMs)) return
  await tellDown(deps, known, more)
  await deps.outages.put({ ...known, toldAtMs: nowMs })
}

export async function noteUp(deps: Deps, outage: Outage): Promise<void> {
  if (outage.toldAtMs !== undefined) await tellUp(deps, outage)
  await deps.outages.remove(outage.part)
}

export async function tellDown(
  deps: Pick<Deps, 'pager' | 'log'>,
  outage: Outage,
  more: readonly string[] = [],
): Promise<void> {
  const page = awayPage(outage, more)
  deps.log({ level: 'error', message: page.subject, because: outage.because })
  await deps.pager.page(page)
}

export async function tellUp(deps: Pick<Deps, 'pager' | 'log'>, outage: Outage): Promise<void> {
  const page = answersAgainPage(outage)
  deps.log({ message: page.subject, sinceMs: outage.sinceMs })
  await deps.pager.page(page)
}
