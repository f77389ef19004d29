// Whole releases that are judged by a Prometheus, on the embedded cloud: a server that counts by version in place of Prometheus.
// npm run e2e has the same with Debian's (test/e2e/prometheus.ts).
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { backendOnAws } from '../../cli/backend/aws-backend.ts'
import { accountOf } from '../../cli/doctor/account.ts'
import { prometheus } from '../../cli/doctor/prometheus.ts'
import { recordedOf } from '../../core/verdict/judge/recorded.ts'
import { replayVerdicts } from '../../core/verdict/judge/replayed-verdicts.ts'
import { sampleService } from '../../local/sample-service.ts'
import { openSandbox, type Sandbox } from '../../local/sandbox.ts'
import { authorize } from './least-privilege.ts'

/** How many of a hundred requests a minute failed, by version; a version that is not there has no series. */
let failed: Readonly<Record<string, (minute: number) => number | undefined>> = {}
const queries: string[] = []
const server = createServer((request, response) => {
  const asked = new URL(request.url ?? '', 'http://localhost').searchParams
  const query = asked.get('query') ?? ''
  queries.push(query)
  const version = /version="(\d+)"/.exec(query)?.[1] ?? ''
  const values: [number, string][] = []
  for (let at = Number(asked.get('start')); at <= Number(asked.get('end')); at += Number(asked.get('step'))) {
    const bad = failed[version]?.(at / 60)
    if (bad !== undefined) values.push([at, String(query.includes('asked') ? 100 : bad)])
  }
  const result = values.length === 0 ? [] : [{ metric: {}, values }]
  response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }))
})
let url = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

const per = (metric: string): string =>
  `sum((${metric}{version="{version}"} - ${metric}{version="{version}"} offset 1m) >= 0)`
const off = { errors: 'off', latency: 'off', throttles: 'off', cost: 'off' }

let sandbox: Sandbox
beforeAll(async () => {
  const code = () => ({ total: 1 })
  sandbox = await openSandbox({ authorize, perMinute: 12, prometheusUrls: [url], functions: { v5: code, v6: code } })
  const declined = { name: 'declined', url, bad: per('declined_total'), total: per('asked_total') }
  await sandbox.world.services.put(
    sampleService({
      ...{ slos: [], hooks: [], signals: { ...off, alarms: [], prometheus: [declined] } },
      plan: { steps: [{ weight: 50, bake: '4m' }], holdBack: 0 },
      policy: { hold: { unknown: '20m' } },
    }),
  )
})
afterAll(() => sandbox.close())

async function released(code: string) {
  const id = await sandbox.start({ version: await sandbox.publish(code) })
  const release = await sandbox.finish(id)
  const verdicts = (await sandbox.events(id)).flatMap((event) => (event.type === 'judged' ? [event.verdict] : []))
  return { release, verdicts }
}
const steady = (bad: number) => (minute: number) => (minute % 2 === 0 ? bad : bad - 1)

it('a version of which Prometheus counts no more failures than of stable is promoted', async () => {
  failed = { '1': steady(3), '2': steady(3) }
  const { release, verdicts } = await released('v2')
  expect(release.ending?.outcome).toBe('promoted')
  const asked = 'sum((declined_total{version="2"} - declined_total{version="2"} offset 1m) >= 0)'
  expect(queries).toContain(asked)
  const logged = verdicts.find(({ readings }) => readings?.queries !== undefined)?.readings
  expect(logged?.queries?.['0.c.prometheus-bad-declined']).toBe(`${asked} at ${url}`)
})

it('one of which it counts more is put back, and so it is when it is judged again from its log', async () => {
  failed = { '2': steady(3), '3': steady(30) }
  const { release } = await released('v5')
  expect(release.ending).toMatchObject({ outcome: 'rolledBack', by: 'verdict' })
  expect(release.ending?.because).toMatch(/declined: candidate \d+\.\d\d % of \d+, stable 2\.\d\d % of \d+/)
  expect(await sandbox.alias()).toMatchObject({ version: '2', weights: {} })
  expect(replayVerdicts(release.service, recordedOf(release)).at(-1)?.kind).toBe('fail')
})

it('doctor asks for stable, and says which query has no series or is not allowed', async () => {
  failed = { '2': steady(3) }
  const backend = backendOnAws({}, sandbox.clients.place)
  const account = accountOf(backend, 'tidegate', sandbox.clients.place)
  const look = (urls: readonly string[]) =>
    prometheus.look({
      ...account,
      controllerFunction: () =>
        Promise.resolve({ Environment: { Variables: { TIDEGATE_PROMETHEUS: JSON.stringify(urls) } } }),
    })
  const about = ['bad-declined (checkout)', 'total-declined (checkout)']
  const well = await look([url])
  expect(well.map(({ kind, about }) => [kind, about])).toEqual(about.map((one) => ['ok', one]))
  expect((await look([])).map(({ says }) => says)[0]).toContain(`${url} is not one that this installation reads`)
  failed = {}
  expect((await look([url])).map(({ kind, says }) => [kind, says.slice(0, 28)])).toEqual(
    about.map(() => ['problem', 'Prometheus: it has no series']),
  )
})

it('one of which it says nothing is never promoted', async () => {
  failed = { '2': steady(3) }
  const { release, verdicts } = await released('v6')
  expect(release.ending?.outcome).toBe('rolledBack')
  expect(verdicts.filter(({ kind }) => kind !== 'unknown')).toEqual([])
  expect(verdicts.at(-1)?.because).toMatch(/declined/)
})
