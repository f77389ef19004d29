// What a Prometheus answers, and what of that is evidence. The answers in test/fixtures/prometheus are those of Debian's
// Prometheus 2.42; a server of ours gives them out, and everything that a bad one may do instead.
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { awsPrometheus } from '../../../cloud/aws/prometheus.ts'
import { prometheusReading } from '../../../cloud/aws/prometheus-answer.ts'
import { signatureOf } from './signed.ts'

const recorded = (name: string): string =>
  readFileSync(new URL(`../../fixtures/prometheus/${name}.json`, import.meta.url), 'utf8')
const minute = 60_000
const asked = { startMs: 1_767_225_660_000, endMs: 1_767_226_020_000 }
const points = (...values: readonly number[]) => ({
  kind: 'points',
  points: values.map((value, index) => ({ minuteMs: asked.startMs + index * minute, value })),
})
const unread = (words: string) => ({ kind: 'unread', because: expect.stringContaining(words) as string })
const answer = (values: readonly (readonly [number, string])[], more: object = {}): string =>
  JSON.stringify({ status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, values }] }, ...more })
const endS = asked.startMs / 1000 + 60

describe('an answer', () => {
  const of = (name: string, isCount = true) => prometheusReading(recorded(name), isCount, asked)

  it('is one value a minute, which is about the minute before it', () => {
    expect(of('one')).toEqual(points(24, 31, 23, 30, 23, 25))
  })
  it('without a series has no points, which is not zero', () => {
    expect(of('none')).toEqual(points())
  })
  it.each([
    ['an estimate of a count', 'estimated', 'is no count'],
    ['several series', 'several', '2 series where one is wanted'],
    ['infinity', 'infinite', '+Inf is no number'],
    ['a part', 'partial', 'it may be a part only: remote_read'],
    ['a refusal', 'refused', 'no answer of query_range'],
  ])('with %s is unread', (_, name, words) => {
    expect(of(name)).toEqual(unread(words))
  })
  it('with NaN, or with counts below 0, has no points', () => {
    expect([of('nan'), of('below'), of('nan', false)]).toEqual([points(), points(), points()])
  })
  it('of a mean may be below 0 or a fraction', () => {
    expect(of('below', false)).toEqual(points(-24, -31, -23, -30, -23, -25))
    expect(of('estimated', false)).toMatchObject({ kind: 'points' })
  })
  it.each([
    ['of another time', answer([[endS - 60, '1']]), 'another time'],
    ['after the time', answer([[asked.endMs / 1000 + 60, '1']]), 'another time'],
    ['between minutes', answer([[endS + 1.5, '1']]), 'another time'],
    [
      'twice at a time',
      answer([
        [endS, '1'],
        [endS, '2'],
      ]),
      'two values',
    ],
    ['a text', answer([[endS, '1e']]), 'is no number'],
    ['a hexadecimal number', answer([[endS, '0x10']]), 'is no number'],
    ['an empty value', answer([[endS, '']]), 'is no number'],
    ['beyond all numbers', answer([[endS, '1e999']]), 'is no number'],
    [
      'a value that is no text',
      '{"status":"success","data":{"resultType":"matrix","result":[{"values":[[1,1]]}]}}',
      'no answer',
    ],
    [
      'a histogram',
      '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"histograms":[]}]}}',
      'no answer',
    ],
    ['a vector', '{"status":"success","data":{"resultType":"vector","result":[]}}', 'no answer'],
    ['an error that says success', '{"status":"error","data":{"resultType":"matrix","result":[]}}', 'no answer'],
    ['no JSON', '<html>', 'no answer'],
    ['null', 'null', 'no answer'],
    ['a warning that writes on the screen', answer([], { warnings: ['\u001b[2J'] }), String.raw`part only: \u{1b}[2J`],
  ])('%s is unread', (_, text, words) => {
    expect(prometheusReading(text, true, asked)).toEqual(unread(words))
  })
  it('of any form is points of the minutes that were asked for, or unread', () => {
    const value = fc.oneof(fc.double().map(String), fc.string(), fc.constantFrom('NaN', '+Inf', '-Inf', '-0', '5'))
    const time = fc.oneof(
      fc.integer({ min: -2, max: 9 }).map((at) => endS + 60 * at),
      fc.double(),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(time, value), { maxLength: 4 }), (values) => {
        const reading = prometheusReading(answer(values), true, asked)
        if (reading.kind === 'unread') return
        for (const { minuteMs: at, value: count } of reading.points) {
          expect(at >= asked.startMs && at < asked.endMs && at % minute === 0).toBe(true)
          expect(Number.isSafeInteger(count) || count > 2 ** 53).toBe(true)
          expect(Object.is(count, -0) || count < 0).toBe(false)
        }
      }),
      { numRuns: 200 },
    )
  })
})

type Access = Parameters<typeof awsPrometheus>[0]
type Answering = (request: IncomingMessage, response: ServerResponse) => void

