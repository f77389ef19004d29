// Commands about gates: whether they are open, approving, overriding, stopping the line.
import * as z from 'zod'
import { Problem } from '../../core/problem.ts'
import { exitCodes } from '../backend/screen.ts'
import { Ordered } from '../backend/ordered.ts'
import type { Cli } from '../backend/surroundings.ts'

export type Why = { readonly by: string; readonly reason: string }
export type Approval = { readonly by: string; readonly before?: string; readonly reason?: string }

const Answer = z.looseObject({ may: z.boolean(), because: z.string() })

export async function showGates({ backend, screen }: Cli, service: string): Promise<number> {
  const answer = Answer.parse(await backend.ask('ask', { service }))
  screen.say(`${answer.may ? 'Yes' : 'No'}: ${answer.because}`, answer)
  return answer.may ? exitCodes.done : exitCodes.different
}

export async function approve(
  { backend, screen }: Cli,
  service: string,
  answer: 'approve' | 'decline',
  { by, before, reason }: Approval,
): Promise<number> {
  const point = before === undefined || before === 'begin' ? before : Number(before)
  if (typeof point === 'number' && Number.isNaN(point))
    throw new Problem('call_invalid', `--before takes begin or a percent, not "${before ?? ''}".`)
  const call = {
    service,
    by,
    answer,
    ...(point === undefined ? {} : { before: point }),
    ...(reason === undefined ? {} : { reason }),
  }
  const done = Ordered.parse(await backend.ask('approve', call))
  screen.say(
    `${answer === 'approve' ? 'Approved' : 'Declined'}: release ${done.releaseId} is ${done.outcome ?? done.phase}.`,
    done,
  )
  return exitCodes.done
}

export async function override({ backend, screen }: Cli, service: string, why: Why): Promise<number> {
  const done = Ordered.parse(await backend.ask('override', { service, ...why }))
  screen.say(`The gates of release ${done.releaseId} are overridden.`, done)
  return exitCodes.done
}

const which = (services: readonly string[]): readonly object[] =>
  services.length === 0 ? [{ all: true }] : services.map((service) => ({ service }))
const words = (services: readonly string[]): string => (services.length === 0 ? 'every service' : services.join(', '))

/** @param services empty for all services */
export async function stopLine({ backend, screen }: Cli, services: readonly string[], why: Why): Promise<number> {
  for (const one of which(services)) await backend.ask('stopLine', { ...one, ...why })
  screen.say(`The line of ${words(services)} is stopped.`, { stopped: services.length === 0 ? 'all' : services })
  return exitCodes.done
}

/** @param services empty to lift the stop of all services */
export async function startLine({ backend, screen }: Cli, services: readonly string[], by: string): Promise<number> {
  for (const one of which(services)) await backend.ask('startLine', { ...one, by })
  screen.say(`The line of ${words(services)} is started again.`, {
    started: services.length === 0 ? 'all' : services,
  })
  return exitCodes.done
}
