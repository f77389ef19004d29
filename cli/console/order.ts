// A button that was pressed: the form becomes a call of the controller's API, signed by the person to whom the page was shown.
// The door decides. What it answers, a refusal too, stands on the page that comes next.
import type { IncomingMessage } from 'node:http'
import { inspect } from 'node:util'
import * as z from 'zod'
import { Problem } from '../../core/problem.ts'
import { Outcome } from '../../core/release/event.ts'
import { outcomeWords } from '../../core/release/head.ts'
import { type RouteName, routeNames, routeOf } from '../../functions/routes.ts'
import { type Answer, plain } from './answer.ts'
import { type Notice, refused } from './notices.ts'
import type { Person } from './people.ts'

const bodyBytesMax = 16_384

/** @returns the fields of a form, or the refusal of what is none */
export async function formOf(request: IncomingMessage): Promise<URLSearchParams | Answer> {
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers['content-type'] ?? ''))
    return plain(415, 'body_refused: the console takes forms only.')
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bodyBytesMax) return plain(413, `body_refused: a form has at most ${bodyBytesMax} bytes.`)
    chunks.push(chunk)
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

/** What `/order/ROUTE` or `/order/ROUTE/SERVICE` orders; `undefined` if there is no such route. */
export function orderAt(path: string): { readonly route: RouteName; readonly service: string | undefined } | undefined {
  const [, name, text, ...rest] = path.slice(1).split('/')
  const route = routeNames.find((one) => one === name)
  if (route === undefined || rest.length > 0 || (routeOf(route).everywhere === true) !== (text === undefined))
    return undefined
  const service = text === undefined ? undefined : decoded(text)
  return service === '' || (text !== undefined && service === undefined) ? undefined : { route, service }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

const ofTheConsole = ['formToken', 'page']

/** The fields of the form, as the API takes them: an empty one is not said. */
export const bodyOf = (form: URLSearchParams): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    [...form]
      .filter(([name, value]) => !ofTheConsole.includes(name) && value !== '')
      .map(([name, value]) => [name, name === 'before' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value]),
  )

/** @param tell hears of bugs */
export async function give(
  { who, backend }: Person,
  { route, service }: NonNullable<ReturnType<typeof orderAt>>,
  body: Readonly<Record<string, unknown>>,
  tell: (line: string) => void,
): Promise<Notice> {
  try {
    return done(route, service, who, await backend.order(route, service, body))
  } catch (error) {
    if (error instanceof Problem) return refused(error)
    tell(inspect(error))
    return {
      kind: 'refused',
      lines: ['The order failed by a bug; the terminal of the console has it. Look before you order again.'],
    }
  }
}

const Answered = z.looseObject({
  releaseId: z.string().optional(),
  phase: z.string().optional(),
  outcome: Outcome.optional().catch(undefined),
  note: z.string().optional(),
  releases: z.array(z.looseObject({ releaseId: z.string() })).optional(),
  reopened: z.array(z.string()).optional(),
})

/** What the controller says that it did. */
function done(route: RouteName, service: string | undefined, who: string, answer: unknown): Notice {
  const { releaseId, phase, outcome, note, releases, reopened } = Answered.catch({}).parse(answer)
  const ids = releases?.map((one) => one.releaseId) ?? (releaseId === undefined ? [] : [releaseId])
  const about = service === undefined ? 'every service' : service
  // The phase says nothing of a pause or an approval; the page below says where the release stands.
  const which = phase === undefined || outcome !== undefined ? '' : `, for release ${ids.join(', ')}`
  const ended = outcome === undefined ? '' : ` Release ${ids.join(', ')} is now ${outcomeWords[outcome]}.`
  const asked = releases === undefined ? '' : ` Requested: ${ids.join(', ')}.`
  const again =
    reopened === undefined || reopened.length === 0 ? '' : ` These look at their gates again: ${reopened.join(', ')}.`
  return {
    kind: 'done',
    lines: [
      `${route} of ${about} was ordered as ${who}${which}.${ended}${asked}${again}`,
      ...(note === undefined ? [] : [note]),
    ],
  }
}
