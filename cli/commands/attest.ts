// `tidegate attest` and `tidegate incident`: CI's attestations about a candidate, and reports of incidents in production.
import * as z from 'zod'
import { exitCodes } from '../backend/screen.ts'
import type { Cli } from '../backend/surroundings.ts'

const Noted = z.looseObject({ services: z.array(z.string()) })

export async function tellIncident(
  { backend, screen }: Cli,
  service: string,
  call: Readonly<Record<string, unknown>>,
): Promise<number> {
  const { services } = Noted.parse(await backend.order('incident', service, call))
  screen.say(`Noted as an incident of ${services.join(', ')}.`, { services })
  return exitCodes.done
}

const Done = z.looseObject({ subjects: z.array(z.string()) })

/** @param service of the versions that the call names; without it, the call names a subject */
export async function attest(
  { backend, screen }: Cli,
  service: string | undefined,
  call: Readonly<Record<string, unknown>>,
): Promise<number> {
  const route = service === undefined ? 'attest-subject' : 'attest'
  const { subjects } = Done.parse(await backend.order(route, service, call))
  screen.say(`Noted about ${subjects.join(', ')}.`, { subjects })
  return exitCodes.done
}
