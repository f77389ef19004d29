// docs/operate.md has a section for everything that can wake a person, and everything that it tells them to type exists.
import { execFileSync } from 'node:child_process'
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

const [main, loaded] = ['../../cli/main.ts', './helps.ts'].map((path) => new URL(path, import.meta.url).pathname)

type Help = { readonly options: readonly string[]; readonly below: readonly string[] }

/** Of all commands, by their words. */
function helpsOfAll(): ReadonlyMap<string, Help> {
  const env = { ...process.env, NO_COLOR: '1' }
  const printed = execFileSync(process.execPath, ['--import', String(loaded), String(main)], { env, encoding: 'utf8' })
  const texts = Object.entries(JSON.parse(printed) as Readonly<Record<string, string>>)
  return new Map(texts.map(([words, text]) => [words, helpIn(words, text)]))
}

function helpIn(words: string, text: string): Help {
  expect(text).toMatch(new RegExp(`^Usage: ${['tidegate', words].join(' ').trim()} `))
  const part = (name: string): string => new RegExp(`^${name}:\\n((?: .*\\n|\\n(?= ))*)`, 'm').exec(text)?.[1] ?? ''
  return {
    options: [...part('Options').matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, option = '']) => option),
    below: [...part('Commands').matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name = '']) => name),
  }
}

describe('what the documentation tells people to type', () => {
  let helps: ReturnType<typeof helpsOfAll>
  const typed = pages
    .filter((page) => page !== 'CHANGELOG.md')
    .flatMap((page) => typedIn(textOf(page)).map((line) => ({ page, line, words: wordsOf(line) })))
  beforeAll(() => {
    helps = helpsOfAll()
  })

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
