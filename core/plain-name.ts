// Names, ids and commits as they come in: refused when they hold what nobody sees. Only calls and events are checked with it;
// what is stored was written under older rules, and is read.
import * as z from 'zod'
import { isPlain } from './foreign-text.ts'

export const plainSentence = 'no control characters, line breaks, marks of direction or characters that nobody sees'

export const plain = <S extends z.ZodType<string>>(schema: S): S => schema.refine(isPlain, plainSentence)

/** @param max in characters */
export const plainName = (max: number) => plain(z.string().min(1).max(max))