describe('a query', () => {
  let answering: Answering
  let requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    answering(request, response)
  })
  let url = ''
  const access = (more: Partial<Access> = {}): Access => ({
    home: { partition: 'aws', account: '111122223333', region: 'eu-west-1' },
    allowed: [`${url}/team`],
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' },
    workspaces: url,
    ...more,
  })
  const query = `sum(x{v="7"} - x{v='7'} offset 1m) # (*)!`
  const ask = async (source: string, more: Partial<Access> = {}) => {
    const question = { key: '0.c.prometheus-bad-x', source, query, isCount: true }
    return (await awsPrometheus(access(more)).read([question], asked))[0]
  }
  const says =
    (status: number, text: string, headers: Record<string, string> = {}): Answering =>
    (_, response) => {
      response.writeHead(status, headers)
      response.end(text)
    }
  const workspace = 'arn:aws:aps:eu-west-1:111122223333:workspace/ws-1234'

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())
  beforeEach(() => {
    requests = []
    answering = says(200, recorded('one'))
  })

  it('asks an address that is allowed for the ends of the minutes, without credentials', async () => {
    expect(await ask(`${url}/team`)).toEqual(points(24, 31, 23, 30, 23, 25))
    const [request] = requests
    const { pathname, searchParams } = new URL(request?.url ?? '', url)
    expect(pathname).toBe('/team/api/v1/query_range')
    expect(Object.fromEntries(searchParams)).toEqual({ query, start: '1767225720', end: '1767226020', step: '60' })
    expect(request?.headers.authorization).toBeUndefined()
  })

  it('signs what it asks a workspace, as the function', async () => {
    expect(await ask(workspace)).toMatchObject({ kind: 'points' })
    const [request] = requests
    expect(request?.url).toMatch(/^\/workspaces\/ws-1234\/api\/v1\/query_range\?/)
    expect(request?.headers.authorization).toMatch(/AKID\/\d{8}\/eu-west-1\/aps\/aws4_request/)
    expect(request?.headers['x-amz-security-token']).toBe('token')
    expect(request?.headers.authorization).toContain(`Signature=${signatureOf(request, 'secret')}`)
  })

  it.each([
    ['an address that is not allowed', () => 'http://169.254.169.254/latest/meta-data'],
    ['an address below an allowed one', () => `${url}/team/../admin`],
    ['an address that begins alike', () => `${url}/teams`],
    ['a workspace of another account', () => workspace.replace('1111', '2222')],
    ['a workspace of another region', () => workspace.replace('eu-west-1', 'us-east-1')],
    ['something else of AWS', () => 'arn:aws:aps:eu-west-1:111122223333:rulegroupsnamespace/ws-1/x'],
    ['a workspace that leads elsewhere', () => `${workspace}/../../x`],
  ])('to %s is not made', async (_, source) => {
    expect(await ask(source())).toEqual(unread('is not one that this installation reads'))
    expect(requests).toEqual([])
  })

  it.each([
    ['what sends elsewhere', says(302, '', { location: '/team/elsewhere' }), 'sends to another address (302)'],
    ['a refusal', says(400, recorded('refused')), 'it answered 400: bad_data: 1:21: parse error'],
    ['a page of a proxy', says(502, '<html>bad gateway</html>'), 'it answered 502: without a reason'],
    ['throttling', says(429, ''), 'throttles'],
    ['more than a reader takes', says(200, `{"a":"${'x'.repeat(1_100_000)}"}`), 'more than 1 MB'],
    ['a connection that ends', (request: IncomingMessage) => request.socket.destroy(), 'was not reached'],
    ['nothing', () => undefined, 'did not answer in time'],
  ] satisfies [string, Answering, string][])('that gets %s is unread', async (_, how, words) => {
    answering = how
    expect(await ask(`${url}/team`, { withinMs: 100 })).toEqual(unread(words))
    expect(requests).toHaveLength(1)
  })

  it('that is denied names the right and the workspace', async () => {
    answering = says(403, '{"message":"no"}')
    expect(await ask(workspace)).toEqual(unread(`aps:QueryMetrics of ${workspace} is denied`))
  })

  it('among several has its own answer', async () => {
    answering = (request, response) => {
      const isBad = request.url?.includes('query=bad') === true
      says(isBad ? 400 : 200, recorded(isBad ? 'refused' : 'one'))(request, response)
    }
    const questions = Array.from({ length: 20 }, (_, index) => ({
      ...{ key: String(index), source: `${url}/team`, isCount: true },
      query: index === 3 ? 'bad' : 'good',
    }))
    const readings = await awsPrometheus(access()).read(questions, asked)
    expect(readings.map(({ kind }) => kind).indexOf('unread')).toBe(3)
    expect(readings.filter(({ kind }) => kind === 'points')).toHaveLength(19)
  })
})
