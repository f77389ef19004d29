// Tools that read. What they answer is what the API answers, or what the pages show: one view, for people and for agents.
import * as z from 'zod'
import { endKey, endPage, isToBeTold } from '../../core/release/pages.ts'
import { totalsWords } from '../../core/view/observed-view.ts'
import { readEvents } from '../../functions/reading/events.ts'
import { readLine, readServices } from '../../functions/reading/lists.ts'
import { readObserved } from '../../functions/reading/observed.ts'
import { readReleases } from '../../functions/reading/releases.ts'
import { readService } from '../../functions/reading/service.ts'
import { loadOnCall } from '../../functions/views/on-call.ts'
import { loadRelease } from '../../functions/views/release.ts'
import { foundRelease, limit, next, queryOf, release, service } from './asked.ts'
import { runbookOf } from './runbook-section.ts'
import { reads, type Tool, tool } from './tool.ts'
import { Problem } from '../../core/problem.ts'

export const reading: readonly Tool[] = [
  tool({
    name: 'services',
    title: 'List services',
    description: 'Every service, with its targets and the release that is live. In pages.',
    hints: reads,
    input: z.strictObject({ limit, next }),
    run: async ({ backend }, page) => ({ says: [], data: await readServices(backend, queryOf(page)) }),
  }),
  tool({
    name: 'service',
    title: 'Look at a service',
    description: 'One service: its definition, where its traffic is by the log, its live release, its error budgets.',
    hints: reads,
    input: z.strictObject({ service }),
    run: async ({ backend }, asked) => ({ says: [], data: await readService(backend, asked.service) }),
  }),
  tool({
    name: 'releases',
    title: 'List releases of a service',
    description: 'The releases of a service, newest first: how each stands or ended, and why. In pages.',
    hints: reads,
    input: z.strictObject({ service, limit, next }),
    run: async ({ backend }, { service: name, ...page }) => ({
      says: [],
      data: await readReleases(backend, name, queryOf(page)),
    }),
  }),
  tool({
    name: 'observed',
    title: 'What would have been done',
    description:
      'Shifts that others made of a service that is only observed, newest first: what Tidegate would have done, when, and what that would have saved. In pages; the first one has the totals of 30 days.',
    hints: reads,
    input: z.strictObject({ service, limit, next }),
    run: async ({ backend }, { service: name, ...page }) => {
      const data = await readObserved(backend, name, queryOf(page))
      return { says: data.totals === undefined ? [] : totalsWords(data.totals), data }
    },
  }),
  tool({
    name: 'release',
    title: 'Look at a release',
    description:
      'One release as its page shows it: plan, traffic, harm, gates, way back, timeline. `explain` is shorter.',
    hints: reads,
    input: z.strictObject({ release }),
    run: async ({ backend }, asked) => {
      const { tiles: _, ...view } = await viewOf(backend, asked.release)
      return { says: [], data: view }
    },
  }),
  tool({
    name: 'evidence',
    title: 'Look at the evidence',
    description:
      'What a look at the evidence found: the verdict, and each signal with its numbers, candidate against stable.',
    hints: reads,
    input: z.strictObject({
      release,
      look: z.int().min(1).max(100_000).optional().describe('The number of the look; default: the last.'),
    }),
    run: async ({ backend }, { release: id, look }) => {
      const { looks, tiles, harm } = await viewOf(backend, id, look === undefined ? {} : { look })
      return {
        says: [],
        data: { looks, harm, signals: tiles.map(({ points, ...tile }) => ({ ...tile, points: points.slice(-10) })) },
      }
    },
  }),
  tool({
    name: 'log',
    title: 'Read the log of a release',
    description: 'Every decision of a release, in order, as events. In pages.',
    hints: reads,
    input: z.strictObject({ release, limit, next }),
    run: async ({ backend }, { release: id, ...page }) => {
      const found = await foundRelease(backend, id)
      const asked = { service: found.release.service.name, release: id, query: queryOf(page), accept: '' }
      return { says: [], data: await readEvents({ journal: backend.journal, rest: () => Promise.resolve() }, asked) }
    },
  }),
  tool({
    name: 'budget',
    title: 'Look at error budgets',
    description: 'What is left of the error budgets of a service, and how fast they burn.',
    hints: reads,
    input: z.strictObject({ service }),
    run: async ({ backend }, asked) => ({ says: [], data: (await readService(backend, asked.service)).budgets }),
  }),
  tool({
    name: 'gates',
    title: 'Ask the gates',
    description: 'Whether a release of a service could begin now, and what blocks it. Stores nothing.',
    hints: reads,
    input: z.strictObject({ service }),
    run: async ({ backend }, asked) => ({ says: [], data: await backend.order('ask', asked.service) }),
  }),
  tool({
    name: 'line',
    title: 'Where the line is stopped',
    description: 'For which services, or for all, no release may begin or take a step; who stopped it and why.',
    hints: reads,
    input: z.strictObject({}),
    run: async ({ backend }) => ({ says: [], data: await readLine(backend) }),
  }),
  tool({
    name: 'on_call',
    title: 'What needs a person',
    description:
      'The page of whoever is on call: what needs a person, the most urgent first; live releases; failures of the last day.',
    hints: reads,
    input: z.strictObject({}),
    run: async ({ backend }) => ({ says: [], data: await loadOnCall(backend) }),
  }),
  tool({
    name: 'messages',
    title: 'What people were told',
    description:
      'The message about the end of a release, and whether it was sent, waits, or tells nobody anything new.',
    hints: reads,
    input: z.strictObject({ release }),
    run: async ({ backend }, asked) => {
      const { release: found } = await foundRelease(backend, asked.release)
      if (found.paged !== true && !isToBeTold(found))
        return { says: ['Nobody is told about this release: it has not ended, or as a person ordered.'] }
      const waits = (await backend.messages.get(endKey(found.id))) !== undefined
      return {
        says: [
          waits ? 'The message is kept, and not sent yet.' : found.paged === true ? 'It was told.' : 'It is told next.',
        ],
        data: endPage(found),
      }
    },
  }),
  tool({
    name: 'runbook',
    title: 'Read the runbook',
    description:
      'A section of the runbook: what to run first, why it happens, how it ends. Without a section, their names.',
    hints: reads,
    input: z.strictObject({
      section: z.string().min(1).max(100).optional().describe('The code of a problem, or the kind of a message.'),
    }),
    run: (_, { section }) => Promise.resolve(runbookOf(section)),
  }),
]

/** @throws Problem `release_missing` */
export async function viewOf(
  backend: Parameters<typeof loadRelease>[0],
  id: string,
  asked: Parameters<typeof loadRelease>[2] = {},
) {
  const view = await loadRelease(backend, id, asked)
  if (view === undefined) throw new Problem('release_missing', `There is no release ${id}.`)
  return view
}
