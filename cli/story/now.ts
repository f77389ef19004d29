// Where a release stands, on a terminal, and what a person may type. Pages say where it stands in the same words.
import { beginPoint, gatePoint, heldNow } from '../../core/release/gating.ts'
import { ownerWords } from '../../core/owner.ts'
import { toldShareBp, type Release } from '../../core/release/release.ts'
import { sharesWords } from '../../core/view/release/shares.ts'
import { openGates } from '../../core/view/release/steering.ts'
import { nowOf } from '../../core/view/release/now.ts'
import type { Line } from '../backend/line.ts'
import { signalLine, tones } from './events.ts'
import { bar, planWordsOf } from './weights.ts'

/** Where it stands, in its colour. */
export function nowLine(release: Release, nowMs: number): Line {
  const { sentence, tone } = nowOf(release, nowMs)
  return { head: [], rest: [{ text: sentence, tone: tones[tone] }] }
}

/** What a person may type now, the likeliest first. */
export function nextCommands(release: Release): readonly string[] {
  const { id, state, paused, ending } = release
  const { name } = release.service
  if (state.phase === 'settled' || state.phase === 'settling')
    return ending?.outcome === 'promoted'
      ? [`tidegate rollback ${name} --release ${id} --reason "..."`]
      : [`tidegate log ${id}`]
  if (state.phase === 'returning') return [`tidegate watch ${name}`]
  const back = `tidegate rollback ${name} --reason "..."`
  if (state.phase === 'requested' || state.phase === 'queued') return [`tidegate abort ${name} --release ${id}`]
  if (paused !== undefined) return [`tidegate resume ${name}`, back]
  const held = heldNow(release)
  if (held !== undefined) return [...openers(name, held.gates), back]
  if (gatePoint(release) === beginPoint) return [`tidegate watch ${name}`]
  return [back, `tidegate pause ${name} --reason "..."`, `tidegate promote ${name} --reason "..."`]
}

const overridable: readonly string[] = ['window', 'freeze', 'budget', 'burning', 'full']

/** What opens closed gates, as far as a person can. */
function openers(name: string, gates: readonly string[]): readonly string[] {
  if (gates.includes('stop')) return ['tidegate line status']
  if (gates.includes('approvals')) return [`tidegate approve ${name}`, `tidegate decline ${name} --reason "..."`]
  return gates.every((gate) => overridable.includes(gate)) ? [`tidegate override ${name} --reason "..."`] : []
}

/** A release in a few lines. */
export function statusLines(release: Release, nowMs: number): readonly Line[] {
  const { service, verdict } = release
  const { sentence, state, tone } = nowOf(release, nowMs)
  const [shares, open] = [sharesWords(release), openGates(release, nowMs)]
  return [
    {
      head: [{ text: service.name, tone: 'strong' }, `  ${release.id}  `, { text: state, tone: tones[tone] }],
      rest: [],
    },
    { head: [`  ${bar(toldShareBp(release))}   `], rest: [planWordsOf(release)] },
    ...(shares === undefined ? [] : [`  ${shares}`]),
    `  ${sentence}`,
    ...(open === undefined ? [] : [`  gates: open. ${open}`]),
    ...(verdict === undefined ? [] : verdict.signals.map((signal) => signalLine(signal, '    '))),
    ...(service.owner === undefined ? [] : [`  owner: ${ownerWords(service.owner)}`]),
  ]
}
