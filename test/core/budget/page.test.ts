// The page about a budget that burns.
import { expect, it } from 'vitest'
import { burnPage } from '../../../core/budget/page.ts'

const rule = { severity: 'page', share: 0.02, hours: 1, shortMinutes: 5 } as const
const worst = { rule, rate: 20.04, factor: 14.4 }

it.each<[string, Parameters<typeof burnPage>[3], string]>([
  ['a release', { releaseId: 'checkout-1' }, 'Release checkout-1 was live in that time.'],
  ['no release', { releaseId: undefined }, 'No release was live in that time.'],
  ['nobody knows which', 'unknown', 'Whether a release was live in that time is not known.'],
])('says how fast it goes, and whose doing it may be: %s', (_, suspect, words) => {
  const runbook = 'https://runbooks.example/checkout'
  const told = [
    'The error budget fast of checkout burns 20.0 times as fast as it may.',
    'Over 1 h and over 5 min it is above 14.4: 2 % of the budget in 1 h.',
    words,
  ]
  expect(burnPage({ name: 'checkout' }, 'fast', worst, suspect)).toEqual({
    kind: 'budgetBurnsFast',
    subject: told[0],
    text: told.join('\n'),
  })
  expect(burnPage({ name: 'checkout', runbook }, 'fast', worst, suspect).text).toBe(
    [...told, `Runbook: ${runbook}`].join('\n'),
  )
})
