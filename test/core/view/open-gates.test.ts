// What the gates found when they let a release on: shown where gates are shown, with the time, until they are asked again.
import { expect, it } from 'vitest'
import { statusLines } from '../../../cli/story/now.ts'
import { releasePage } from '../../../console/release/release-page.ts'
import { openSentence } from '../../../core/gate/facts.ts'
import type { NewEvent } from '../../../core/release/event.ts'
import { releaseViewOf } from '../../../core/view/release/release-view.ts'
import { plain } from '../../cli/story/plain.ts'
import { t0 } from '../sample.ts'
import { at, begun, beside, logOf, releaseOf } from './release-log.ts'

const words = 'the account has claimed 700 of its concurrency of 1000'

/** @param minutes after the begin @param headroom as it was looked up */
function gated(minutes: number, headroom?: { readonly tight: string; readonly words: string }): NewEvent {
  const release = releaseOf(logOf(begun()))
  const { gates } = release.service
  const found = { nowMs: t0, gates, budgets: [], full: false, attested: {}, headroom }
  return { type: 'gated', atMs: at(minutes), point: 0, allowed: true, because: openSentence(release, found), gates: [] }
}
/** Begun, with this answer of the gates before the first step. */
const withAnswer = (answer: NewEvent) => logOf(begun().map((event) => (event.type === 'gated' ? answer : event)))
const shownBy = (events: ReturnType<typeof logOf>, minutes: number) => {
  const [view, release] = [releaseViewOf(events, beside(at(minutes)))!, releaseOf(events)]
  const page = releasePage(view, { path: '/', where: 'here', who: 'ann', nowMs: at(minutes), formToken: 't' })
  const status = statusLines(release, at(minutes)).map((line) => plain(line))
  return { open: view.gates.open, page, status: status.join('\n') }
}

it('has how much concurrency was free, and when that was', () => {
  const { open, page, status } = shownBy(withAnswer(gated(0, { tight: '', words })), 3)
  expect(open).toBe(`When they were asked last, at 00:00:00Z: ${words}.`)
  expect(page).toContain(`${words}.`)
  expect(page).toMatch(/<h2>Gates<\/h2>[^]*?>\s*open\s*<\/[^]*?When they were asked last/)
  expect(status).toContain(`  gates: open. When they were asked last, at 00:00:00Z: ${words}.`)
})

it('says nothing where nothing was looked up, of gates that are closed, and of what has ended', () => {
  const bare = shownBy(withAnswer(gated(0)), 3)
  expect(bare.open).toBeUndefined()
  expect(bare.page).not.toContain('<h2>Gates</h2>')
  expect(bare.status).not.toContain('gates:')
  const before = begun().filter(({ type }) => type !== 'moveIntended' && type !== 'moved')
  const closed: NewEvent = {
    type: 'gated',
    atMs: at(9),
    point: 0,
    allowed: false,
    because: 'tight',
    gates: ['headroom'],
  }
  const open = gated(0, { tight: '', words })
  const reopened = logOf([...before.map((event) => (event.type === 'gated' ? open : event)), closed])
  expect(shownBy(reopened, 10).open).toBeUndefined()
  const back: NewEvent = { type: 'returnOrdered', atMs: at(2), by: 'ann', reason: 'x', outcome: 'rolledBack' }
  const events = withAnswer(open)
  expect(shownBy(logOf([...events, back]), 4).open).toBeUndefined()
})
