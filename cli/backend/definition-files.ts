// The files of definitions that a command names: each file, and all of a folder, which is how a repository keeps them.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Problem } from '../../core/problem.ts'

type DefinitionFiles = {
  readonly files: readonly string[]
  /** Whether a folder was named: then what is not in it is missing. */
  readonly isFolder: boolean
}

/**
 * @param paths files, and folders with files below them; in a folder, names that begin with a dot are passed over
 * @throws Problem `definition_invalid` when a folder has no definition
 */
export async function definitionFiles(paths: readonly string[]): Promise<DefinitionFiles> {
  const found = await Promise.all(paths.map(filesUnder))
  return { files: [...new Set(found.flatMap(({ files }) => files))], isFolder: found.some(({ isFolder }) => isFolder) }
}

/** @returns names in the folder, sorted */
export async function definitionsBelow(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true })
  return names.filter((name) => /\.(ya?ml|json)$/.test(name) && !/(^|[\\/])\./.test(name)).sort()
}

async function filesUnder(path: string): Promise<DefinitionFiles> {
  const isFolder = await stat(path).then(
    (one) => one.isDirectory(),
    // Whoever reads it says that it is not there.
    () => false,
  )
  if (!isFolder) return { files: [path], isFolder }
  const files = await definitionsBelow(path).catch((cause: unknown) => {
    throw new Problem('definition_invalid', `The folder ${path} cannot be read.`, { cause })
  })
  if (files.length === 0)
    throw new Problem('definition_invalid', `The folder ${path} has no file that ends in .yaml, .yml or .json.`)
  return { files: files.map((name) => join(path, name)), isFolder }
}
