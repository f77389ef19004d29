// Records every resource of a run before it is created, so that it can be deleted whatever happens: by the run itself, or later
// by its prefix. Nothing is deleted unless it has the prefix in its name, the prefix as its tag, and a line in the record.
import { appendFile, readFile } from 'node:fs/promises'
import * as z from 'zod'
import { Problem } from '../../core/problem.ts'
import { isMissingHere } from './errors.ts'

const kinds = ['role', 'function', 'bucket', 'queue', 'rule', 'table', 'alarm', 'machine'] as const
export type Kind = (typeof kinds)[number]
type Thing = { readonly kind: Kind; readonly name: string }

/** How to inspect and delete a kind of resource. */
export type Care = {
  /** The value of our tag; `undefined` if it has none. @throws if there is no such resource */
  readonly tag: (name: string) => Promise<string | undefined>
  /** Deletes the resource and everything in it. */
  readonly remove: (name: string) => Promise<unknown>
  readonly isGone: (error: unknown) => boolean
  /** The command to delete it by hand. */
  readonly byHand: (name: string) => string
}

const Line = z.strictObject({
  act: z.enum(['makes', 'made', 'deleted']),
  kind: z.enum(kinds),
  name: z.string(),
  at: z.string(),
})
type Line = z.output<typeof Line>

export type Belongings = {
  /** Records the resource, then creates it. */
  make<T>(kind: Kind, name: string, make: () => Promise<T>): Promise<T>
  /** Deletes everything, newest first. @returns what is left, each with the reason and what to do */
  deleteAll(): Promise<readonly string[]>
}

type Deps = {
  readonly prefix: string
  /** The path of the record. */
  readonly file: string
  readonly care: Readonly<Record<Kind, Care>>
  readonly nowMs: () => number
}

export function belongingsIn({ prefix, file, care, nowMs }: Deps): Belongings {
  const write = (act: Line['act'], { kind, name }: Thing): Promise<void> =>
    appendFile(file, `${JSON.stringify({ act, kind, name, at: new Date(nowMs()).toISOString() } satisfies Line)}\n`)

  async function remove(thing: Thing, wasMade: boolean): Promise<string | undefined> {
    const { tag, remove, isGone, byHand } = care[thing.kind]
    const left = (why: string): string => `${thing.kind} ${thing.name}: ${why}. By hand: ${byHand(thing.name)}`
    if (!thing.name.startsWith(`${prefix}-`)) return left('its name does not have the prefix, so it is not touched')
    try {
      const found = await tag(thing.name).catch((error: unknown) => {
        // The emulator has no tags. Names are random, so whatever the record says was made is ours.
        if (isMissingHere(error) && wasMade) return prefix
        throw error
      })
      if (found !== prefix) return left('it does not have our tag, so it is not touched')
      await remove(thing.name)
    } catch (error) {
      if (!isGone(error)) return left(error instanceof Error ? `${error.name}: ${error.message}` : String(error))
    }
    await write('deleted', thing)
    return undefined
  }

  return {
    async make(kind, name, make) {
      await write('makes', { kind, name })
      const made = await make()
      await write('made', { kind, name })
      return made
    },
    async deleteAll() {
      const left: string[] = []
      for (const { thing, wasMade } of presentIn(await recordIn(file)).reverse()) {
        const why = await remove(thing, wasMade)
        if (why !== undefined) left.push(why)
      }
      return left
    },
  }
}

type Present = { readonly thing: Thing; readonly wasMade: boolean }

function presentIn(lines: readonly Line[]): Present[] {
  const present = new Map<string, Present>()
  for (const { act, kind, name } of lines) {
    const key = `${kind} ${name}`
    const known = present.get(key)
    if (act === 'deleted') present.delete(key)
    else present.set(key, { thing: { kind, name }, wasMade: act === 'made' || known?.wasMade === true })
  }
  return [...present.values()]
}

/** @throws Problem if the record does not exist or cannot be read: never delete by guessing */
async function recordIn(file: string): Promise<readonly Line[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    if ((cause as { code?: string }).code === 'ENOENT') return undefined
    throw new Problem('call_invalid', `The record ${file} cannot be read.`, { cause })
  })
  // An incomplete last line means that the run was killed while writing it, before it created the resource.
  const lines = (text ?? '').split('\n').filter((line) => line.endsWith('}'))
  return lines.map((line) => Line.parse(JSON.parse(line)))
}
