// What an SLO definition may contain, and the form in which it is stored.
import { describe, expect, it } from 'vitest'
import { type CountedSlo, isCounted, Slo, SloDefinition } from '../../../core/service/slo.ts'

function slo(changes: object = {}): CountedSlo {
  const parsed = SloDefinition.parse({ name: 'a', objective: 99.9, window: '30d', ...changes })
  if (!isCounted(parsed)) throw new Error('not counted here')
  return parsed
}

describe('a definition of an SLO that Application Signals counts', () => {
  const parsed = (changes: object) => SloDefinition.safeParse({ name: 'a', ...changes })
  const arn = 'arn:aws:application-signals:us-east-1:123456789101:slo/SLOName1'
  it('has its name or ARN and nothing else, and every other SLO has an objective', () => {
    for (const id of ['paid', 'Your SLO Name', arn])
      expect(parsed({ sli: { applicationSignals: id } }).data).toEqual({
        name: 'a',
        sli: { kind: 'applicationSignals', id },
      })
    const sli = { applicationSignals: 'paid' }
    for (const more of [{ objective: 99 }, { window: '28d' }, { slices: { minutes: 5, objective: 90 } }])
      expect(parsed({ sli, ...more }).error?.issues).toMatchObject([
        { path: Object.keys(more), message: 'Application Signals says it for its SLOs; remove it' },
      ])
    expect(parsed({}).error?.issues).toMatchObject([{ path: ['objective'] }])
    for (const id of ['x', 'a/b', '*', 'arn:aws:iam::123456789101:role/x', `${arn}*`])
      expect(parsed({ sli: { applicationSignals: id } }).success).toBe(false)
  })

  it('is stored in a new form, while the earlier one can still be read', () => {
    const earlier = {
      name: 'a',
      objectivePpm: 999_000,
      window: { kind: 'rolling', days: 28 },
      sli: { kind: 'availability' },
    }
    expect(Slo.parse(earlier)).toEqual(earlier)
    expect(Slo.parse(parsed({ sli: { applicationSignals: 'paid' } }).data)).toMatchObject({ name: 'a' })
  })
})

describe('a definition', () => {
  const says = (changes: object): string => {
    const parsed = SloDefinition.safeParse({ name: 'a', objective: 99.9, ...changes })
    return parsed.success ? 'valid' : parsed.error.issues.map(({ message }) => message).join()
  }
  it('is exact about shares and windows', () => {
    expect(slo({ objective: 99.9999 }).objectivePpm).toBe(999_999)
    expect(says({ objective: 100 })).not.toBe('valid')
    expect(says({ objective: 99.99999 })).toContain('four digits')
    expect(says({ window: '61d' })).toContain('at most 60 days')
    expect(says({ window: { calendar: 'month', timeZone: 'Europe/Berlin' }, sli: { fasterThanMs: 300 } })).toBe('valid')
  })
})
