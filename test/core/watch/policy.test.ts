// `watch` in a definition: what it may say, and the sentence for everything else.
import { describe, expect, it } from 'vitest'
import { parseDefinition } from '../../../core/service/definition.ts'
import { Service } from '../../../core/service/service.ts'

const definition = (watch: unknown, more: object = {}) => ({
  ...{ name: 'checkout', targets: [{ function: 'checkout', alias: 'live' }], plan: 'AllAtOnce' },
  ...more,
  watch,
})
const said = (watch: unknown, more?: object): string => {
  try {
    parseDefinition(definition(watch, more))
    return 'taken'
  } catch (error) {
    return (error as Error).message
  }
}

describe('watch in a definition', () => {
  it('is a day and a page where it says nothing else, and absent where it is not asked for', () => {
    expect(parseDefinition(definition({})).watch).toEqual({ seconds: 86_400, onFault: 'page' })
    expect(parseDefinition(definition({ for: '14d', onFault: 'rollBack' })).watch).toEqual({
      seconds: 14 * 86_400,
      onFault: 'rollBack',
    })
    expect(parseDefinition(definition(undefined)).watch).toBeUndefined()
    const stored: unknown = JSON.parse(JSON.stringify(parseDefinition(definition({ for: '1h' }))))
    expect(Service.parse(stored).watch).toEqual({ seconds: 3600, onFault: 'page' })
  })

  it.each([
    ['zero', { for: '0h' }, 'watch.for: must be from 1h to 14d'],
    ['too short', { for: '59m' }, 'watch.for: must be from 1h to 14d'],
    ['over 14 days', { for: '15d' }, 'watch.for: must be from 1h to 14d'],
    ['negative', { for: '-1h' }, 'watch.for: write a duration'],
    ['a fraction', { for: '1.5h' }, 'watch.for: write a duration'],
    ['a number', { for: 24 }, 'watch.for: write a duration'],
    ['no unit', { for: '24' }, 'watch.for: write a duration'],
    ['weeks', { for: '2w' }, 'watch.for: write a duration'],
    ['another word', { onFault: 'rollback' }, 'watch.onFault: write page or rollBack'],
    ['nobody', { onFault: 'ignore' }, 'watch.onFault: write page or rollBack'],
    ['an unknown field', { until: '24h' }, 'watch'],
    ['a word', 'on', 'watch'],
    ['a duration alone', '24h', 'watch'],
    ['true', true, 'watch'],
    ['null', null, 'watch'],
    ['a list', [{ for: '24h' }], 'watch'],
  ])('refuses %s', (_, watch, words) => {
    expect(said(watch)).toContain(words)
  })

  const warm = { targets: [{ function: 'checkout', alias: 'live', provisionedConcurrency: 5 }] }

  it('keeps the old version warm for as long as it says, and no longer than the watch', () => {
    const kept = (watch: object) => parseDefinition(definition(watch, warm)).watch
    expect(kept({ for: '2h', keepWarm: '90m' })).toEqual({ seconds: 7200, onFault: 'page', warmSeconds: 5400 })
    expect(kept({ for: '2h', keepWarm: '2h' })).toMatchObject({ warmSeconds: 7200 })
    expect(kept({ keepWarm: '5m' })).toMatchObject({ seconds: 86_400, warmSeconds: 300 })
    expect(kept({})).not.toHaveProperty('warmSeconds')
    expect(Service.parse(JSON.parse(JSON.stringify(parseDefinition(definition({ keepWarm: '1h' }, warm)))))).toEqual(
      parseDefinition(definition({ keepWarm: '1h' }, warm)),
    )
  })

  it.each([
    ['longer than the watch', { for: '1h', keepWarm: '61m' }, 'watch.keepWarm: must not be longer than the watch'],
    ['longer than the usual watch', { keepWarm: '25h' }, 'watch.keepWarm: must not be longer than the watch'],
    ['longer than any watch', { for: '14d', keepWarm: '15d' }, 'watch.keepWarm: must be from 5m to 14d'],
    ['shorter than a late call', { keepWarm: '4m' }, 'watch.keepWarm: must be from 5m to 14d'],
    ['none', { keepWarm: '0s' }, 'watch.keepWarm: must be from 5m to 14d'],
    ['negative', { keepWarm: '-1h' }, 'watch.keepWarm: write a duration'],
    ['a fraction', { keepWarm: '1.5h' }, 'watch.keepWarm: write a duration'],
    ['a number', { keepWarm: 60 }, 'watch.keepWarm: write a duration'],
    ['true', { keepWarm: true }, 'watch.keepWarm: write a duration'],
    ['nothing', { keepWarm: null }, 'watch.keepWarm: write a duration'],
    ['a list', { keepWarm: ['1h'] }, 'watch.keepWarm: write a duration'],
  ])('refuses keepWarm that is %s', (_, watch, words) => {
    expect(said(watch, warm)).toContain(words)
  })

  it('refuses keepWarm where nothing can be kept warm, and outside of a watch', () => {
    expect(said({ keepWarm: '1h' })).toContain('watch.keepWarm: only provisioned concurrency can be kept warm')
    expect(said(undefined, { ...warm, keepWarm: '1h' })).toContain('keepWarm')
    const other = { function: 'carts', alias: 'live' }
    expect(said({ keepWarm: '1h' }, { targets: [...warm.targets, other] })).toBe('taken')
  })

  it('refuses it without the signal that it goes by, and for a service that is only observed', () => {
    expect(said({}, { signals: { errors: 'off' } })).toContain('the watch goes by errors, and signals.errors is off')
    expect(said({}, { mode: 'observe' })).toContain('only observed has no promotions to watch after')
  })
})
