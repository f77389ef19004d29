// The page about a budget that burns.
import { expect, it } from 'vitest'
import { burnPage } from '../../../core/budget/page.ts'

const runbook = 'https://runbooks.example/checkout'
const rule = { severity: 'page', share: 0.02, hours: 1, shortMinutes: 5 } as const
const worst = { rule, rate: 20.04, factor: 14.4 }

it.each<[string, Parameters<typeof burnPage>[3], string]>([
  ['a release', { releaseId: 'checkout-1' }, 'Release checkout-1 was live in that time.'],
  ['no release', { releaseId: undefined }, 'No release was live in that time.'],
  ['nobody knows which', 'unknown', 'Whether a release was live in that time is not known.'],
])('says how fast it goes, and whose doing it may be: %s', (_, suspect, words) => {
  const told = [
    'The error budget fast of checkout burns 20.0 times as fast as it may.',
    'Over 1 h and over 5 min it is above 14.4: 2 % of the budget in 1 h.',
    words,
  ]
  const page = burnPage({ name: 'checkout', runbook }, 'fast', worst, suspect)
  const back = suspect !== 'unknown' && suspect.releaseId !== undefined
  expect(page).toEqual({
    ...{ kind: 'budgetBurnsFast', key: 'burn/checkout/fast/page', service: 'checkout', runbook },
    ...(back ? { releaseId: 'checkout-1' } : {}),
    ...{ subject: told[0], lines: told },
    next: back ? ['If it is that release: tidegate rollback checkout'] : [],
  })
  const slow = { ...worst, rule: { ...rule, severity: 'ticket' as const } }
  expect(burnPage({ name: 'checkout' }, 'fast', slow, suspect)).toMatchObject({ kind: 'budgetBurnsSlowly' })
})
