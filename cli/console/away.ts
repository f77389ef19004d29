// What is shown when the backend does not answer: the page as it was read last, with its commands, and otherwise the commands that
// need nothing of ours.
import { commandBack } from '../../core/release/return-record.ts'
import { isAway, type Problem } from '../../core/problem.ts'
import { type Frame, framed, timeTag } from '../../console/frame.ts'
import { html, nothing } from '../../console/html.ts'
import { noticeBox, refused } from './notices.ts'
import type { Shown } from './pages.ts'
import type { Person } from './people.ts'

/** The oldest are forgotten. */
const kept = 100

export function lastPages() {
  const pages = new Map<string, { readonly show: Shown; readonly nowMs: number }>()
  const keyOf = ({ name }: Person, { path }: Frame): string => `${name} ${path}`
  return {
    keep(person: Person, frame: Frame, show: Shown): void {
      const key = keyOf(person, frame)
      pages.delete(key)
      pages.set(key, { show, nowMs: frame.nowMs })
      for (const oldest of pages.keys()) {
        if (pages.size <= kept) break
        pages.delete(oldest)
      }
    },
    /** The page as it was, saying so; `undefined` if it was never read, or if the problem is not that AWS is away. */
    last(person: Person, frame: Frame, problem: Problem): string | undefined {
      const found = isAway(problem) ? pages.get(keyOf(person, frame)) : undefined
      if (found === undefined) return undefined
      const above = html`${frame.above ?? nothing} ${noticeBox(refused(problem))}
        <section class="above" aria-label="Out of date">
          <p class="notice hold">
            This page is as it was read at ${timeTag(found.nowMs)}, and may be out of date. Its commands still hold.
          </p>
        </section>`
      return found.show({ ...frame, nowMs: found.nowMs, above })
    },
  }
}

const byHand = commandBack({ functionName: 'FUNCTION', alias: 'ALIAS', stable: 'STABLE' })

export function awayPage(frame: Frame, problem: Problem): string {
  const body = html`<h1>This page cannot be read</h1>
    <p class="sentence">${problem.message}</p>
    <h2>Put traffic back without it</h2>
    <p>The command line needs no page. It moves the traffic, or prints the commands that do:</p>
    <pre tabindex="0"><code>tidegate rollback SERVICE --reason "what you saw"</code></pre>
    <p>Without the controller, one command puts an alias back. STABLE is the version before:</p>
    <pre tabindex="0"><code>aws lambda get-alias --function-name FUNCTION --name ALIAS</code></pre>
    <pre tabindex="0"><code>${byHand}</code></pre>`
  return framed({ ...frame, above: html`${frame.above ?? nothing} ${noticeBox(refused(problem))}` }, 'Away', body)
}
