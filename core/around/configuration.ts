// What the published versions of a function differ in besides their code: memory, layers, environment variables and the like. A
// fault may be of these, so the log says it. Of an environment variable the log has the name alone: its value may be a secret.
import * as z from 'zod'
import { oneLine } from '../foreign-text.ts'
import { own } from '../own.ts'

/** The configuration of one version, by what people call each part of it. */
export type Configuration = {
  /** What may be shown. */
  readonly shown: Readonly<Record<string, string>>
  /** What may not: a digest, to compare it by. It is kept in no log. */
  readonly hidden: Readonly<Record<string, string>>
  /** Why the environment variables are not known. */
  readonly unread?: string
}

const name = z.string().min(1).max(140)
const value = z.string().max(120)

/** Without `from` and `to`, what it was and is may not be shown. */
const Difference = z.strictObject({
  what: name,
  how: z.enum(['changed', 'added', 'removed']),
  from: value.optional(),
  to: value.optional(),
})
type Difference = z.output<typeof Difference>

const differencesMost = 30

export const Differences = z.strictObject({
  list: z.array(Difference).max(differencesMost),
  /** How many more there are. */
  more: z.int().min(1).optional(),
  /** Lambda says that both versions have the same code. */
  sameCode: z.literal(true).optional(),
  /** Why the environment variables could not be compared. */
  unread: z.string().max(300).optional(),
})
export type Differences = z.output<typeof Differences>

type Compared = { readonly codeSha256: string; readonly configuration?: Configuration | undefined }

/** @returns `undefined` if nothing but the code differs, or Lambda did not say how they are configured */
export function differencesOf(stable: Compared, candidate: Compared): Differences | undefined {
  const [before, after] = [stable.configuration, candidate.configuration]
  if (before === undefined || after === undefined) return undefined
  const unread = before.unread ?? after.unread
  const all = [
    ...differing(before.shown, after.shown, true),
    ...(unread === undefined ? differing(before.hidden, after.hidden, false) : []),
  ]
  if (all.length === 0 && unread === undefined) return undefined
  return {
    list: all.slice(0, differencesMost),
    ...(all.length > differencesMost ? { more: all.length - differencesMost } : {}),
    ...(stable.codeSha256 === candidate.codeSha256 ? { sameCode: true } : {}),
    ...(unread === undefined ? {} : { unread: oneLine(unread, 300) }),
  }
}

type Part = Configuration['shown']

function differing(before: Part, after: Part, isShown: boolean): readonly Difference[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return names.flatMap((what): readonly Difference[] => {
    const [from, to] = [own(before, what), own(after, what)]
    if (from === to) return []
    const how = from === undefined ? 'added' : to === undefined ? 'removed' : 'changed'
    return [
      {
        what: oneLine(what, 140),
        how,
        ...(isShown && from !== undefined ? { from: oneLine(from, 120) } : {}),
        ...(isShown && to !== undefined ? { to: oneLine(to, 120) } : {}),
      },
    ]
  })
}

function differenceWords({ what, how, from, to }: Difference): string {
  if (how === 'added') return to === undefined ? `${what} is new` : `${what} is new: ${to}`
  if (how === 'removed') return from === undefined ? `${what} is gone` : `${what} is gone: it was ${from}`
  return from === undefined || to === undefined ? `${what} changed` : `${what} from ${from} to ${to}`
}

/** `memory from 512 MB to 1024 MB, environment variable DB_HOST changed`; empty if nothing is known to differ */
const listWords = ({ list, more }: Differences): string =>
  [...list.map(differenceWords), ...(more === undefined ? [] : [`${more} more`])].join(', ')

type Target = { readonly functionName: string; readonly differs?: Differences | undefined }

/** A sentence for each function whose versions differ in more than their code. */
export const differsSentences = (targets: readonly Target[]): readonly string[] =>
  targets.flatMap(({ functionName, differs }) => {
    if (differs === undefined) return []
    const words = listWords(differs)
    const unread = differs.unread === undefined ? '' : ` Its environment variables were not compared: ${differs.unread}`
    if (words === '') return unread === '' ? [] : [`Of ${functionName}:${unread.replace(' Its', ' its')}`]
    const lead = differs.sameCode === true ? 'The code is the same, and this changed' : 'Besides the code, this changed'
    return [`${lead} of ${functionName}: ${words}.${unread}`]
  })
