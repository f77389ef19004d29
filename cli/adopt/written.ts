// Files that are written whole or not at all, and never over another one.
import { createHash } from 'node:crypto'
import { copyFile, constants, link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Problem } from '../../core/problem.ts'
import { sentenceOf } from '../../functions/steps/each.ts'

/**
 * @returns false if there is a file already, which is left as it is
 * @throws Problem `file_unusable`
 */
export async function writtenNew(file: string, text: string): Promise<boolean> {
  const folder = dirname(file)
  const draft = join(folder, `.tidegate-${process.pid}-${drafts++}.tmp`)
  try {
    await madeFolder(folder)
    await writeFile(draft, text, { flag: 'wx' })
  } catch (cause) {
    throw unusable(file, cause)
  }
  try {
    // Unlike a rename, neither takes the place of what is there. Some file systems have no links.
    await link(draft, file).catch((error: unknown) => {
      if (isThere(error)) throw error
      return copyFile(draft, file, constants.COPYFILE_EXCL)
    })
    return true
  } catch (cause) {
    if (isThere(cause)) return false
    throw unusable(file, cause)
  } finally {
    await rm(draft, { force: true })
  }
}

/** In the place of files of these names. @throws Problem `file_unusable` */
export async function writtenFiles(folder: string, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name)
    try {
      await madeFolder(folder)
      await writeFile(file, content)
    } catch (cause) {
      throw unusable(file, cause)
    }
  }
}

/** With the folders above it. Node's own `recursive` never returns where the system lets nobody make one, as in /proc. */
async function madeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    if (isThere(error)) return
    const above = dirname(folder)
    const isAboveMissing = above !== folder && (await stat(above).catch(() => undefined)) === undefined
    if (!isAboveMissing) throw error
    await madeFolder(above)
    await mkdir(folder).catch((again: unknown) => {
      if (!isThere(again)) throw again
    })
  }
}

/**
 * A report is written by each run, unless a person has changed it: then it is left, and the new one stands beside it. Its
 * last line is a checksum by which that is told.
 * @returns the file that was written
 */
export async function writtenReport(file: string, text: string): Promise<string> {
  const signed = `${text}${markOf(text)}\n`
  if (await writtenNew(file, signed)) return file
  const before = await readFile(file, 'utf8').catch(() => '')
  const [body, mark] = splitAtMark(before)
  const place = mark === markOf(body) ? file : file.replace(/\.md$/, '.new.md')
  const draft = `${place}.${process.pid}.tmp`
  try {
    await writeFile(draft, signed)
    await rename(draft, place)
  } catch (cause) {
    await rm(draft, { force: true })
    throw unusable(place, cause)
  }
  return place
}

const markOf = (text: string): string =>
  `<!-- tidegate adopt ${createHash('sha256').update(text).digest('hex').slice(0, 16)} -->`

function splitAtMark(text: string): readonly [string, string | undefined] {
  const at = text.lastIndexOf('<!-- tidegate adopt ')
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at).trimEnd()]
}

const isThere = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EEXIST'

const unusable = (file: string, cause: unknown): Problem =>
  new Problem('file_unusable', `The file ${file} cannot be written: ${sentenceOf(cause)}.`, { cause })

let drafts = 0
