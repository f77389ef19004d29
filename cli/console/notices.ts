// What became of an order. It is shown on the page that the browser asks for next, which knows only a number of it: no text in an
// address ever gets on a page.
import { type Html, html } from '../../console/html.ts'
import { runbookSection } from '../../core/runbook.ts'
import type { Problem } from '../../core/problem.ts'

export type Notice = {
  readonly kind: 'done' | 'refused'
  readonly lines: readonly string[]
  /** Of the problem. */
  readonly code?: string
  /** The page to show it on, if not the one of the button. */
  readonly path?: string
}

/** The oldest are forgotten. */
const kept = 200

export function noticeBoard(nextId: () => string) {
  const notices = new Map<string, Notice>()
  return {
    /** @returns its number */
    pin(notice: Notice): string {
      const id = nextId()
      notices.set(id, notice)
      for (const oldest of notices.keys()) {
        if (notices.size <= kept) break
        notices.delete(oldest)
      }
      return id
    },
    read: (id: string): Notice | undefined => notices.get(id),
  }
}

export const refused = ({ code, message, fix }: Problem): Notice => ({
  kind: 'refused',
  lines: [`${code}: ${message}`, fix],
  code,
})

/** Where this server shows a section of the runbook. */
const runbookPath = (anchor: string): string => `/runbook#${runbookSection(anchor).split('#')[1] ?? ''}`

export const noticeBox = ({ kind, lines, code }: Notice): Html => {
  const link =
    code === undefined ? html`` : html`<p><a href="${runbookPath(code)}">What to do: ${code} in the runbook</a></p>`
  return html`<section class="above" aria-label="${kind === 'done' ? 'Done' : 'Refused'}">
    <div class="notice ${kind === 'done' ? 'good' : 'bad'}" role="${kind === 'done' ? 'status' : 'alert'}">
      ${lines.map((line) => html`<p>${line}</p>`)} ${link}
    </div>
  </section>`
}
