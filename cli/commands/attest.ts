// `tidegate attest` and `tidegate incident`: CI's attestations about a candidate, and reports of incidents in production.
import * as z from 'zod'
import { callsFor } from '../../core/gate/attest-call.ts'
import { Problem } from '../../core/problem.ts'
import { createHash } from 'node:crypto'
import { exitCodes } from '../backend/screen.ts'
import { bytesOf, readText } from '../backend/text-file.ts'
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

type Handed = { readonly bundle?: string; readonly package?: string; readonly subject?: string }

/** The package stays here: only its hash is sent. */
export async function attestBundle(
  { backend, screen }: Cli,
  service: string | undefined,
  handed: Handed,
): Promise<number> {
  const { bundle, package: file, subject, ...more } = handed
  if (
    service === undefined ||
    bundle === undefined ||
    (file === undefined) === (subject === undefined) ||
    Object.keys(more).length > 0
  )
    throw new Problem(
      'call_invalid',
      'A signed statement takes --bundle, --service, and --package or --subject, and nothing else.',
    )
  const about =
    subject ??
    `sha256/${createHash('sha256')
      .update(await bytesOf(file ?? '', 'call_invalid'))
      .digest('hex')}`
  const said = Done.parse(
    await backend.order('attest-bundle', service, {
      subject: about,
      bundle: jsonFrom(await readText(bundle, 'call_invalid'), bundle),
    }),
  )
  screen.say([`Verified, and noted about ${said.subjects.join(', ')}.`, ...said.stands], said)
  return exitCodes.done
}

function jsonFrom(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Problem('call_invalid', `${file} is not JSON: give one bundle, not lines of several.`, { cause })
  }
}

const Done = z.looseObject({ subjects: z.array(z.string()), stands: z.array(z.string()).default([]) })

/**
 * Each kind of fact is a right of its own, and so a call of its own.
 * @param service of the versions that the call names; without it, the call names a subject
 */
export async function attest(
  { backend, screen }: Cli,
  service: string | undefined,
  call: Readonly<Record<string, unknown>>,
): Promise<number> {
  const calls = callsFor(call)
  if (calls.length === 0)
    throw new Problem(
      'call_invalid',
      'There is nothing to attest: say --commit, --committed-at, --tests, --scan or --flags.',
    )
  const noted: { what: string; subjects: readonly string[]; stands: readonly string[] }[] = []
  try {
    for (const { what, call: body } of calls) {
      const route = service === undefined ? (`attest-${what}-of-subject` as const) : (`attest-${what}` as const)
      noted.push({ what, ...Done.parse(await backend.order(route, service, body)) })
    }
  } finally {
    // One right may be missing where another is there: what was noted stays noted.
    const subjects = [...new Set(noted.flatMap((one) => one.subjects))]
    const stands = noted.flatMap((one) => one.stands)
    const words = `Noted about ${subjects.join(', ')}: ${noted.map(({ what }) => what).join(', ')}.`
    if (noted.length > 0) screen.say([words, ...stands], { subjects, noted: noted.map(({ what }) => what), stands })
  }
  return exitCodes.done
}
