// The row about early promotion: bad candidates that are promoted early, and how soon healthy ones are.
import { earlyBad, earlyHealthy, runEarly } from '../trials/early.ts'
import { minutes, percent, type Row } from './row.ts'

export const earlyRow: Row = {
  name: 'early',
  tables: ({ runs, seed, alpha }) => [
    {
      title:
        'Early promotion within an hour: % of candidates that are just bad / of healthy ones / their median minute',
      head: ['situation', 'bad', 'healthy', 'minute'],
      rows: earlyHealthy.map((healthy, index) => {
        const wrong = runEarly(earlyBad[index] ?? healthy, runs, seed, alpha)
        const right = runEarly(healthy, runs, seed, alpha)
        return [
          healthy.name,
          percent(wrong.promoted, runs),
          percent(right.promoted, runs),
          minutes(right.medianMinutes),
        ]
      }),
    },
  ],
}
