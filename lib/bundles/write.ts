// What a bundle is, and how it becomes a folder that Lambda runs.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export type Bundle = {
  readonly code: Uint8Array
  /** The SDK clients in the bundle (`dynamodb`, `lambda`). */
  readonly clients: readonly string[]
  /** The packages in the bundle and beside it, as `name@version`. */
  readonly packages: readonly string[]
  /** Files that must lie beside the module, by path. */
  readonly files: Readonly<Record<string, Uint8Array>>
}

/** Writes a bundle into a folder as the module `name`. */
export function writeBundle(folder: string, name: string, { code, files }: Bundle): void {
  for (const [path, content] of Object.entries({ ...files, [name]: code })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}
