// A person hears once that a part of AWS is away while releases are live, and once that it is back.
import { type Outage, type Part, toldAfterMs } from '../../core/release/outage.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'outages' | 'pager' | 'log'>

/** What it means for releases, and what a person can do. */
const meaning: Readonly<Record<Part, string>> = {
  DynamoDB:
    'Releases stay where they are. Their executions watch the alarms and put the traffic back when one fires; nothing else can be decided.',
  'Step Functions':
    'Releases are not carried on. An alarm that fires and `tidegate rollback` put the traffic back as ever.',
  CloudWatch:
    'Nobody knows how the candidates do: releases stay where they are. Put one back with `tidegate rollback`.',
  Lambda: 'No alias can be read or moved, neither forward nor back. A way back that is due is tried every minute.',
  EventBridge: 'Alarms are heard at the next look, not at once. Events to others wait until it is back.',
}

export async function noteDown(deps: Deps, part: Part, because: string, more: readonly string[] = []): Promise<void> {
  const nowMs = deps.clock.nowMs()
  const known = (await deps.outages.list()).find((one) => one.part === part)
  if (known === undefined) return deps.outages.put({ part, sinceMs: nowMs, because: because.slice(0, 1000) })
  if (known.toldAtMs !== undefined || nowMs - known.sinceMs < toldAfterMs) return
  await tellDown(deps, known, more)
  await deps.outages.put({ ...known, toldAtMs: nowMs })
}

export async function noteUp(deps: Deps, outage: Outage): Promise<void> {
  if (outage.toldAtMs !== undefined) await tellUp(deps, outage)
  await deps.outages.remove(outage.part)
}

export async function tellDown(
  deps: Pick<Deps, 'pager' | 'log'>,
  { part, sinceMs, because }: Outage,
  more: readonly string[] = [],
): Promise<void> {
  const sentence = `${part} does not answer: releases are not as safe as they should be.`
  deps.log({ level: 'error', message: sentence, because })
  const text = [sentence, `Since: ${new Date(sinceMs).toISOString()}`, because, meaning[part], ...more]
  await deps.pager.page({ subject: sentence, text: text.join('\n') })
}

export async function tellUp(deps: Pick<Deps, 'pager' | 'log'>, { part, sinceMs }: Outage): Promise<void> {
  const sentence = `${part} answers again.`
  deps.log({ message: sentence, sinceMs })
  const text = [sentence, `It was away since ${new Date(sinceMs).toISOString()}. Releases go on by themselves.`]
  await deps.pager.page({ subject: sentence, text: text.join('\n') })
}
