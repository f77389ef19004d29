// Writes the template for teams without the CDK, its package and their checksums. The CDK makes it, and is loaded by it alone.
import { join, resolve } from 'node:path'
import { Problem } from '../../core/problem.ts'
import { exitCodes, type Screen } from '../backend/screen.ts'
import { writtenFiles } from '../adopt/written.ts'

/** @throws Problem `part_missing`, `file_unusable` */
export async function writeTemplate(screen: Screen, version: string, folder: string): Promise<number> {
  const files = await made(version)
  await writtenFiles(folder, files)
  const [template = '', zip = ''] = Object.keys(files).map((name) => join(folder, name))
  screen.say(
    [
      `${template} and ${zip} are written, with SHA256SUMS.`,
      'Put both into a bucket: docs/template.md has the next steps.',
    ],
    {
      folder: resolve(folder),
      files: Object.keys(files),
    },
  )
  return exitCodes.done
}

async function made(version: string): Promise<Readonly<Record<string, Uint8Array>>> {
  try {
    return (await import('../../lib/template/write.ts')).templateFiles(version)
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause
    throw new Problem('part_missing', 'The CDK, which makes the template, is not installed.', { cause })
  }
}
