// What comes in: the definition of a shadow, paths, samples that somebody wrote. And what is kept of an event.
import { describe, expect, it } from 'vitest'
import { configsIn, parseConfigs } from '../../../core/shadow/config.ts'
import { parsePath } from '../../../core/shadow/path.ts'
import { redacted } from '../../../core/shadow/redact.ts'
import { readSample, sampleOf } from '../../../core/shadow/sample.ts'

const refused = { name: 'Tidegate.shadow_invalid' }

describe('a definition is refused that', () => {
  const shadow = 'checkout-shadow'
  it.each([
    ['names no function', {}, /name a function at least/],
    ['has no shadow', { checkout: {} }, /shadow/],
    ['has a field that nobody knows', { checkout: { shadow, share: 1 } }, /no field is called "share"/],
    ['is its own shadow', { checkout: { shadow: 'checkout' } }, /its role may write/],
    ['has the shadow of another', { checkout: { shadow }, orders: { shadow } }, /a shadow of its own/],
    ['has a released function as shadow', { checkout: { shadow: 'orders' }, orders: { shadow } }, /its role may write/],
    [
      'is too large for the variables of a function',
      Object.fromEntries(Array.from({ length: 11 }, (_, nth) => [`f${nth}`, { shadow: `s${nth}` }])),
      /at most 10 functions/,
    ],
    ['has a version for a name', { checkout: { shadow: 'checkout-shadow:1' } }, /a name of a function/],
    ['has too few samples', { checkout: { shadow, samples: { least: 3 } } }, /least/],
    [
      'wants more samples than it tries',
      { checkout: { shadow, samples: { least: 90, most: 50 } } },
      /must not be above/,
    ],
    ['has one copy of stable', { checkout: { shadow, copies: 1 } }, /copies/],
    ['tries too many at once', { checkout: { shadow, concurrency: 500 } }, /concurrency/],
    ['ignores what is no path', { checkout: { shadow, ignore: ['body.total'] } }, /does not begin with \//],
    ['has a load of nothing', { checkout: { shadow, load: { times: 0 } } }, /times/],
    ['has a load that is a flood', { checkout: { shadow, load: { times: 11 } } }, /times/],
    ['has a load that is a text', { checkout: { shadow, load: '2x' } }, /load/],
    ['has a load too short to say anything', { checkout: { shadow, load: { minutes: 3 } } }, /minutes/],
    ['has a load too long', { checkout: { shadow, load: { minutes: 31 } } }, /minutes/],
    ['has a load of half a minute', { checkout: { shadow, load: { minutes: 4.5 } } }, /minutes/],
    ['has a load without environments', { checkout: { shadow, load: { concurrency: 0 } } }, /concurrency/],
    [
      'has a load whose environments are too few for the comparison',
      { checkout: { shadow, copies: 4, load: { concurrency: 24 } } },
      /`load.concurrency` must be at least `concurrency` times one more than `copies`/,
    ],
    ['has a load without a bound', { checkout: { shadow, load: { calls: 1e9 } } }, /calls/],
    ['lets a load take all of the account', { checkout: { shadow, load: { accountShare: 1 } } }, /accountShare/],
    ['says a share in percent', { checkout: { shadow, load: { accountShare: 70 } } }, /accountShare/],
    ['has a load with a word of another tool', { checkout: { shadow, load: { rps: 5 } } }, /no field is called "rps"/],
    [
      'has loads that take an hour',
      Object.fromEntries(['a', 'b'].map((name) => [name, { shadow: `${name}-shadow`, load: { minutes: 30 } }])),
      /the loads of a hook take 45 minutes in all at most/,
    ],
    ['takes everything for slower', { checkout: { shadow, slower: { factor: 1, atLeastMs: 0 } } }, /slower/],
  ])('%s', (_, input, words) => {
    expect(() => parseConfigs(input)).toThrow(
      expect.objectContaining({ ...refused, message: expect.stringMatching(words) as string }),
    )
  })

  it('is not JSON', () => {
    expect(() => configsIn('{')).toThrow(expect.objectContaining(refused))
    expect(configsIn('{"checkout":{"shadow":"checkout-shadow"}}')).toMatchObject({
      checkout: { copies: 2, concurrency: 5, samples: { least: 30, most: 200 }, slower: { factor: 1.5 } },
    })
    const loaded = parseConfigs({ checkout: { shadow, load: {} } })['checkout']
    expect(loaded?.load).toEqual({ times: 2, minutes: 5, concurrency: 20, calls: 20_000, accountShare: 0.7 })
  })
})

it.each([
  ['', /does not begin with/],
  ['body', /does not begin with/],
  ['$.body', /does not begin with/],
  ['/body//total', /empty/],
  ['/', /empty/],
  ['/a~2b', /neither ~0 nor ~1/],
  [`/${'x'.repeat(300)}`, /longer/],
  ['/a'.repeat(21), /more than 20 names/],
  [7, /this is number/],
])('%j is no path', (text, words) => {
  expect(() => parsePath(text)).toThrow(
    expect.objectContaining({ ...refused, message: expect.stringMatching(words) as string }),
  )
})

describe('what is kept of an event', () => {
  const keep = (event: unknown, ...paths: string[]) => redacted(event, paths.map(parsePath))

  it('is never who calls, nor what proves it, in any case and form', () => {
    const kept = keep({
      headers: { Authorization: 'Bearer x', cookie: 'y', Accept: '*/*' },
      multiValueHeaders: { 'X-Api-Key': ['k'] },
      cookies: ['a=b'],
      requestContext: { authorizer: { jwt: { claims: { sub: 'ann' } } }, http: { method: 'GET' } },
    })
    expect(kept).toEqual({
      headers: { Authorization: '[redacted]', cookie: '[redacted]', Accept: '*/*' },
      multiValueHeaders: { 'X-Api-Key': [] },
      cookies: [],
      requestContext: { authorizer: {}, http: { method: 'GET' } },
    })
  })

  it('is nothing at a path, in a text that holds JSON too, with the kind of value that was there', () => {
    const body = JSON.stringify({ card: { Number: '4111', cvc: 123, saved: true, none: null }, cart: [1] })
    expect(keep({ body }, '/body/card/*')).toEqual({
      body: JSON.stringify({ card: { Number: '[redacted]', cvc: 0, saved: false, none: null }, cart: [1] }),
    })
    const queue = {
      Records: [
        { body, messageId: 'm' },
        { body: '{"card":1}', messageId: 'n' },
      ],
    }
    expect(keep(queue, '/Records/*/body/card')).toEqual({
      Records: [
        { body: '{"card":{},"cart":[1]}', messageId: 'm' },
        { body: '{"card":0}', messageId: 'n' },
      ],
    })
    expect(keep({ 'a/b': { '~': 'x' } }, '/a~1b/~0')).toEqual({ 'a/b': { '~': '[redacted]' } })
  })

  it('is nothing of a text that cannot be looked into', () => {
    expect(keep({ body: 'card=4111' }, '/body/card')).toEqual({ body: '[redacted]' })
    expect(keep({ body: '{"card":4111' }, '/body/card')).toEqual({ body: '[redacted]' })
    expect(keep({ body: 'eyJjYXJkIjo0MTExfQ==', isBase64Encoded: true }, '/body/card')).toMatchObject({
      body: '[redacted]',
    })
  })

  it('leaves the event itself as it is, and fields with names of our own language', () => {
    const event = { headers: { authorization: 'x' } }
    expect(keep(event)).not.toEqual(event)
    expect(event.headers.authorization).toBe('x')
    expect(JSON.stringify(keep(JSON.parse('{"__proto__":{"a":1},"constructor":2}'), '/constructor'))).toBe(
      '{"__proto__":{"a":1},"constructor":0}',
    )
  })
})

describe('a sample', () => {
  const keeping = { functionName: 'checkout', redact: [parsePath('/card')], hours: 6, maxBytes: 100 }
  const nowMs = Date.UTC(2026, 0, 1)
  const item = sampleOf({ card: '4111', cart: 2 }, keeping, nowMs, 0.5)!

  it('comes back without what is redacted, until it expires', () => {
    expect(item).toEqual({
      pk: 'SHADOW#checkout',
      sk: 'slot#100',
      v: 1,
      atMs: nowMs,
      expiresAt: nowMs / 1000 + 6 * 3600,
      event: '{"card":"[redacted]","cart":2}',
    })
    expect(readSample(item, 'checkout', nowMs)).toEqual({ slot: 'slot#100', event: { card: '[redacted]', cart: 2 } })
    expect(readSample(item, 'checkout', nowMs + 6 * 3_600_000)).toBe('expired')
  })

  it('is not made of what is too large, and is not cut', () => {
    expect(sampleOf({ cart: 'x'.repeat(100) }, keeping, nowMs, 0)).toBeUndefined()
    expect(sampleOf({ cart: 'ü'.repeat(60) }, keeping, nowMs, 0)).toBeUndefined()
    expect(sampleOf(undefined, keeping, nowMs, 0)).toBeUndefined()
  })

  it.each([
    ['of another function', { pk: 'SHADOW#orders' }, 'damaged'],
    ['without a slot', { sk: undefined }, 'damaged'],
    ['of a later form', { v: 2 }, 'of another version'],
    ['of no form', { v: 'one' }, 'damaged'],
    ['of the future', { atMs: nowMs + 600_000 }, 'damaged'],
    ['with a time that is none', { atMs: 'yesterday' }, 'damaged'],
    ['that never expires', { expiresAt: Number.NaN }, 'damaged'],
    ['that is cut', { event: '{"cart":' }, 'damaged'],
    ['whose event is no text', { event: { cart: 2 } }, 'damaged'],
  ])('%s is not used', (_, change, why) => {
    expect(readSample({ ...item, ...change }, 'checkout', nowMs)).toBe(why)
  })

  it.each([[null], ['text'], [7], [[]]])('%j is none', (other) => {
    expect(readSample(other, 'checkout', nowMs)).toBe('damaged')
  })
})
