// `tidegate attest` and `tidegate incident`: what CI says about a candidate, and what went wrong in production.
import * as z from 'zod'
import { exitCodes } from '../desk/screen.ts'
import type { Cli } from '../desk/surroundings.ts'

const Noted = z.looseObject({ services: z.array(z.string()) })

export async function tellIncident({ desk, screen }: Cli, call: Readonly<Record<string, unknown>>): Promise<number> {
  const { services } = Noted.parse(await desk.ask('incident', call))
  screen.say(`Noted as an incident of ${services.join(', ')}.`, { services })
  return exitCodes.done
}

const Done = z.looseObject({ subjects: z.array(z.string()) })

export async function attest({ desk, screen }: Cli, call: Readonly<Record<string, unknown>>): Promise<number> {
  const { subjects } = Done.parse(await desk.ask('attest', call))
  screen.say(`Noted about ${subjects.join(', ')}.`, { subjects })
  return exitCodes.done
}
