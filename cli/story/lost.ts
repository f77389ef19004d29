// A release on a terminal whose log is lost: what is known of it, what the controller does about it, and what to type.
import type { LostView } from '../../core/view/release/lost-view.ts'
import type { Line } from '../backend/line.ts'
import { tones } from './events.ts'

export function lostLines({
  id,
  service,
  state,
  tone,
  sentence,
  next,
  facts,
  back,
  unknown,
}: LostView): readonly Line[] {
  return [
    {
      head: [{ text: service ?? 'release', tone: 'strong' }, `  ${id}  `, { text: state, tone: tones[tone] }],
      rest: [],
    },
    `  ${sentence}`,
    `  ${next}`,
    ...facts.map(({ name, words }): Line => ({ head: [`  ${name}: `], rest: [words] })),
    ...unknown.map((one) => `  ${one}`),
    `  ${back.sentence}`,
    ...back.commands.map((command): Line => ({ asIs: `  ${command}` })),
  ]
}

/** What a person may type now. */
export const lostCommands = ({ id, back: { order } }: LostView): readonly string[] =>
  order === undefined ? [] : [`tidegate rollback ${order.service} --release ${id} --reason "..."`]
