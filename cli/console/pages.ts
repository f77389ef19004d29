// Which page is at which path: what is read for it, and what shows it.
import type { Problem, ProblemCode } from '../../core/problem.ts'
import { type Frame, framed } from '../../console/frame.ts'
import { html } from '../../console/html.ts'
import type { Answer } from './answer.ts'
import type { Backend } from '../backend/backend.ts'
import { documentAt, documents } from './runbook.ts'

/** Shows what was read, in any frame: also later, when the backend is away. */
export type Shown = (frame: Frame) => string
type Found = { readonly show: Shown } | { readonly text: Answer }
type Asked = { readonly backend: Backend; readonly path: string; readonly query: URLSearchParams }

const document = documents()

/** @returns `undefined` if there is no such page @throws Problem */
export async function pageAt({ backend, path, query }: Asked): Promise<Found | undefined> {
  const name = documentAt(path)
  if (name !== undefined) return runbook(name)
  const [first = '', second, third, ...rest] = path.slice(1).split('/')
  if (rest.length > 0) return undefined
  void [second, third, query]
  if (first === '') {
    const services = (await backend.services.list()).items
    return {
      show: (frame) =>
        framed(
          frame,
          'Fleet',
          html`<h1>Fleet</h1>
            <ul>
              ${services.map((one) => html`<li>${one.name}</li>`)}
            </ul>`,
        ),
    }
  }
  return undefined
}

function runbook(name: string): Found | undefined {
  const found = document.get(name)?.()
  return found && { show: (frame) => framed(frame, found.title, found.body) }
}

const statuses: Partial<Readonly<Record<ProblemCode, number>>> = {
  permission_denied: 403,
  route_refused: 403,
  service_missing: 404,
  release_missing: 404,
  aws_unavailable: 503,
  aws_throttled: 503,
}
export const statusOf = ({ code }: Problem): number => statuses[code] ?? 409
