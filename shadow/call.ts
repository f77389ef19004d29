// What the controller calls the hook with, and what it gets.
import * as z from 'zod'
import type { Said } from './compare.ts'

const text = (max: number) => z.string().max(max)

export const CallOfHook = z.object({
  release: text(500).optional(),
  hook: text(100).optional(),
  targets: z
    .array(z.object({ function: text(500), alias: text(200).default(''), stable: text(20), candidate: text(20) }))
    .max(100),
  answer: z.object({ function: text(500), nonce: text(200), before: z.iso.datetime() }).optional(),
})
export type Call = z.output<typeof CallOfHook>
export type Reply = { readonly result: 'pass' | 'fail' | 'unknown' | 'later'; readonly message: string }

/** Of a hook's message (functions/tasks/hook.ts). */
const messageMax = 500

export const changedOf = ({ targets }: Call): Call['targets'] =>
  targets.filter(({ stable, candidate }) => stable !== candidate)

export const unshadowed = (functionName: string): Said => ({
  result: 'unknown',
  message: `${functionName}: no shadow is defined for it`,
})

/** The worst of all. */
export function replyOf(verdicts: readonly Said[]): Reply & Said {
  const of = (result: Said['result']) => verdicts.filter((one) => one.result === result)
  const [first] = [of('fail'), of('unknown'), of('pass')].filter(({ length }) => length > 0)
  if (first === undefined) return { result: 'pass', message: 'no target gets another version' }
  return {
    result: first[0]?.result ?? 'unknown',
    message: first
      .map(({ message }) => message)
      .join('; ')
      .slice(0, messageMax),
  }
}
