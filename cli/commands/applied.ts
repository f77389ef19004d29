// `tidegate applied`: who applied which definition of a service, or removed it, when, and what that changed.
import { nameWords } from '../../core/foreign-text.ts'
import { changesOf, type FieldChange } from '../../functions/definitions/changes.ts'
import { exitCodes } from '../backend/screen.ts'
import type { Cli } from '../backend/surroundings.ts'

/** @param atMost how many, newest first */
export async function showApplied({ backend, screen }: Cli, service: string, atMost: number): Promise<number> {
  const { items, unreadable } = await backend.definitions.list(service, atMost)
  const shown = items.map(({ seq, by, atMs, before, after }) => ({
    ...{ seq, by, atMs, isNew: before === undefined && after !== undefined, isRemoved: after === undefined },
    changes: before === undefined || after === undefined ? [] : changesOf(before, after),
  }))
  const lines = shown.flatMap(({ seq, by, atMs, isNew, isRemoved, changes }) => [
    `${new Date(atMs).toISOString()}  ${seq}  by ${nameWords(by)}${isRemoved ? ': removed' : ''}${isNew ? ': nothing was there before, or nothing that could be read' : ''}`,
    ...changes.map((change) => `  ${wordsOf(change)}`),
  ])
  const unread = unreadable.map(({ about, problem }) => `${about.seq}  cannot be read: ${problem.message}`)
  const none = `No definition of ${service} was applied since these are recorded.`
  screen.say(lines.length + unread.length === 0 ? none : [...lines, ...unread], {
    service,
    applied: shown,
    ...(unread.length === 0 ? {} : { unread }),
  })
  return exitCodes.done
}

const text = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value))
const wordsOf = ({ field, before, after }: FieldChange): string => `${field}: ${text(before)} → ${text(after)}`
