// Definitions that are in the folder already: a person's, or those of an earlier run. They are left as they are.
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parse } from 'yaml'
import * as z from 'zod'
import { Problem } from '../../core/problem.ts'
import { sentenceOf } from '../../functions/steps/each.ts'
import { definitionsBelow } from '../backend/definition-files.ts'

export type Existing = {
  /** By function: the file that has it as a target. */
  readonly fileOf: ReadonlyMap<string, string>
  readonly names: ReadonlySet<string>
  /** Files that nobody can read a definition from. Their names are taken, too. */
  readonly unread: readonly string[]
}

const Shape = z.object({ name: z.string(), targets: z.array(z.object({ function: z.string() })) })

/** @throws Problem `file_unusable` if the folder is there and cannot be read */
export async function existingIn(folder: string): Promise<Existing> {
  const fileOf = new Map<string, string>()
  const names = new Set<string>()
  const unread: string[] = []
  for (const entry of await filesIn(folder)) {
    const file = join(folder, entry)
    names.add(basename(entry).replace(/\.(ya?ml|json)$/, ''))
    const shape = Shape.safeParse(await parsed(file))
    if (!shape.success) {
      unread.push(file)
      continue
    }
    names.add(shape.data.name)
    for (const target of shape.data.targets) fileOf.set(bareName(target.function), file)
  }
  return { fileOf, names, unread }
}

const bareName = (functionName: string): string => functionName.split(':').at(-1) ?? functionName

async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    return await definitionsBelow(folder)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return []
    throw new Problem('file_unusable', `The folder ${folder} cannot be read: ${sentenceOf(cause)}.`, { cause })
  }
}

async function parsed(file: string): Promise<unknown> {
  try {
    return parse(await readFile(file, 'utf8'))
  } catch {
    return undefined
  }
}
