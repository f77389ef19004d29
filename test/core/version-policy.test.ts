// `versions` in a definition: what it may say, and that another form is refused with the place and what to write.
import { describe, expect, it } from 'vitest'
import { parseDefinition } from '../../core/service/definition.ts'
import { Service } from '../../core/service/service.ts'

const shop = { name: 'shop', targets: [{ function: 'shop', alias: 'live' }], plan: 'AllAtOnce' }
const day = 86_400
const parse = (versions: unknown, more: object = {}) => parseDefinition({ ...shop, ...more, versions })

it('is absent where nobody has said it, also in what was stored before', () => {
  expect('versions' in parseDefinition(shop)).toBe(false)
  expect(Service.parse(parseDefinition(shop))).not.toHaveProperty('versions')
})

it.each([
  [{}, { keep: 10, keepSeconds: 30 * day }],
  [{ keep: 3 }, { keep: 3, keepSeconds: 30 * day }],
  [{ keepFor: '24h' }, { keep: 10, keepSeconds: day }],
  [
    { keep: 1000, keepFor: '3650d' },
    { keep: 1000, keepSeconds: 3650 * day },
  ],
])('%j is %j', (said, meant) => {
  expect(parse(said).versions).toEqual(meant)
  expect(Service.parse(parse(said))).toEqual(parse(said))
})

describe('is refused', () => {
  it.each([
    ['null', null, 'versions'],
    ['true', true, 'versions'],
    ['a number', 10, 'versions'],
    ['a word', 'all', 'versions'],
    ['a list', [{ keep: 10 }], 'versions'],
    ['none of the newest kept', { keep: 0 }, 'versions.keep'],
    ['fewer than a way back takes', { keep: 2 }, 'versions.keep'],
    ['less than none', { keep: -1 }, 'versions.keep'],
    ['half a version', { keep: 3.5 }, 'versions.keep'],
    ['a number as text', { keep: '10' }, 'versions.keep'],
    ['more than there may be', { keep: 1001 }, 'versions.keep'],
    ['no number', { keep: Number.NaN }, 'versions.keep'],
    ['a duration without a unit', { keepFor: 30 }, 'versions.keepFor'],
    ['a unit that there is not', { keepFor: '1y' }, 'versions.keepFor'],
    ['two units', { keepFor: '1d12h' }, 'versions.keepFor'],
    ['no time at all', { keepFor: '0s' }, 'versions.keepFor'],
    ['less than a day, while aliases may still be seen as they were', { keepFor: '23h' }, 'versions.keepFor'],
    ['more than ten years', { keepFor: '3651d' }, 'versions.keepFor'],
    ['for ever', { keepFor: 'forever' }, 'versions.keepFor'],
    ['a field that is not there', { keepfor: '30d' }, 'keepfor'],
    ['the form in which it is stored', { keep: 10, keepSeconds: day }, 'keepSeconds'],
  ])('%s', (_, versions, place) => {
    expect(() => parse(versions)).toThrow(expect.objectContaining({ code: 'definition_invalid' }) as Error)
    expect(() => parse(versions)).toThrow(place)
  })

  it('where a function is in another account or region', () => {
    const targets = [{ function: 'arn:aws:lambda:eu-west-1:111122223333:function:shop', alias: 'live' }]
    expect(() => parse({}, { targets })).toThrow(
      'versions: old versions are deleted in the own account and region only',
    )
  })
})
