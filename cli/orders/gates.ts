// Commands about gates: whether they are open, approving, overriding.
import * as z from 'zod'
import { Problem } from '../../core/problem.ts'
import { exitCodes } from '../backend/screen.ts'
import { Ordered } from '../backend/ordered.ts'
import type { Cli } from '../backend/surroundings.ts'
import { tellOrdered } from './ordered.ts'

export type Why = { readonly reason: string }
export type Approval = { readonly before?: string; readonly wave?: string; readonly reason?: string }

const Answer = z.looseObject({ may: z.boolean(), because: z.string() })

export async function showGates({ backend, screen }: Cli, service: string): Promise<number> {
  const answer = Answer.parse(await backend.order('ask', service))
  screen.say(
    {
      head: [{ text: answer.may ? 'Yes' : 'No', tone: answer.may ? 'good' : 'caution' }, ': '],
      rest: [answer.because],
    },
    answer,
  )
  return answer.may ? exitCodes.done : exitCodes.different
}

export async function approve(
  { backend, screen }: Cli,
  service: string,
  answer: 'approve' | 'decline',
  { before, wave, reason }: Approval,
): Promise<number> {
  const point = before === undefined || before === 'begin' ? before : Number(before)
  if (typeof point === 'number' && Number.isNaN(point))
    throw new Problem('call_invalid', `--before takes begin or a percent, not "${before ?? ''}".`)
  const call = {
    ...(point === undefined ? {} : { before: point }),
    ...(wave === undefined ? {} : { wave }),
    ...(reason === undefined ? {} : { reason }),
  }
  const done = Ordered.parse(await backend.order(answer, service, call))
  await tellOrdered({ backend, screen }, service, done, answer === 'approve' ? 'Approved.' : 'Declined.')
  return exitCodes.done
}

export async function override({ backend, screen }: Cli, service: string, why: Why): Promise<number> {
  const done = Ordered.parse(await backend.order('override', service, why))
  const sentence = 'Its gates are overridden; your name and reason are in its log.'
  await tellOrdered({ backend, screen }, service, done, sentence)
  return exitCodes.done
}
