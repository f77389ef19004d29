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

  it('refuses it without the signal that it goes by, and for a service that is only observed', () => {
    expect(said({}, { signals: { errors: 'off' } })).toContain('the watch goes by errors, and signals.errors is off')
    expect(said({}, { mode: 'observe' })).toContain('only observed has no promotions to watch after')
  })
})
