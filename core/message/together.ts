// Several messages that are told as one: what waited for the end of a quiet window, and what has one cause.
import { quoted } from '../foreign-text.ts'
import { ownerWords } from '../owner.ts'
import { aboutOwner, type Page, pageOf } from '../page.ts'
import { drillWord } from '../release/head.ts'
import { alsoFiringSentence } from '../release/pages.ts'
import type { Kept } from './kept.ts'

type Group = readonly [Kept, ...Kept[]]

/** @param group one of `inParts` */
export function together(group: Group): Page {
  const [first] = group
  if (first.waits === 'quiet') return afterQuiet(group)
  return group.length === 1 ? withEnd(first) : ofOneCause(group)
}

// Of a page (page.ts), with room for the sentence.
const linesMost = 150
const bytesMost = 50_000

/** A message names everything that is told with it. What one cannot hold is told in more than one. */
export function inParts(group: Group): readonly Group[] {
  const parts: [Kept, ...Kept[]][] = []
  let [lines, bytes] = [0, 0]
  for (const kept of group) {
    const part = parts.at(-1)
    lines += kept.page.kind === 'alsoFiring' ? kept.page.lines.length : 1
    bytes += new TextEncoder().encode(lineOf(kept)).length
    if (part !== undefined && lines <= linesMost && bytes <= bytesMost) part.push(kept)
    else {
      parts.push([kept])
      ;[lines, bytes] = [1, 0]
    }
  }
  return parts
}

const iso = (ms: number): string => new Date(ms).toISOString()
const overWords = (overAtMs: number): string => `Over since ${iso(overAtMs)}.`

/** It could not be sent for so long that what it tells is over. */
function withEnd({ page, overAtMs }: Kept): Page {
  const [sentence = '', ...lines] = page.lines
  return overAtMs === undefined ? page : { ...page, lines: [sentence, overWords(overAtMs), ...lines].slice(0, 200) }
}

function lineOf({ page, keptAtMs, overAtMs }: Kept): string {
  const owner = page.owner === undefined ? '' : ` (owner: ${ownerWords(page.owner)})`
  const over = overAtMs === undefined ? '' : ` ${overWords(overAtMs)}`
  // Which alarms they are is what such a message is for.
  const said = page.kind === 'alsoFiring' ? page.lines.join(' ') : (page.lines[0] ?? page.subject)
  return `${iso(keptAtMs)}: ${said}${over}${owner}`
}

const countWords = (count: number, one: string, more: string): string =>
  count === 1 ? `One ${one}` : `${count} ${more}`

function afterQuiet(group: Group): Page {
  const services = [...new Set(group.flatMap(({ page }) => page.service ?? []))].sort()
  const of = services.length === 0 ? '' : ` about ${services.join(', ')}`
  return pageOf(
    'quietEnded',
    { key: group[0].group, ...shared(group) },
    {
      sentence: `A quiet window has ended: ${countWords(group.length, 'message', 'messages').toLowerCase()}${of} waited for that.`,
      lines: group.toSorted((a, b) => a.keptAtMs - b.keptAtMs).map(lineOf),
    },
  )
}

function ofOneCause(group: Group): Page {
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
  return pageOf(kind, about, { sentence, lines: group.map(lineOf) })
}

/** What all of them are about. */
function shared(group: Group) {
  const { service, releaseId, owner, runbook } = group[0].page
  const isOne = service !== undefined && group.every(({ page }) => page.service === service)
  if (!isOne) return {}
  const isOneRelease = releaseId !== undefined && group.every(({ page }) => page.releaseId === releaseId)
  return { service, ...aboutOwner({ owner, runbook }), ...(isOneRelease ? { releaseId } : {}) }
}
