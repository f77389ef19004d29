// Several messages that are told as one: what waited for the end of a quiet window, and what has one cause.
import { quoted } from '../foreign-text.ts'
import { ownerWords } from '../owner.ts'
import { aboutOwner, type Page, pageOf } from '../page.ts'
import { drillWord } from '../release/head.ts'
import { alsoFiringSentence } from '../release/pages.ts'
import type { Kept } from './kept.ts'

/** @param group at least one, all of one group */
export function together(group: readonly [Kept, ...Kept[]]): Page {
  const [first] = group
  if (first.waits === 'quiet') return afterQuiet(group)
  return group.length === 1 ? first.page : ofOneCause(group)
}

const namedMost = 100
const iso = (ms: number): string => new Date(ms).toISOString()

function listed(group: readonly Kept[]): readonly string[] {
  const lines = group.slice(0, namedMost).map(({ page, keptAtMs, overAtMs }) => {
    const owner = page.owner === undefined ? '' : ` (owner: ${ownerWords(page.owner)})`
    const over = overAtMs === undefined ? '' : ` Over since ${iso(overAtMs)}.`
    // Which alarms they are is what such a message is for.
    const said = page.kind === 'alsoFiring' ? page.lines.join(' ') : (page.lines[0] ?? page.subject)
    return `${iso(keptAtMs)}: ${said}${over}${owner}`
  })
  return group.length > namedMost ? [...lines, `... and ${group.length - namedMost} more.`] : lines
}

const countWords = (count: number, one: string, more: string): string =>
  count === 1 ? `One ${one}` : `${count} ${more}`

function afterQuiet(group: readonly [Kept, ...Kept[]]): Page {
  const services = [...new Set(group.flatMap(({ page }) => page.service ?? []))].sort()
  const of = services.length === 0 ? '' : ` about ${services.join(', ')}`
  return pageOf(
    'quietEnded',
    { key: group[0].group, ...shared(group) },
    {
      sentence: `A quiet window has ended: ${countWords(group.length, 'message', 'messages').toLowerCase()}${of} waited for that.`,
      lines: listed(group.toSorted((a, b) => a.keptAtMs - b.keptAtMs)),
    },
  )
}

function ofOneCause(group: readonly [Kept, ...Kept[]]): Page {
  const { kind, cause = 'one cause', releaseId, service, subject } = group[0].page
  const about = { key: group[0].group.slice(0, 300), ...shared(group) }
  if (kind === 'alsoFiring') {
    const alarms = [...new Set(group.flatMap(({ page }) => page.lines.slice(1)))]
    return pageOf(kind, about, {
      sentence: `${subject.startsWith(drillWord) ? drillWord : ''}${alsoFiringSentence(alarms.length, releaseId ?? '', service ?? '')}`,
      lines: alarms,
    })
  }
  const sentence = `${group.length} more messages of one cause, ${quoted(cause)}.`
  return pageOf(kind, about, { sentence, lines: listed(group) })
}

/** What all of them are about. */
function shared(group: readonly [Kept, ...Kept[]]) {
  const { service, releaseId, owner, runbook } = group[0].page
  const isOne = service !== undefined && group.every(({ page }) => page.service === service)
  if (!isOne) return {}
  const isOneRelease = releaseId !== undefined && group.every(({ page }) => page.releaseId === releaseId)
  return { service, ...aboutOwner({ owner, runbook }), ...(isOneRelease ? { releaseId } : {}) }
}
