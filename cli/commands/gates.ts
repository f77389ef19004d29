// What people say to gates: whether they are open, approving, overriding, stopping the line.
import * as z from 'zod'
import { Problem } from '../../core/problem.ts'
import { exitCodes } from '../desk/screen.ts'
import { Ordered } from '../desk/ordered.ts'
import type { Cli } from '../desk/surroundings.ts'

export type Why = { readonly by: string; readonly reason: string }
export type Approval = { readonly by: string; readonly before?: string; readonly reason?: string }

const Answer = z.looseObject({ may: z.boolean(), because: z.string() })

export async function showGates({ desk, screen }: Cli, service: string): Promise<number> {
  const answer = Answer.parse(await desk.ask('ask', { service }))
  screen.say(`${answer.may ? 'Yes' : 'No'}: ${answer.because}`, answer)
  return answer.may ? exitCodes.done : exitCodes.different
}

export async function approve(
  { desk, screen }: Cli,
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
  const done = Ordered.parse(await desk.ask('approve', call))
  screen.say(
    `${answer === 'approve' ? 'Approved' : 'Declined'}: release ${done.releaseId} is ${done.outcome ?? done.phase}.`,
    done,
  )
  return exitCodes.done
}

export async function override({ desk, screen }: Cli, service: string, why: Why): Promise<number> {
  const done = Ordered.parse(await desk.ask('override', { service, ...why }))
  screen.say(`The gates of release ${done.releaseId} are overridden.`, done)
  return exitCodes.done
}

const which = (services: readonly string[]): readonly object[] =>
  services.length === 0 ? [{ all: true }] : services.map((service) => ({ service }))
const words = (services: readonly string[]): string => (services.length === 0 ? 'every service' : services.join(', '))

/** @param services none are all */
export async function stopLine({ desk, screen }: Cli, services: readonly string[], why: Why): Promise<number> {
  for (const one of which(services)) await desk.ask('stopLine', { ...one, ...why })
  screen.say(`The line of ${words(services)} is stopped.`, { stopped: services.length === 0 ? 'all' : services })
  return exitCodes.done
}

/** @param services none is the stop of all */
export async function startLine({ desk, screen }: Cli, services: readonly string[], by: string): Promise<number> {
  for (const one of which(services)) await desk.ask('startLine', { ...one, by })
  screen.say(`The line of ${words(services)} is started again.`, {
    started: services.length === 0 ? 'all' : services,
  })
  return exitCodes.done
}
