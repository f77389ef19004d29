// A Prometheus that is not ours answers a signal's query: Debian's, with blocks that its own promtool made of what two versions
// counted. A version that declines too much is put back, and one that does not is promoted.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chance } from '../../cloud/local/time/chance.ts'
import { prometheusReading } from '../../cloud/aws/prometheus-answer.ts'
import { filledPromql } from '../../core/prometheus/promql.ts'
import { sampleService } from '../../local/sample-service.ts'
import { minute, openSandbox, startMs } from '../../local/sandbox.ts'

type Verify = (name: string, holds: boolean, detail: string) => void

export const hasPrometheus = (): boolean =>
  ['prometheus', 'promtool'].every((name) => spawnSync(name, ['--version']).status === 0)

const scrapeSeconds = 15
const hours = 4
/** The share of its requests that each version declines. */
const declining: Readonly<Record<string, number>> = { '1': 0.02, '2': 0.02, '3': 0.3 }

/** Counters as Prometheus would have scraped them, not at the ends of minutes. */
function openMetrics(): string {
  const lines = ['# TYPE asked counter', '# TYPE declined counter']
  const counted = Object.entries(declining).map(([version, share]) => {
    const random = chance(Number(version), 'declined')
    let [asked, declined] = [0, 0]
    return Array.from({ length: (hours * 3600) / scrapeSeconds }, (_, index) => {
      const before = asked
      asked += 10 + Math.floor(random() * 20)
      for (let one = before; one < asked; one++) if (random() < share) declined++
      const at = startMs / 1000 + 7 + index * scrapeSeconds
      return {
        asked: `asked_total{version="${version}"} ${asked} ${at}`,
        declined: `declined_total{version="${version}"} ${declined} ${at}`,
      }
    })
  })
  for (const name of ['asked', 'declined'] as const) {
    const own = counted.flatMap((rows) => rows.map((row) => row[name]))
    lines.splice(name === 'asked' ? 1 : lines.length, 0, ...own)
  }
  return `${lines.join('\n')}\n# EOF\n`
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

/** @returns its address, and what ends it */
async function startPrometheus(folder: string): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  writeFileSync(join(folder, 'metrics.txt'), openMetrics())
  writeFileSync(join(folder, 'prometheus.yml'), 'global: {}\n')
  const data = join(folder, 'data')
  const made = spawnSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'metrics.txt'), data], {
    encoding: 'utf8',
  })
  if (made.status !== 0) throw new Error(`promtool: ${made.stdout}${made.stderr}`)
  const url = `http://127.0.0.1:${await freePort()}`
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${data}`,
      '--storage.tsdb.retention.time=100y',
      `--web.listen-address=${new URL(url).host}`,
    ],
    { stdio: 'ignore' },
  )
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const isReady = (): Promise<boolean> =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    )
  for (let tries = 0; tries < 120 && child.exitCode === null && !(await isReady()); tries++)
    await new Promise((resolve) => setTimeout(resolve, 500))
  return {
    url,
    stop: async () => {
      child.kill()
      await ended
    },
  }
}

const per = (metric: string): string =>
  `sum((${metric}{version="{version}"} - ${metric}{version="{version}"} offset 1m) >= 0)`

export async function checkPrometheus(verify: Verify): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-'))
  const { url, stop } = await startPrometheus(folder)
  try {
    await checkReleases(verify, url)
    await checkWords(verify, url)
  } finally {
    await stop()
    rmSync(folder, { recursive: true })
  }
}

async function checkReleases(verify: Verify, url: string): Promise<void> {
  const code = () => ({ total: 1 })
  const sandbox = await openSandbox({ perMinute: 60, prometheusUrls: [url], functions: { v5: code } })
  const declined = { name: 'declined', url, bad: per('declined_total'), total: per('asked_total') }
  await sandbox.world.services.put(
    sampleService({
      ...{ slos: [], hooks: [], signals: { alarms: [], prometheus: [declined] } },
      plan: { steps: [{ weight: 50, bake: '5m' }] },
    }),
  )
  const released = async (code: string) =>
    (await sandbox.finish(await sandbox.start({ version: await sandbox.publish(code) }))).ending
  const good = await released('v2')
  verify(
    'prometheus: a version that declines as much as stable is promoted',
    good?.outcome === 'promoted',
    JSON.stringify(good),
  )
  const bad = await released('v5')
  verify(
    'prometheus: a version that declines more is put back, by what it answers',
    bad?.outcome === 'rolledBack' && bad.because.includes('declined: candidate'),
    JSON.stringify(bad),
  )
  sandbox.close()
}

/** Counts are exact where increase() estimates, and what is filled in is read as one text, whatever it is. */
async function checkWords(verify: Verify, url: string): Promise<void> {
  const asked = { startMs: startMs + 10 * minute, endMs: startMs + 40 * minute }
  const answered = async (query: string): Promise<string> => {
    const [start, end] = [asked.startMs / 1000 + 60, asked.endMs / 1000]
    const words = new URLSearchParams({ query, start: String(start), end: String(end), step: '60' })
    return (await fetch(`${url}/api/v1/query_range?${words.toString()}`)).text()
  }
  const filling = { function: 'checkout', alias: 'live', version: '2' }
  const exact = await answered(filledPromql(per('asked_total'), filling))
  const points = prometheusReading(exact, true, asked)
  verify('prometheus: every minute has a whole count', points.kind === 'points' && points.points.length === 30, exact)
  const estimate = await answered('sum(increase(asked_total{version="2"}[1m]))')
  verify('prometheus: increase() is no count', prometheusReading(estimate, true, asked).kind === 'unread', estimate)
  const evil = ['2"} or vector(1) or x{a="', String.raw`2\"`, "2' or '", '.*', '2|1', '2\n', '`2`', '2\u0000']
  const wrong: string[] = []
  for (const quote of ['"', "'"])
    for (const operator of ['=', '=~'])
      for (const version of ['2', ...evil]) {
        const query = `count(asked_total{version${operator}${quote}{version}${quote}})`
        const said = await answered(filledPromql(query, { ...filling, version }))
        const isRight = said.includes('"status":"success"') && said.includes('"1"') === (version === '2')
        if (!isRight) wrong.push(`${query} with ${JSON.stringify(version)}: ${said}`)
      }
  verify('prometheus: a version is read as one text, whatever it is', wrong.length === 0, wrong.join('\n'))
}
