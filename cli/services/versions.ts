// `tidegate versions`: which old versions of a service would be deleted, why the others stay, and how much it frees.
import * as z from 'zod'
import { formatDuration } from '../../core/duration.ts'
import { oneLine } from '../../core/foreign-text.ts'
import type { OldVersionsAnswer } from '../../functions/orders/old-versions.ts'
import { exitCodes } from '../backend/screen.ts'
import type { Line } from '../backend/line.ts'
import type { Cli } from '../backend/surroundings.ts'
import { minuteWords } from '../../core/time.ts'

type AsIf = { readonly keep?: number; readonly keepFor?: string }

const Version = z.looseObject({
  version: z.string(),
  bytes: z.number(),
  publishedAtMs: z.number(),
  because: z.array(z.string()),
})
const Answer = z.looseObject({
  isAsked: z.boolean(),
  policy: z.looseObject({ keep: z.number(), keepSeconds: z.number() }),
  functions: z.array(
    z.looseObject({ functionName: z.string(), unknown: z.string().optional(), versions: z.array(Version) }),
  ),
  freesBytes: z.number(),
  storage: z.looseObject({ usedBytes: z.number(), limitBytes: z.number() }).optional(),
  deleted: z.array(
    z.looseObject({
      functionName: z.string(),
      version: z.string(),
      bytes: z.number(),
      atMs: z.number(),
      deletedAtMs: z.number().optional(),
    }),
  ),
}) satisfies z.ZodType<Pick<OldVersionsAnswer, 'isAsked' | 'freesBytes'>>
type Answer = z.output<typeof Answer>

/** @returns 2 if it is not known what of a function may be deleted */
export async function showVersions({ backend, screen }: Cli, service: string, asIf: AsIf): Promise<number> {
  const body = Object.keys(asIf).length === 0 ? {} : { versions: asIf }
  const answer = Answer.parse(await backend.order('old-versions', service, body))
  const lines = [
    ...answer.functions.flatMap((one) => [...functionLines(one), '']),
    policyLine(service, answer, Object.keys(asIf).length > 0),
    freesLine(answer),
    ...storageLines(answer),
    ...deletedLines(answer),
  ]
  screen.say(lines, answer)
  if (!answer.isAsked) screen.next(`tidegate get ${service}`)
  return answer.functions.some(({ unknown }) => unknown !== undefined) ? exitCodes.refused : exitCodes.done
}

function functionLines({ functionName, unknown, versions }: Answer['functions'][number]): readonly Line[] {
  if (unknown !== undefined)
    return [`${functionName}: nothing is deleted, because it is not known what may be. ${oneLine(unknown, 500)}`]
  if (versions.length === 0) return [`${functionName} has no published version.`]
  const table = [
    [functionName.toUpperCase(), 'PUBLISHED', 'SIZE', '', 'WHY IT STAYS'],
    ...versions
      .toReversed()
      .map(({ version, publishedAtMs, bytes, because: [first = '', ...more] }) => [
        version,
        minuteWords(publishedAtMs),
        sizeWords(bytes),
        first === '' ? 'delete' : 'keep',
        more.length === 0 ? first : `${first}; and ${more.length} more`,
      ]),
  ]
  return [{ table }]
}

function policyLine(service: string, { isAsked, policy }: Answer, isAsIf: boolean): string {
  const words = `the ${policy.keep} newest stay, and each for ${formatDuration(policy.keepSeconds)} after it was last in use`
  if (isAsIf) return `As if its definition said so: ${words}. Nothing was changed.`
  return isAsked
    ? `By the definition of ${service}, once a day: ${words}.`
    : `Nothing is deleted: the definition of ${service} has no \`versions\`. If it had, with its defaults: ${words}.`
}

function freesLine({ functions, freesBytes }: Answer): string {
  const count = functions.flatMap(({ versions }) => versions.filter(({ because }) => because.length === 0)).length
  if (count === 0) return 'No version may be deleted now.'
  return `${count} ${count === 1 ? 'version' : 'versions'} may be deleted now: ${sizeWords(freesBytes)}.`
}

function storageLines({ storage }: Answer): readonly string[] {
  if (storage === undefined) return ['How much code there is in the region is not known: AWS did not say.']
  const percent = ((100 * storage.usedBytes) / storage.limitBytes).toFixed(1)
  return [`All code of the region: ${sizeWords(storage.usedBytes)} of ${sizeWords(storage.limitBytes)} (${percent} %).`]
}

function deletedLines({ deleted }: Answer): readonly string[] {
  if (deleted.length === 0) return []
  const lines = deleted.map(({ functionName, version, bytes, atMs, deletedAtMs }) =>
    deletedAtMs === undefined
      ? `${minuteWords(atMs)} ${functionName}:${version}: begun, and not known to be done`
      : `${minuteWords(deletedAtMs)} ${functionName}:${version} (${sizeWords(bytes)})`,
  )
  return ['Deleted:', ...lines.map((line) => `  ${line}`)]
}

const units = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const

/** As AWS counts its quota: 75 GB are 75 times 1024 three times over. */
function sizeWords(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const number = bytes / 1024 ** power
  return `${power === 0 || Number.isInteger(number) ? number : number.toFixed(1)} ${units[power] ?? ''}`
}
