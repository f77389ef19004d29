// Stop the line: no release begins or advances, for one service or for all. Traffic stays where it is and is still watched.
// Starting the line again is a separate right.
import * as z from 'zod'
import { ServiceName } from '../../core/service/service.ts'
import { by, readOrder, reason } from './order.ts'
import { idsOf } from '../steps/log.ts'
import { reopenGates } from '../queue/reopen.ts'
import type { World } from '../steps/world.ts'

const which = {
  service: ServiceName.optional().describe('One service; without it, and with `all`, every one.'),
  all: z.literal(true).optional(),
}
const one = ({ service, all }: { readonly service?: string | undefined; readonly all?: true | undefined }): boolean =>
  (service === undefined) !== (all === undefined)
const oneSentence = 'give either service or all'

export const StopLineCall = z.strictObject({ ...which, by, reason }).refine(one, oneSentence)
export const StartLineCall = z.strictObject({ ...which, by }).refine(one, oneSentence)

export type LineStopped = { readonly stopped: boolean }

/** @throws Problem `call_invalid`, `service_missing` */
export function stopLineHandler(deps: Pick<World, 'clock' | 'line' | 'services' | 'log'>) {
  return async (event: unknown): Promise<LineStopped> => {
    const { service, by, reason } = readOrder(StopLineCall, event)
    if (service !== undefined) await deps.services.get(service)
    await deps.line.stop(service, { by, reason, sinceMs: deps.clock.nowMs() })
    deps.log({ message: 'order: stopLine', service: service ?? 'all', by, reason })
    return { stopped: true }
  }
}

export type LineStarted = LineStopped & { readonly reopened: readonly string[] }

/** @throws Problem `call_invalid` */
export function startLineHandler(
  deps: Pick<World, 'clock' | 'line' | 'journal' | 'executions' | 'openReleases' | 'log' | 'trouble'>,
) {
  return async (event: unknown): Promise<LineStarted> => {
    const { service, by } = readOrder(StartLineCall, event)
    const was = await deps.line.start(service)
    deps.log({ message: 'order: startLine', service: service ?? 'all', by, was })
    const open = idsOf(await deps.openReleases.list(service))
    const reopened = await reopenGates(deps, open, `the line was started again by ${by}`)
    return { stopped: false, reopened }
  }
}
