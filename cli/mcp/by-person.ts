// What an agent may not order: the exact command for a person, who signs it with credentials of their own. Nothing here acts.
import * as z from 'zod'
import { oneLine } from '../../core/foreign-text.ts'
import { Problem } from '../../core/problem.ts'
import { WaveName } from '../../core/definition/wave-name.ts'
import { Version } from '../../core/service/routing.ts'
import { ServiceName } from '../../core/service/service.ts'
import type { GatesView, Order } from '../../core/view/release/steering.ts'
import { ReleaseId, reason } from '../../functions/orders/order.ts'
import { type Answer, reads, type Tool, tool } from './tool.ts'

const Asked = z.strictObject({
  order: z.enum([
    ...(['approve', 'decline', 'override', 'promote', 'resume', 'abort'] as const),
    ...(['release', 'release_bolder', 'release_urgent', 'roll_back_further'] as const),
    ...(['stop_line', 'start_line'] as const),
  ]),
  service: ServiceName,
  release: ReleaseId.optional().describe('For abort.'),
  version: Version.optional().describe('For a release, and for going further back.'),
  plan: z
    .string()
    .regex(/^[A-Za-z0-9]{1,60}$/, 'the name of a plan')
    .optional()
    .describe('For release_bolder, such as AllAtOnce.'),
  before: z
    .union([z.literal('begin'), z.number().min(0).max(100)])
    .optional()
    .describe('For approve and decline: which approval, begin or a percent.'),
  wave: WaveName.optional().describe('For approve and decline: the approval before this wave.'),
  reason: reason.optional().describe('Proposed to the person, who may write another one.'),
})
type Asked = z.output<typeof Asked>

export const byPerson: readonly Tool[] = [
  tool({
    name: 'person_command',
    title: 'The command for a person',
    description:
      'For what needs a person: approve, decline, override, promote, resume, abort, start a release, stop or start the line. It answers the command that a person runs with their own credentials. It orders nothing.',
    hints: reads,
    input: Asked,
    run: (_, asked) => Promise.resolve(commandFor(asked)),
  }),
]

const askFirst =
  'A person decides this: show them the command and why. They run it with their own credentials. Do not run it.'

/** What an agent proposes as a reason is an argument of a shell: quoted, on one line. */
const shellWord = (text: string): string => `'${oneLine(text, 500).replaceAll("'", String.raw`'\''`)}'`

/** @throws Problem `call_invalid` for what the order does not take, or needs */
function commandFor({ order, service, release, version, plan, before, wave, reason: why }: Asked): Answer {
  const wants = needs[order] ?? {}
  const given = { release, version, plan, before, wave }
  for (const name of ['release', 'version', 'plan', 'before', 'wave'] as const) {
    if (wants[name] === 'must' && given[name] === undefined)
      throw new Problem('call_invalid', `The order ${order} needs ${name}.`)
    if (wants[name] === undefined && given[name] !== undefined)
      throw new Problem('call_invalid', `The order ${order} does not take ${name}.`)
  }
  const isMute = order === 'resume' || order === 'start_line'
  if (isMute && why !== undefined) throw new Problem('call_invalid', `The order ${order} does not take reason.`)
  const because = isMute ? [] : ['--reason', shellWord(why ?? 'REASON')]
  const words = [
    ...['tidegate', ...verbs[order], service],
    ...(release === undefined ? [] : ['--release', release]),
    ...(version === undefined ? [] : [order === 'roll_back_further' ? '--to' : '--version', version]),
    ...(plan === undefined ? [] : ['--plan', plan]),
    ...(before === undefined ? [] : ['--before', String(before)]),
    ...(wave === undefined ? [] : ['--wave', wave]),
    ...(order === 'release_bolder' ? ['--bolder'] : order === 'release_urgent' ? ['--urgent'] : []),
    ...because,
  ]
  return { says: [askFirst], data: { command: words.join(' ') } }
}

const verbs: Readonly<Record<Asked['order'], readonly string[]>> = {
  approve: ['approve'],
  decline: ['decline'],
  override: ['override'],
  promote: ['promote'],
  resume: ['resume'],
  abort: ['abort'],
  release: ['release'],
  release_bolder: ['release'],
  release_urgent: ['release'],
  roll_back_further: ['rollback'],
  stop_line: ['line', 'stop'],
  start_line: ['line', 'start'],
}

type Field = 'release' | 'version' | 'plan' | 'before' | 'wave'
const needs: Partial<Readonly<Record<Asked['order'], Partial<Readonly<Record<Field, 'must' | 'may'>>>>>> = {
  approve: { before: 'may', wave: 'may' },
  decline: { before: 'may', wave: 'may' },
  abort: { release: 'may' },
  release: { version: 'must' },
  release_bolder: { version: 'must', plan: 'must' },
  release_urgent: { version: 'must' },
  roll_back_further: { version: 'must' },
}

/** What a person may order now, as the page of the release offers it: names of services and points of a plan, nothing else. */
export function commandsOf(now: readonly Order[], { approvals, override }: GatesView): readonly string[] {
  const all = [...now, ...approvals.flatMap(({ orders }) => orders), ...(override === undefined ? [] : [override])]
  const names = all.filter(({ route }) => route !== 'pause' && route !== 'roll-back').map(({ route }) => route)
  if (names.length === 0) return []
  return [`A person may now: ${[...new Set(names)].join(', ')}. person_command has the command of each.`]
}
