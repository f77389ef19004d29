// Takes all of the terminal, and gives it back as it was: on its alternate screen, which keeps what was there before. Control
// sequences as in xterm's ctlseqs; a library would bring more than these six.
import type { Terminal } from '../backend/screen.ts'

const enter = '\x1b[?1049h\x1b[?25l'
const leave = '\x1b[?25h\x1b[?1049l'
const home = '\x1b[H'
const clearRow = '\x1b[K'
const clearBelow = '\x1b[J'

type FullScreen = {
  /** Shows what `rows` makes for the terminal's size, and again whenever it is resized. */
  show(rows: (size: { readonly columns: number; readonly rows: number }) => readonly string[]): void
  /** Gives the terminal back. It does so by itself if the program is told to stop, or ends. */
  close(): void
}

export function fullScreen(terminal: Terminal): FullScreen {
  let isOpen = true
  let shown: Parameters<FullScreen['show']>[0] = () => []
  const paint = (): void => {
    if (!isOpen) return
    const rows = shown(terminal.size())
    // Nothing is cleared before it is painted over: it does not flicker.
    terminal.write(home + rows.map((row) => row + clearRow).join('\r\n') + clearBelow)
  }
  const close = (): void => {
    if (!isOpen) return
    isOpen = false
    for (const end of ends) end()
    terminal.write(leave)
  }
  const ends = [terminal.onResize(paint), terminal.onStop(close)]
  terminal.write(enter)
  return {
    show(rows) {
      shown = rows
      paint()
    },
    close,
  }
}
