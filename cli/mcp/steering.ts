// The two tools that order something: pause, and put back. Both only take traffic risk away. Both name one release and a reason,
// and go through the controller's API with the credentials of whoever started the server: IAM decides, and the log names them.
import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import { nameWords, quoted } from '../../core/foreign-text.ts'
import { own } from '../../core/own.ts'
import { Problem } from '../../core/problem.ts'
import type { Release } from '../../core/release/release.ts'
import { toldShareBp } from '../../core/release/release.ts'
import { VersionByFunction } from '../../core/service/candidate.ts'
import { Ordered } from '../backend/ordered.ts'
import { foundRelease, reason, release, service } from './asked.ts'
import { type Answer, type Context, type Tool, tool } from './tool.ts'
import { placesWords, wayBack } from './way-back.ts'

const requestId = z
  .string()
  .regex(/^[\w-]{8,64}$/, 'letters, digits, - and _, from 8 to 64')
  .optional()
  .describe('The same id for the same request, sent again: it is carried out once. Default: a new one.')

export const steering: readonly Tool[] = [
  tool({
    name: 'pause',
    title: 'Pause a live release',
    description:
      'Keeps the present weight of a live release. It stays watched: bad evidence still puts it back. Only a person resumes it; a release that a person has resumed is not paused again.',
    hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    input: z.strictObject({ service, release, reason, requestId }),
    run: (context, call) => pause(context, call),
  }),
  tool({
    name: 'put_back',
    title: 'Put a release back',
    description:
      'Moves all traffic of one release back to the version before it: of a live release within seconds, of a promoted one by a release of what ran before. `to` names that version of each function, as `explain` says it.',
    hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    input: z.strictObject({
      service,
      release,
      to: VersionByFunction.describe('The version that gets all traffic, by function, as `explain` says it.'),
      reason,
      requestId,
    }),
    run: (context, call) => putBack(context, call),
  }),
]

type Call = {
  readonly service: string
  readonly release: string
  readonly reason: string
  readonly requestId?: string | undefined
}

/** @throws Problem `release_missing`, `person_decides`, and what the API refuses */
async function pause({ backend, allowOrder }: Context, call: Call): Promise<Answer> {
  const { release: found, events } = await foundRelease(backend, call.release, call.service)
  const resumed = events.findLast((event) => event.type === 'resumed')
  if (resumed?.type === 'resumed')
    throw new Problem(
      'person_decides',
      `${nameWords(resumed.by)} has resumed release ${found.id} after a pause: only a person pauses it again.`,
    )
  allowOrder()
  const done = await ordered(backend, 'pause', call)
  return {
    says: [
      done.note === undefined
        ? `Paused release ${found.id} of ${call.service}: it keeps ${toldShareBp(found) / 100} % of the traffic, and moves no version.`
        : `Release ${found.id} of ${call.service} was paused already, by whom and why \`note\` says: it keeps ${toldShareBp(found) / 100} % of the traffic.`,
      'It stays watched. If nobody resumes it, it is put back at the time that `explain` says.',
    ],
    data: done,
  }
}

/** @throws Problem `release_missing`, `verb_not_now`, `call_invalid`, and what the API refuses */
async function putBack(
  { backend, allowOrder }: Context,
  { to, ...call }: Call & { readonly to: Readonly<Record<string, string>> },
): Promise<Answer> {
  const { release: found } = await foundRelease(backend, call.release, call.service)
  const back = await wayBack(backend, found)
  if (back.to === undefined) throw new Problem('verb_not_now', `Release ${found.id}: ${back.sentence}`)
  checkPlaces(found, back.to, to)
  allowOrder()
  const done = await ordered(backend, 'roll-back', call)
  return {
    says: [
      `Put back release ${found.id} of ${call.service}: all traffic goes ${placesWords(back.to)}.`,
      'Look again with `explain` before you say that it is done.',
    ],
    data: done,
  }
}

/** Whoever puts a release back says where the traffic goes, so that nobody moves what they have not looked at. */
function checkPlaces(
  { id }: Release,
  known: Readonly<Record<string, string>>,
  named: Readonly<Record<string, string>>,
): void {
  const names = new Set([...Object.keys(known), ...Object.keys(named)])
  const other = [...names].find((name) => own(known, name) !== own(named, name))
  if (other === undefined) return
  throw new Problem(
    'call_invalid',
    `Putting release ${id} back moves ${placesWords(known)}; \`to\` says ${quoted(`${other} ${own(named, other) ?? 'nothing'}`, undefined, 200)}.`,
  )
}

const ordered = async (
  backend: Context['backend'],
  route: 'pause' | 'roll-back',
  { service: name, release: releaseId, reason: why, requestId: id = randomUUID() }: Call,
): Promise<Ordered> => Ordered.parse(await backend.order(route, name, { releaseId, reason: why }, `mcp-${id}`))
