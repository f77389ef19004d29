// Reads a path of the API, and prints what it answers.
import { jsonLine } from '../../core/foreign-text.ts'
import { Problem } from '../../core/problem.ts'
import { exitCodes } from '../backend/screen.ts'

type Read = (path: string) => Promise<unknown>

/** @throws Problem `call_invalid`, and what the API answers */
export async function printRead(read: Read, out: (line: string) => void, path: string): Promise<number> {
  if (!path.startsWith('/')) throw new Problem('call_invalid', 'A path of the API begins with /, such as /services.')
  out(jsonLine(await read(path)))
  return exitCodes.done
}
