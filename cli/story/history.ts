// A service's past releases for people: a line for each, and one for many that ended alike.
import { quoted, nameWords } from '../../core/foreign-text.ts'
import { atLeast, chargeWords } from '../../core/release/charge.ts'
import type { Outcome } from '../../core/release/event.ts'
import { drillWord, type Head, isInPart, whyWords } from '../../core/release/head.ts'
import { clockWords, moment } from '../../core/view/release/moment.ts'
import { withoutNumbers } from '../../core/view/release/timeline.ts'
import { type Line, padded, type Tone } from '../backend/line.ts'

/** Releases that moved nothing may come by the dozen. */
const many: readonly (Outcome | undefined)[] = ['superseded', 'rejected', 'alreadyReleased']

const tones: Partial<Record<Outcome, Tone>> = {
  promoted: 'good',
  rolledBack: 'bad',
  aborted: 'bad',
  interrupted: 'bad',
}

type Group = { readonly newest: Head; oldest: Head; times: number }

/** @param heads newest first */
export function historyLines(heads: readonly Head[]): readonly Line[] {
  const groups: Group[] = []
  for (const head of heads) {
    const last = groups.at(-1)
    if (last !== undefined && areAlike(last.newest, head)) {
      last.oldest = head
      last.times += 1
    } else groups.push({ newest: head, oldest: head, times: 1 })
  }
  const widths = {
    id: Math.max(...heads.map(({ releaseId }) => releaseId.length)),
    outcome: Math.max(12, ...heads.map((head) => outcomeOf(head).length)),
  }
  return groups.map((group) => lineOf(group, widths))
}

const areAlike = (a: Head, b: Head): boolean =>
  many.includes(a.outcome) && a.outcome === b.outcome && sayingOf(a) === sayingOf(b)

/** What names releases differs in each of them. */
const sayingOf = (head: Head): string =>
  `${head.endedBy?.split(' ')[0] ?? ''} ${withoutNumbers((head.because ?? '').replaceAll(/\S+-[0-9a-f]{20}\b/g, 'ID'))}`

const outcomeOf = (head: Head): string => `${head.outcome ?? head.phase}${isInPart(head) ? ' in part' : ''}`

function lineOf({ newest, oldest, times }: Group, widths: { readonly id: number; readonly outcome: number }): Line {
  const tone = newest.outcome === undefined ? undefined : tones[newest.outcome]
  const text = padded(outcomeOf(newest), widths.outcome)
  const repeated =
    times === 1
      ? ''
      : `×${times} since ${clockWords(oldest.requestedAtMs, newest.requestedAtMs)}, this one is the last: `
  return {
    head: [
      `${moment(newest.requestedAtMs)}  `,
      `${padded(newest.releaseId, widths.id)} `,
      tone === undefined ? text : { text, tone },
      ' ',
    ],
    rest: [
      repeated +
        (newest.drill === true ? drillWord : '') +
        (newest.backFrom === undefined ? whyOf(newest) : backWords(newest, newest.backFrom)) +
        burnedWords(newest),
    ],
  }
}

/** In heads from before it was kept who ended them, the reason may be a person's. */
function whyOf({ outcome, because, endedBy }: Head): string {
  if (because === undefined) return ''
  if (outcome !== undefined && endedBy !== undefined) return whyWords({ outcome, because, by: endedBy })
  return outcome === 'rolledBack' || outcome === 'aborted' || outcome === 'superseded' ? quoted(because) : because
}

/** What a way back undid, and for whom. */
function backWords(head: Head, from: string): string {
  const { versions, by, reason } = head
  const moves = Object.entries(versions).map(
    ([name, { stable, candidate }]) => `${name} from version ${stable} back to ${candidate}`,
  )
  const said = reason?.replace(/^back from \S+?(?: to .*?)?: /, '')
  const who = by === undefined ? '' : `, by ${nameWords(by)}`
  const what = head.outcome === 'promoted' ? 'undid' : 'was to undo'
  const end = head.outcome === 'promoted' ? '' : `; ${whyOf(head)}`
  return `${what} release ${from}: ${moves.join(', ')}${who}${said === undefined ? '' : `: ${quoted(said)}`}${end}`
}

/** Only what a release surely burned beyond stable; the log has the rest. */
const burnedWords = ({ charges = [] }: Head): string =>
  charges
    .filter((charge) => charge.kind === 'counted' && atLeast(charge) > 0)
    .map((charge) => ` [burned ${chargeWords(charge)}]`)
    .join('')
