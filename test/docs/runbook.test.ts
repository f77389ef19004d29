// docs/operate.md has a section for everything that can wake a person, and everything that it tells them to type exists.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { pageKinds } from '../../core/page.ts'
import { problems } from '../../core/problem.ts'
import { runbookSection } from '../../core/runbook.ts'
import { copyWatches, telemetryWatches, watches } from '../../functions/alarms.ts'
import { scheduledVerbs } from '../../functions/rules.ts'
import { anchorsOf, deadLinks, pages, textOf, typedIn } from './pages.ts'

const runbook = textOf('docs/operate.md')
const codes = Object.keys(problems)
const alarms = [
  ...new Set(
    [...watches('tidegate'), ...copyWatches('tidegate'), ...telemetryWatches('tidegate')].map(({ id }) =>
      id.replace(/\d+$/, ''),
    ),
  ),
  ...Object.keys(scheduledVerbs).map((schedule) => `Troubles-${schedule}`),
]

/** The sections by the anchors that they are found by, each up to the next heading. */
const sections = runbook
  .split(/^(?=#{2,4} )/m)
  .map((text) => ({ text, ids: [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id) }))
  .map(({ text, ids }) => ({ text, anchors: [...ids, /^#{2,4} `?(\w+)`?/.exec(text)?.[1] ?? ''] }))
const sectionOf = (anchor: string): string => sections.find(({ anchors }) => anchors.includes(anchor))?.text ?? ''

describe('each section says what to run first, why, and how it ends', () => {
  it.each([...codes, ...pageKinds, ...alarms])('%s', (anchor) => {
    const [page, id = ''] = runbookSection(anchor).split('#')
    expect(page).toBe('docs/operate.md')
    expect(anchorsOf(runbook)).toContain(id)
    const text = sectionOf(anchor)
    for (const part of ['- First: ', '- Why: ', '- Ends: '])
      expect(text.split('\n').some((line) => line.startsWith(part))).toBe(true)
  })
})

it('no section is about a problem, a page or an alarm that does not exist', () => {
  const known = new Set<string>([...codes, ...pageKinds, ...alarms])
  const told = sections
    .filter(({ text }) => text.includes('\n- First: '))
    .flatMap(({ text, anchors: [...anchors] }) => (text.includes('<a id=') ? anchors.slice(0, -1) : anchors))
  expect(told.filter((anchor) => !known.has(anchor))).toEqual([])
  expect(told).toHaveLength(known.size)
})

it.each(pages)('%s has no link that leads nowhere', (page) => {
  expect(deadLinks(page)).toEqual([])
})

const execute = promisify(execFile)
const main = new URL('../../cli/main.ts', import.meta.url).pathname

type Help = { readonly options: readonly string[]; readonly below: readonly string[] }
async function helpOf(words: readonly string[]): Promise<Help | undefined> {
  const { stdout } = await execute(process.execPath, [main, ...words, '--help'], {
    env: { ...process.env, NO_COLOR: '1' },
  }).catch(() => ({ stdout: '' }))
  // Of a word that is no command, the help of the command above is shown.
  if (!stdout.startsWith(`Usage: ${['tidegate', ...words].join(' ')} `)) return undefined
  const part = (name: string): string => new RegExp(`^${name}:\\n((?: .*\\n|\\n(?= ))*)`, 'm').exec(stdout)?.[1] ?? ''
  return {
    options: [...part('Options').matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, option = '']) => option),
    below: [...part('Commands').matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name = '']) => name),
  }
}

describe('what the documentation tells people to type', () => {
  const helps = new Map<string, Help | undefined>()
  const typed = pages
    .filter((page) => page !== 'CHANGELOG.md')
    .flatMap((page) => typedIn(textOf(page)).map((line) => ({ page, line, words: wordsOf(line) })))
  beforeAll(async () => {
    const wanted = [
      ...new Set(
        typed.flatMap(({ words: [first = '', second] }) => [
          first,
          second === undefined ? first : `${first} ${second}`,
        ]),
      ),
    ]
    for (let at = 0; at < wanted.length; at += 2) {
      await Promise.all(
        wanted.slice(at, at + 2).map(async (one) => helps.set(one, await helpOf(one.split(' ').filter(Boolean)))),
      )
    }
  }, 240_000)

  it('finds commands', () => expect(typed.length).toBeGreaterThan(100))

  it('names commands that exist, with options that exist', () => {
    expect(
      typed.flatMap(({ page, line, words }) => wrongIn(line, words).map((why) => `${page}: tidegate ${line}: ${why}`)),
    ).toEqual([])
  })

  function wrongIn(line: string, [first = '', second]: readonly string[]): readonly string[] {
    const above = helps.get(first)
    if (above === undefined) return ['no such command']
    const isBelow = above.below.length > 0 && second !== undefined
    if (isBelow && !above.below.includes(second)) return [`no ${second} below it`]
    const options = (isBelow ? helps.get(`${first} ${second}`) : above)?.options ?? []
    return [...line.matchAll(/(?<=[\s(])--[a-z][a-z-]*/g)]
      .map(([option]) => option)
      .filter((option) => !options.includes(option))
  }
})

/** The words before the first thing that a person fills in, and no more than two. */
function wordsOf(line: string): readonly string[] {
  const words = line.split(' ')
  const end = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word))
  return words.slice(0, end === -1 ? 2 : Math.min(end, 2))
}
