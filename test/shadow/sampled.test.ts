// Sampling beside a handler: whatever becomes of the sample, the customer gets what the handler answers.
import { buildSync } from 'esbuild'
import { afterEach, expect, it, vi } from 'vitest'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { readSample, type SampleItem } from '../../core/shadow/sample.ts'
import { attributesOf, isShadow, sampled, type Sampling } from '../../shadow/index.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

const context = { functionName: 'checkout' }
const handler = (event: { cart: number }) => Promise.resolve({ total: event.cart * 2 })

function sampling(options: Partial<Sampling> = {}) {
  const kept: SampleItem[] = []
  const told: string[] = []
  let nowMs = 1_767_225_600_000
  const put = (item: SampleItem) => {
    kept.push(item)
    return Promise.resolve()
  }
  const given = {
    share: 1,
    put,
    trouble: (message: string) => void told.push(message),
    nowMs: () => nowMs,
    random: () => 0.4,
  }
  return {
    ...{ kept, told, nowMs: () => nowMs },
    handle: sampled(handler, { ...given, ...options }),
    wait: (ms: number) => {
      nowMs += ms
    },
  }
}

it('keeps an event, as DynamoDB gives it back', async () => {
  const { handle, kept, nowMs } = sampling({ redact: ['/card'] })
  expect(await handle({ cart: 2, card: '4111' } as never, context)).toEqual({ total: 4 })
  const item = unmarshall(attributesOf(kept[0]!))
  expect(readSample(item, 'checkout', nowMs())).toEqual({ slot: 'slot#080', event: { cart: 2, card: '[redacted]' } })
})

it('keeps a share, one in a while, and never a second while one is under way', async () => {
  const { handle, kept, wait } = sampling()
  for (const ms of [0, 999, 1]) {
    wait(ms)
    await handle({ cart: 1 }, context)
  }
  expect(kept).toHaveLength(2)
  const none = sampling({ share: 0.4 })
  await none.handle({ cart: 1 }, context)
  expect(none.kept).toEqual([])
  let puts = 0
  const slow = sampling({
    put: () => {
      puts++
      return new Promise(() => undefined)
    },
  })
  for (let nth = 0; nth < 3; nth++) {
    slow.wait(5000)
    // The store never answers, and the customer gets an answer.
    expect(await slow.handle({ cart: nth }, context)).toEqual({ total: 2 * nth })
  }
  expect(puts).toBe(1)
})

it.each<[string, Partial<Sampling>]>([
  ['refuses', { put: () => Promise.reject(new Error('4111')) }],
  [
    'throws',
    {
      put: () => {
        throw new TypeError('4111')
      },
    },
  ],
  ['answers no promise', { put: () => undefined as never }],
])('a store that %s changes nothing for the customer, and the next event is tried again', async (_, options) => {
  const { handle, told, wait } = sampling(options)
  expect(await handle({ cart: 1 }, context)).toEqual({ total: 2 })
  await Promise.resolve()
  wait(2000)
  expect(await handle({ cart: 2 }, context)).toEqual({ total: 4 })
  await vi.waitFor(() => expect(told).toHaveLength(2))
  // What went wrong may hold the event.
  expect(told.join()).not.toContain('4111')
})

it('an event that cannot be kept, and somebody who cannot be told, change nothing either', async () => {
  const loop: Record<string, unknown> = { cart: 3 }
  loop['self'] = loop
  const trouble = () => {
    throw new Error('deaf')
  }
  expect(await sampling({ trouble }).handle(loop as never, context)).toEqual({ total: 6 })
})

it('a handler that throws, throws as before', () => {
  const handle = sampled(
    () => {
      throw new RangeError('no')
    },
    { share: 1, put: () => Promise.resolve() },
  )
  expect(() => handle({}, context)).toThrow(RangeError)
})

it.each<[string, Partial<Sampling>]>([
  ['share', { share: 0 }],
  ['share', { share: 2 }],
  ['share', { share: Number.NaN }],
  ['hours', { hours: 100 }],
  ['maxBytes', { maxBytes: 1e6 }],
  ['The path card', { redact: ['card'] }],
])('with a %s that is wrong nothing is sampled, and it is said', async (what, options) => {
  const { handle, kept, told } = sampling(options)
  expect(await handle({ cart: 1 }, context)).toEqual({ total: 2 })
  expect(kept).toEqual([])
  expect(told).toEqual([expect.stringContaining(what)])
  expect(told[0]).toContain('shadow_invalid')
})

it('nothing is sampled in the shadow, which only the configuration of the function says', async () => {
  expect(isShadow()).toBe(false)
  vi.stubEnv('TIDEGATE_SHADOW', '1-0')
  expect(isShadow()).toBe(true)
  const { handle, kept } = sampling()
  await handle({ cart: 1 }, context)
  expect(kept).toEqual([])
})

it('brings no package into the function, and 25 kB at most', () => {
  const entry = new URL('../../shadow/index.ts', import.meta.url).pathname
  const { metafile, outputFiles } = buildSync({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
  })
  expect(Object.keys(metafile.inputs).filter((path) => path.includes('node_modules'))).toEqual([])
  expect(outputFiles[0]!.contents.length).toBeLessThan(25_000)
})
