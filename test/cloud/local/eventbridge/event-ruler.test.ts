// Event patterns against the answers of AWS's own Event Ruler, which EventBridge runs: some sixty thousand of them, recorded by
// test/e2e/event-ruler/record.ts.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { matchesPattern, parsePattern } from '../../../../cloud/local/eventbridge/pattern.ts'

const [first = '', second = ''] = readFileSync(new URL('event-ruler.tsv', import.meta.url), 'utf8').split('\n\n')
const events = first.split('\n').slice(1)
const rows = second
  .trimEnd()
  .split('\n')
  .map((line) => line.split('\t'))

/** Where Event Ruler is wrong: a wildcard beside a cidr matches addresses that neither of them matches alone. */
const known: readonly string[] = [
  '{"a":{"c":[{"equals-ignore-case":"b"},true],"$or":[{"c":[{"wildcard":"*a*"},{"cidr":"10.0.0.0/24"}]},{"c":[{"equals-ignore-case":"a"}]}]}}',
]

/** One digit for each event, or x if the pattern is refused. */
function answerOf(source: string): string {
  try {
    const pattern = parsePattern(source)
    return events.map((event) => (matchesPattern(pattern, JSON.parse(event)) ? '1' : '0')).join('')
  } catch (error) {
    if ((error as { code?: string }).code === 'InvalidEventPatternException') return 'x'
    throw error
  }
}

describe('an event pattern', () => {
  it('is refused if Event Ruler refuses it, and matches the same events', () => {
    const different = rows.flatMap(([recorded = '', source = '']) => {
      const answer = answerOf(source)
      if (answer === recorded || known.includes(source)) return []
      const at = answer.length === recorded.length ? events.filter((_, index) => answer[index] !== recorded[index]) : []
      return [
        `${source}: ${recorded === 'x' ? 'x' : 'ok'}, not ${answer === 'x' ? 'x' : 'ok'} ${at.slice(0, 2).join(' ')}`,
      ]
    })
    expect(different).toEqual([])
    expect([events.length, rows.length > 900, rows.filter(([answer]) => answer === 'x').length > 100]).toEqual([
      72,
      true,
      true,
    ])
  })
})
