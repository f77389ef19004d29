// Whether a service may be released now: people ask by the API, pipelines before they enter a stage (pipeline.ts). The answer is
// no when a release that began now would be refused. A yes promises nothing about the verdict.
import * as z from 'zod'
import { Problem } from '../../core/problem.ts'
import { routingWords } from '../../core/service/routing.ts'
import { isObserved, type Service, ServiceName } from '../../core/service/service.ts'
import { placedIn } from '../../core/service/target.ts'
import { observedOnly } from '../steps/accept.ts'
import { sentenceOf } from '../steps/each.ts'
import { type Forecast, forecast, Imagined } from './dry-run.ts'
import { type AskDeps, gatesNow, turnNow } from './gates-now.ts'
import { readOrder } from './order.ts'
import type { World } from '../steps/world.ts'

export const GateCall = z.strictObject({
  service: ServiceName,
  release: Imagined.optional().describe('Also what would come of this release: a dry run, which stores nothing.'),
})

export type Answer = { readonly may: boolean; readonly because: string }

/** @throws Problem `call_invalid`, `service_missing`. Anything that blocks a release is an answer, not an error. */
export function askHandler(deps: AskDeps & Pick<World, 'home' | 'concurrency'>) {
  return async (event: unknown): Promise<Answer | Forecast> => {
    const { service, release } = readOrder(GateCall, event)
    return release === undefined ? mayRelease(deps, service) : forecast(deps, await deps.services.get(service), release)
  }
}

export const no = ({ message, fix }: Problem): Answer => ({ may: false, because: `${message} ${fix}` })

export function unknown({ trouble }: Pick<World, 'trouble'>, error: unknown, about: object): Answer {
  if (error instanceof Problem) return no(error)
  trouble(error, { ...about })
  return { may: false, because: `It cannot be looked up: ${sentenceOf(error)}` }
}

/** @throws Problem `service_missing`, `item_unreadable` */
export async function mayRelease(deps: AskDeps, name: string): Promise<Answer> {
  const service = await deps.services.get(name)
  if (isObserved(service)) return no(observedOnly(name))
  try {
    const { allowed, because } = await gatesNow(deps, service)
    if (!allowed) return { may: false, because }
    const turn = await turnNow(deps, service)
    if (turn.live) return { may: service.policy.whileLive !== 'refuse', because: turn.because }
    return await aliasesAreWhole(deps, service)
  } catch (error) {
    // If something cannot be looked up, the answer is no, because unknown never means yes.
    return unknown(deps, error, { service: name })
  }
}

async function aliasesAreWhole(deps: AskDeps, service: Service): Promise<Answer> {
  for (const target of service.targets) {
    const { routing } = await deps.aliases.read(placedIn(service, target))
    const place = `${target.functionName}:${target.alias}`
    if (routing.additional !== undefined)
      return no(new Problem('alias_split', `Alias ${place} is already split: ${routingWords(routing)}.`))
    if (routing.version === '$LATEST') return no(new Problem('alias_on_latest', `Alias ${place} points at $LATEST.`))
  }
  return { may: true, because: `Nothing is live, and every alias of ${service.name} has one version.` }
}
