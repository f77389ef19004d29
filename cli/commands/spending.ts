// How `tidegate budget` shows who spent a budget: the releases that surely did, the others combined, and the rest.
import { counted } from '../../core/counted.ts'
import type { Spending } from '../../core/budget/spending.ts'

const shown = 5

/** @param allowed how many requests may fail in the whole window */
export function spenderLines({ charged, unknown, unassigned }: Spending, allowed: number): readonly string[] {
  if (charged.length + unknown.length === 0) return []
  const worst = charged.filter(({ sure }) => sure).slice(0, shown)
  const others = charged.filter((one) => !worst.includes(one))
  const together = others.reduce((sum, { bad }) => sum + bad, 0)
  const [first] = unknown
  return [
    ...worst.map(
      ({ releaseId, outcome, bad, error }) =>
        `  spent by release ${releaseId} (${outcome ?? 'outcome unknown'}): ${rounded(bad)} bad, ± ${rounded(error)}; ${Math.round((bad / allowed) * 10_000) / 100} % of the budget`,
    ),
    ...(others.length === 0
      ? []
      : [
          `  by ${counted(others.length, worst.length === 0 ? 'release' : 'other release')} together: ${rounded(together)} bad${others.some(({ sure }) => sure) ? '' : ', none of them more than chance explains'}`,
        ]),
    ...(first === undefined
      ? []
      : [
          `  unknown for ${counted(unknown.length, 'release')}: ${first.releaseId}: ${first.because}${unknown.length > 1 ? '; ...' : ''}`,
        ]),
    // If the SLO counts anything but requests, releases are not charged.
    ...(charged.length === 0 ? [] : [`  by no release: ${rounded(unassigned)} bad`]),
  ]
}

const rounded = (value: number): string => String(Math.round(value * 10) / 10)
