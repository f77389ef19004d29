// How much of the traffic a candidate gets: what the plan says, what the aliases are set to, and what was served.
import { waveWords } from '../../core/definition/waves.ts'
import { inStep, type Release, toldShareBp, weightAt } from '../../core/release/release.ts'
import { wholeBp } from '../../core/service/routing.ts'
import { loggedPoints } from '../../core/verdict/evidence/logged.ts'
import { moment } from '../../core/view/release/moment.ts'
import { sharesWords } from '../../core/view/release/shares.ts'
import { type Line, padded } from '../backend/line.ts'

const barWidth = 20

/** `██████░░░░  30 %`, without breaks. */
export function bar(weightBp: number): string {
  const filled = Math.min(barWidth, Math.round((weightBp / wholeBp) * barWidth))
  return `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${String(weightBp / 100).padStart(3)} %`
}

/** As much as the looks have read since the last shift. */
function served({ readings, shifts, targets }: Release): { readonly candidate: number; readonly all: number } {
  const sinceMs = shifts.at(-1)?.sinceMs ?? Infinity
  const counts = { s: 0, c: 0 }
  const now = inStep(targets, shifts)
  const isNow = (index: string | undefined): boolean => now.some((one) => one === targets[Number(index)])
  for (const [key, points] of loggedPoints(readings, sinceMs)) {
    const [, index, arm] = /^(\d+)\.([sc])\.invocations$/.exec(key) ?? []
    if ((arm !== 's' && arm !== 'c') || !isNow(index)) continue
    for (const value of points.values()) counts[arm] += value
  }
  return { candidate: counts.c, all: counts.s + counts.c }
}

/** The plan's steps, and the one that is on. */
export function planWordsOf({ service, state }: Release): string {
  const { steps } = service.plan
  const names = [...steps.map(({ weightBp }) => `${weightBp / 100} %`), 'promoted'].join(' → ')
  if (!('step' in state)) return names
  const wave = waveWords(service, state.step)
  return `step ${Math.min(state.step + 1, steps.length)} of ${steps.length}${wave === undefined ? '' : `, ${wave}`}: ${names}`
}

/** Three bars: planned, set, served. */
export function weightLines(release: Release): readonly Line[] {
  const { state, shifts } = release
  const planned = state.phase === 'baking' || state.phase === 'shifting' ? weightAt(release, state.step) : undefined
  const { candidate, all } = served(release)
  const since = shifts.at(-1)?.sinceMs
  const shares = sharesWords(release)
  const row = (name: string, weightBp: number, words: string): Line => ({
    head: [{ text: name.padEnd(8), tone: 'faint' }, ' ', padded(bar(weightBp), barWidth + 7), ' '],
    rest: [words],
  })
  return [
    ...(planned === undefined ? [] : [row('planned', planned, planWordsOf(release))]),
    row(
      'set',
      toldShareBp(release),
      [...(since === undefined ? [] : [`since ${moment(since)}`]), ...(shares === undefined ? [] : [shares])].join(
        ': ',
      ),
    ),
    ...(all === 0 || since === undefined
      ? []
      : [row('served', Math.round((candidate / all) * 1000) * 10, `${candidate} of ${all} requests at this weight`)]),
  ]
}
