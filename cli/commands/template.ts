// Writes the template for teams without the CDK, its package and their checksums. The CDK makes it, and is loaded by it alone.
import { join, resolve } from 'node:path'
import { Problem } from '../../core/problem.ts'
import { readYaml } from '../backend/text-file.ts'
import { exitCodes, type Screen } from '../backend/screen.ts'
import { writtenFiles } from '../adopt/written.ts'

/**
 * @param shadow a file of shadows, of which there is a template besides
 * @throws Problem `part_missing`, `file_unusable`, `shadow_invalid`
 */
export async function writeTemplate(screen: Screen, version: string, folder: string, shadow?: string): Promise<number> {
  const shadows = shadow === undefined ? undefined : await readYaml(shadow, 'shadow_invalid')
  const files = await made(version, shadows)
  await writtenFiles(folder, files)
  const [template = '', zip = '', ofShadows] = Object.keys(files).map((name) => join(folder, name))
  screen.say(
    [
      `${template} and ${zip} are written, with SHA256SUMS.`,
      ...(shadows === undefined ? [] : [`${ofShadows ?? ''} has the shadows (docs/shadow.md).`]),
      'Put both into a bucket: docs/template.md has the next steps.',
    ],
    {
      folder: resolve(folder),
      files: Object.keys(files),
    },
  )
  return exitCodes.done
}

async function made(version: string, shadows: unknown): Promise<Readonly<Record<string, Uint8Array>>> {
  try {
    return (await import('../../lib/template/write.ts')).templateFiles(version, shadows)
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause
    throw new Problem('part_missing', 'The CDK, which makes the template, is not installed.', { cause })
  }
}
