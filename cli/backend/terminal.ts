// What the program writes to: a terminal, or a pipe or a file.
import type { WriteStream } from 'node:tty'
import { styleText } from 'node:util'
import type { Surface } from './line.ts'
import type { Output, Terminal } from './screen.ts'

const probe = 'colour'
// A terminal that does not say its size.
const usual = { columns: 80, rows: 24 }

/** Node knows NO_COLOR, FORCE_COLOR, TERM and what a pipe is. Only a terminal has a width. */
export const surfaceOf = (stream: WriteStream): Surface => ({
  ...(stream.isTTY ? { columns: stream.columns || usual.columns } : {}),
  isColoured: styleText('red', probe, { stream }) !== probe,
})

export function outputTo(stream: WriteStream, environment: NodeJS.ProcessEnv, stopping: () => AbortSignal): Output {
  const surface = () => surfaceOf(stream)
  const canMove = stream.isTTY && environment['TERM'] !== 'dumb'
  return canMove ? { surface, terminal: terminalOn(stream, stopping) } : { surface }
}

const terminalOn = (stream: WriteStream, stopping: () => AbortSignal): Terminal => ({
  size: () => ({ columns: stream.columns || usual.columns, rows: stream.rows || usual.rows }),
  isColoured: surfaceOf(stream).isColoured,
  write: (text) => void stream.write(text),
  onResize: (listener) => {
    stream.on('resize', listener)
    return () => void stream.off('resize', listener)
  },
  onStop: (listener) => {
    const signal = stopping()
    signal.addEventListener('abort', listener)
    process.on('exit', listener)
    return () => {
      signal.removeEventListener('abort', listener)
      process.off('exit', listener)
    }
  },
})
